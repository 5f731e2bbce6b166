/*
 * Finds the route of a path. Paths are compared segment by segment in a tree: at each node a literal wins over a
 * parameter, and a choice is never taken back, so that the time depends on the path's length alone.
 */
#pragma once

#include "route.h"

typedef struct router router;

/* Binds every route of the table: its RPC must exist, its parameters and body must be fields of the input message, no
 * two may have the same method and path, and each must state its access. NULL after a line in the log for each fault.
 * The table is borrowed. */
router *router_create(const route_spec *routes, size_t count);
void router_destroy(router *r);

typedef enum route_verdict { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_WRONG_METHOD, ROUTE_BAD_ESCAPE } route_verdict;

typedef struct route_match {
    route_verdict verdict;
    bound_route *route;                           /* ROUTE_FOUND, ROUTE_BAD_ESCAPE */
    const char *allow;                            /* "GET, HEAD, OPTIONS": known when the path is */
    const char *parameters[ROUTE_PARAMETERS_MAX]; /* decoded, in the arena */
} route_match;

/* path: raw, without query. HEAD finds the route of GET. OPTIONS is ROUTE_WRONG_METHOD: the caller answers it with
 * allow. */
route_match router_find(const router *r, arena *a, const char *method, const char *path);

/* Decodes %XX (and '+' as a space when plus_is_space) of size bytes into the arena. NULL when an escape is broken or
 * hides a NUL. */
char *router_decode(arena *a, const char *text, size_t size, bool plus_is_space);

/* For whoever visits all of them (metrics, tests). */
size_t router_route_count(const router *r);
bound_route *router_route(const router *r, size_t index);
