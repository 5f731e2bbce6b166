#include "plan_story.h"

#include <string.h>

typedef Sical__Plan__V1__Topic wire_topic;

PLAN_STORY(plan_graph, an_imported_graph_can_be_read_listed_and_deleted)
{
    Sical__Plan__V1__GetGraphRequest get = SICAL__PLAN__V1__GET_GRAPH_REQUEST__INIT;
    Sical__Plan__V1__ListGraphsRequest list = SICAL__PLAN__V1__LIST_GRAPHS_REQUEST__INIT;
    Sical__Plan__V1__DeleteGraphRequest delete = SICAL__PLAN__V1__DELETE_GRAPH_REQUEST__INIT;
    Sical__Plan__V1__ListGraphsResponse *graphs;
    Sical__Plan__V1__DeleteGraphResponse *gone;
    wire_graph *graph;

    get.id = delete.id = (char *)plan_import_chain(ADA, NULL, "");
    cr_assert_eq(plan_call(ADA, "GetGraph", &get, &graph), CODE_OK);
    cr_expect_str_eq(graph->title, "Imported graph");
    cr_expect_str_eq(graph->visibility, "private");
    cr_expect(graph->topic_count == 4 && graph->edge_count == 2 && graph->total_minutes == 300);
    cr_expect(graph->version == 1 && graph->owned && graph->topics_without_minutes == 0);

    /* To others it does not exist. */
    cr_expect_eq(plan_call(BOB, "GetGraph", &get, &graph), CODE_NOT_FOUND);
    cr_expect_eq(plan_call(BOB, "DeleteGraph", &delete, &gone), CODE_NOT_FOUND);
    cr_assert_eq(plan_call(BOB, "ListGraphs", &list, &graphs), CODE_OK);
    cr_expect_eq(graphs->n_graphs, 0u);

    cr_assert_eq(plan_call(ADA, "DeleteGraph", &delete, &gone), CODE_OK);
    cr_expect_eq(plan_call(ADA, "DeleteGraph", &delete, &gone), CODE_NOT_FOUND);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.topics"), 0);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.edges"), 0);
}

PLAN_STORY(plan_graph, the_same_id_again_is_the_same_graph_and_no_one_elses)
{
    const char id[] = "01890000-0000-7000-8000-000000000001";
    import_request *r = plan_import_request();
    wire_graph *graph;

    plan_import_chain(ADA, id, "private");
    r->id = (char *)id;
    plan_add_topic(r, "other", 1);
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_OK);
    cr_expect_eq(graph->topic_count, 4);
    cr_expect_eq(plan_call(BOB, "ImportGraph", r, &graph), CODE_ALREADY_EXISTS);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.graphs"), 1);
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.topics"), 4);
}

PLAN_STORY(plan_graph, all_faults_of_an_import_are_told_and_nothing_is_kept)
{
    import_request *r = plan_import_request();
    wire_graph *graph;

    r->id = "no id";
    r->visibility = "secret";
    plan_add_topic(r, "a", 10);
    plan_add_topic(r, "a", 100001);
    plan_add_edge(r, "a", "foo", "hard");
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("id", "is not a UUID"));
    cr_expect(plan_has_fault("visibility", "\"private\" or \"public\""));
    cr_expect(plan_has_fault("topics[1].key", "already the key of topics[0]"));
    cr_expect(plan_has_fault("topics[1].minutes", "0 to 100000"));
    cr_expect(plan_has_fault("edges[0].prerequisite", "no topic has the key 'foo'"));
    cr_expect_eq(last_reply.fault_count, 5u);

    r = plan_import_request();
    plan_add_topic(r, "a", 10);
    plan_add_topic(r, "b", 10);
    plan_add_edge(r, "a", "b", "");
    plan_add_edge(r, "b", "a", "");
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("edges[1].prerequisite", "a -> b -> a"));
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.graphs"), 0);
}

