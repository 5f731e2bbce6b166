#include "plan_story.h"

#include <string.h>

typedef Sical__Plan__V1__CreateGoalRequest create_request;
typedef Sical__Plan__V1__UpdateGoalRequest update_request;

static create_request *good_request(const char *graph)
{
    static char *targets[] = {"c", "d"};
    create_request *r = ARENA_NEW(fiber_arena(), create_request);

    sical__plan__v1__create_goal_request__init(r);
    r->graph_id = (char *)graph;
    r->title = "Learn it";
    r->description = "all of it";
    r->targets = targets;
    r->n_targets = 2;
    r->due = plan_time("2027-05-01T12:00:00.5Z");
    return r;
}

PLAN_STORY(plan_goal, a_goal_is_made_read_listed_changed_and_deleted)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    create_request *create = good_request(graph);
    Sical__Plan__V1__GetGoalRequest get = SICAL__PLAN__V1__GET_GOAL_REQUEST__INIT;
    Sical__Plan__V1__DeleteGoalRequest delete = SICAL__PLAN__V1__DELETE_GOAL_REQUEST__INIT;
    Sical__Plan__V1__DeleteGoalResponse *gone;
    wire_goal *goal;

    create->not_before = plan_time("2027-01-01T00:00:00Z");
    cr_assert_eq(plan_call(ADA, "CreateGoal", create, &goal), CODE_OK, "%s", last_reply.message);
    get.id = delete.id = goal->id;
    cr_assert_eq(plan_call(ADA, "GetGoal", &get, &goal), CODE_OK);
    cr_expect_str_eq(goal->title, "Learn it");
    cr_expect_str_eq(goal->description, "all of it");
    cr_expect_str_eq(goal->graph_id, graph);
    cr_expect_eq(goal->n_targets, 2u);
    cr_expect_eq(plan_time_us(goal->due), plan_time_us(create->due));
    cr_expect_eq(plan_time_us(goal->not_before), plan_time_us(create->not_before));
    cr_expect(goal->weight == 10 && goal->status == SICAL__PLAN__V1__GOAL__STATUS__ACTIVE);
    cr_expect_eq(plan_call(BOB, "GetGoal", &get, &goal), CODE_NOT_FOUND);

    update_request update = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    wire_goal change = SICAL__PLAN__V1__GOAL__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    update.goal = &change;
    change.id = get.id;
    change.title = "Learn all";
    change.status = SICAL__PLAN__V1__GOAL__STATUS__PAUSED;
    cr_assert_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_OK, "%s", last_reply.message);
    cr_expect_str_eq(goal->title, "Learn all");
    cr_expect_eq(goal->status, SICAL__PLAN__V1__GOAL__STATUS__PAUSED);
    cr_expect_eq(goal->n_targets, 2u);
    cr_expect_not_null(goal->not_before);
    cr_expect_eq(plan_call(BOB, "UpdateGoal", &update, &goal), CODE_NOT_FOUND);

    /* A named field that is not set is cleared; what is not named is not looked at. */
    update.update_mask = &mask;
    mask.paths = (char *[]){"not_before", "description"};
    mask.n_paths = 2;
    change.title = "";
    cr_assert_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_OK, "%s", last_reply.message);
    cr_expect_null(goal->not_before);
    cr_expect_str_eq(goal->description, "");
    cr_expect_str_eq(goal->title, "Learn all");

    cr_expect_eq(plan_call(BOB, "DeleteGoal", &delete, &gone), CODE_NOT_FOUND);
    cr_assert_eq(plan_call(ADA, "DeleteGoal", &delete, &gone), CODE_OK);
    cr_expect_eq(plan_call(ADA, "GetGoal", &get, &goal), CODE_NOT_FOUND);
    cr_expect_eq(plan_call(ADA, "DeleteGoal", &delete, &gone), CODE_NOT_FOUND);
}

PLAN_STORY(plan_goal, the_same_id_again_is_the_same_goal_and_no_one_elses)
{
    const char *graph = plan_import_chain(ADA, NULL, "public");
    create_request *create = good_request(graph);
    wire_goal *goal;

    create->id = "01890000-0000-7000-8000-0000000000A1";
    cr_assert_eq(plan_call(ADA, "CreateGoal", create, &goal), CODE_OK);
    create->title = "another";
    cr_assert_eq(plan_call(ADA, "CreateGoal", create, &goal), CODE_OK);
    cr_expect_str_eq(goal->title, "Learn it");
    cr_expect_str_eq(goal->id, "01890000-0000-7000-8000-0000000000a1");
    cr_expect_eq(plan_call(BOB, "CreateGoal", create, &goal), CODE_ALREADY_EXISTS);
}

