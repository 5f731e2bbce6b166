/*
 * What a learner's log says of one topic: its events folded into a memory state, counts and time spent.
 *
 * The log is append-only and its order is (occurred_at, id), not that of arrival. Folding a prefix and then the rest
 * gives the same bits as folding the whole; an event that belongs before what was folded needs the whole log again.
 */
#pragma once

#include "memory.h"

typedef struct topic_event {
    uint8_t id[16]; /* made by the client; orders events of the same instant */
    int64_t occurred_at_us;
    bool review; /* recall was tested; else a lesson */
    int grade;   /* memory_grade, or 0: minutes only, the memory does not change */
    int32_t duration_seconds;
} topic_event;

/* All zero: an empty log. */
typedef struct topic_progress {
    memory_state memory;
    int32_t review_count;
    int32_t lapse_count; /* forgotten while in review */
    int64_t studied_seconds;
    int64_t last_event_us; /* of the latest event that was folded */
} topic_progress;

/* Sorts the events, which all belong behind those folded already, and folds them. topic: its key. */
void topic_progress_replay(const memory_model *model, topic_progress *progress, const char *topic, topic_event *events,
                           size_t count);

/* Mastered: in long-term review, and recalled now with at least this chance. A topic that is being learned or relearned
 * is not, whatever its momentary recall. Reviews are planned for a recall of 0.9; a threshold as high would take the
 * mastery away on the very day a review comes due and put lessons back into plans. At 0.7 (the default) it lasts until
 * about nine stabilities after the last review: long overdue, but not by a busy week. */
bool topic_is_mastered(const memory_model *model, const topic_progress *progress, int64_t at_us, double threshold);
