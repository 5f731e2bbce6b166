/*
 * Counts the feed of progress: a fiber that pulls page after page, each second and whenever a reader asks.
 *
 * A page is counted in the statement that moves the cursor (store.h), so replicas may pull at once and a kill at any
 * moment neither loses an event nor counts one twice: who comes second with a page finds the cursor moved, has counted
 * nothing, and goes on from there.
 */
#pragma once

#include "db.h"
#include "loop.h"

typedef struct feed feed;
struct rpc_client;
struct metrics_registry;

typedef struct feed_options {
    db *database; /* all borrowed */
    struct rpc_client *progress;
    struct rpc_client *plan;
    uint32_t interval_ms; /* between rounds; after failures it doubles, up to ten seconds */
    struct metrics_registry *metrics;
} feed_options;

/* Starts the fiber. */
feed *feed_create(loop *l, const feed_options *options);

/* Makes sure that what was visible in the feed before this call is counted: waits for a round that begins after it, at
 * most FEED_WAIT_MS and not past the fiber's deadline. Returns at once while no replica of progress is connected. */
enum { FEED_WAIT_MS = 300 };
void feed_catch_up(feed *f);

/* Asks the fiber to end; it does when its page is through. */
void feed_stop(feed *f);
bool feed_running(const feed *f);

/* The fiber must have ended. NULL is allowed. */
void feed_destroy(feed *f);
