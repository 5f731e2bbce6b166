/* The plan before, from the changes that the newest one tells of itself: what it moved goes back, what it removed
 * returns, what it added goes. */
#include "plan_changes.h"
#include "plan_history.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>

#define KIND(NAME)   SICAL__PLAN__V1__PLAN_CHANGE__KIND__##NAME
#define REASON(NAME) SICAL__PLAN__V1__PLAN_CHANGE__REASON__##NAME

typedef Sical__Plan__V1__PlanChange wire_change;

typedef struct undo {
    rpc_call *call;
    planning_state state;
    int64_t now_us;
    Sical__Plan__V1__Plan *newest, *before;
    const session_row **by_id; /* the standing sessions */
    session_fate *fates;
    size_t fate_count;
} undo;

/* ---- rows out of messages ---- */

static int64_t time_of(const wire_timestamp *t)
{
    return t != NULL ? t->seconds * CLOCK_US_PER_S + t->nanos / 1000 : 0;
}

static session_row to_row(const Sical__Plan__V1__Session *s)
{
    session_row row = {.topic_key = s->topic_key,
                       .topic_title = s->topic_title,
                       .start_us = time_of(s->start),
                       .end_us = time_of(s->end),
                       .minutes = s->minutes,
                       .status = SESSION_PLANNED,
                       .kind = (int32_t)s->kind};

    /* Written by ourselves. */
    uuid_parse(s->id, &row.id);
    uuid_parse(s->graph_id, &row.graph_id);
    return row;
}

/* ---- standing sessions ---- */

static int by_id(const void *left, const void *right)
{
    const session_row *const *a = left, *const *b = right;

    return memcmp(&(*a)->id, &(*b)->id, sizeof(uuid));
}

static void sort_standing(undo *u)
{
    const standing_plan *plan = &u->state.standing;

    u->by_id = ARENA_ARRAY(u->call->arena, const session_row *, plan->session_count);
    for (size_t i = 0; i < plan->session_count; i++)
        u->by_id[i] = &plan->sessions[i];
    if (plan->session_count > 0)
        qsort(u->by_id, plan->session_count, sizeof *u->by_id, by_id);
}

/* NULL: it is no planned session that lies ahead. */
static const session_row *find_standing(const undo *u, const session_row *wanted)
{
    const session_row *const *found =
        u->state.standing.session_count > 0
            ? bsearch(&wanted, u->by_id, u->state.standing.session_count, sizeof *u->by_id, by_id)
            : NULL;

    return found != NULL ? *found : NULL;
}

/* ---- fates ---- */

static void add_fate(undo *u, change_kind kind, const session_row *now, const session_row *old)
{
    u->fates[u->fate_count++] = (session_fate){kind, REASON(UNDONE), *now, old};
}

static void tell(const undo *u, const session_row *row, const char *why)
{
    rpc_add_fault(u->call, "sessions", "%s of \"%s\" %s", plan_wire_id(u->call, &row->id), row->topic_title, why);
}

static void undo_change(undo *u, const wire_change *c)
{
    session_row as_planned = to_row(c->session), was = as_planned;
    const session_row *now = find_standing(u, &as_planned);

    if (c->kind != KIND(REMOVED) &&
        (now == NULL || now->pinned || now->start_us != as_planned.start_us || now->end_us != as_planned.end_us)) {
        tell(u, &as_planned, "has begun, or was started, completed, skipped, pinned or moved since");
        return;
    }
    if (c->kind == KIND(ADDED)) {
        add_fate(u, KIND(REMOVED), now, now);
        return;
    }
    if (c->kind != KIND(REMOVED)) {
        was.start_us = time_of(c->old_start);
        was.end_us = time_of(c->old_end);
        was.minutes = (int32_t)((was.end_us - was.start_us) / (60 * CLOCK_US_PER_S));
    }
    if (was.start_us < u->now_us)
        tell(u, &was, "lies in the past");
    else
        add_fate(u, now != NULL ? KIND(MOVED) : KIND(ADDED), &was, now);
}

/* All other sessions stay. Fates by now know of which ones that are. */
static void keep_others(undo *u)
{
    const standing_plan *plan = &u->state.standing;
    bool *is_told = ARENA_ARRAY(u->call->arena, bool, plan->session_count);
    size_t changed = u->fate_count;

    for (size_t i = 0; i < changed; i++)
        if (u->fates[i].old != NULL)
            is_told[u->fates[i].old - plan->sessions] = true;
    for (size_t i = 0; i < plan->session_count; i++)
        if (!is_told[i])
            u->fates[u->fate_count++] = (session_fate){.now = plan->sessions[i], .old = &plan->sessions[i]};
}

/* ---- whether it can hold ---- */

/* What stays is fixed, what returns or goes back needs a place. */
static standing_plan split(undo *u, session_row *places, size_t *place_count)
{
    session_row *fixed = ARENA_ARRAY(u->call->arena, session_row, u->fate_count);
    standing_plan plan = u->state.standing;

    plan.sessions = fixed;
    plan.session_count = *place_count = 0;
    for (size_t i = 0; i < u->fate_count; i++) {
        const session_fate *f = &u->fates[i];
        if (f->kind == KIND(KIND_UNSPECIFIED)) {
            fixed[plan.session_count] = f->now;
            fixed[plan.session_count++].pinned = true;
        } else if (f->kind != KIND(REMOVED)) {
            places[(*place_count)++] = f->now;
        }
    }
    return plan;
}

