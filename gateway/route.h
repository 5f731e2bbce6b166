/* What a route is, and the router that finds one. */
#pragma once

#include "arena.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum route_method {
    METHOD_GET,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_COUNT
} route_method;

/* The services behind the gateway. */
typedef enum peer_name { PEER_AUTH, PEER_PLAN, PEER_PROGRESS, PEER_METRICS, PEER_COUNT } peer_name;

typedef enum route_access {
    ACCESS_UNSTATED, /* fails the start */
    ACCESS_PUBLIC,   /* anybody */
    ACCESS_USER,     /* whoever holds a valid access token */
} route_access;

/* Which of the rate limits counts a request. */
typedef enum route_limit {
    LIMIT_UNSTATED, /* fails the start */
    LIMIT_LOGIN,
    LIMIT_REGISTER,
    LIMIT_GENERATE, /* what computes long */
    LIMIT_QUERY,    /* all else */
    LIMIT_COUNT
} route_limit;

// NOLINTBEGIN(clang-analyzer-optin.performance.Padding): members stand in the order in which the table is read
/* One line of the table. In the path, {field} is a field of the input message, {goal.id} one of its sub-message. */
typedef struct route_spec {
    route_method method;
    const char *path; /* below /api/v1 */
    peer_name peer;
    const char *rpc; /* "PlanService/GetGoal" */
    route_access access;
    route_limit limit;
    const char *body;        /* NULL: none; "*": the whole input message; else the field of it that the body is */
    bool partial;            /* update_mask names the fields that the body has */
    bool list;               /* the answer's repeated field is shown as "items", next_page_token as "nextCursor" */
    int success;             /* HTTP status; 0 = 200 */
    size_t body_limit_bytes; /* 0 = 1 MiB */
    uint32_t timeout_ms;     /* 0 = REQUEST_TIMEOUT */
} route_spec;
// NOLINTEND(clang-analyzer-optin.performance.Padding)

enum { ROUTE_PARAMETERS_MAX = 4 };

/* A route with what the start has looked up for it. */
typedef struct bound_route {
    const route_spec *spec;
    char *pattern;    /* the whole path with its {parameters}: the endpoint of metrics and logs */
    char *rpc_method; /* "/sical.plan.v1.PlanService/GetGoal" */
    const ProtobufCMessageDescriptor *input, *output;
    const ProtobufCFieldDescriptor *body;      /* NULL: none or whole */
    const ProtobufCFieldDescriptor *version;   /* the output's etag, told as ETag; NULL: none is */
    const ProtobufCFieldDescriptor *condition; /* the etag of a change: of its body, or of the input when it has none;
                                                  NULL: If-Match cannot be honoured */
    /* Its requests may bring an Idempotency-Key: a known user writes, at a service that keeps answers. auth keeps none,
     * for they hold secrets; what it writes may be asked for twice. */
    bool takes_key;
    const char *parameters[ROUTE_PARAMETERS_MAX]; /* "id", "goal.id" in the order of the path */
    size_t parameter_count;
    void *series; /* where the metrics keep theirs */
} bound_route;

/* The table, and its length. */
extern const route_spec gateway_routes[];
extern const size_t gateway_route_count;

const char *route_method_name(route_method m); /* "GET" */
const char *route_limit_name(route_limit l);   /* "query": in fields, keys and metrics */

/* The table as Markdown, for the documentation. */
void gateway_print_routes(FILE *out);