PLAN_STORY(plan_graph, topics_are_found_by_words_and_pages)
{
    import_request *r = plan_import_request();
    Sical__Plan__V1__ListTopicsRequest list = SICAL__PLAN__V1__LIST_TOPICS_REQUEST__INIT;
    Sical__Plan__V1__GetTopicRequest get = SICAL__PLAN__V1__GET_TOPIC_REQUEST__INIT;
    Sical__Plan__V1__ListTopicsResponse *topics;
    wire_topic *topic;
    wire_graph *graph;

    plan_add_topic(r, "bayes_rule", -1);
    plan_add_topic(r, "probability", 40);
    plan_add_topic(r, "linear_algebra", 50);
    r->topics[0]->title = "The Rule of Bayes 100%";
    r->topics[0]->summary = "A summary";
    r->topics[0]->n_goals = 2;
    r->topics[0]->goals = (char *[]){"State it", "Use it"};
    r->default_minutes = plan_int32(25);
    plan_add_edge(r, "bayes_rule", "probability", "");
    plan_add_edge(r, "bayes_rule", "linear_algebra", "soft");
    r->edges[0]->reason = "it is about it";
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_OK, "%s", last_reply.message);
    cr_expect(graph->topics_without_minutes == 1 && graph->total_minutes == 115);

    list.graph_id = get.graph_id = graph->id;
    list.page_size = 2;
    cr_assert_eq(plan_call(ADA, "ListTopics", &list, &topics), CODE_OK);
    cr_assert_eq(topics->n_topics, 2u);
    cr_expect_str_eq(topics->topics[0]->key, "bayes_rule");
    cr_expect_str_eq(topics->topics[1]->key, "linear_algebra");
    cr_expect_str_eq(topics->topics[1]->title, "linear_algebra", "a topic without a title is called by its key");
    list.page_token = topics->next_page_token;
    cr_assert_eq(plan_call(ADA, "ListTopics", &list, &topics), CODE_OK);
    cr_assert_eq(topics->n_topics, 1u);
    cr_expect_str_eq(topics->next_page_token, "");

    list.page_token = "";
    list.q = " BAYES  rule 100% ";
    cr_assert_eq(plan_call(ADA, "ListTopics", &list, &topics), CODE_OK);
    cr_assert_eq(topics->n_topics, 1u);
    topic = topics->topics[0];
    cr_expect(topic->minutes == 25 && topic->minutes_by_default && topic->n_goals == 2);
    cr_expect_str_eq(topic->goals[1], "Use it");
    cr_assert_eq(topic->n_prerequisites, 2u);
    cr_expect_str_eq(topic->prerequisites[0]->key, "linear_algebra");
    cr_expect_str_eq(topic->prerequisites[0]->strength, "soft");
    cr_expect_str_eq(topic->prerequisites[1]->strength, "hard");
    cr_expect_str_eq(topic->prerequisites[1]->reason, "it is about it");
    list.q = "nothing";
    cr_assert_eq(plan_call(ADA, "ListTopics", &list, &topics), CODE_OK);
    cr_expect_eq(topics->n_topics, 0u);

    get.key = "probability";
    cr_assert_eq(plan_call(ADA, "GetTopic", &get, &topic), CODE_OK);
    cr_expect(topic->minutes == 40 && !topic->minutes_by_default && topic->n_prerequisites == 0);
    get.key = "none";
    cr_expect_eq(plan_call(ADA, "GetTopic", &get, &topic), CODE_NOT_FOUND);
    get.key = "probability";
    cr_expect_eq(plan_call(BOB, "GetTopic", &get, &topic), CODE_NOT_FOUND);
    cr_expect_eq(plan_call(BOB, "ListTopics", &list, &topics), CODE_NOT_FOUND);
}

PLAN_STORY(plan_graph, a_public_graph_is_there_for_all_and_deleted_by_its_owner_alone)
{
    Sical__Plan__V1__GetGraphRequest get = SICAL__PLAN__V1__GET_GRAPH_REQUEST__INIT;
    Sical__Plan__V1__DeleteGraphRequest delete = SICAL__PLAN__V1__DELETE_GRAPH_REQUEST__INIT;
    Sical__Plan__V1__DeleteGraphResponse *gone;
    Sical__Plan__V1__DeleteGoalRequest delete_goal = SICAL__PLAN__V1__DELETE_GOAL_REQUEST__INIT;
    Sical__Plan__V1__DeleteGoalResponse *goal_gone;
    wire_graph *graph;

    get.id = delete.id = (char *)plan_import_chain(ADA, NULL, "public");
    cr_assert_eq(plan_call(BOB, "GetGraph", &get, &graph), CODE_OK);
    cr_expect_not(graph->owned);
    cr_expect_eq(plan_call(BOB, "DeleteGraph", &delete, &gone), CODE_NOT_FOUND);
    cr_assert_eq(plan_add_goal(BOB, get.id, "c", plan_days_from_now(5), &delete_goal.id), CODE_OK);
    cr_expect_eq(plan_call(ADA, "DeleteGraph", &delete, &gone), CODE_FAILED_PRECONDITION);
    cr_expect(strstr(last_reply.message, "goals need this graph") != NULL);
    cr_assert_eq(plan_call(BOB, "DeleteGoal", &delete_goal, &goal_gone), CODE_OK);
    cr_expect_eq(plan_call(ADA, "DeleteGraph", &delete, &gone), CODE_OK);
}

