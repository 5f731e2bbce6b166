/* Placement: the answers are stored, what they come to is computed from them with each call. */
#include "rpc_internal.h"

#include "event_rules.h"
#include "outcome.h"
#include "placement_thought.h"
#include "plan_client.h"

#include <string.h>

enum { QUESTIONS = 25, TARGETS_LIMIT = 100 };

typedef Sical__Progress__V1__Placement wire_placement;
typedef Sical__Progress__V1__PlacementTopic wire_placement_topic;
typedef Sical__Progress__V1__PlacementTopic__Verdict wire_verdict;

/* ---- telling ---- */

static wire_verdict verdict_to_wire(double chance)
{
    switch (placement_judge(chance)) {
    case PLACEMENT_KNOWN:
        return SICAL__PROGRESS__V1__PLACEMENT_TOPIC__VERDICT__KNOWN;
    case PLACEMENT_UNKNOWN:
        return SICAL__PROGRESS__V1__PLACEMENT_TOPIC__VERDICT__UNKNOWN;
    case PLACEMENT_UNSURE:
        break;
    }
    return SICAL__PROGRESS__V1__PLACEMENT_TOPIC__VERDICT__UNSURE;
}

static wire_placement_topic *topic_to_wire(arena *a, const placement_row *row, const placement_belief *b, int32_t topic)
{
    wire_placement_topic *w = ARENA_NEW(a, wire_placement_topic);
    sical__progress__v1__placement_topic__init(w);
    w->topic_key = (char *)row->keys[topic];
    w->title = (char *)row->titles[topic];
    w->chance_known = b->chance[topic];
    w->verdict = verdict_to_wire(b->chance[topic]);
    return w;
}

static void tell_changes(arena *a, const placement_row *row, const placement_belief *earlier, const placement_belief *b,
                         wire_placement *w)
{
    w->changes = ARENA_ARRAY(a, Sical__Progress__V1__PlacementChange *, row->topic_count);
    for (size_t i = 0; i < row->topic_count; i++) {
        double before = earlier->chance[i], now = b->chance[i];
        if (placement_judge(before) == placement_judge(now))
            continue;
        Sical__Progress__V1__PlacementChange *c = ARENA_NEW(a, Sical__Progress__V1__PlacementChange);
        sical__progress__v1__placement_change__init(c);
        c->topic_key = (char *)row->keys[i];
        c->title = (char *)row->titles[i];
        c->chance_before = before;
        c->chance_known = now;
        c->verdict = verdict_to_wire(now);
        w->changes[w->n_changes++] = c;
    }
}

static void count_verdicts(const placement_row *row, const placement_belief *b, wire_placement *w)
{
    int32_t *counts[] = {[PLACEMENT_UNSURE] = &w->unsure_count,
                         [PLACEMENT_KNOWN] = &w->known_count,
                         [PLACEMENT_UNKNOWN] = &w->unknown_count};
    for (size_t i = 0; i < row->topic_count; i++)
        ++*counts[placement_judge(b->chance[i])];
}

/* Enough is known, or no further question helps. */
static bool is_over(const placement_row *row, const placement_belief *b)
{
    for (size_t i = 0; i < row->topic_count && row->answer_count < QUESTIONS && b->question >= 0; i++)
        if (placement_judge(b->chance[i]) == PLACEMENT_UNSURE)
            return false;
    return true;
}

static wire_placement *to_wire(rpc_call *call, const placement_row *row, const placement_belief *b)
{
    arena *a = call->arena;
    wire_placement *w = ARENA_NEW(a, wire_placement);
    sical__progress__v1__placement__init(w);
    w->id = progress_uuid(a, &row->id);
    w->graph_id = progress_uuid(a, &row->graph_id);
    w->status = row->finished ? SICAL__PROGRESS__V1__PLACEMENT__STATUS__FINISHED
                              : SICAL__PROGRESS__V1__PLACEMENT__STATUS__ASKING;
    w->question = row->finished ? NULL : topic_to_wire(a, row, b, b->question);
    w->answered = (int32_t)row->answer_count;
    w->questions_at_most = QUESTIONS;
    w->expected_wrong = b->expected_wrong;
    w->create_time = progress_timestamp(a, row->create_us);
    count_verdicts(row, b, w);
    return w;
}

static void tell_topics(arena *a, const placement_row *row, const placement_belief *b, wire_placement *w)
{
    w->n_topics = row->topic_count;
    w->topics = ARENA_ARRAY(a, wire_placement_topic *, row->topic_count);
    for (size_t i = 0; i < row->topic_count; i++)
        w->topics[i] = topic_to_wire(a, row, b, (int32_t)i);
}

/* ---- beginning ---- */