PLAN_STORY(plan_goal, every_fault_of_a_new_goal_is_told)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    create_request *r = good_request(graph);
    wire_goal *goal;
    char long_title[202];

    memset(long_title, 't', 201);
    long_title[201] = '\0';
    r->id = "x";
    r->title = long_title;
    r->weight = plan_int32(101);
    r->due = plan_time("1970-01-02T00:00:00Z");
    r->not_before = plan_time("9999-12-31T00:00:00Z");
    r->targets = (char *[]){"a", "b", "a"};
    r->n_targets = 3;
    cr_assert_eq(plan_call(ADA, "CreateGoal", r, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("id", "is not a UUID"));
    cr_expect(plan_has_fault("title", "at most 200 characters, this has 201"));
    cr_expect(plan_has_fault("weight", "1 to 100, not 101"));
    cr_expect(plan_has_fault("due", "between 2000-01-01 and 2100-01-01"));
    cr_expect(plan_has_fault("not_before", "between 2000-01-01 and 2100-01-01"));
    cr_expect(plan_has_fault("targets[2]", "the same as targets[0]"));
    cr_expect_eq(last_reply.fault_count, 6u);

    sical__plan__v1__create_goal_request__init(r);
    cr_assert_eq(plan_call(ADA, "CreateGoal", r, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("graph_id", "is required"));
    cr_expect(plan_has_fault("title", "is required"));
    cr_expect(plan_has_fault("due", "is required"));
    cr_expect(plan_has_fault("targets", "1 to 100 targets"));

    r = good_request(graph);
    r->not_before = r->due;
    r->targets = (char *[]){"a", "nope", "<b>"};
    r->n_targets = 3;
    cr_assert_eq(plan_call(ADA, "CreateGoal", r, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("not_before", "must lie before due"));
    r->not_before = NULL;
    cr_assert_eq(plan_call(ADA, "CreateGoal", r, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("targets[1]", "no topic with the key 'nope'"));
    cr_expect(plan_has_fault("targets[2]", "not the key of any topic"));
    cr_expect_eq(test_postgres_number(stage.pg, "SELECT count(*) FROM plan.goals"), 0);

    /* A graph that one may not see is none. */
    r = good_request(graph);
    cr_expect_eq(plan_call(BOB, "CreateGoal", r, &goal), CODE_NOT_FOUND);
    r->graph_id = ADA;
    cr_expect_eq(plan_call(ADA, "CreateGoal", r, &goal), CODE_NOT_FOUND);
    cr_expect_eq(plan_call(PEER, "CreateGoal", r, &goal), CODE_UNAUTHENTICATED);
}

PLAN_STORY(plan_goal, a_bad_change_changes_nothing)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    create_request *create = good_request(graph);
    update_request update = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    wire_goal change = SICAL__PLAN__V1__GOAL__INIT, *goal;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;

    cr_assert_eq(plan_call(ADA, "CreateGoal", create, &goal), CODE_OK);
    cr_expect_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("goal", "is required"));

    update.goal = &change;
    change.id = goal ? goal->id : change.id;
    Sical__Plan__V1__ListGoalsRequest list = SICAL__PLAN__V1__LIST_GOALS_REQUEST__INIT;
    Sical__Plan__V1__ListGoalsResponse *goals;
    cr_assert_eq(plan_call(ADA, "ListGoals", &list, &goals), CODE_OK);
    cr_assert_eq(goals->n_goals, 1u);
    change.id = goals->goals[0]->id;

    change.not_before = plan_time("2028-01-01T00:00:00Z"); /* behind the due date that is there */
    cr_expect_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("goal.not_before", "must lie before due"));
    change.not_before = NULL;
    change.targets = (char *[]){"a", "nope"};
    change.n_targets = 2;
    cr_expect_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("goal.targets[1]", "'nope'"));
    update.update_mask = &mask;
    mask.paths = (char *[]){"title", "due", "targets", "weight", "status", "graph_id"};
    mask.n_paths = 6;
    change.n_targets = 0;
    cr_expect_eq(plan_call(ADA, "UpdateGoal", &update, &goal), CODE_INVALID_ARGUMENT);
    cr_expect(plan_has_fault("goal.title", "is required"));
    cr_expect(plan_has_fault("goal.due", "is required"));
    cr_expect(plan_has_fault("goal.targets", "1 to 100 targets"));
    cr_expect(plan_has_fault("goal.weight", "1 to 100, not 0"));
    cr_expect(plan_has_fault("goal.status", "ACTIVE, PAUSED or DONE"));
    cr_expect(plan_has_fault("goal.graph_id", "can be changed"));
    cr_expect_eq(last_reply.fault_count, 6u);
    cr_assert_eq(plan_call(ADA, "ListGoals", &list, &goals), CODE_OK);
    cr_expect_str_eq(goals->goals[0]->title, "Learn it");
    cr_expect_eq(goals->goals[0]->n_targets, 2u);
}

