/* Reviews are planned anew each time. An old one is kept where a new one of its topic has the same time, else it
 * becomes the next new one of its topic. */
#include "plan_changes.h"

#include "clock.h"
#include "plan_report.h"

#include <stdlib.h>
#include <string.h>

#define KIND(NAME)   SICAL__PLAN__V1__PLAN_CHANGE__KIND__##NAME
#define REASON(NAME) SICAL__PLAN__V1__PLAN_CHANGE__REASON__##NAME

/* A review of the standing plan or of the new one. */
typedef struct review {
    session_row row;
    const session_row *old; /* NULL: it is of the new one */
    bool matched;
} review;

static int by_topic(const void *left, const void *right)
{
    const session_row *a = &((const review *)left)->row, *b = &((const review *)right)->row;
    int order = memcmp(&a->graph_id, &b->graph_id, sizeof a->graph_id);

    order = order != 0 ? order : strcmp(a->topic_key, b->topic_key);
    if (order != 0)
        return order;
    return a->start_us < b->start_us ? -1 : a->start_us > b->start_us;
}

static bool is_same_topic(const review *a, const review *b)
{
    return strcmp(a->row.topic_key, b->row.topic_key) == 0 &&
           memcmp(&a->row.graph_id, &b->row.graph_id, sizeof a->row.graph_id) == 0;
}

static session_fate become(const review *old, const review *new)
{
    session_fate f = {.now = *old->old, .old = old->old};

    if (new->row.start_us == f.now.start_us &&new->row.end_us == f.now.end_us)
        return f;
    f.kind = new->row.start_us == f.now.start_us &&new->row.end_us < f.now.end_us ? KIND(SHORTENED) : KIND(MOVED);
    f.reason = REASON(REVIEW_CHANGED);
    f.now.start_us = new->row.start_us;
    f.now.end_us = new->row.end_us;
    f.now.minutes = new->row.minutes;
    return f;
}

/* Pairs the reviews of one topic: first those of the same time, then the others in their order. */
static size_t pair(review *first, const review *end, bool same_time, session_fate *fates, size_t count)
{
    for (review *old = first; old < end; old++)
        for (review *new = first; new < end && old->old != NULL && !old->matched; new ++)
            if (new->old == NULL && !new->matched && (!same_time || new->row.start_us == old->row.start_us)) {
                old->matched = new->matched = true;
                fates[count++] = become(old, new);
            }
    return count;
}

static size_t add_unmatched(const review *first, const review *end, session_fate *fates, size_t count)
{
    for (const review *r = first; r < end; r++)
        if (!r->matched)
            fates[count++] = r->old != NULL ? (session_fate){KIND(REMOVED), REASON(REVIEW_GONE), *r->old, r->old}
                                            : (session_fate){KIND(ADDED), REASON(REVIEW_CHANGED), r->row, NULL};
    return count;
}

/* Of a graph that no goal needs only the key is known. */
static named_topic name_review(const plan_draft *d, const review_row *row)
{
    int32_t topic = planning_find_topic(d->planning, &d->state, &row->graph_id, row->topic_key);

    return topic >= 0 ? plan_report_name(d, topic) : (named_topic){&row->graph_id, row->topic_key, row->topic_key};
}

static size_t collect(const plan_draft *d, review *reviews)
{
    const standing_plan *standing = &d->state.standing;
    const plan_reserve *reserve = &d->planning->reserve;
    size_t count = 0;

    for (size_t i = 0; i < standing->session_count; i++)
        if (standing->sessions[i].kind == SESSION_REVIEW)
            reviews[count++] = (review){.row = standing->sessions[i], .old = &standing->sessions[i]};
    for (size_t i = 0; i < reserve->session_count; i++) {
        const plan_review_session *s = &reserve->sessions[i];
        named_topic name = name_review(d, &d->reviews[d->planning->review_rows[s->review]]);
        reviews[count++] = (review){.row = plan_report_session(name, s->start, s->end, SESSION_REVIEW)};
    }
    return count;
}

size_t plan_review_fates(rpc_call *call, const plan_draft *d, session_fate *fates, size_t count)
{
    review *reviews =
        ARENA_ARRAY(call->arena, review, d->state.standing.session_count + d->planning->reserve.session_count);
    size_t review_count = collect(d, reviews);

    if (review_count > 0)
        qsort(reviews, review_count, sizeof *reviews, by_topic);
    for (size_t first = 0, end; first < review_count; first = end) {
        for (end = first + 1; end < review_count && is_same_topic(&reviews[first], &reviews[end]);)
            end++;
        count = pair(reviews + first, reviews + end, true, fates, count);
        count = pair(reviews + first, reviews + end, false, fates, count);
        count = add_unmatched(reviews + first, reviews + end, fates, count);
    }
    return count;
}
