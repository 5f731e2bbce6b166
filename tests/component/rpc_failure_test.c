/* What happens to calls when time runs out and when bounds are reached. */
#include "rpc_pair.h"

#include <criterion/criterion.h>
#include <string.h>

static double metric(const char *prefix)
{
    return echo_metric(pair.metrics, prefix);
}

#define EXPIRED "rpc_dropped_total{side=\"server\",service=\"\",reason=\"expired\"}"
#define LATE    "rpc_dropped_total{side=\"client\",service=\"echo\",reason=\"late\"}"

/* ---- deadlines ---- */

static void call_without_answer(void *arg)
{
    (void)arg;
    rpc_reply reply;
    uint64_t before = fiber_deadline_ns();
    uint64_t old = fiber_limit_ms(50);
    cr_assert_eq(call_method("Hold", "k", &reply), STATUS_DEADLINE_EXCEEDED);
    cr_assert_eq(reply.code, CODE_DEADLINE_EXCEEDED);
    fiber_set_deadline_ns(old);
    cr_assert_eq(fiber_deadline_ns(), before, "the caller's deadline is as it was");

    /* The answer comes late. By then other calls wait, in the place that the first one had. */
    fiber_group group = FIBER_GROUP_INIT;
    fiber_group_spawn(&group, "caller", hold_one, "second");
    WAIT_UNTIL(pair.state.held_count == 2);
    fiber_group_spawn(&group, "caller", hold_one, "third");
    WAIT_UNTIL(pair.state.held_count == 3);
    echo_release(&pair.state);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK, "each got its own answer");
    cr_assert_eq(metric(LATE), 1);
}

Test(rpc_failure, a_late_answer_meets_no_other_call, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, call_without_answer, NULL);
}

static void call_with_client_timeout(void *arg)
{
    (void)arg;
    rpc_reply reply;
    cr_assert_eq(call_method("Hold", "k", &reply), STATUS_DEADLINE_EXCEEDED, "without any deadline of the fiber's");
    WAIT_UNTIL(pair.state.held_count == 1);
    echo_release(&pair.state);
    WAIT_UNTIL(rpc_server_calls_in_flight(pair.server) == 0);
}

Test(rpc_failure, a_call_has_a_deadline_of_its_own)
{
    echo_pair_start(&pair, NULL, &(rpc_client_options){.timeout_ms = 40});
    echo_run(pair.loop, call_with_client_timeout, NULL);
    stop_pair();
}

static void call_with_server_bound(void *arg)
{
    (void)arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    cr_assert_eq(echo_call(pair.client, "Sleep", "k", "5000", NULL, &answer, &reply), STATUS_DEADLINE_EXCEEDED);
    cr_assert_str_eq(reply.message, "The call took too long.", "it was the server that gave up");
    cr_assert_eq(pair.state.executions, 0);
}

Test(rpc_failure, the_server_bounds_every_call)
{
    echo_pair_start(&pair, &(rpc_server_options){.timeout_ms = 30}, NULL);
    echo_run(pair.loop, call_with_server_bound, NULL);
    stop_pair();
}

static status burn_one(void *arg)
{
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    return echo_call(pair.client, "Burn", arg, "100", NULL, &answer, &reply);
}

static status echo_soon(void *arg)
{
    (void)arg;
    rpc_reply reply;
    fiber_limit_ms(20);
    return call_method("Echo", "expired", &reply);
}

static void call_behind_a_busy_one(void *arg)
{
    (void)arg;
    rpc_reply reply;
    cr_assert_eq(call_method("Echo", "connect", &reply), STATUS_OK);
    fiber_group group = FIBER_GROUP_INIT;
    fiber_group_spawn(&group, "burner", burn_one, "burn");
    fiber_group_spawn(&group, "caller", echo_soon, NULL);
    cr_assert_eq(fiber_group_wait(&group), STATUS_DEADLINE_EXCEEDED);
    WAIT_UNTIL(rpc_server_calls_in_flight(pair.server) == 0);
    cr_assert_eq(pair.state.executions, 2, "what had expired when its turn came was not begun");
    cr_assert_eq(metric(EXPIRED), 1);
    cr_assert_eq(metric(LATE), 0, "nor answered");
}

