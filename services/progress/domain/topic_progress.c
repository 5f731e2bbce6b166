#include "topic_progress.h"

#include <stdlib.h>
#include <string.h>

static int compare_events(const void *left, const void *right)
{
    const topic_event *a = left, *b = right;
    if (a->occurred_at_us != b->occurred_at_us)
        return a->occurred_at_us < b->occurred_at_us ? -1 : 1;
    return memcmp(a->id, b->id, sizeof a->id);
}

static void fold(const memory_model *model, topic_progress *progress, const char *topic, const topic_event *event)
{
    memory_phase before = progress->memory.phase;
    progress->last_event_us = event->occurred_at_us;
    progress->studied_seconds += event->duration_seconds;
    progress->review_count += event->review;
    if (event->grade == 0)
        return;
    progress->lapse_count += before == MEMORY_IN_REVIEW && event->grade == MEMORY_AGAIN;
    memory_review(model, &progress->memory, (memory_grade)event->grade, event->occurred_at_us, topic);
}

void topic_progress_replay(const memory_model *model, topic_progress *progress, const char *topic, topic_event *events,
                           size_t count)
{
    if (count > 1)
        qsort(events, count, sizeof *events, compare_events);
    for (size_t i = 0; i < count; i++)
        fold(model, progress, topic, &events[i]);
}

bool topic_is_mastered(const memory_model *model, const topic_progress *progress, int64_t at_us, double threshold)
{
    return progress->memory.phase == MEMORY_IN_REVIEW &&
           memory_retrievability(model, &progress->memory, at_us) >= threshold;
}
