#include "memory.h"
#include "replan_internal.h"

static int by_start(const void *left, const void *right)
{
    const plan_session *a = left, *b = right;

    return a->start < b->start ? -1 : a->start > b->start;
}

/* New sessions, one list a topic in the order of time: the next one of each, -1 at the end. */
typedef struct by_topic {
    int64_t *first, *next;
} by_topic;

static void by_topic_init(by_topic *t, const plan_session *sessions, size_t count, int32_t topic_count)
{
    t->first = PLAN_ARRAY(int64_t, (size_t)topic_count);
    t->next = PLAN_ARRAY(int64_t, count);
    for (int32_t topic = 0; topic < topic_count; topic++)
        t->first[topic] = -1;
    for (size_t i = count; i > 0; i--) {
        t->next[i - 1] = t->first[sessions[i - 1].topic];
        t->first[sessions[i - 1].topic] = (int64_t)i - 1;
    }
}

static int64_t by_topic_take(by_topic *t, int32_t topic)
{
    int64_t i = topic >= 0 ? t->first[topic] : -1;

    if (i >= 0)
        t->first[topic] = t->next[i];
    return i;
}

static void count_minutes(plan_replanned *out, const candidate *c, const plan_session *old)
{
    int64_t lost = old->end - old->start - (c->kept ? c->session.end - c->session.start : 0);

    if (c->reason == PLAN_BECAUSE_GOALS || c->reason == PLAN_BECAUSE_WORK_LIMIT)
        out->moved_minutes += lost;
    else
        out->forced_minutes += lost;
}

/* An old session that was not kept is said to have moved to the first new one of its topic that is not yet named. */
static void list_changes(const replanner *r, const plan_session *old, const plan_session *fresh, size_t fresh_count,
                         int32_t topic_count)
{
    plan_replanned *out = r->out;
    bool *named = PLAN_ARRAY(bool, fresh_count);
    by_topic t;

    by_topic_init(&t, fresh, fresh_count, topic_count);
    out->changes = PLAN_ARRAY(plan_change, r->old_count + fresh_count);
    for (size_t i = 0; i < r->old_count; i++) {
        const candidate *c = &r->candidates[i];
        plan_change *change = &out->changes[out->change_count++];
        int64_t to = c->kept ? -1 : by_topic_take(&t, c->session.topic);
        *change = (plan_change){.kind = c->kept ? PLAN_KEPT : PLAN_REMOVED, .reason = c->reason, .old = i};
        if (c->kept)
            change->now = c->session;
        if (to >= 0) {
            change->kind = PLAN_MOVED;
            change->now = fresh[to];
            named[to] = true;
        }
        count_minutes(out, c, &old[i]);
    }
    for (size_t i = 0; i < fresh_count; i++)
        if (!named[i])
            out->changes[out->change_count++] =
                (plan_change){.kind = PLAN_ADDED, .reason = PLAN_BECAUSE_NEW_WORK, .now = fresh[i]};
    free(named);
    free(t.first);
    free(t.next);
}

void replan_report(const replanner *r, const plan_input *input, const plan_session *old)
{
    plan_result fresh = {0};
    plan_replanned *out = r->out;

    plan_map_back(&r->jobs, &r->axis, r->runs, r->run_count, input->topic_count, &fresh);
    list_changes(r, old, fresh.sessions, fresh.session_count, input->topic_count);
    out->sessions = PLAN_ARRAY(plan_session, r->old_count + fresh.session_count);
    for (size_t i = 0; i < r->old_count; i++)
        if (r->candidates[i].kept)
            out->sessions[out->session_count++] = r->candidates[i].session;
    for (size_t i = 0; i < fresh.session_count; i++)
        out->sessions[out->session_count++] = fresh.sessions[i];
    qsort(out->sessions, out->session_count, sizeof *out->sessions, by_start);
    out->unplaced = fresh.unplaced;
    out->unplaced_count = fresh.unplaced_count;
    free(fresh.sessions);
}
