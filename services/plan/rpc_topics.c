#include "rpc_internal.h"

#include <ctype.h>
#include <string.h>

typedef Sical__Plan__V1__Topic wire_topic;

enum { SEARCH_LENGTH = 200, SEARCH_WORDS = 10 };

static wire_topic *to_topic(rpc_call *call, const topic_row *row)
{
    wire_topic *t = ARENA_NEW(call->arena, wire_topic);

    sical__plan__v1__topic__init(t);
    t->key = (char *)row->key;
    t->title = (char *)row->title;
    t->summary = (char *)row->summary;
    t->n_goals = row->outcome_count;
    t->goals = (char **)row->outcomes;
    t->minutes = row->minutes;
    t->minutes_by_default = row->minutes_by_default;
    t->n_prerequisites = row->prerequisite_count;
    t->prerequisites = ARENA_ARRAY(call->arena, Sical__Plan__V1__Prerequisite *, row->prerequisite_count);
    for (size_t i = 0; i < row->prerequisite_count; i++) {
        Sical__Plan__V1__Prerequisite *p = ARENA_NEW(call->arena, Sical__Plan__V1__Prerequisite);
        sical__plan__v1__prerequisite__init(p);
        p->key = (char *)row->prerequisites[i];
        p->strength = (char *)row->strengths[i];
        p->reason = (char *)row->reasons[i];
        t->prerequisites[i] = p;
    }
    return t;
}

/* Splits at white space. Letters beyond ASCII are compared as they are written. */
static bool take_words(rpc_call *call, const char *q, const char **words, size_t *count)
{
    *count = 0;
    if (!plan_take_text(call, "q", q, SEARCH_LENGTH, false))
        return false;
    char *copy = arena_strdup(call->arena, q), *rest = copy, *word;
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    while ((word = strsep(&rest, " \t\r\n")) != NULL) {
        if (word[0] == '\0')
            continue;
        if (*count == SEARCH_WORDS) {
            rpc_add_fault(call, "q", "at most %d words", SEARCH_WORDS);
            return false;
        }
        words[(*count)++] = word;
    }
    return true;
}

static Sical__Plan__V1__ListTopicsResponse *to_topics(rpc_call *call, const topic_row *rows, size_t count,
                                                      size_t page_size)
{
    Sical__Plan__V1__ListTopicsResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__ListTopicsResponse);

    sical__plan__v1__list_topics_response__init(r);
    r->n_topics = count > page_size ? page_size : count;
    r->topics = ARENA_ARRAY(call->arena, wire_topic *, r->n_topics);
    for (size_t i = 0; i < r->n_topics; i++)
        r->topics[i] = to_topic(call, &rows[i]);
    if (count > r->n_topics) {
        rpc_page_key key = {.number = rows[r->n_topics - 1].position};
        r->next_page_token = rpc_page_token_make(call->arena, LIST_OF_TOPICS, &key);
    }
    return r;
}

status plan_list_topics(rpc_call *call, const Sical__Plan__V1__ListTopicsRequest *request,
                        Sical__Plan__V1__ListTopicsResponse **reply)
{
    rpc_page page;
    uuid graph;
    const char *words[SEARCH_WORDS];
    size_t word_count, count;
    const topic_row *rows;

    plan_take_id(call, "graph_id", request->graph_id, &graph);
    rpc_take_page(call, LIST_OF_TOPICS, request->page_size, request->page_token, &page);
    take_words(call, request->q, words, &word_count);
    int64_t after = page.first ? -1 : page.after.number;
    if (rpc_fault_count(call) > 0)
        return PLAN_INVALID_INPUT;
    if (after > INT32_MAX)
        after = INT32_MAX; /* a token that was made up: nothing lies behind it */
    status s = plan_store_list_topics(plan_database(call), &call->user, &graph, words, word_count, (int32_t)after,
                                      page.size + 1, &rows, &count);
    if (s == STATUS_OK)
        *reply = to_topics(call, rows, count, (size_t)page.size);
    return s;
}

status plan_get_topic(rpc_call *call, const Sical__Plan__V1__GetTopicRequest *request, wire_topic **reply)
{
    uuid graph;
    topic_row row;

    if (!plan_take_id(call, "graph_id", request->graph_id, &graph))
        return PLAN_INVALID_INPUT;
    status s = plan_store_get_topic(plan_database(call), &call->user, &graph, request->key, &row);
    if (s == STATUS_OK)
        *reply = to_topic(call, &row);
    return s;
}

status plan_get_graph_structure(rpc_call *call, const Sical__Plan__V1__GetGraphStructureRequest *request,
                                Sical__Plan__V1__GraphStructure **reply)
{
    uuid graph;
    graph_structure shape;

    if (!plan_take_id(call, "graph_id", request->graph_id, &graph))
        return PLAN_INVALID_INPUT;
    status s = plan_store_get_structure(plan_database(call), &call->user, &graph, &shape);
    if (s != STATUS_OK)
        return s;
    Sical__Plan__V1__GraphStructure *r = *reply = ARENA_NEW(call->arena, Sical__Plan__V1__GraphStructure);
    sical__plan__v1__graph_structure__init(r);
    r->n_keys = r->n_titles = shape.topic_count;
    r->keys = (char **)shape.keys;
    r->titles = (char **)shape.titles;
    r->n_edge_topics = r->n_edge_prerequisites = shape.edge_count;
    r->edge_topics = (int32_t *)shape.edge_topics;
    r->edge_prerequisites = (int32_t *)shape.edge_prerequisites;
    return STATUS_OK;
}
