/* Shared by the files of the store. */
#pragma once

#include "store.h"

/* db_query with the outcomes of store.h: no constraint of progress can be met by sound input, so a conflict is a fault
 * of ours. */
status progress_store_run(db *d, const db_statement *statement, const db_value *values, size_t count, db_rows **rows);

/* A stored topic is read as graph_id, topic_key and these. */
#define STATE_COLUMNS                                                                                                  \
    "version, phase, step, stability_days, difficulty, last_review_at, due_at, review_count, lapse_count,"             \
    " studied_seconds, last_event_at"

/* The topic that stands in such columns from column on. All NULL behind the key: there is no state yet. */
topic_row progress_store_read_topic(arena *a, const db_rows *rows, size_t row, size_t column);
