/* Many calls at once: each gets its own answer, and those of one turn share messages. */
#include "rpc_pair.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct random_call {
    unsigned number;
    unsigned size;
    unsigned delay_ms;
} random_call;

static status call_randomly(void *arg)
{
    random_call *c = arg;
    char *key = arena_printf(fiber_arena(), "topic-%u-", c->number);
    size_t prefix = strlen(key);
    char *long_key = arena_alloc(fiber_arena(), prefix + c->size + 1);
    memcpy(long_key, key, prefix);
    memset(long_key + prefix, 'a' + (int)(c->number % 26), c->size);
    long_key[prefix + c->size] = '\0';
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    char delay[16];
    snprintf(delay, sizeof delay, "%u", c->delay_ms);
    status s = echo_call(pair.client, c->delay_ms ? "Sleep" : "Echo", long_key, delay, NULL, &answer, &reply);
    cr_assert_eq(s, STATUS_OK, "call %u: %s %s", c->number, code_name(reply.code), reply.message);
    cr_assert_str_eq(answer->key, long_key);
    cr_assert_str_eq(answer->summary, delay);
    return s;
}

enum { RANDOM_CALLS = 5000 };

static void call_thousands(void *arg)
{
    (void)arg;
    static random_call calls[RANDOM_CALLS];
    srand(1);
    for (unsigned round = 0; round < 5; round++) {
        fiber_group group = FIBER_GROUP_INIT;
        for (unsigned i = 0; i < RANDOM_CALLS / 5; i++) {
            random_call *c = &calls[round * (RANDOM_CALLS / 5) + i];
            *c = (random_call){.number = round * (RANDOM_CALLS / 5) + i,
                               .size = (unsigned)rand() % 8 ? (unsigned)rand() % 300 : (unsigned)rand() % 20000,
                               .delay_ms = (unsigned)rand() % 4 ? 0 : (unsigned)rand() % 20};
            fiber_group_spawn(&group, "caller", call_randomly, c);
        }
        cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    }
}

Test(rpc_coalescing, thousands_of_calls_get_their_own_answers, .fini = stop_pair)
{
    echo_pair_start(&pair, &(rpc_server_options){.calls_limit = 2 * RANDOM_CALLS}, NULL);
    echo_run(pair.loop, call_thousands, NULL);
    cr_assert_eq(pair.state.executions, RANDOM_CALLS);
    double calls =
        echo_metric(pair.metrics, "rpc_message_calls_total{side=\"client\",service=\"echo\",direction=\"sent\"");
    double messages =
        echo_metric(pair.metrics, "rpc_messages_total{side=\"client\",service=\"echo\",direction=\"sent\"");
    cr_assert_eq(calls, RANDOM_CALLS);
    cr_assert_lt(messages, RANDOM_CALLS / 4, "%g calls in %g messages", calls, messages);
}

static status call_echo(void *arg)
{
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    return echo_call(pair.client, "Echo", arg, "", NULL, &answer, &reply);
}

/* ---- coalescing ---- */

static double count(const char *family, const char *side, const char *direction)
{
    char prefix[160];
    snprintf(prefix, sizeof prefix, "%s{side=\"%s\",service=\"%s\",direction=\"%s\"}", family, side,
             strcmp(side, "client") ? "" : "echo", direction);
    return echo_metric(pair.metrics, prefix);
}

static void call_in_one_turn(void *arg)
{
    unsigned *calls = arg;
    call_once(NULL); /* connected */
    double before[] = {count("rpc_messages_total", "client", "sent"), count("rpc_messages_total", "server", "sent")};
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < *calls; i++)
        fiber_group_spawn(&group, "caller", call_echo, "k");
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_assert_eq(count("rpc_messages_total", "client", "sent") - before[0], 1);
    cr_assert_eq(count("rpc_messages_total", "server", "sent") - before[1], 1);
    cr_assert_eq(count("rpc_message_calls_total", "server", "received"), *calls + 1);
    cr_assert_eq(count("rpc_message_calls_total", "client", "received"), *calls + 1);
}

Test(rpc_coalescing, calls_of_one_turn_share_a_message, .init = start_pair, .fini = stop_pair)
{
    unsigned calls = 500;
    echo_run(pair.loop, call_in_one_turn, &calls);
}

static status call_large(void *arg)
{
    (void)arg;
    enum { SIZE = 100000 };
    char *key = arena_alloc(fiber_arena(), SIZE + 1);
    memset(key, 'x', SIZE);
    key[SIZE] = '\0';
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    status s = echo_call(pair.client, "Echo", key, "", NULL, &answer, &reply);
    cr_assert_eq(s, STATUS_OK, "%s", reply.message);
    cr_assert_str_eq(answer->key, key);
    return s;
}

static void call_large_ones(void *arg)
{
    (void)arg;
    call_once(NULL);
    double before = count("rpc_messages_total", "client", "sent");
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < 40; i++)
        fiber_group_spawn(&group, "caller", call_large, NULL);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_assert_eq(count("rpc_messages_total", "client", "sent") - before, 20); /* two fit into 256 KiB */
}

Test(rpc_coalescing, messages_are_closed_at_256_kib, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, call_large_ones, NULL);
}
