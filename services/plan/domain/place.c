#include "place.h"

#include "memory.h"
#include "topology.h"

static bool is_free(const plan_axis *axis, const plan_session *s)
{
    int64_t from = plan_axis_at(axis, s->start), to = plan_axis_at(axis, s->end);

    return to - from == s->end - s->start && plan_axis_piece(axis, from) == plan_axis_piece(axis, to - 1);
}

/* Marks what can be reached from a topic, without itself. */
static void mark_reached(const plan_links *links, int32_t topic, bool *reached)
{
    int32_t *queue = PLAN_ARRAY(int32_t, (size_t)links->node_count + 1), queued = 0;

    queue[queued++] = topic;
    for (int32_t next = 0; next < queued; next++)
        for (int32_t i = links->first[queue[next]]; i < links->first[queue[next] + 1]; i++)
            if (!reached[links->to[i]]) {
                reached[links->to[i]] = true;
                queue[queued++] = links->to[i];
            }
    free(queue);
}

/* The first fixed session that is on the wrong side of the place. */
static void check_order(const plan_input *input, bool before, const plan_session *fixed, size_t fixed_count,
                        plan_place *place)
{
    const int32_t *from = before ? input->edge_topic : input->edge_prerequisite;
    const int32_t *to = before ? input->edge_prerequisite : input->edge_topic;
    bool *reached = PLAN_ARRAY(bool, (size_t)input->topic_count);
    plan_links links;

    plan_links_init(&links, input->topic_count, input->edge_count, from, to);
    mark_reached(&links, place->session.topic, reached);
    for (size_t i = 0; i < fixed_count && place->fault == PLAN_PLACE_GOOD; i++) {
        bool wrong = before ? fixed[i].end > place->session.start : fixed[i].start < place->session.end;
        if (!wrong || fixed[i].topic < 0 || !reached[fixed[i].topic])
            continue;
        place->fault = before ? PLAN_PLACE_BEFORE_PREREQUISITE : PLAN_PLACE_BEHIND_DEPENDENT;
        place->other = i;
    }
    plan_links_finish(&links);
    free(reached);
}

static void check_place(const plan_input *input, const plan_axis *axis, const plan_session *fixed, size_t fixed_count,
                        plan_place *place)
{
    const plan_session *s = &place->session;

    place->fault = is_free(axis, s) ? PLAN_PLACE_GOOD : PLAN_PLACE_NOT_FREE;
    for (size_t i = 0; i < fixed_count && place->fault == PLAN_PLACE_GOOD; i++)
        if (fixed[i].start < s->end && s->start < fixed[i].end) {
            place->fault = PLAN_PLACE_OVERLAPS;
            place->other = i;
        }
    if (place->fault != PLAN_PLACE_GOOD || s->topic < 0 || fixed_count == 0)
        return;
    check_order(input, true, fixed, fixed_count, place);
    check_order(input, false, fixed, fixed_count, place);
}

void plan_check_places(const plan_input *input, const plan_session *fixed, size_t fixed_count, plan_place *places,
                       size_t count)
{
    plan_calendar calendar = input->calendar;
    plan_axis axis;

    calendar.daily_cap = calendar.longest_session = calendar.break_minutes = 0;
    calendar.reserved_count = 0;
    plan_axis_init(&axis, &calendar);
    for (size_t i = 0; i < count; i++)
        check_place(input, &axis, fixed, fixed_count, &places[i]);
    plan_axis_finish(&axis);
}
