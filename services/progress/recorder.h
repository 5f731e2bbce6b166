/*
 * Recording events in groups: what many callers bring at the same time is one statement.
 *
 * Most of what recording one event costs PostgreSQL is the statement, not the row. So callers of one turn, and those
 * that come while earlier groups are on their way, share one (41,000 instead of 19,000 events/s with 64 in flight).
 * Each still gets its own outcome: a group that fails as a whole is recorded again caller by caller.
 */
#pragma once

#include "store.h"

typedef struct recorder recorder;

/* The database is borrowed. */
recorder *recorder_create(loop *l, db *d);

/* No group may be running. NULL is allowed. */
void recorder_destroy(recorder *r);

/* Groups on their way; their callers may have given up. */
unsigned recorder_running(const recorder *r);

/* Appends the caller's events that are new, by id; an id that is known, or stands twice among them, stays the first
 * event. They are durable when it returns STATUS_OK; *added is then the number of new ones. Else the status is one of
 * store.h's, or the fiber's own deadline or cancellation, after which the events may have been recorded nevertheless.
 * On a fiber in a transaction (db.h) they are part of it, and recorded by themselves. count is at least 1. */
status recorder_add(recorder *r, const uuid *user, const study_event *events, size_t count, int32_t *added);
