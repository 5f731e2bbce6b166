#include "rpc_internal.h"

#include "catch_up.h"
#include "clock.h"
#include "event_rules.h"
#include "fiber.h"
#include "outcome.h"

#include <stdio.h>
#include <string.h>

enum { GRAPHS_IN_REQUEST = 100, MASTERED_IN_ANSWER = 50000, TOPICS_IN_PAGE = 1000 };

/* ---- lists of topics ---- */

static wire_topic *topic_to_wire(rpc_call *call, const topic_row *from, int64_t now_us)
{
    const progress_service *p = call->service;
    const memory_state *memory = &from->progress.memory;
    int64_t studied = from->progress.studied_seconds;
    wire_topic *to = ARENA_NEW(call->arena, wire_topic);
    sical__progress__v1__topic_mastery__init(to);
    to->graph_id = progress_uuid(call->arena, &from->graph_id);
    to->topic_key = (char *)from->topic_key;
    to->state = (Sical__Progress__V1__TopicMastery__State)memory->phase;
    to->review_count = from->progress.review_count;
    to->lapse_count = from->progress.lapse_count;
    to->studied_seconds = studied > INT32_MAX ? INT32_MAX : (int32_t)studied;
    if (memory->phase == MEMORY_UNSEEN)
        return to;
    to->stability_days = memory->stability_days;
    to->difficulty = memory->difficulty;
    to->retrievability = memory_retrievability(&p->model, memory, now_us);
    to->due = progress_timestamp(call->arena, memory->due_us);
    to->last_review = progress_timestamp(call->arena, memory->last_review_us);
    to->mastered = topic_is_mastered(&p->model, &from->progress, now_us, p->mastery_threshold);
    return to;
}

/* The first limit of the topics; *token leads behind them when there are more. */
static wire_topic **topics_to_wire(rpc_call *call, char list, const topic_list *topics, size_t limit, size_t *count,
                                   char **token)
{
    int64_t now_us = clock_wall_us();
    *count = topics->count > limit ? limit : topics->count;
    wire_topic **wire = ARENA_ARRAY(call->arena, wire_topic *, *count);
    for (size_t i = 0; i < *count; i++)
        wire[i] = topic_to_wire(call, &topics->topics[i], now_us);
    if (topics->count > limit) {
        const topic_row *last = &topics->topics[limit - 1];
        rpc_page_key key = {.id = last->graph_id, .text = last->topic_key};
        if (list == LIST_OF_DUE_REVIEWS)
            key.number = last->progress.memory.due_us;
        *token = rpc_page_token_make(call->arena, list, &key);
    }
    return wire;
}

/* Adds faults where page and token are not good. *after: the topic to go on behind, when it is not the first page. */
static void take_topics_page(rpc_call *call, char list, int32_t page_size, const char *page_token, rpc_page *page,
                             topic_row *after)
{
    if (rpc_take_page(call, list, page_size, page_token, page) && !page->first && !topic_key_is_valid(page->after.text))
        rpc_add_fault(call, "page_token", "names no topic");
    *after = (topic_row){.graph_id = page->after.id,
                         .topic_key = page->after.text,
                         .progress.memory.due_us = page->after.number};
}

status progress_list_mastery(rpc_call *call, const Sical__Progress__V1__ListMasteryRequest *request,
                             Sical__Progress__V1__ListMasteryResponse **reply)
{
    const progress_service *p = call->service;
    uuid graph;
    rpc_page page;
    topic_row after;
    take_topics_page(call, LIST_OF_MASTERY, request->page_size, request->page_token, &page, &after);
    bool one_graph = *request->graph_id;
    if (one_graph && !uuid_parse(request->graph_id, &graph))
        rpc_add_fault(call, "graph_id", "must be a UUID, or absent for every graph");
    if (rpc_fault_count(call) > 0)
        return PROGRESS_INVALID_INPUT;

    topic_list list;
    status s = progress_catch_up(p, &call->user);
    if (s == STATUS_OK)
        s = progress_store_list_topics(p->database, call->arena, &call->user, one_graph ? &graph : NULL, one_graph,
                                       page.first ? NULL : &after, page.size + 1, &list);
    if (s != STATUS_OK)
        return s;
    Sical__Progress__V1__ListMasteryResponse *response =
        ARENA_NEW(call->arena, Sical__Progress__V1__ListMasteryResponse);
    sical__progress__v1__list_mastery_response__init(response);
    response->topics = topics_to_wire(call, LIST_OF_MASTERY, &list, (size_t)page.size, &response->n_topics,
                                      &response->next_page_token);
    *reply = response;
    return STATUS_OK;
}

