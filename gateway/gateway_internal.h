/* What the files of the gateway know of each other. */
#pragma once

#include "gateway.h"
#include "gzip.h"
#include "peer_health.h"
#include "problem.h"
#include "request_log.h"
#include "router.h"
#include "token_memory.h"

enum { REQUEST_ID_SIZE = 65 };

struct gateway {
    loop *loop;
    gateway_options options;
    http_server *http;
    rpc_client *peers[PEER_COUNT];
    peer_guard guards[PEER_COUNT];
    request_limits *limits;
    router *router;
    struct documents *documents;
    token_authority *tokens;
    token_memory *token_memory;
    peer_health *health;
    gzip *gzip;
    request_log log;
};

/* When a client that got 503 may come again. */
enum { RETRY_AFTER_S = 1 };
#define RETRY_AFTER "1"

/* What belongs to a request above HTTP; in its arena, from the complete head until it is logged. */
typedef struct request_job {
    gateway *gateway;
    http_request *request;
    char id[REQUEST_ID_SIZE];
    route_match match;
    token_claims caller; /* of routes that need one */
    request_count count; /* of routes that are limited */
    rate_verdict rate;   /* once limited */
    bool limited;
    bool shed; /* refused for what others ask as well, not for what it says: such lines would fill the log */
} request_job;

/* The job of a request; made, and its route found, when first asked for. */
request_job *request_job_of(gateway *g, http_request *r);

/* Answers what needs no waiting: what is refused, and what the gateway itself knows. false: request_job_run is next. */
bool request_job_answer_at_once(request_job *job);

/* For one that was refused because it came too soon after it had been shed. */
void request_job_note_shed(request_job *job);

/* Runs on the request's fiber and answers it. */
void request_job_run(request_job *job);

/* ---- answers ---- */

/* version: as below, but NULL or "" means no ETag. */
void answer_json(request_job *job, int http_status, const char *json, size_t size, const char *version);

/* 200 with an ETag, or 304 when If-None-Match names it. version: the service's own; NULL or "": made of the JSON. */
void answer_read(request_job *job, const char *json, size_t size, const char *version);

void answer_empty(request_job *job, int http_status);

/* 204 with Allow, and what a browser asks before it sends a request of another origin. match.allow is known. */
void answer_options(request_job *job);

void answer_problem(request_job *job, const problem *p);