static status check_places(undo *u)
{
    const planning_progress nothing = {0};
    planning_state state = u->state;
    session_row *places = ARENA_ARRAY(u->call->arena, session_row, u->fate_count);
    size_t count;

    state.standing = split(u, places, &count);
    planning *p = planning_create(&state, u->now_us / (60 * CLOCK_US_PER_S), &nothing);
    p->aim = PLANNING_PLACES;
    planning_set_places(p, &state, places, count);
    for (size_t i = 0; i < count; i++)
        p->places[i].session.topic = -1; /* the plan before was in order */
    status s = planning_run(&p);
    if (s != STATUS_OK)
        return s;
    for (size_t i = 0; i < count; i++)
        if (p->places[i].fault == PLAN_PLACE_NOT_FREE)
            tell(u, &places[i], "lies where time is not free any more");
        else if (p->places[i].fault != PLAN_PLACE_GOOD)
            tell(u, &places[i], "would overlap another session");
    planning_destroy(p);
    return rpc_fault_count(u->call) > 0 ? PLAN_CANNOT_UNDO : STATUS_OK;
}

/* ---- the restored plan ---- */

static status read_plans(undo *u, const Sical__Plan__V1__UndoPlanRequest *request)
{
    const standing_plan *plan = &u->state.standing;
    uuid wanted, before;

    if (plan->version == 0)
        return PLAN_NO_PLAN;
    if (request->plan_id[0] != '\0') {
        if (!plan_take_id(u->call, "plan_id", request->plan_id, &wanted))
            return PLAN_INVALID_INPUT;
        if (memcmp(&wanted, &plan->id, sizeof wanted) != 0)
            return PLAN_OVERTAKEN;
    }
    status s = plan_find(u->call, &plan->id, &u->newest);
    if (s != STATUS_OK)
        return s == PLAN_NO_PLAN ? PLAN_OVERTAKEN : s;
    const Sical__Plan__V1__PlanChanges *changes = u->newest->changes;
    if (changes == NULL || u->newest->restored_plan_id[0] != '\0' || !uuid_parse(changes->since_plan_id, &before))
        return PLAN_NOTHING_TO_UNDO;
    s = plan_find(u->call, &before, &u->before);
    return s == PLAN_NO_PLAN ? PLAN_NOTHING_TO_UNDO : s;
}

static status find_fates(undo *u)
{
    const Sical__Plan__V1__PlanChanges *changes = u->newest->changes;

    u->fates = ARENA_ARRAY(u->call->arena, session_fate, changes->n_changes + u->state.standing.session_count);
    sort_standing(u);
    for (size_t i = 0; i < changes->n_changes; i++)
        undo_change(u, changes->changes[i]);
    if (rpc_fault_count(u->call) > 0)
        return PLAN_CANNOT_UNDO;
    keep_others(u);
    return check_places(u);
}

/* It says of itself what the plan before said, under an id and a version of its own. */
static void restore(undo *u, told_plan *told)
{
    rpc_call *call = u->call;
    plan_changes changes = plan_changes_sort(u->fates, u->fate_count, true);
    Sical__Plan__V1__Plan *w = u->before;

    told->plan = (new_plan){.id = uuid_make(),
                            .version = u->state.standing.version + 1,
                            .calendar_version = u->state.standing.calendar_version,
                            .create_us = u->now_us,
                            .horizon = time_of(w->horizon) / (60 * CLOCK_US_PER_S),
                            .time_zone = w->time_zone,
                            .work_minutes = w->work_minutes,
                            .lateness_minutes = w->certificate != NULL ? w->certificate->lateness_minutes : 0,
                            .mastery_known = w->mastery_known};
    w->restored_plan_id = w->id;
    w->id = plan_wire_id(call, &told->plan.id);
    w->version = told->plan.version;
    w->create_time = plan_wire_time(call, u->now_us);
    w->n_sessions = 0;
    w->changes = plan_changes_wire(call, &changes, &u->state.standing.id);
    told->wire = w;
    plan_changes_save(call, &changes, &told->plan);
    told->sessions = plan_changes_sessions(call, &changes, &told->session_count);
}

status plan_undo_plan(rpc_call *call, const Sical__Plan__V1__UndoPlanRequest *request, Sical__Plan__V1__Plan **reply)
{
    undo u = {.call = call, .now_us = clock_wall_us()};
    told_plan told;
    status s = plan_store_read_planning(plan_database(call), &call->user, u.now_us / (60 * CLOCK_US_PER_S), &u.state);

    if (s == STATUS_OK)
        s = read_plans(&u, request);
    if (s == STATUS_OK)
        s = find_fates(&u);
    if (s != STATUS_OK)
        return s;
    restore(&u, &told);
    s = plan_store_last_mastered(plan_database(call), &call->user, &told.plan.mastered, &told.plan.mastered_count);
    return s == STATUS_OK ? plan_save(call, &told, reply) : s;
}