/* Years 1970 to 9999; now when absent. */
static int64_t due_instant(rpc_call *call, const Google__Protobuf__Timestamp *at)
{
    if (!at)
        return clock_wall_us();
    if (at->seconds >= 0 && at->seconds <= INT64_C(253402300799) && at->nanos >= 0 && at->nanos <= 999999999)
        return at->seconds * CLOCK_US_PER_S + at->nanos / 1000;
    rpc_add_fault(call, "at", "must be an instant of the years 1970 to 9999, or absent for now");
    return 0;
}

status progress_list_due_reviews(rpc_call *call, const Sical__Progress__V1__ListDueReviewsRequest *request,
                                 Sical__Progress__V1__ListDueReviewsResponse **reply)
{
    const progress_service *p = call->service;
    rpc_page page;
    topic_row after;
    take_topics_page(call, LIST_OF_DUE_REVIEWS, request->page_size, request->page_token, &page, &after);
    int64_t at_us = due_instant(call, request->at);
    if (rpc_fault_count(call) > 0)
        return PROGRESS_INVALID_INPUT;

    topic_list list;
    int64_t total;
    status s = progress_catch_up(p, &call->user);
    if (s == STATUS_OK)
        s = progress_store_list_due(p->database, call->arena, &call->user, at_us, page.first ? NULL : &after,
                                    page.size + 1, &list, &total);
    if (s != STATUS_OK)
        return s;
    Sical__Progress__V1__ListDueReviewsResponse *response =
        ARENA_NEW(call->arena, Sical__Progress__V1__ListDueReviewsResponse);
    sical__progress__v1__list_due_reviews_response__init(response);
    response->reviews = topics_to_wire(call, LIST_OF_DUE_REVIEWS, &list, (size_t)page.size, &response->n_reviews,
                                       &response->next_page_token);
    response->total = total > INT32_MAX ? INT32_MAX : (int32_t)total;
    *reply = response;
    return STATUS_OK;
}

/* ---- over all topics ---- */

/* Calls visit for each of the learner's topics, of these graphs or (NULL) of all, a page in memory at a time. */
static status for_each_topic(rpc_call *call, const uuid *graphs, size_t graph_count,
                             status (*visit)(void *arg, const topic_row *topic), void *arg)
{
    const progress_service *p = call->service;
    char key[TOPIC_KEY_LENGTH + 1] = "";
    topic_row after = {.topic_key = key};
    topic_list list = {.count = TOPICS_IN_PAGE};
    arena page;
    arena_init(&page, 0);
    status s = progress_catch_up(p, &call->user);
    while (s == STATUS_OK && list.count == TOPICS_IN_PAGE) {
        arena_reset(&page);
        s = progress_store_list_topics(p->database, &page, &call->user, graphs, graph_count, &after, TOPICS_IN_PAGE,
                                       &list);
        for (size_t i = 0; s == STATUS_OK && i < list.count; i++)
            s = visit(arg, &list.topics[i]);
        if (s == STATUS_OK && list.count > 0) {
            after.graph_id = list.topics[list.count - 1].graph_id;
            snprintf(key, sizeof key, "%s", list.topics[list.count - 1].topic_key);
        }
    }
    arena_finish(&page);
    return s;
}

typedef struct mastered_walk {
    rpc_call *call;
    int64_t now_us;
    Sical__Progress__V1__ListMasteredTopicsResponse *response;
    size_t room;
} mastered_walk;

