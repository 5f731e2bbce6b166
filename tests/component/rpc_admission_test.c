/* Who is served when a server is full. */
#include "rpc_pair.h"

#include "health.pb-c.h"

#include <criterion/criterion.h>

/* 90 at once; so one peer may have 80 of them, and then another one 9 of the 10 that are left. */
enum { LIMIT = 90, OF_ONE = 80, OF_ANOTHER = 9, FLOOD = 200 };

#define REFUSED "rpc_refused_total{side=\"server\",service=\"\"}"
#define REFUSED_HOLD                                                                                                   \
    "rpc_server_handled_total{service=\"sical.test.v1.EchoService\",method=\"Hold\",code=\"RESOURCE_EXHAUSTED\"}"

static rpc_client *quiet; /* another peer of the same server */

typedef struct flood {
    rpc_client *client;
    unsigned served, refused;
} flood;

static status hold_for(void *arg)
{
    flood *f = arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    status s = echo_call(f->client, "Hold", "k", "", NULL, &answer, &reply);
    f->served += s == STATUS_OK;
    f->refused += s == STATUS_RESOURCE_EXHAUSTED;
    return STATUS_OK;
}

static void start_flood(fiber_group *group, flood *f, unsigned calls)
{
    for (unsigned i = 0; i < calls; i++)
        fiber_group_spawn(group, "flood", hold_for, f);
}

static void call_quietly(unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        cr_assert_eq(echo_call(quiet, "Echo", "k", "", NULL, &answer, &reply), STATUS_OK, "%s", reply.message);
    }
}

static void fill_the_server(void *arg)
{
    (void)arg;
    call_quietly(1);
    call_once(NULL);
    flood first = {.client = pair.client}, second = {.client = quiet};
    fiber_group group = FIBER_GROUP_INIT;
    start_flood(&group, &first, FLOOD);
    WAIT_UNTIL(first.refused == FLOOD - OF_ONE);
    cr_assert_eq(pair.state.held_count, OF_ONE);
    call_quietly(50);

    start_flood(&group, &second, FLOOD);
    WAIT_UNTIL(second.refused == FLOOD - OF_ANOTHER);
    cr_assert_eq(rpc_server_calls_in_flight(pair.server), OF_ONE + OF_ANOTHER);
    cr_assert_eq(echo_metric(pair.metrics, REFUSED), first.refused + second.refused);
    cr_assert_eq(echo_metric(pair.metrics, REFUSED_HOLD), first.refused + second.refused);

    echo_release(&pair.state);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_assert_eq(first.served, OF_ONE, "what was begun is finished");
    cr_assert_eq(second.served, OF_ANOTHER);
    call_once(NULL);
}

static void start_two_peers(void)
{
    echo_pair_start(&pair, &(rpc_server_options){.calls_limit = LIMIT}, NULL);
    quiet = rpc_client_create(pair.loop, &(rpc_client_options){.service = "quiet", .addresses = pair.address});
}

static void stop_two_peers(void)
{
    rpc_client_destroy(quiet);
    stop_pair();
}

Test(rpc_admission, a_flood_leaves_room_for_others, .init = start_two_peers, .fini = stop_two_peers)
{
    echo_run(pair.loop, fill_the_server, NULL);
}

/* Two peers who both ask for more than there is, all the time. */
static status call_all_the_time(void *arg)
{
    flood *f = arg;
    while (f->served < 2000) {
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        if (echo_call(f->client, "Sleep", "k", "1", NULL, &answer, &reply) == STATUS_OK)
            f->served++;
        else
            f->refused++;
        arena_reset(fiber_arena());
    }
    return STATUS_OK;
}

static void share_the_server(void *arg)
{
    (void)arg;
    call_quietly(1);
    call_once(NULL);
    flood first = {.client = pair.client}, second = {.client = quiet};
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < 4 * LIMIT; i++) /* the first asks for four times what the second asks for */
        fiber_group_spawn(&group, "flood", call_all_the_time, &first);
    for (unsigned i = 0; i < LIMIT; i++)
        fiber_group_spawn(&group, "flood", call_all_the_time, &second);
    WAIT_UNTIL(first.served >= 1000);
    cr_assert_geq(second.served, 100, "a ninth of what the other gets is certain: %u", second.served);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
}

Test(rpc_admission, one_flood_does_not_starve_another, .init = start_two_peers, .fini = stop_two_peers)
{
    echo_run(pair.loop, share_the_server, NULL);
}

/* ---- what is always answered ---- */

static int code_of(const ProtobufCServiceDescriptor *service, const char *method, const ProtobufCMessage *request)
{
    ProtobufCMessage *answer;
    rpc_reply reply;
    rpc_call_message(pair.client, service, method, NULL, request, &answer, &reply);
    return reply.code;
}

static void ask_a_full_server(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    flood f = {.client = pair.client};
    start_flood(&group, &f, 3);
    WAIT_UNTIL(pair.state.held_count == 3);
    rpc_reply reply;
    cr_assert_eq(call_method("Echo", "k", &reply), STATUS_RESOURCE_EXHAUSTED);
    Sical__Rpc__V1__HealthCheckRequest health = SICAL__RPC__V1__HEALTH_CHECK_REQUEST__INIT;
    Sical__Rpc__V1__ListServicesRequest list = SICAL__RPC__V1__LIST_SERVICES_REQUEST__INIT;
    Sical__Rpc__V1__GetDescriptorsRequest set = SICAL__RPC__V1__GET_DESCRIPTORS_REQUEST__INIT;
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(code_of(&sical__rpc__v1__health__descriptor, "Check", &health.base), CODE_OK);
        cr_assert_eq(code_of(&sical__rpc__v1__reflection__descriptor, "ListServices", &list.base), CODE_OK);
        cr_assert_eq(code_of(&sical__rpc__v1__reflection__descriptor, "GetDescriptors", &set.base), CODE_OK);
    }
    echo_release(&pair.state);
    fiber_group_wait(&group);
}

Test(rpc_admission, health_and_reflection_are_answered_when_full)
{
    echo_pair_start(&pair, &(rpc_server_options){.calls_limit = 3}, NULL);
    echo_run(pair.loop, ask_a_full_server, NULL);
    stop_pair();
}

static void ask_for_services(void *arg)
{
    (void)arg;
    Sical__Rpc__V1__HealthCheckRequest request = SICAL__RPC__V1__HEALTH_CHECK_REQUEST__INIT;
    static const struct {
        const char *service;
        enum code code;
    } expected[] = {{"", CODE_OK},
                    {"sical.test.v1.EchoService", CODE_OK},
                    {"sical.rpc.v1.Health", CODE_OK},
                    {"sical.test.v1.Echo", CODE_NOT_FOUND},
                    {"sical.test.v1.EchoServices", CODE_NOT_FOUND},
                    {"EchoService", CODE_NOT_FOUND}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        request.service = (char *)expected[i].service;
        cr_assert_eq(code_of(&sical__rpc__v1__health__descriptor, "Check", &request.base), expected[i].code, "%s",
                     expected[i].service);
    }
    cr_assert_eq(echo_metric(pair.metrics, "rpc_server_handled_total{service=\"sical.rpc.v1.Health\",method=\"Check\""
                                           ",code=\"NOT_FOUND\"}"),
                 3);
}

Test(rpc_admission, health_knows_each_service_by_name, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, ask_for_services, NULL);
}
