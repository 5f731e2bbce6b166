#include "graph.h"

#include "graph_internal.h"
#include "keys.h"
#include "memory.h"

#include <string.h>

bool plan_key_is_good(const char *key)
{
    size_t length = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-");

    return length >= 1 && length <= PLAN_KEY_LENGTH && key[length] == '\0';
}

size_t plan_text_length(const char *text)
{
    size_t length = 0;

    for (; *text != '\0'; text++)
        length += ((unsigned char)*text & 0xC0) != 0x80; /* not a continuation byte */
    return length;
}

static void check_length(plan_faults *faults, size_t index, const char *member, const char *text, size_t limit)
{
    if (plan_text_length(text) > limit)
        plan_fault_at(faults, "topics", index, member, "at most %zu characters, this has %zu", limit,
                      plan_text_length(text));
}

static void check_topic(const plan_graph *graph, size_t i, const plan_keys *keys, plan_faults *faults)
{
    const plan_topic *topic = &graph->topics[i];

    if (!plan_key_is_good(topic->key)) {
        plan_fault_at(faults, "topics", i, "key",
                      "a key has 1 to %d characters, only lower-case letters, digits, '_', '.' and '-'",
                      PLAN_KEY_LENGTH);
    } else {
        int32_t known = plan_keys_find(keys, topic->key);
        if (known != (int32_t)i)
            plan_fault_at(faults, "topics", i, "key", "'%s' is already the key of topics[%d]", topic->key, known);
    }
    check_length(faults, i, "title", topic->title, PLAN_TITLE_LENGTH);
    check_length(faults, i, "summary", topic->summary, PLAN_SUMMARY_LENGTH);
    if (topic->outcome_count > PLAN_OUTCOMES_LIMIT)
        plan_fault_at(faults, "topics", i, "goals", "at most %d, this topic has %zu", PLAN_OUTCOMES_LIMIT,
                      topic->outcome_count);
    else
        for (size_t k = 0; k < topic->outcome_count; k++)
            check_length(faults, i, "goals", topic->outcomes[k], PLAN_OUTCOME_LENGTH);
    if (topic->has_minutes && (topic->minutes < 0 || topic->minutes > PLAN_TOPIC_MINUTES))
        plan_fault_at(faults, "topics", i, "minutes", "minutes are 0 to %d, not %d", PLAN_TOPIC_MINUTES,
                      topic->minutes);
}

/* An end that is no good key is quoted by no message: it could be anything. */
static int32_t find_end(const plan_keys *keys, size_t i, const char *member, const char *key, plan_faults *faults)
{
    int32_t found = plan_key_is_good(key) ? plan_keys_find(keys, key) : -1;

    if (found < 0 && plan_key_is_good(key))
        plan_fault_at(faults, "edges", i, member, "no topic has the key '%s'", key);
    else if (found < 0)
        plan_fault_at(faults, "edges", i, member, "this is not the key of any topic");
    return found;
}

static void check_edge(const plan_graph *graph, size_t i, const plan_keys *keys, plan_faults *faults, plan_ends *ends)
{
    const plan_edge *edge = &graph->edges[i];

    ends->topic[i] = find_end(keys, i, "topic", edge->topic, faults);
    ends->prerequisite[i] = find_end(keys, i, "prerequisite", edge->prerequisite, faults);
    ends->hard[i] = edge->strength[0] == '\0' || strcmp(edge->strength, "hard") == 0;
    if (!ends->hard[i] && strcmp(edge->strength, "soft") != 0)
        plan_fault_at(faults, "edges", i, "strength", "a strength is \"hard\" or \"soft\"");
    if (ends->topic[i] >= 0 && ends->topic[i] == ends->prerequisite[i])
        plan_fault_at(faults, "edges", i, "prerequisite", "'%s' cannot be its own prerequisite", edge->topic);
    if (plan_text_length(edge->reason) > PLAN_REASON_LENGTH)
        plan_fault_at(faults, "edges", i, "reason", "at most %d characters", PLAN_REASON_LENGTH);
}

static bool check_size(const plan_graph *graph, plan_faults *faults)
{
    if (graph->topic_count == 0)
        plan_fault(faults, "topics", "a graph needs at least one topic");
    if (graph->topic_count > PLAN_TOPICS_LIMIT)
        plan_fault(faults, "topics", "at most %d topics, this graph has %zu", PLAN_TOPICS_LIMIT, graph->topic_count);
    if (graph->edge_count > PLAN_EDGES_LIMIT)
        plan_fault(faults, "edges", "at most %d edges, this graph has %zu", PLAN_EDGES_LIMIT, graph->edge_count);
    return graph->topic_count <= PLAN_TOPICS_LIMIT && graph->edge_count <= PLAN_EDGES_LIMIT;
}

static void check_head(const plan_graph *graph, plan_faults *faults)
{
    if (plan_text_length(graph->title) > PLAN_TITLE_LENGTH)
        plan_fault(faults, "title", "at most %d characters", PLAN_TITLE_LENGTH);
    if (plan_text_length(graph->source) > PLAN_TITLE_LENGTH)
        plan_fault(faults, "source", "at most %d characters", PLAN_TITLE_LENGTH);
    if (plan_text_length(graph->license) > PLAN_TITLE_LENGTH)
        plan_fault(faults, "license", "at most %d characters", PLAN_TITLE_LENGTH);
    if (graph->default_minutes < 0 || graph->default_minutes > PLAN_TOPIC_MINUTES)
        plan_fault(faults, "default_minutes", "minutes are 0 to %d, not %d", PLAN_TOPIC_MINUTES,
                   graph->default_minutes);
}

bool plan_graph_check(const plan_graph *graph, plan_faults *faults, plan_graph_form *form)
{
    check_head(graph, faults);
    if (!check_size(graph, faults))
        return false;

    const char **texts = PLAN_ARRAY(const char *, graph->topic_count);
    plan_keys keys;
    plan_ends ends = {.topic = PLAN_ARRAY(int32_t, graph->edge_count),
                      .prerequisite = PLAN_ARRAY(int32_t, graph->edge_count),
                      .hard = PLAN_ARRAY(bool, graph->edge_count)};
    for (size_t i = 0; i < graph->topic_count; i++)
        texts[i] = graph->topics[i].key;
    plan_keys_init(&keys, texts, graph->topic_count);
    for (size_t i = 0; i < graph->topic_count; i++)
        check_topic(graph, i, &keys, faults);
    for (size_t i = 0; i < graph->edge_count; i++)
        check_edge(graph, i, &keys, faults, &ends);
    plan_check_duplicate_edges(graph, &ends, faults);
    plan_check_circles(graph, &ends, faults);
    if (faults->count == 0)
        plan_graph_make_form(graph, &keys, &ends, form);

    plan_keys_finish(&keys);
    free(texts);
    free(ends.topic);
    free(ends.prerequisite);
    free(ends.hard);
    return faults->count == 0;
}
