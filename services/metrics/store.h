/*
 * The SQL of metrics. Every function is one statement. All return STATUS_OK or a fatal status of db_query (a lock that
 * was not to be had counts as STATUS_UNAVAILABLE). Texts and arrays live until the running fiber ends.
 */
#pragma once

#include "db.h"
#include "domain/activity.h"

/* How far the feed has been counted; "" at the beginning. */
status metrics_store_get_cursor(db *d, const char **cursor);

/* A page of the feed, by column. */
typedef struct study_page {
    const char *cursor;      /* what the page was asked with */
    const char *next_cursor; /* another one */
    size_t event_count;
    const uuid *user_ids; /* event_count each, in the same order */
    const int64_t *occurred_us;
    const bool *is_review;
    const int32_t *seconds;
    size_t zone_count;
    const uuid *zone_users; /* zone_count each: the users of the page whose zone is known, each once */
    const char *const *zones;
} study_page;

/* Counts the page and moves the cursor in one statement; does neither when the cursor is not the page's any more. */
status metrics_store_count_page(db *d, const study_page *page);

typedef struct study_days {
    activity activity; /* all days with study, in order */
    const char *time_zone;
    int64_t today;
} study_days;

/* The learner's days; today is that of now_us. zone: the learner's present one, valid for PostgreSQL; NULL when it
 * cannot be known now: the last one that was seen is taken, else UTC. */
status metrics_store_read_days(db *d, const uuid *user_id, const char *zone, int64_t now_us, study_days *out);