Test(rpc_failure, expired_calls_are_not_begun, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, call_behind_a_busy_one, NULL);
}

static void cancel_other(void *arg)
{
    fiber *f = arg;
    WAIT_UNTIL(pair.state.held_count == 1);
    fiber_cancel(f);
}

static void be_cancelled(void *arg)
{
    (void)arg;
    fiber_spawn(pair.loop, "canceller", cancel_other, fiber_self());
    rpc_reply reply;
    cr_assert_eq(call_method("Hold", "k", &reply), STATUS_CANCELLED);
    cr_assert_eq(reply.code, CODE_CANCELLED);
    echo_release(&pair.state);
}

static void wait_for_idle_server(void *arg)
{
    (void)arg;
    WAIT_UNTIL(rpc_server_calls_in_flight(pair.server) == 0);
}

Test(rpc_failure, a_cancelled_call_ends_at_once, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, be_cancelled, NULL);
    echo_run(pair.loop, wait_for_idle_server, NULL);
}

/* ---- bounds ---- */

static void call_past_the_servers_limit(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 3; i++)
        fiber_group_spawn(&group, "caller", hold_one, NULL);
    WAIT_UNTIL(pair.state.held_count == 3);
    rpc_reply reply;
    cr_assert_eq(call_method("Echo", "k", &reply), STATUS_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(reply.message, "The service is busy.");
    cr_assert_eq(rpc_server_calls_in_flight(pair.server), 3);
    echo_release(&pair.state);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_assert_eq(call_method("Echo", "k", &reply), STATUS_OK);
}

Test(rpc_failure, the_server_refuses_calls_past_its_limit)
{
    echo_pair_start(&pair, &(rpc_server_options){.calls_limit = 3}, NULL);
    echo_run(pair.loop, call_past_the_servers_limit, NULL);
    stop_pair();
}

static void call_past_the_clients_limit(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 3; i++)
        fiber_group_spawn(&group, "caller", hold_one, NULL);
    WAIT_UNTIL(pair.state.held_count == 3);
    rpc_reply reply;
    cr_assert_eq(call_method("Echo", "k", &reply), STATUS_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(reply.message, "Too many calls are waiting for the service.");
    echo_release(&pair.state);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_assert_eq(call_method("Echo", "k", &reply), STATUS_OK);
    cr_assert_eq(pair.state.executions, 4, "what was refused never left");
}

Test(rpc_failure, the_client_refuses_calls_past_its_limit)
{
    echo_pair_start(&pair, NULL, &(rpc_client_options){.calls_limit = 3});
    echo_run(pair.loop, call_past_the_clients_limit, NULL);
    stop_pair();
}

static status echo_large(void *arg)
{
    char *key = arena_alloc(fiber_arena(), 50001);
    memset(key, 'k', 50000);
    key[50000] = '\0';
    rpc_reply reply;
    *(unsigned *)arg += call_method("Echo", key, &reply) == STATUS_RESOURCE_EXHAUSTED;
    return STATUS_OK;
}

static void call_past_the_queue(void *arg)
{
    (void)arg;
    rpc_reply reply;
    cr_assert_eq(call_method("Echo", "connect", &reply), STATUS_OK);
    unsigned refused = 0;
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 10; i++)
        fiber_group_spawn(&group, "caller", echo_large, &refused);
    fiber_group_wait(&group);
    cr_assert_eq(refused, 6, "200,000 bytes hold three, the fourth is refused: %u", refused);
}

Test(rpc_failure, the_client_bounds_its_queue_in_bytes)
{
    echo_pair_start(&pair, NULL, &(rpc_client_options){.queue_limit_bytes = 200600});
    echo_run(pair.loop, call_past_the_queue, NULL);
    stop_pair();
}
