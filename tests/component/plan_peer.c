/* A plan service for tests of the gateway: plan_peer ADDRESS. It keeps nothing; what it answers shows what it was
 * asked. */
#include "descriptor_set.h"
#include "fiber.h"
#include "plan.pb-c.h"
#include "rpc_server.h"

#include <stdlib.h>
#include <string.h>

#define ID_SLOW    "00000000-0000-7000-8000-00000000510e"
#define ID_MISSING "00000000-0000-7000-8000-000000000404"
#define ID_BROKEN  "00000000-0000-7000-8000-000000000500"

enum { OUTCOME_UNKNOWN_METHOD = 1, OUTCOME_MISSING, OUTCOME_FAULTS, OUTCOME_KEY_REUSED };

static enum code outcome(status outcome, const char **message)
{
    switch (outcome) {
    case OUTCOME_MISSING:
        *message = "There is no such goal.";
        return CODE_NOT_FOUND;
    case OUTCOME_FAULTS:
        *message = "The input has faults.";
        return CODE_INVALID_ARGUMENT;
    case OUTCOME_KEY_REUSED:
        *message = "The idempotency key belongs to another request.";
        return CODE_FAILED_PRECONDITION;
    default:
        *message = "Not in this service.";
        return CODE_UNIMPLEMENTED;
    }
}

static Google__Protobuf__Timestamp *time_of(arena *a, int64_t seconds)
{
    Google__Protobuf__Timestamp *t = ARENA_NEW(a, Google__Protobuf__Timestamp);
    google__protobuf__timestamp__init(t);
    t->seconds = seconds;
    return t;
}

static Sical__Plan__V1__Goal *new_goal(rpc_call *call, char *id, char *title, char *description)
{
    static char *targets[] = {(char *)"bayes", (char *)"backpropagation"};
    Sical__Plan__V1__Goal *g = ARENA_NEW(call->arena, Sical__Plan__V1__Goal);
    sical__plan__v1__goal__init(g);
    g->id = id;
    g->graph_id = (char *)"01890000-0000-7000-8000-000000000001";
    g->title = title;
    g->description = description;
    g->n_targets = 2;
    g->targets = targets;
    g->due = time_of(call->arena, 1800000000);
    g->weight = 10;
    g->status = SICAL__PLAN__V1__GOAL__STATUS__ACTIVE;
    g->create_time = time_of(call->arena, 1790000000);
    g->update_time = time_of(call->arena, 1790000000);
    return g;
}

/* The goal's description tells the metadata. */
static status get_goal(rpc_call *call, const Sical__Plan__V1__GetGoalRequest *request, Sical__Plan__V1__Goal **reply)
{
    if (!strcmp(request->id, ID_SLOW))
        return fiber_sleep(600000);
    if (!strcmp(request->id, ID_MISSING))
        return OUTCOME_MISSING;
    if (!strcmp(request->id, ID_BROKEN))
        return STATUS_INTERNAL;
    const rpc_metadata *m = &call->metadata;
    *reply = new_goal(call, request->id, (char *)"A goal",
                      arena_printf(call->arena, "%s %s %s %s %s", m->user_id, m->role, m->session_id, m->request_id,
                                   m->traceparent));
    return STATUS_OK;
}

static status list_goals(rpc_call *call, const Sical__Plan__V1__ListGoalsRequest *request,
                         Sical__Plan__V1__ListGoalsResponse **reply)
{
    if (request->page_size > 100) {
        rpc_add_fault(call, "page_size", "must be at most 100");
        return OUTCOME_FAULTS;
    }
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__ListGoalsResponse);
    sical__plan__v1__list_goals_response__init(*reply);
    (*reply)->n_goals = 1;
    (*reply)->goals = ARENA_ARRAY(call->arena, Sical__Plan__V1__Goal *, 1);
    (*reply)->goals[0] = new_goal(call, (char *)ID_MISSING, (char *)"one", (char *)"");
    (*reply)->next_page_token = arena_printf(call->arena, "%d/%s", request->page_size, request->page_token);
    return STATUS_OK;
}

/* Of a goal titled "key" the description tells the idempotency key; "another" is refused because of it. */
static status create_goal(rpc_call *call, const Sical__Plan__V1__CreateGoalRequest *request,
                          Sical__Plan__V1__Goal **reply)
{
    if (!strcmp(request->title, "faulty")) {
        rpc_add_fault(call, "targets[2]", "is no topic of the graph");
        rpc_add_fault(call, "not_before", "must be before due");
        return OUTCOME_FAULTS;
    }
    char *description = request->description;
    if (!strcmp(request->title, "key"))
        description = arena_printf(call->arena, "<%s>", call->metadata.idempotency_key);
    if (!strcmp(request->title, "another")) {
        rpc_add_fault(call, "idempotency_key", "came with another request before");
        return OUTCOME_KEY_REUSED;
    }
    *reply = new_goal(call, request->id, request->title, description);
    return STATUS_OK;
}