/* The numbers of the targets in the graph; all topics when none is named. */
static size_t find_targets(rpc_call *call, const Sical__Progress__V1__StartPlacementRequest *request,
                           const plan_structure *g, int32_t *targets)
{
    size_t count = 0;
    for (size_t t = 0; t < g->topic_count && !request->n_targets; t++)
        targets[count++] = (int32_t)t;
    for (size_t i = 0; i < request->n_targets; i++) {
        size_t t = 0;
        while (t < g->topic_count && strcmp(g->keys[t], request->targets[i]) != 0)
            t++;
        if (t < g->topic_count)
            targets[count++] = (int32_t)t;
        else
            rpc_add_fault(call, arena_printf(call->arena, "targets[%zu]", i), "the graph has no such topic");
    }
    return count;
}

/* The chosen topics, numbered anew, and the edges between them. */
static void take_part(arena *a, const plan_structure *g, const bool *chosen, placement_row *row)
{
    int32_t *number = ARENA_ARRAY(a, int32_t, g->topic_count);
    const char **keys = ARENA_ARRAY(a, const char *, g->topic_count);
    const char **titles = ARENA_ARRAY(a, const char *, g->topic_count);
    int32_t *topics = ARENA_ARRAY(a, int32_t, g->edge_count), *before = ARENA_ARRAY(a, int32_t, g->edge_count);
    for (size_t t = 0; t < g->topic_count; t++)
        if (chosen[t]) {
            number[t] = (int32_t)row->topic_count;
            keys[row->topic_count] = g->keys[t];
            titles[row->topic_count++] = g->titles[t];
        }
    for (size_t e = 0; e < g->edge_count; e++)
        if (chosen[g->edge_topics[e]] && chosen[g->edge_prerequisites[e]]) {
            topics[row->edge_count] = number[g->edge_topics[e]];
            before[row->edge_count++] = number[g->edge_prerequisites[e]];
        }
    row->keys = keys;
    row->titles = titles;
    row->edge_topics = topics;
    row->edge_prerequisites = before;
}

static status choose_topics(rpc_call *call, const Sical__Progress__V1__StartPlacementRequest *request,
                            const plan_structure *g, placement_row *row)
{
    arena *a = call->arena;
    int32_t *targets = ARENA_ARRAY(a, int32_t, g->topic_count + request->n_targets);
    bool *chosen = ARENA_ARRAY(a, bool, g->topic_count);
    const placement_graph whole = {.topic_count = (int32_t)g->topic_count,
                                   .edge_count = (int32_t)g->edge_count,
                                   .edge_topic = g->edge_topics,
                                   .edge_prerequisite = g->edge_prerequisites};
    size_t count = find_targets(call, request, g, targets);
    if (rpc_fault_count(call) > 0)
        return PROGRESS_INVALID_INPUT;
    int32_t topics = placement_choose(&whole, targets, count, chosen);
    if (topics > PLACEMENT_TOPICS_LIMIT) {
        rpc_add_fault(call, "targets", "%d topics would take part, of at most %d: name targets that need fewer", topics,
                      PLACEMENT_TOPICS_LIMIT);
        return PROGRESS_INVALID_INPUT;
    }
    take_part(a, g, chosen, row);
    if (row->edge_count > PLACEMENT_EDGES_LIMIT) {
        rpc_add_fault(call, "targets", "%zu edges would take part, of at most %d: name targets that need fewer",
                      row->edge_count, PLACEMENT_EDGES_LIMIT);
        return PROGRESS_INVALID_INPUT;
    }
    return STATUS_OK;
}

static bool take_start(rpc_call *call, const Sical__Progress__V1__StartPlacementRequest *request, placement_row *row)
{
    if (!*request->id)
        row->id = uuid_make();
    else if (!uuid_parse(request->id, &row->id))
        rpc_add_fault(call, "id", "must be a UUID, or absent");
    if (!uuid_parse(request->graph_id, &row->graph_id))
        rpc_add_fault(call, "graph_id", "must be a UUID");
    if (request->n_targets > TARGETS_LIMIT)
        rpc_add_fault(call, "targets", "must be at most %d", TARGETS_LIMIT);
    return rpc_fault_count(call) == 0;
}

status progress_start_placement(rpc_call *call, const Sical__Progress__V1__StartPlacementRequest *request,
                                wire_placement **reply)
{
    const progress_service *p = call->service;
    placement_row row = {0};
    plan_structure graph;
    const placement_belief *b;
    if (!take_start(call, request, &row))
        return PROGRESS_INVALID_INPUT;
    status s = plan_client_get_structure(p->plan, &call->metadata, &row.graph_id, &graph);
    if (s == CODE_NOT_FOUND)
        return PROGRESS_NO_GRAPH;
    if (s == STATUS_OK)
        s = choose_topics(call, request, &graph, &row);
    if (s == STATUS_OK)
        s = progress_store_add_placement(p->database, &call->user, &row);
    if (s == STATUS_OK)
        s = placement_think_of(&row, &b);
    if (s == STATUS_OK)
        *reply = to_wire(call, &row, b);
    return s;
}

