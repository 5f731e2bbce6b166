/*
 * Two replicas of progress on one loop, over one real PostgreSQL, called over RPC as peers call them.
 */
#pragma once

#include "db.h"
#include "postgres.h"
#include "progress.pb-c.h"
#include "progress_client.h"
#include "progress_service.h"
#include "rpc_client.h"
#include "store.h"

enum { REPLICAS = 2 };

typedef struct progress_replica {
    db *database;
    progress_service service;
    rpc_server *server;
    rpc_client *client;
} progress_replica;

extern test_postgres *postgres;
extern progress_replica replicas[REPLICAS];

/* Starts PostgreSQL and the replicas, runs body on a fiber until every fiber has ended, stops all. */
void run_with_replicas(void (*body)(void *arg));

/* Calls a method of ProgressService as this user (NULL: as a service). *answer is untouched unless STATUS_OK. */
status call_as(progress_replica *replica, const uuid *user, const char *method, const ProtobufCMessage *request,
               void *answer, rpc_reply *reply);

/* Records events as RecordEvents takes them. */
status record_as(progress_replica *replica, const uuid *user, const study_event *events, size_t count,
                 int32_t *accepted, int32_t *duplicates);

/* A review of "topic" in a graph of zeros, with a new id, at so many days after day_zero_us; change what matters. */
study_event review_on(double day, memory_grade grade);
extern const int64_t day_zero_us;

#define TEST_DAY_US (INT64_C(86400) * 1000000)

/* How many of the stored topics of this user differ in any bit from a replay of the log; all of them are caught up
 * first. */
unsigned count_wrong_states(progress_replica *replica, const uuid *user);