/* The description tells the mask. */
static status update_goal(rpc_call *call, const Sical__Plan__V1__UpdateGoalRequest *request,
                          Sical__Plan__V1__Goal **reply)
{
    char *mask = arena_strdup(call->arena, "");
    if (!strcmp(request->goal->title, "faulty")) {
        rpc_add_fault(call, "goal.not_before", "must be before due");
        return OUTCOME_FAULTS;
    }
    for (size_t i = 0; i < request->update_mask->n_paths; i++)
        mask = arena_printf(call->arena, "%s/%s", mask, request->update_mask->paths[i]);
    *reply = new_goal(call, request->goal->id, request->goal->title, mask);
    return STATUS_OK;
}

static status delete_goal(rpc_call *call, const Sical__Plan__V1__DeleteGoalRequest *request,
                          Sical__Plan__V1__DeleteGoalResponse **reply)
{
    (void)request;
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__DeleteGoalResponse);
    sical__plan__v1__delete_goal_response__init(*reply);
    return STATUS_OK;
}

static status import_graph(rpc_call *call, const Sical__Plan__V1__ImportGraphRequest *request,
                           Sical__Plan__V1__Graph **reply)
{
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__Graph);
    sical__plan__v1__graph__init(*reply);
    (*reply)->topic_count = (int32_t)request->n_topics;
    (*reply)->edge_count = (int32_t)request->n_edges;
    return STATUS_OK;
}

static status list_topics(rpc_call *call, const Sical__Plan__V1__ListTopicsRequest *request,
                          Sical__Plan__V1__ListTopicsResponse **reply)
{
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__ListTopicsResponse);
    sical__plan__v1__list_topics_response__init(*reply);
    (*reply)->next_page_token = arena_printf(call->arena, "%s/%s", request->graph_id, request->q);
    return STATUS_OK;
}

static status refuse(rpc_call *call, const ProtobufCMessage *request, ProtobufCMessage **reply)
{
    (void)call;
    (void)request;
    (void)reply;
    return OUTCOME_UNKNOWN_METHOD;
}

RPC_HANDLER(get_goal, Sical__Plan__V1__GetGoalRequest, Sical__Plan__V1__Goal)
RPC_HANDLER(list_goals, Sical__Plan__V1__ListGoalsRequest, Sical__Plan__V1__ListGoalsResponse)
RPC_HANDLER(create_goal, Sical__Plan__V1__CreateGoalRequest, Sical__Plan__V1__Goal)
RPC_HANDLER(update_goal, Sical__Plan__V1__UpdateGoalRequest, Sical__Plan__V1__Goal)
RPC_HANDLER(delete_goal, Sical__Plan__V1__DeleteGoalRequest, Sical__Plan__V1__DeleteGoalResponse)
RPC_HANDLER(import_graph, Sical__Plan__V1__ImportGraphRequest, Sical__Plan__V1__Graph)
RPC_HANDLER(list_topics, Sical__Plan__V1__ListTopicsRequest, Sical__Plan__V1__ListTopicsResponse)

static const rpc_method served[] = {
    {"GetGoal", RPC_USER, get_goal_rpc},       {"ListGoals", RPC_USER, list_goals_rpc},
    {"CreateGoal", RPC_USER, create_goal_rpc}, {"UpdateGoal", RPC_USER, update_goal_rpc},
    {"DeleteGoal", RPC_USER, delete_goal_rpc}, {"ImportGraph", RPC_USER, import_graph_rpc},
    {"ListTopics", RPC_USER, list_topics_rpc},
};

static const rpc_method *find_served(const char *name)
{
    for (size_t i = 0; i < sizeof served / sizeof served[0]; i++)
        if (!strcmp(served[i].name, name))
            return &served[i];
    return NULL;
}

int main(int argc, char **argv)
{
    static rpc_method methods[64];
    const ProtobufCServiceDescriptor *descriptor = &sical__plan__v1__plan_service__descriptor;
    for (unsigned i = 0; i < descriptor->n_methods; i++) {
        const rpc_method *m = find_served(descriptor->methods[i].name);
        methods[i] = m ? *m : (rpc_method){descriptor->methods[i].name, RPC_PUBLIC, refuse};
    }
    const rpc_service service = {descriptor, methods, descriptor->n_methods, outcome};
    loop *l = loop_create();
    const rpc_server_options options = {
        .address = argc > 1 ? argv[1] : "",
        .version = "test",
        .descriptors = sical_descriptor_set,
        .descriptors_size = (size_t)(sical_descriptor_set_end - sical_descriptor_set),
    };
    rpc_server *s = rpc_server_create(l, &options);
    if (!rpc_server_add(s, &service, NULL) || rpc_server_listen(s) != STATUS_OK)
        return EXIT_FAILURE;
    loop_run(l);
}