PLAN_STORY(plan_graph, pages_of_graphs_show_each_once_and_bad_pages_are_refused)
{
    Sical__Plan__V1__ListGraphsRequest list = SICAL__PLAN__V1__LIST_GRAPHS_REQUEST__INIT;
    Sical__Plan__V1__ListGraphsResponse *page;
    size_t seen = 0;
    char last[40] = "~";

    for (int i = 0; i < 5; i++)
        plan_import_chain(i % 2 ? ADA : BOB, NULL, i == 4 ? "private" : "public");
    list.page_size = 2;
    do {
        cr_assert_eq(plan_call(ADA, "ListGraphs", &list, &page), CODE_OK);
        for (size_t i = 0; i < page->n_graphs; i++, seen++) {
            cr_expect_lt(strcmp(page->graphs[i]->id, last), 0, "newest first, each once");
            strcpy(last, page->graphs[i]->id);
        }
        list.page_token = page->next_page_token;
    } while (page->next_page_token[0]);
    cr_expect_eq(seen, 4u, "two of ADA's, two public ones of BOB's");

    Sical__Plan__V1__ListGoalsRequest goals = SICAL__PLAN__V1__LIST_GOALS_REQUEST__INIT;
    Sical__Plan__V1__ListGoalsResponse *page_of_goals;
    list.page_token = "";
    cr_assert_eq(plan_call(ADA, "ListGraphs", &list, &page), CODE_OK);
    goals.page_token = page->next_page_token;
    cr_expect_eq(plan_call(ADA, "ListGoals", &goals, &page_of_goals), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("page_token", "is no token of this list"));

    const struct {
        int size;
        char *token, *field;
    } bad[] = {{-1, "", "page_size"},
               {101, "", "page_size"},
               {1, "x", "page_token"},
               {1, "AAAAAAAAAAAAAAAAAAAAA!", "page_token"},
               {1, "AAAAAAAAAAAAAAAAAAAAAB", "page_token"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        list.page_size = bad[i].size;
        list.page_token = bad[i].token;
        cr_expect_eq(plan_call(ADA, "ListGraphs", &list, &page), CODE_INVALID_ARGUMENT);
        cr_expect(plan_has_fault(bad[i].field, ""), "%s", bad[i].token);
    }
}

PLAN_STORY(plan_graph, twenty_thousand_topics_come_in_at_once)
{
    enum { TOPICS = 20000, EDGES = 60000 };
    import_request *r = plan_import_request();
    wire_graph *graph;
    topic_input *topics = ARENA_ARRAY(fiber_arena(), topic_input, TOPICS);
    edge_input *edges = ARENA_ARRAY(fiber_arena(), edge_input, EDGES);

    r->topics = ARENA_ARRAY(fiber_arena(), topic_input *, TOPICS);
    r->edges = ARENA_ARRAY(fiber_arena(), edge_input *, EDGES);
    for (int i = 0; i < TOPICS; i++) {
        sical__plan__v1__topic_input__init(&topics[i]);
        topics[i].key = arena_printf(fiber_arena(), "topic_%05d", i);
        topics[i].minutes = plan_int32(1 + i % 7);
        r->topics[r->n_topics++] = &topics[i];
    }
    for (int i = 0; i < EDGES; i++) {
        sical__plan__v1__edge_input__init(&edges[i]);
        edges[i].topic = topics[3 + i / 3 % (TOPICS - 3)].key;
        edges[i].prerequisite = topics[3 + i / 3 % (TOPICS - 3) - 1 - i % 3].key;
        if (i / 3 < TOPICS - 3)
            r->edges[r->n_edges++] = &edges[i];
    }
    cr_assert_eq(plan_call(ADA, "ImportGraph", r, &graph), CODE_OK, "%s", last_reply.message);
    cr_expect_eq(graph->topic_count, TOPICS);

    wire_plan *plan;
    plan_set_mornings(ADA);
    cr_assert_eq(plan_add_goal(ADA, graph->id, "topic_19999", plan_days_from_now(50), NULL), CODE_OK);
    cr_assert_eq(plan_create(ADA, NULL, &plan), CODE_OK, "%s", last_reply.message);
    cr_expect_not(plan->certificate->feasible);
    cr_expect_eq(plan->certificate->lateness_minutes,
                 plan->certificate->work_minutes - plan->certificate->free_minutes);
    cr_expect_gt(plan->n_unplaced, 1000u);
}
