#include "plan_changes.h"

#include "clock.h"
#include "plan_report.h"

#include <stdlib.h>
#include <string.h>

#define KIND(NAME)   SICAL__PLAN__V1__PLAN_CHANGE__KIND__##NAME
#define REASON(NAME) SICAL__PLAN__V1__PLAN_CHANGE__REASON__##NAME

static const int64_t minute_us = 60 * CLOCK_US_PER_S;

/* ---- lessons ---- */

static change_reason to_reason(plan_change_reason reason)
{
    switch (reason) {
    case PLAN_BECAUSE_NOTHING:
        return REASON(REASON_UNSPECIFIED);
    case PLAN_BECAUSE_WINDOW:
        return REASON(WINDOW_GONE);
    case PLAN_BECAUSE_TOPIC_GONE:
        return REASON(TOPIC_GONE);
    case PLAN_BECAUSE_MASTERED:
        return REASON(TOPIC_MASTERED);
    case PLAN_BECAUSE_TOPIC_SHORTER:
        return REASON(TOPIC_SHORTER);
    case PLAN_BECAUSE_NOT_BEFORE:
        return REASON(NOT_BEFORE);
    case PLAN_BECAUSE_GOALS:
        return REASON(MADE_ROOM);
    case PLAN_BECAUSE_WORK_LIMIT:
        return REASON(SEARCH_LIMIT);
    case PLAN_BECAUSE_NEW_WORK:
        break;
    }
    return REASON(MORE_WORK);
}

/* Why there are new sessions of each topic. What a session of it lost comes again elsewhere; where nothing was lost it
 * is work that the standing plan did not have. */
static change_reason *reasons_to_add(rpc_call *call, const plan_draft *d)
{
    const planning *p = d->planning;
    change_reason *reasons = ARENA_ARRAY(call->arena, change_reason, (size_t)p->input.topic_count);

    for (int32_t topic = 0; topic < p->input.topic_count; topic++)
        reasons[topic] = p->needed_by_new && p->needed_by_new[topic]           ? REASON(GOAL_NEW)
                         : p->needed_by_changed && p->needed_by_changed[topic] ? REASON(GOAL_CHANGED)
                                                                               : REASON(MORE_WORK);
    for (size_t i = p->replanned.change_count; i > 0; i--) {
        const plan_change *c = &p->replanned.changes[i - 1];
        if (c->kind != PLAN_ADDED && c->reason != PLAN_BECAUSE_NOTHING && p->old[c->old].topic >= 0)
            reasons[p->old[c->old].topic] = to_reason(c->reason);
    }
    for (size_t i = 0; i < d->state.standing.missed_count; i++) {
        const topic_name *missed = &d->state.standing.missed[i];
        int32_t topic = planning_find_topic(p, &d->state, &missed->graph_id, missed->topic_key);
        if (topic >= 0)
            reasons[topic] = REASON(MISSED);
    }
    return reasons;
}

static session_fate add(const plan_draft *d, const plan_session *s, change_reason reason)
{
    return (session_fate){KIND(ADDED), reason,
                          plan_report_session(plan_report_name(d, s->topic), s->start, s->end, SESSION_LESSON), NULL};
}

static session_fate change_old(const plan_draft *d, const plan_change *c)
{
    const session_row *old = &d->state.standing.sessions[d->planning->old_rows[c->old]];
    session_fate f = {.reason = to_reason(c->reason), .now = *old, .old = old};

    if (c->kind == PLAN_REMOVED) {
        f.kind = KIND(REMOVED);
        return f;
    }
    f.now.start_us = c->now.start * minute_us;
    f.now.end_us = c->now.end * minute_us;
    f.now.minutes = (int32_t)(c->now.end - c->now.start);
    if (c->kind == PLAN_MOVED)
        f.kind = KIND(MOVED);
    else if (f.now.end_us < old->end_us)
        f.kind = KIND(SHORTENED);
    return f;
}

static size_t lesson_fates(rpc_call *call, const plan_draft *d, session_fate *fates)
{
    const planning *p = d->planning;
    const change_reason *reasons = reasons_to_add(call, d);
    size_t count = 0;

    for (size_t i = 0; i < p->replanned.change_count; i++) {
        const plan_change *c = &p->replanned.changes[i];
        fates[count++] = c->kind == PLAN_ADDED ? add(d, &c->now, reasons[c->now.topic]) : change_old(d, c);
    }
    for (size_t i = 0; p->old_count == 0 && i < p->result.session_count; i++)
        fates[count++] = add(d, &p->result.sessions[i], reasons[p->result.sessions[i].topic]);
    return count;
}

/* Pins stay. Lessons that another one of the standing plan overlaps go. */
static size_t other_fates(const plan_draft *d, session_fate *fates, size_t count)
{
    const standing_plan *plan = &d->state.standing;
    const planning *p = d->planning;

    for (size_t i = 0, known = 0; i < plan->session_count; i++) {
        const session_row *row = &plan->sessions[i];
        if (row->pinned)
            fates[count++] = (session_fate){.now = *row, .old = row};
        else if (known < p->old_count && p->old_rows[known] == i)
            known++;
        else if (row->kind == SESSION_LESSON)
            fates[count++] = (session_fate){KIND(REMOVED), REASON(MADE_ROOM), *row, row};
    }
    return count;
}

/* ---- all of them ---- */

static int by_start(const void *left, const void *right)
{
    const session_fate *a = left, *b = right;

    if (a->now.start_us != b->now.start_us)
        return a->now.start_us < b->now.start_us ? -1 : 1;
    return memcmp(&a->now.id, &b->now.id, sizeof a->now.id);
}

plan_changes plan_changes_sort(session_fate *fates, size_t count, bool complete)
{
    if (count > 0)
        qsort(fates, count, sizeof *fates, by_start);
    return (plan_changes){fates, count, complete};
}