static status append_mastered(mastered_walk *w, const uuid *graph, const char *key)
{
    Sical__Progress__V1__ListMasteredTopicsResponse *response = w->response;
    if (response->n_topics == MASTERED_IN_ANSWER)
        return PROGRESS_TOO_MANY;
    arena *a = w->call->arena;
    if (response->n_topics == w->room) {
        w->room = w->room ? 2 * w->room : 64;
        Sical__Progress__V1__MasteredTopic **grown = ARENA_ARRAY(a, Sical__Progress__V1__MasteredTopic *, w->room);
        if (response->n_topics)
            memcpy(grown, response->topics, response->n_topics * sizeof *grown);
        response->topics = grown;
    }
    Sical__Progress__V1__MasteredTopic *mastered = ARENA_NEW(a, Sical__Progress__V1__MasteredTopic);
    sical__progress__v1__mastered_topic__init(mastered);
    mastered->graph_id = progress_uuid(a, graph);
    mastered->topic_key = arena_strdup(a, key);
    response->topics[response->n_topics++] = mastered;
    return STATUS_OK;
}

static status add_mastered(void *arg, const topic_row *topic)
{
    mastered_walk *w = arg;
    const progress_service *p = w->call->service;
    bool is_mastered = topic_is_mastered(&p->model, &topic->progress, w->now_us, p->mastery_threshold);
    return is_mastered ? append_mastered(w, &topic->graph_id, topic->topic_key) : STATUS_OK;
}

/* What placements found known, and the log tells nothing of. */
static status add_placed(mastered_walk *w, const uuid *graphs, size_t graph_count)
{
    const progress_service *p = w->call->service;
    const placed_topic *placed;
    size_t count;
    status s = progress_store_list_placed(p->database, &w->call->user, graphs, graph_count, MASTERED_IN_ANSWER, &placed,
                                          &count);
    for (size_t i = 0; s == STATUS_OK && i < count; i++)
        s = append_mastered(w, &placed[i].graph_id, placed[i].topic_key);
    return s;
}

status progress_list_mastered_topics(rpc_call *call, const Sical__Progress__V1__ListMasteredTopicsRequest *request,
                                     Sical__Progress__V1__ListMasteredTopicsResponse **reply)
{
    if (request->n_graph_ids > GRAPHS_IN_REQUEST) {
        rpc_add_fault(call, "graph_ids", "must be at most %d", GRAPHS_IN_REQUEST);
        return PROGRESS_INVALID_INPUT;
    }
    uuid *graphs = ARENA_ARRAY(call->arena, uuid, request->n_graph_ids);
    for (size_t i = 0; i < request->n_graph_ids; i++)
        if (!uuid_parse(request->graph_ids[i], &graphs[i]))
            rpc_add_fault(call, arena_printf(call->arena, "graph_ids[%zu]", i), "must be a UUID");
    if (rpc_fault_count(call) > 0)
        return PROGRESS_INVALID_INPUT;

    mastered_walk walk = {
        .call = call,
        .now_us = clock_wall_us(),
        .response = ARENA_NEW(call->arena, Sical__Progress__V1__ListMasteredTopicsResponse),
    };
    sical__progress__v1__list_mastered_topics_response__init(walk.response);
    *reply = walk.response;
    status s = for_each_topic(call, graphs, request->n_graph_ids, add_mastered, &walk);
    return s == STATUS_OK ? add_placed(&walk, graphs, request->n_graph_ids) : s;
}

typedef struct summary_walk {
    const progress_service *service;
    int64_t now_us;
    Sical__Progress__V1__Summary *summary;
} summary_walk;

static status count_topic(void *arg, const topic_row *topic)
{
    const summary_walk *w = arg;
    const memory_state *memory = &topic->progress.memory;
    w->summary->topics_started++;
    w->summary->reviews_due += memory->phase != MEMORY_UNSEEN && memory->due_us <= w->now_us;
    w->summary->topics_mastered +=
        topic_is_mastered(&w->service->model, &topic->progress, w->now_us, w->service->mastery_threshold);
    return STATUS_OK;
}

status progress_get_summary(rpc_call *call, const Sical__Progress__V1__GetSummaryRequest *request,
                            Sical__Progress__V1__Summary **reply)
{
    (void)request;
    summary_walk walk = {
        .service = call->service,
        .now_us = clock_wall_us(),
        .summary = ARENA_NEW(call->arena, Sical__Progress__V1__Summary),
    };
    sical__progress__v1__summary__init(walk.summary);
    *reply = walk.summary;
    return for_each_topic(call, NULL, 0, count_topic, &walk);
}
