/* The graph that the project ships: what a learner meets first must be whole. Checked without the importer's code. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *graph, *topics, *edges;

static void read_graph(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/data/c-systems.json", getenv("SICAL_SOURCE"));
    json_error_t error;
    graph = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(graph, "%s:%d: %s", path, error.line, error.text);
    topics = json_object_get(graph, "topics");
    edges = json_object_get(graph, "edges");
}

static void drop_graph(void)
{
    json_decref(graph);
}

TestSuite(sample_graph, .init = read_graph, .fini = drop_graph);

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    cr_assert(value && *value, "%s is missing in %s", name, json_dumps(object, 0));
    return value;
}

static size_t place_of(const char *key)
{
    for (size_t i = 0; i < json_array_size(topics); i++)
        if (strcmp(text(json_array_get(topics, i), "key"), key) == 0)
            return i;
    cr_assert(false, "no topic has the key %s", key);
    return 0;
}

Test(sample_graph, is_large_and_says_where_it_comes_from)
{
    cr_assert_geq(json_array_size(topics), 60);
    cr_assert_leq(json_array_size(topics), 80);
    text(graph, "title");
    text(graph, "source");
    text(graph, "license");
}

Test(sample_graph, each_topic_can_be_learned)
{
    for (size_t i = 0; i < json_array_size(topics); i++) {
        const json_t *topic = json_array_get(topics, i);
        const char *key = text(topic, "key");
        cr_assert_eq(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(key), "%s", key);
        cr_assert_eq(place_of(key), i, "%s is there twice", key);
        text(topic, "title");
        text(topic, "summary");
        cr_assert_geq(json_array_size(json_object_get(topic, "goals")), 2, "%s", key);
        json_int_t minutes = json_integer_value(json_object_get(topic, "minutes"));
        cr_assert(minutes >= 30 && minutes <= 600, "%s", key);
    }
}

Test(sample_graph, each_edge_has_a_reason_and_stands_once)
{
    size_t hard = 0, soft = 0;
    for (size_t i = 0; i < json_array_size(edges); i++) {
        const json_t *edge = json_array_get(edges, i);
        const char *strength = text(edge, "strength");
        hard += strcmp(strength, "hard") == 0;
        soft += strcmp(strength, "soft") == 0;
        text(edge, "reason");
        cr_assert_neq(place_of(text(edge, "topic")), place_of(text(edge, "prerequisite")));
        for (size_t j = 0; j < i; j++) {
            const json_t *other = json_array_get(edges, j);
            cr_assert(strcmp(text(edge, "topic"), text(other, "topic")) != 0 ||
                          strcmp(text(edge, "prerequisite"), text(other, "prerequisite")) != 0,
                      "%s needs %s twice", text(edge, "topic"), text(edge, "prerequisite"));
        }
    }
    cr_assert_eq(hard + soft, json_array_size(edges));
    cr_assert(hard > 0 && soft > 0);
}

/* Takes away topics whose prerequisites are gone until nothing changes: in a graph without cycles none is left. */
Test(sample_graph, has_no_cycle)
{
    size_t count = json_array_size(topics), gone = 0;
    bool *known = calloc(count, sizeof *known);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            bool blocked = known[i];
            for (size_t e = 0; e < json_array_size(edges) && !blocked; e++) {
                const json_t *edge = json_array_get(edges, e);
                blocked = place_of(text(edge, "topic")) == i && !known[place_of(text(edge, "prerequisite"))];
            }
            if (blocked)
                continue;
            known[i] = changed = true;
            gone++;
        }
    }
    free(known);
    cr_assert_eq(gone, count, "%zu topics are on a cycle or behind one", count - gone);
}