/* ---- reading and answering ---- */

status progress_get_placement(rpc_call *call, const Sical__Progress__V1__GetPlacementRequest *request,
                              wire_placement **reply)
{
    const progress_service *p = call->service;
    uuid id;
    placement_row row;
    const placement_belief *b;
    if (!uuid_parse(request->id, &id)) {
        rpc_add_fault(call, "id", "must be a UUID");
        return PROGRESS_INVALID_INPUT;
    }
    status s = progress_store_get_placement(p->database, &call->user, &id, &row);
    if (s == STATUS_OK)
        s = placement_think_of(&row, &b);
    if (s != STATUS_OK)
        return s;
    *reply = to_wire(call, &row, b);
    tell_topics(call->arena, &row, b, *reply);
    return STATUS_OK;
}

static placement_result result_of(arena *a, const placement_row *row, const placement_belief *b)
{
    const char **known = ARENA_ARRAY(a, const char *, row->topic_count);
    const char **unknown = ARENA_ARRAY(a, const char *, row->topic_count);
    placement_result r = {.known = known, .unknown = unknown};
    for (size_t i = 0; i < row->topic_count; i++) {
        placement_verdict verdict = placement_judge(b->chance[i]);
        if (verdict == PLACEMENT_KNOWN)
            known[r.known_count++] = row->keys[i];
        else if (verdict == PLACEMENT_UNKNOWN)
            unknown[r.unknown_count++] = row->keys[i];
    }
    return r;
}

static void append_answer(arena *a, placement_row *row, int32_t topic, bool right)
{
    int32_t *asked = ARENA_ARRAY(a, int32_t, row->answer_count + 1),
            *answers = ARENA_ARRAY(a, int32_t, row->answer_count + 1);
    for (size_t i = 0; i < row->answer_count; i++) {
        asked[i] = row->asked[i];
        answers[i] = row->answers[i];
    }
    asked[row->answer_count] = topic;
    answers[row->answer_count++] = right;
    row->asked = asked;
    row->answers = answers;
}

/* The last answer once more: a client that did not hear of its success. */
static bool is_repeated(const placement_row *row, const char *key, bool right)
{
    size_t last = row->answer_count - 1;
    return row->answer_count > 0 && !strcmp(row->keys[row->asked[last]], key) && (row->answers[last] != 0) == right;
}

static status take_answer(rpc_call *call, placement_row *row, const placement_belief *before,
                          const placement_belief **after, bool right)
{
    const progress_service *p = call->service;
    placement_row answered = *row;
    append_answer(call->arena, &answered, before->question, right);
    status s = placement_think_of(&answered, after);
    if (s != STATUS_OK)
        return s;
    answered.finished = is_over(&answered, *after);
    placement_result result = result_of(call->arena, &answered, *after);
    s = progress_store_answer_placement(p->database, &call->user, row, before->question, right,
                                        answered.finished ? &result : NULL);
    *row = answered;
    return s;
}

/* *row becomes what it is with the answer, *before and *after what it comes to without and with it. */
static status answer(rpc_call *call, const Sical__Progress__V1__AnswerPlacementRequest *request, placement_row *row,
                     const placement_belief **before, const placement_belief **after)
{
    bool repeated = is_repeated(row, request->topic_key, request->right);
    placement_row earlier = *row;
    earlier.answer_count -= repeated;
    status s = placement_think_of(&earlier, before);
    if (s != STATUS_OK)
        return s;
    if (repeated)
        return placement_think_of(row, after);
    if (row->finished || strcmp(row->keys[(*before)->question], request->topic_key) != 0)
        return PROGRESS_OTHER_QUESTION;
    return take_answer(call, row, *before, after, request->right);
}

status progress_answer_placement(rpc_call *call, const Sical__Progress__V1__AnswerPlacementRequest *request,
                                 wire_placement **reply)
{
    const progress_service *p = call->service;
    uuid id;
    placement_row row;
    const placement_belief *before, *after;
    if (!uuid_parse(request->id, &id))
        rpc_add_fault(call, "id", "must be a UUID");
    if (!topic_key_is_valid(request->topic_key))
        rpc_add_fault(call, "topic_key", "must be 1 to 100 characters of a-z, 0-9, _ . -");
    if (rpc_fault_count(call) > 0)
        return PROGRESS_INVALID_INPUT;
    status s = progress_store_get_placement(p->database, &call->user, &id, &row);
    if (s == STATUS_OK)
        s = answer(call, request, &row, &before, &after);
    if (s != STATUS_OK)
        return s;
    *reply = to_wire(call, &row, after);
    tell_changes(call->arena, &row, before, after, *reply);
    if (row.finished)
        tell_topics(call->arena, &row, after, *reply);
    return STATUS_OK;
}
