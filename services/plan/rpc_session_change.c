/* What learners change of sessions: pin, move, start. */
#include "rpc_internal.h"

#include "clock.h"
#include "planning.h"

#include <string.h>

typedef Sical__Plan__V1__Session wire_session;

enum { PINS_LIMIT = 100 };

static const int64_t minute_us = 60 * CLOCK_US_PER_S;

/* ---- input ---- */

typedef struct session_change {
    uuid id;
    row_condition condition;
    const bool *pinned; /* NULL: as it is */
    const int64_t *start_us;
    bool pinned_value;
    int64_t start_value;
} session_change;

static void name_field(rpc_call *call, const char *path, bool *pinned, bool *start)
{
    if (strcmp(path, "pinned") == 0)
        *pinned = true;
    else if (strcmp(path, "start") == 0)
        *start = true;
    else
        rpc_add_fault(call, arena_printf(call->arena, "session.%s", path), "only pinned and start can be changed");
}

static void take_start(rpc_call *call, const wire_session *s, session_change *change)
{
    if (!plan_take_time(call, "session.start", s->start, &change->start_value))
        return;
    change->start_us = &change->start_value;
    if (change->start_value % minute_us != 0)
        rpc_add_fault(call, "session.start", "must be a whole minute");
    else if (change->start_value < clock_wall_us())
        rpc_add_fault(call, "session.start", "lies in the past");
}

/* An empty mask means every field that is set. */
static bool take_change(rpc_call *call, const Sical__Plan__V1__UpdateSessionRequest *request, session_change *change)
{
    const wire_session *s = request->session;
    const Google__Protobuf__FieldMask *mask = request->update_mask;

    *change = (session_change){0};
    if (s == NULL) {
        rpc_add_fault(call, "session", "is required");
        return false;
    }
    bool masked = mask != NULL && mask->n_paths > 0, pinned = !masked && s->pinned, start = !masked && s->start;
    for (size_t i = 0; masked && i < mask->n_paths; i++)
        name_field(call, mask->paths[i], &pinned, &start);
    plan_take_id(call, "session.id", s->id, &change->id);
    change->condition = plan_take_etag(call, s->etag);
    if (pinned) {
        change->pinned_value = s->pinned;
        change->pinned = &change->pinned_value;
    }
    if (start)
        take_start(call, s, change);
    if (start && pinned && !s->pinned)
        rpc_add_fault(call, "session.pinned", "what is moved is pinned");
    return rpc_fault_count(call) == 0;
}

/* ---- places ---- */

static void tell_fault(rpc_call *call, const planning *p, const standing_plan *standing)
{
    const plan_place *place = &p->places[0];
    const char *other = "";

    if (place->fault > PLAN_PLACE_NOT_FREE)
        other = plan_wire_id(call, &standing->sessions[p->pin_rows[place->other]].id);
    switch (place->fault) {
    case PLAN_PLACE_GOOD:
        break;
    case PLAN_PLACE_NOT_FREE:
        rpc_add_fault(call, "session.start", "lies outside of the free hours of a day, or in time that is taken");
        break;
    case PLAN_PLACE_OVERLAPS:
        rpc_add_fault(call, "session.start", "overlaps the pinned session %s", other);
        break;
    case PLAN_PLACE_BEFORE_PREREQUISITE:
        rpc_add_fault(call, "session.start", "begins before the pinned session %s of what it needs has ended", other);
        break;
    case PLAN_PLACE_BEHIND_DEPENDENT:
        rpc_add_fault(call, "session.start", "ends after the pinned session %s of what needs it has begun", other);
        break;
    }
}

/* The pinned sessions but this one. */
static standing_plan without(rpc_call *call, const standing_plan *standing, const uuid *id)
{
    session_row *rows = ARENA_ARRAY(call->arena, session_row, standing->session_count + 1);
    standing_plan others = *standing;

    others.session_count = 0;
    for (size_t i = 0; i < standing->session_count; i++)
        if (memcmp(&standing->sessions[i].id, id, sizeof *id) != 0)
            rows[others.session_count++] = standing->sessions[i];
    others.sessions = rows;
    return others;
}

/* Adds a fault and returns PLAN_INVALID_INPUT when the session may not be pinned where row says. */
static status check_place(rpc_call *call, const session_row *row, int64_t *calendar_version)
{
    const planning_progress nothing = {0};
    int64_t now = clock_wall_us() / minute_us;
    planning_state state;
    status s = plan_store_read_planning(plan_database(call), &call->user, now, &state);

    if (s != STATUS_OK)
        return s;
    *calendar_version = state.standing.calendar_version;
    if (state.standing.session_count == 0)
        return PLAN_OVERTAKEN; /* it was there a moment ago */
    state.standing = without(call, &state.standing, &row->id);
    planning *p = planning_create(&state, now, &nothing);
    if (p->pin_count >= PINS_LIMIT)
        rpc_add_fault(call, "session.pinned", "at most %d sessions that lie ahead can be pinned", PINS_LIMIT);
    planning_set_places(p, &state, row, 1);
    p->aim = PLANNING_PLACES;
    s = planning_run(&p);
    if (s != STATUS_OK)
        return s;
    tell_fault(call, p, &state.standing);
    planning_destroy(p);
    return rpc_fault_count(call) > 0 ? PLAN_INVALID_INPUT : STATUS_OK;
}

/* ---- methods ---- */

static status find_changeable(rpc_call *call, const session_change *change, session_row *row)
{
    status s = plan_store_get_session(plan_database(call), &call->user, &change->id, row);

    if (s != STATUS_OK)
        return s;
    if (!plan_condition_holds(&change->condition, row->version))
        return plan_tell_another_version(call, "session.etag");
    bool ahead = row->status == SESSION_PLANNED && row->start_us >= clock_wall_us();
    return ahead && row->kind == SESSION_LESSON ? STATUS_OK : PLAN_SESSION_OVER;
}

status plan_update_session(rpc_call *call, const Sical__Plan__V1__UpdateSessionRequest *request, wire_session **reply)
{
    session_change change;
    session_row row;
    int64_t calendar_version;

    if (!take_change(call, request, &change))
        return PLAN_INVALID_INPUT;
    status s = find_changeable(call, &change, &row);
    if (s != STATUS_OK)
        return s;
    row.pinned = change.start_us != NULL || (change.pinned != NULL ? *change.pinned : row.pinned);
    if (change.start_us != NULL) {
        row.end_us += *change.start_us - row.start_us;
        row.start_us = *change.start_us;
    }
    if (row.pinned)
        s = check_place(call, &row, &calendar_version);
    if (s == STATUS_OK)
        s = plan_store_change_session(plan_database(call), &call->user, row.pinned ? &calendar_version : NULL, &row);
    if (s == STATUS_OK)
        *reply = plan_wire_session(call, &row);
    return s;
}

status plan_start_session(rpc_call *call, const Sical__Plan__V1__StartSessionRequest *request, wire_session **reply)
{
    uuid id;
    session_row row;

    if (!plan_take_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    status s = plan_store_get_session(plan_database(call), &call->user, &id, &row);
    if (s == STATUS_OK && row.status != SESSION_PLANNED && row.status != SESSION_STARTED)
        s = PLAN_SESSION_OVER;
    if (s == STATUS_OK && row.status == SESSION_PLANNED)
        s = plan_store_start_session(plan_database(call), &call->user, &id, clock_wall_us(), &row);
    if (s == STATUS_OK)
        *reply = plan_wire_session(call, &row);
    return s;
}
