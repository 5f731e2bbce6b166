/*
 * Component tests of a service as stories: the test's process holds a loop, the story runs on a fiber of it, calls the
 * real program over RPC and may serve as the program's peers meanwhile.
 */
#pragma once

#include "postgres.h"
#include "program.h"
#include "rpc_client.h"
#include "rpc_server.h"

/* Runs story(arg) on a fiber of a new loop until it has ended. */
void story_run(void (*story)(void *arg), void *arg);

/* A program of the suite on free ports, with a database role's URL. */
typedef struct story_program {
    test_program *program;
    unsigned rpc_port, ops_port;
    char address[64]; /* "tcp://127.0.0.1:PORT" */
} story_program;

/* name: "auth" for sical-auth; environment: further "KEY=value", NULL at the end, may be NULL. Logs all levels. Returns
 * when it is ready. */
void story_start(story_program *p, const char *name, test_postgres *pg, const char *const *environment);
/* The same ports again, after it was killed. */
void story_start_again(story_program *p, const char *name, test_postgres *pg, const char *const *environment);
/* SIGTERM; fails unless it ends with 0 and without a sanitizer's word. */
void story_stop(story_program *p);

/* A client of one or more addresses ("tcp://...,tcp://..."). */
rpc_client *story_connect(const char *service, const char *addresses);

/* Calls a method; answers with the code (CODE_OK and *answer, or another and *answer NULL). reply may be NULL. */
int story_call(rpc_client *client, const ProtobufCServiceDescriptor *service, const char *method,
               const rpc_metadata *metadata, const void *request, void *answer, rpc_reply *reply);
