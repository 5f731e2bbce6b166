/*
 * The service sical.metrics.v1.MetricsService: streak, heat map and dashboard of a learner, by local day.
 *
 * Each read first lets the feed catch up (feed.h), so that a learner sees what was just recorded, and asks plan for the
 * learner's zone. With progress or plan away it answers from what is stored, a little later and marked where something
 * is missing.
 */
#pragma once

#include "feed.h"
#include "rpc_client.h"
#include "rpc_server.h"

typedef struct metrics_service metrics_service;

typedef struct metrics_service_options {
    db *database; /* borrowed, as the next */
    struct metrics_registry *metrics;
    rpc_client *progress; /* owned by the service from here on */
    rpc_client *plan;
    uint32_t pull_interval_ms;
} metrics_service_options;

/* Starts to count the feed. */
metrics_service *metrics_service_create(loop *l, const metrics_service_options *options);

/* Stops counting; the fiber that counts has ended when metrics_service_in_flight is 0. */
void metrics_service_stop(metrics_service *m);
unsigned metrics_service_in_flight(const metrics_service *m);

/* Nothing may be in flight. NULL is allowed. */
void metrics_service_destroy(metrics_service *m);

/* For rpc_server_add, with the metrics_service as state. */
extern const rpc_service metrics_rpc;