plan_changes plan_changes_of(rpc_call *call, const plan_draft *d)
{
    const planning *p = d->planning;
    size_t room = d->state.standing.session_count + p->result.session_count + p->reserve.session_count;
    session_fate *fates = ARENA_ARRAY(call->arena, session_fate, room);
    size_t count = lesson_fates(call, d, fates);

    count = other_fates(d, fates, count);
    count = plan_review_fates(call, d, fates, count);
    return plan_changes_sort(fates, count, p->old_count == 0 || p->replanned.complete);
}

session_row *plan_changes_sessions(rpc_call *call, const plan_changes *c, size_t *count)
{
    session_row *rows = ARENA_ARRAY(call->arena, session_row, c->count);

    *count = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->fates[i].kind != KIND(REMOVED))
            rows[(*count)++] = c->fates[i].now;
    return rows;
}

static void count_fate(plan_counts *counts, change_kind kind)
{
    counts->kept += kind == KIND(KIND_UNSPECIFIED);
    counts->moved += kind == KIND(MOVED);
    counts->shortened += kind == KIND(SHORTENED);
    counts->added += kind == KIND(ADDED);
    counts->removed += kind == KIND(REMOVED);
}

void plan_changes_save(rpc_call *call, const plan_changes *c, new_plan *plan)
{
    session_row *placed = ARENA_ARRAY(call->arena, session_row, c->count);
    uuid *removed = ARENA_ARRAY(call->arena, uuid, c->count);

    plan->placed = placed;
    plan->removed = removed;
    for (size_t i = 0; i < c->count; i++) {
        const session_fate *f = &c->fates[i];
        count_fate(&plan->counts, f->kind);
        if (f->kind == KIND(REMOVED))
            removed[plan->removed_count++] = f->now.id;
        else if (f->kind != KIND(KIND_UNSPECIFIED))
            placed[plan->placed_count++] = f->now;
    }
}

/* ---- as it is told ---- */

typedef struct reason_words {
    const char *english, *chinese;
} reason_words;

static reason_words words_of(change_reason reason)
{
    static const reason_words words[] = {
        [REASON(WINDOW_GONE)] = {"its time is not free any more", "这段时间不再空闲"},
        [REASON(TOPIC_GONE)] = {"no active goal needs the topic any more", "不再有进行中的目标需要该主题"},
        [REASON(TOPIC_MASTERED)] = {"the topic is mastered", "该主题已经掌握"},
        [REASON(TOPIC_SHORTER)] = {"less of the topic is left", "该主题剩余的内容减少了"},
        [REASON(NOT_BEFORE)] = {"the topic may not begin so early any more", "该主题不能这么早开始"},
        [REASON(MADE_ROOM)] = {"it made room, so that goals are met in the right order",
                               "为了按正确的顺序达成目标而让出时间"},
        [REASON(SEARCH_LIMIT)] = {"there was too much to compare", "需要比较的安排过多"},
        [REASON(MISSED)] = {"a session of the topic was missed", "错过了该主题的一次学习"},
        [REASON(GOAL_NEW)] = {"a new goal needs the topic", "新的目标需要该主题"},
        [REASON(GOAL_CHANGED)] = {"a changed goal needs the topic", "修改后的目标需要该主题"},
        [REASON(MORE_WORK)] = {"more of the topic is left than was planned", "该主题剩余的内容比计划的多"},
        [REASON(REVIEW_CHANGED)] = {"the review's date or its free time has changed", "复习日期或可用时间有变化"},
        [REASON(REVIEW_GONE)] = {"the review is not due any more", "不再需要这次复习"},
        [REASON(UNDONE)] = {"the plan before was restored", "恢复了之前的计划"},
    };

    return words[reason];
}

static Sical__Plan__V1__PlanChange *to_change(rpc_call *call, const session_fate *f)
{
    Sical__Plan__V1__PlanChange *w = ARENA_NEW(call->arena, Sical__Plan__V1__PlanChange);
    reason_words words = words_of(f->reason);

    sical__plan__v1__plan_change__init(w);
    w->kind = f->kind;
    w->reason = f->reason;
    w->session = plan_wire_session(call, &f->now);
    w->session->etag = (char *)protobuf_c_empty_string; /* it is read again when it is long another one */
    if (f->kind == KIND(MOVED) || f->kind == KIND(SHORTENED)) {
        w->old_start = plan_wire_time(call, f->old->start_us);
        w->old_end = plan_wire_time(call, f->old->end_us);
    }
    w->text = (char *)words.english;
    w->text_zh = (char *)words.chinese;
    return w;
}

Sical__Plan__V1__PlanChanges *plan_changes_wire(rpc_call *call, const plan_changes *c, const uuid *since)
{
    Sical__Plan__V1__PlanChanges *w = ARENA_NEW(call->arena, Sical__Plan__V1__PlanChanges);
    plan_counts counts = {0};

    sical__plan__v1__plan_changes__init(w);
    w->since_plan_id = since != NULL ? plan_wire_id(call, since) : w->since_plan_id;
    w->complete = c->complete;
    w->changes = ARENA_ARRAY(call->arena, Sical__Plan__V1__PlanChange *, since != NULL ? c->count : 0);
    for (size_t i = 0; i < c->count; i++) {
        count_fate(&counts, c->fates[i].kind);
        if (since != NULL && c->fates[i].kind != KIND(KIND_UNSPECIFIED))
            w->changes[w->n_changes++] = to_change(call, &c->fates[i]);
    }
    w->kept = counts.kept;
    w->moved = counts.moved;
    w->shortened = counts.shortened;
    w->added = counts.added;
    w->removed = counts.removed;
    return w;
}
