/*
 * The service sical.progress.v1.ProgressService: the log of study and what follows from it.
 *
 * Recording appends to the log and does nothing else: one durable insert, in which writers never wait for one another.
 * What the log comes to (memory, due dates, counts) is computed when a learner's topics are next asked for, see
 * catch_up.h. So the state can never differ from what the log says, in whatever order events arrive.
 */
#pragma once

#include "db.h"
#include "memory.h"
#include "recorder.h"
#include "rpc_client.h"
#include "rpc_server.h"

/* The state that handlers are given. */
typedef struct progress_service {
    db *database; /* borrowed */
    recorder *recorder;
    rpc_client *plan;
    memory_model model;
    double mastery_threshold; /* see topic_is_mastered */
} progress_service;

/* For rpc_server_add, with a progress_service as state. */
extern const rpc_service progress_rpc;
