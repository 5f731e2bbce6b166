#include "planning.h"

#include "memory.h"
#include "paths.h"

#include <string.h>

static int32_t find_graph(const planning_state *state, const uuid *id)
{
    for (size_t i = 0; i < state->graph_count; i++)
        if (memcmp(&state->graphs[i].id, id, sizeof *id) == 0)
            return (int32_t)i;
    return -1;
}

/* Keys are in order. */
int32_t planning_find_topic(const planning *p, const planning_state *state, const uuid *graph_id, const char *key)
{
    int32_t graph = find_graph(state, graph_id);
    if (graph < 0)
        return -1;
    const planning_graph *g = &state->graphs[graph];
    size_t low = 0, high = g->topic_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(g->keys[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < g->topic_count && strcmp(g->keys[low], key) == 0 ? p->first_topic[graph] + (int32_t)low : -1;
}

static void take_graphs(planning *p, const planning_state *state)
{
    size_t topics = 0, edges = 0, next = 0;

    for (size_t i = 0; i < state->graph_count; i++) {
        topics += state->graphs[i].topic_count;
        edges += state->graphs[i].edge_count;
    }
    p->graph_count = (int32_t)state->graph_count;
    p->first_topic = PLAN_ARRAY(int32_t, state->graph_count + 1);
    p->minutes = PLAN_ARRAY(int32_t, topics);
    p->mastered = PLAN_ARRAY(bool, topics);
    p->edge_topic = PLAN_ARRAY(int32_t, edges);
    p->edge_prerequisite = PLAN_ARRAY(int32_t, edges);
    p->edge_soft = PLAN_ARRAY(bool, edges);
    for (size_t i = 0; i < state->graph_count; i++) {
        const planning_graph *g = &state->graphs[i];
        int32_t first = p->first_topic[i];
        p->first_topic[i + 1] = first + (int32_t)g->topic_count;
        if (g->topic_count > 0)
            memcpy(p->minutes + first, g->minutes, g->topic_count * sizeof *p->minutes);
        for (size_t e = 0; e < g->edge_count; e++) {
            p->edge_soft[next] = g->edge_soft[e] != 0;
            p->edge_topic[next] = first + g->edge_topics[e];
            p->edge_prerequisite[next++] = first + g->edge_prerequisites[e];
        }
    }
}

/* Minutes are whole: what may begin within a minute begins with the next one, what is due within one is due with its
 * start. */
static int64_t minutes_of(int64_t us, bool up)
{
    const int64_t minute = 60 * INT64_C(1000000);

    return us / minute + (up && us % minute > 0);
}

static void take_progress(planning *p, const planning_state *state, const planning_progress *progress)
{
    for (size_t i = 0; i < progress->mastered_count; i++) {
        const mastered_row *row = &progress->mastered[i];
        int32_t topic = planning_find_topic(p, state, &row->graph_id, row->topic_key);
        if (topic >= 0)
            p->mastered[topic] = true;
    }
    p->minutes_a_review = progress->minutes_a_review;
    for (size_t i = 0; i < state->completed_count; i++) {
        const topic_minutes *done = &state->completed[i];
        int32_t topic = planning_find_topic(p, state, &done->graph_id, done->topic_key);
        if (topic >= 0)
            p->minutes[topic] = done->minutes < p->minutes[topic] ? p->minutes[topic] - (int32_t)done->minutes : 0;
    }
}

static void take_goals(planning *p, const planning_state *state)
{
    size_t targets = 0, next = 0;

    for (size_t i = 0; i < state->goal_count; i++)
        targets += state->goals[i].target_count;
    p->goals = PLAN_ARRAY(plan_goal, state->goal_count);
    p->targets = PLAN_ARRAY(int32_t, targets);
    for (size_t i = 0; i < state->goal_count; i++) {
        const goal_row *row = &state->goals[i];
        plan_goal *g = &p->goals[i];
        *g = (plan_goal){.due = minutes_of(row->due_us, false),
                         .not_before = row->has_not_before ? minutes_of(row->not_before_us, true) : INT64_MIN,
                         .weight = row->weight,
                         .targets = p->targets + next};
        for (size_t k = 0; k < row->target_count; k++) {
            int32_t topic = planning_find_topic(p, state, &row->graph_id, row->targets[k]);
            if (topic >= 0)
                p->targets[next + g->target_count++] = topic;
        }
        next += g->target_count;
    }
}

static void add_review(planning *p, const review_row *row, size_t index, int64_t due)
{
    p->reviews[p->review_count] = (plan_review){due, row->minutes};
    p->exam_of[p->review_count] = INT64_MAX;
    p->review_rows[p->review_count++] = index;
}

/* Of the topics of all graphs, and of those that are not among them. */
static void take_reviews(planning *p, const planning_state *state, const planning_progress *progress)
{
    size_t room = progress->review_count;
    int32_t *review_of = PLAN_ARRAY(int32_t, (size_t)p->first_topic[p->graph_count]); /* 0: none, else its index + 1 */

    for (size_t g = 0; g < state->goal_count; g++)
        room += p->goals[g].target_count;
    p->reviews = PLAN_ARRAY(plan_review, room);
    p->review_rows = PLAN_ARRAY(size_t, room);
    p->exam_of = PLAN_ARRAY(int64_t, room);
    p->exams = PLAN_ARRAY(planning_exam, room);
    for (size_t i = 0; i < progress->review_count; i++) {
        const review_row *row = &progress->reviews[i];
        int32_t topic = planning_find_topic(p, state, &row->graph_id, row->topic_key);
        if (topic >= 0)
            review_of[topic] = (int32_t)i + 1;
        add_review(p, row, i, minutes_of(row->due_us, true));
    }
    p->told_review_count = p->review_count;
    for (size_t g = 0; g < state->goal_count && progress->decay > 0; g++)
        for (size_t i = 0; state->goals[g].retention_percent > 0 && i < p->goals[g].target_count; i++) {
            int32_t review = review_of[p->goals[g].targets[i]] - 1;
            if (review < 0 || progress->reviews[review].stability_days <= 0)
                continue;
            const review_row *row = &progress->reviews[review];
            p->exams[p->exam_count++] =
                (planning_exam){.recall = {row->stability_days, progress->decay, minutes_of(row->last_us, false),
                                           p->reviews[review].due},
                                .review = (size_t)review,
                                .due = p->goals[g].due,
                                .percent = state->goals[g].retention_percent};
        }
    planning_add_exam_reviews(p, 100);
    free(review_of);
}

/* Leaves the soft edges out that no thorough goal asks for. Returns how many edges remain. */
static int32_t choose_edges(planning *p, const planning_state *state)
{
    size_t edges = 0, targets = 0;
    int32_t kept = 0;

    for (size_t i = 0; i < state->graph_count; i++)
        edges += state->graphs[i].edge_count;
    for (size_t g = 0; g < state->goal_count; g++)
        targets += state->goals[g].thorough ? p->goals[g].target_count : 0;
    if (targets == 0)
        return (int32_t)edges; /* then all of them are hard */
    bool *taken = PLAN_ARRAY(bool, edges);
    int32_t *thorough = PLAN_ARRAY(int32_t, targets), *next = thorough;
    for (size_t g = 0; g < state->goal_count; g++)
        for (size_t i = 0; state->goals[g].thorough && i < p->goals[g].target_count; i++)
            *next++ = p->goals[g].targets[i];
    plan_take_soft(&(plan_paths){p->first_topic[p->graph_count], p->mastered, (int32_t)edges, p->edge_topic,
                                 p->edge_prerequisite, p->edge_soft, thorough, targets},
                   taken);
    for (size_t e = 0; e < edges; e++)
        if (taken[e]) {
            p->edge_topic[kept] = p->edge_topic[e];
            p->edge_prerequisite[kept] = p->edge_prerequisite[e];
            p->edge_soft[kept++] = p->edge_soft[e];
        }
    free(thorough);
    free(taken);
    return kept;
}

static void take_time(planning *p, const planning_state *state)
{
    p->windows = PLAN_ARRAY(plan_window, state->window_count);
    p->busy = PLAN_ARRAY(plan_busy, state->busy_count);
    p->latest_end = PLAN_ARRAY(int64_t, state->window_count);
    for (size_t i = 0; i < state->window_count; i++) {
        p->windows[i] = (plan_window){state->windows[i].start, state->windows[i].end, state->windows[i].day};
        p->latest_end[i] = state->windows[i].midnight;
    }
    for (size_t i = 0; i < state->busy_count; i++)
        p->busy[i] = (plan_busy){state->busy[i].start, state->busy[i].end, state->busy[i].day, state->busy[i].studied};
}

static plan_session to_lesson(const planning *p, const planning_state *state, const session_row *row)
{
    return (plan_session){minutes_of(row->start_us, false), minutes_of(row->end_us, false),
                          planning_find_topic(p, state, &row->graph_id, row->topic_key)};
}

static void take_old(planning *p, const planning_state *state)
{
    const standing_plan *plan = &state->standing;
    int64_t taken_to = INT64_MIN;

    p->old = PLAN_ARRAY(plan_session, plan->session_count);
    p->old_rows = PLAN_ARRAY(size_t, plan->session_count);
    p->pins = PLAN_ARRAY(plan_session, plan->session_count);
    p->pin_rows = PLAN_ARRAY(size_t, plan->session_count);
    for (size_t i = 0; i < plan->session_count; i++) {
        const session_row *row = &plan->sessions[i];
        if (row->pinned) {
            p->pin_rows[p->pin_count] = i;
            p->pins[p->pin_count++] = to_lesson(p, state, row);
        } else if (row->kind == SESSION_LESSON && row->start_us >= taken_to) {
            taken_to = row->end_us;
            p->old_rows[p->old_count] = i;
            p->old[p->old_count++] = to_lesson(p, state, row);
        }
    }
}

/* The local day of the last window that begins by then. */
static int32_t day_at(const planning *p, const planning_state *state, int64_t instant)
{
    size_t low = 0, high = state->window_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->windows[middle].start <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? p->windows[low - 1].day : 0;
}

/* Its minutes are no longer to be planned. By start. */
static void fix(planning *p, const plan_session *s)
{
    int64_t left = p->minutes[s->topic] - (s->end - s->start);

    p->minutes[s->topic] = left > 0 ? (int32_t)left : 0;
    if (s->start < p->fixed_start[s->topic])
        p->fixed_start[s->topic] = s->start;
    p->fixed_end[s->topic] = s->end;
}

static void init_fixed(planning *p)
{
    int32_t topics = p->first_topic[p->graph_count];

    p->fixed_start = PLAN_ARRAY(int64_t, (size_t)topics);
    p->fixed_end = PLAN_ARRAY(int64_t, (size_t)topics);
    for (int32_t topic = 0; topic < topics; topic++) {
        p->fixed_start[topic] = INT64_MAX;
        p->fixed_end[topic] = INT64_MIN;
    }
}

/* The time of pinned sessions is taken. */
static void take_pins(planning *p, const planning_state *state)
{
    size_t busy = 0, pin = 0;

    p->taken = PLAN_ARRAY(plan_busy, state->busy_count + p->pin_count);
    if (p->pin_count > 0)
        init_fixed(p);
    while (busy < state->busy_count || pin < p->pin_count) {
        const plan_session *s = &p->pins[pin];
        if (pin == p->pin_count || (busy < state->busy_count && p->busy[busy].start <= s->start)) {
            p->taken[busy + pin] = p->busy[busy];
            busy++;
            continue;
        }
        p->taken[busy + pin] = (plan_busy){s->start, s->end, day_at(p, state, s->start), true};
        if (s->topic >= 0)
            fix(p, s);
        pin++;
    }
}

void planning_set_places(planning *p, const planning_state *state, const session_row *rows, size_t count)
{
    free(p->places);
    p->places = PLAN_ARRAY(plan_place, count);
    p->place_count = count;
    for (size_t i = 0; i < count; i++)
        p->places[i] = (plan_place){.session = to_lesson(p, state, &rows[i])};
}

static void take_ages(planning *p, const planning_state *state)
{
    int64_t planned = state->standing.create_us;

    p->ages = PLAN_ARRAY(planning_age, state->goal_count);
    for (size_t g = 0; g < state->goal_count; g++)
        p->ages[g] = state->goals[g].create_us > planned   ? PLANNING_NEW
                     : state->goals[g].update_us > planned ? PLANNING_CHANGED
                                                           : PLANNING_KNOWN;
}

planning *planning_create(const planning_state *state, int64_t now, const planning_progress *progress)
{
    planning *p = PLAN_ARRAY(planning, 1);

    take_graphs(p, state);
    take_progress(p, state, progress);
    take_goals(p, state);
    take_reviews(p, state, progress);
    take_time(p, state);
    take_old(p, state);
    take_pins(p, state);
    take_ages(p, state);
    p->input = (plan_input){
        .calendar = {.now = now,
                     .windows = p->windows,
                     .window_count = state->window_count,
                     .busy = p->taken,
                     .busy_count = state->busy_count + p->pin_count,
                     .daily_cap = state->daily_cap,
                     .shortest_session = state->min_session,
                     .longest_session = state->max_session,
                     .break_minutes = state->break_minutes},
        .topic_count = p->first_topic[p->graph_count],
        .minutes = p->minutes,
        .mastered = p->mastered,
        .edge_count = choose_edges(p, state),
        .edge_topic = p->edge_topic,
        .edge_prerequisite = p->edge_prerequisite,
        .goals = p->goals,
        .goal_count = state->goal_count,
        .fixed_start = p->fixed_start,
        .fixed_end = p->fixed_end,
    };
    return p;
}

void planning_destroy(void *arg)
{
    planning *p = arg;

    if (p == NULL)
        return;
    if (p->solved) {
        plan_result_finish(&p->result);
        plan_repairs_finish(&p->repairs);
        plan_replanned_finish(&p->replanned);
        plan_reserve_finish(&p->reserve);
    }
    free(p->first_topic);
    free(p->minutes);
    free(p->mastered);
    free(p->edge_topic);
    free(p->edge_prerequisite);
    free(p->edge_soft);
    free(p->goals);
    free(p->targets);
    free(p->reviews);
    free(p->review_rows);
    free(p->exam_of);
    free(p->exams);
    free(p->windows);
    free(p->latest_end);
    free(p->busy);
    free(p->taken);
    free(p->fixed_start);
    free(p->fixed_end);
    free(p->old);
    free(p->old_rows);
    free(p->pins);
    free(p->pin_rows);
    free(p->places);
    free(p->ages);
    free(p->needed_by_new);
    free(p->needed_by_changed);
    free(p);
}

int32_t planning_graph_of(const planning *p, int32_t topic, int32_t *position)
{
    int32_t graph = 0;

    while (p->first_topic[graph + 1] <= topic)
        graph++;
    *position = topic - p->first_topic[graph];
    return graph;
}