PLAN_STORY(plan_goal, pages_show_each_goal_once)
{
    const char *graph = plan_import_chain(ADA, NULL, "private");
    Sical__Plan__V1__ListGoalsRequest list = SICAL__PLAN__V1__LIST_GOALS_REQUEST__INIT;
    Sical__Plan__V1__ListGoalsResponse *page;
    size_t seen = 0;

    for (int i = 0; i < 45; i++)
        cr_assert_eq(plan_add_goal(ADA, graph, "a", plan_days_from_now(5), NULL), CODE_OK);
    do {
        cr_assert_eq(plan_call(ADA, "ListGoals", &list, &page), CODE_OK);
        cr_expect_leq(page->n_goals, 20u, "20 when nothing else is asked");
        seen += page->n_goals;
        list.page_token = page->next_page_token;
    } while (page->next_page_token[0]);
    cr_expect_eq(seen, 45u);
    list.page_token = "";
    cr_assert_eq(plan_call(BOB, "ListGoals", &list, &page), CODE_OK);
    cr_expect_eq(page->n_goals, 0u);
}

/* ---- two who change the same ---- */

enum { RIVALS = 8 };

typedef struct rivalry {
    const char *id, *etag;
    unsigned won, lost;
} rivalry;

static status change_as_seen(void *arg)
{
    rivalry *r = arg;
    update_request update = SICAL__PLAN__V1__UPDATE_GOAL_REQUEST__INIT;
    wire_goal change = SICAL__PLAN__V1__GOAL__INIT, *goal;
    update.goal = &change;
    change.id = (char *)r->id;
    change.etag = (char *)r->etag;
    change.title = "mine";
    rpc_metadata metadata = {.user_id = ADA};
    rpc_reply reply; /* its own: the others wait for theirs meanwhile */
    int code = story_call(stage.client, &sical__plan__v1__plan_service__descriptor, "UpdateGoal", &metadata, &update,
                          &goal, &reply);
    r->won += code == CODE_OK;
    r->lost += code == CODE_ABORTED;
    return STATUS_OK;
}

PLAN_STORY(plan_goal, of_those_who_change_what_they_have_seen_one_wins)
{
    wire_goal *goal;
    cr_assert_eq(plan_call(ADA, "CreateGoal", good_request(plan_import_chain(ADA, NULL, "private")), &goal), CODE_OK);
    rivalry r = {.id = goal->id, .etag = goal->etag};
    fiber_group group = {0};
    for (int i = 0; i < RIVALS; i++)
        fiber_group_spawn(&group, "rival", change_as_seen, &r);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_expect(r.won == 1 && r.lost == RIVALS - 1, "%u won, %u lost", r.won, r.lost);
}

static int delete_if(const char *id, const char *etag)
{
    Sical__Plan__V1__DeleteGoalRequest delete = SICAL__PLAN__V1__DELETE_GOAL_REQUEST__INIT;
    Sical__Plan__V1__DeleteGoalResponse *gone;
    delete.id = (char *)id;
    delete.etag = (char *)etag;
    return plan_call(ADA, "DeleteGoal", &delete, &gone);
}

PLAN_STORY(plan_goal, only_what_was_seen_is_deleted)
{
    wire_goal *goal;
    Sical__Plan__V1__GetGoalRequest get = SICAL__PLAN__V1__GET_GOAL_REQUEST__INIT;
    create_request *create = good_request(plan_import_chain(ADA, NULL, "private"));
    cr_assert_eq(plan_call(ADA, "CreateGoal", create, &goal), CODE_OK);
    const char *id = goal->id, *seen = goal->etag;
    create->id = get.id = goal->id;
    static const char *const others[] = {"0", "W", ",", "**", "*,W", "ffffffffffffffff", "123456789012345678901"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        cr_expect_eq(delete_if(id, others[i]), CODE_ABORTED, "%s", others[i]);
        cr_expect(plan_has_fault("etag", "is not that of now"));
    }

    /* By a program that knows nothing of versions. */
    cr_assert_eq(test_postgres_number(stage.pg, "UPDATE plan.goals SET weight = 11 RETURNING weight"), 11);
    cr_expect_eq(delete_if(id, seen), CODE_ABORTED);
    cr_assert_eq(plan_call(ADA, "GetGoal", &get, &goal), CODE_OK);
    cr_expect_str_neq(goal->etag, seen);
    cr_expect_eq(delete_if(id, arena_printf(fiber_arena(), "W,%s,0", goal->etag)), CODE_OK);
    cr_expect_eq(delete_if(id, goal->etag), CODE_NOT_FOUND);

    /* Made again under the same id it is another one. */
    const char *gone = goal->etag;
    cr_assert_eq(plan_call(ADA, "CreateGoal", create, &goal), CODE_OK);
    cr_expect_eq(delete_if(id, seen), CODE_ABORTED);
    cr_expect_eq(delete_if(id, gone), CODE_ABORTED);
    cr_expect_eq(delete_if(id, "*"), CODE_OK);
}
