/* Calls between a client and a server on one loop: answers, outcomes, access, bounds, coalescing. */
#include "rpc_echo.h"

#include "fiber.h"
#include "health.pb-c.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static echo_pair pair;

static void start(void)
{
    echo_pair_start(&pair, NULL, NULL);
}

static void stop(void)
{
    echo_pair_stop(&pair);
}

static void call_once(void *arg)
{
    (void)arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    cr_assert_eq(echo_call(pair.client, "Echo", "linear_algebra", "g1", NULL, &answer, &reply), STATUS_OK);
    cr_assert_str_eq(answer->key, "linear_algebra");
    cr_assert_str_eq(answer->summary, "g1");
    cr_assert_eq(reply.code, CODE_OK);
    cr_assert_str_eq(reply.message, "");
}

Test(rpc_call, answers, .init = start, .fini = stop)
{
    echo_run(pair.loop, call_once, NULL);
    cr_assert_eq(pair.state.executions, 1);
}

/* ---- many at once: each gets its own answer, and they share messages ---- */

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

Test(rpc_call, thousands_of_calls_get_their_own_answers, .init = start, .fini = stop)
{
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

Test(rpc_call, calls_of_one_turn_share_a_message, .init = start, .fini = stop)
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

Test(rpc_call, messages_are_closed_at_256_kib, .init = start, .fini = stop)
{
    echo_run(pair.loop, call_large_ones, NULL);
}

/* ---- outcomes ---- */

typedef struct expected_outcome {
    const char *key;
    const char *outcome;
    status result;
    int code;
    const char *message;
    size_t faults;
} expected_outcome;

static void call_for_outcomes(void *arg)
{
    (void)arg;
    static const expected_outcome expected[] = {
        {"k", "1", CODE_INVALID_ARGUMENT, CODE_INVALID_ARGUMENT, "An outcome.", 2},
        {"explain", "2", CODE_NOT_FOUND, CODE_NOT_FOUND, "explained 42", 2},
        {"k", "7", STATUS_INTERNAL, CODE_INTERNAL, "Something went wrong inside the service.", 2},
        {"k", "0", STATUS_INTERNAL, CODE_INTERNAL, "Something went wrong inside the service.", 2},
        {"k", "-14", STATUS_UNAVAILABLE, CODE_UNAVAILABLE, "Something that the service needs is away.", 2},
        {"k", "-4", STATUS_DEADLINE_EXCEEDED, CODE_DEADLINE_EXCEEDED, "The call took too long.", 2},
        {"k", "-8", STATUS_RESOURCE_EXHAUSTED, CODE_RESOURCE_EXHAUSTED, "The service is busy.", 2},
        {"k", "-1", STATUS_CANCELLED, CODE_CANCELLED, "The call was cancelled.", 2},
        {"k", "-99", STATUS_INTERNAL, CODE_INTERNAL, "Something went wrong inside the service.", 2},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const expected_outcome *e = &expected[i];
        Sical__Plan__V1__Topic *answer;
        rpc_reply reply;
        cr_assert_eq(echo_call(pair.client, "Outcome", e->key, e->outcome, NULL, &answer, &reply), e->result);
        cr_assert_null(answer);
        cr_assert_eq(reply.code, e->code);
        cr_assert_str_eq(reply.message, e->message);
        cr_assert_eq(reply.fault_count, e->faults);
        cr_assert_str_eq(reply.faults[0].field, "key");
        cr_assert_str_eq(reply.faults[1].message, arena_printf(fiber_arena(), "is %s", e->outcome));
    }
    cr_assert_eq(echo_metric(pair.metrics,
                             "rpc_server_handled_total{service=\"sical.test.v1.EchoService\",method=\"Outcome\""
                             ",code=\"INTERNAL\"}"),
                 3);
    cr_assert_eq(echo_metric(pair.metrics,
                             "rpc_client_handled_total{service=\"sical.test.v1.EchoService\",method=\"Outcome\""
                             ",code=\"NOT_FOUND\"}"),
                 1);
}

Test(rpc_call, outcomes_become_codes, .init = start, .fini = stop)
{
    echo_run(pair.loop, call_for_outcomes, NULL);
}

/* ---- who calls ---- */

#define USER "018f4e3a-5b6c-7d8e-9f00-112233445566"

static int code_of(const char *method, const rpc_metadata *metadata, Sical__Plan__V1__Topic **answer)
{
    rpc_reply reply;
    echo_call(pair.client, method, "k", "", metadata, answer, &reply);
    return reply.code;
}

static void call_as_others(void *arg)
{
    (void)arg;
    rpc_metadata full = {"req-1", "00-trace-01", USER, "student", "session", "key"};
    rpc_metadata malformed = {.user_id = "nobody"}, none = {.request_id = "r"};
    Sical__Plan__V1__Topic *answer;
    cr_assert_eq(code_of("Caller", &full, &answer), CODE_OK);
    cr_assert_str_eq(answer->key, "req-1|00-trace-01|" USER "|student|session|key|req-1");
    cr_assert_eq(code_of("Caller", &malformed, &answer), CODE_UNAUTHENTICATED);
    cr_assert_eq(code_of("Caller", &none, &answer), CODE_UNAUTHENTICATED);
    cr_assert_eq(code_of("Caller", NULL, &answer), CODE_UNAUTHENTICATED);
    cr_assert_eq(code_of("Peer", &full, &answer), CODE_PERMISSION_DENIED);
    cr_assert_eq(code_of("Peer", &none, &answer), CODE_OK);
    cr_assert_str_eq(answer->key, "r||||||r");
    cr_assert_eq(code_of("Echo", &full, &answer), CODE_OK);
    cr_assert_eq(code_of("Echo", &malformed, &answer), CODE_UNAUTHENTICATED);
    cr_assert_eq(pair.state.executions, 3);
    cr_assert_null(rpc_current_request_id());
}

Test(rpc_call, callers_are_checked_before_the_handler, .init = start, .fini = stop)
{
    echo_run(pair.loop, call_as_others, NULL);
}

/* ---- what cannot be called or read ---- */

static void call_wrongly(void *arg)
{
    (void)arg;
    rpc_reply reply;
    cr_assert_eq(rpc_call_bytes(pair.client, "/sical.test.v1.EchoService/Nope", NULL, NULL, 0, &reply),
                 CODE_UNIMPLEMENTED);
    cr_assert_eq(rpc_call_bytes(pair.client, "", NULL, NULL, 0, &reply), CODE_UNIMPLEMENTED);
    static const uint8_t cut[] = {0x0a, 5, 'a'};
    cr_assert_eq(rpc_call_bytes(pair.client, "/sical.test.v1.EchoService/Echo", NULL, cut, sizeof cut, &reply),
                 CODE_INVALID_ARGUMENT);
    cr_assert_str_eq(reply.message, "The request cannot be read: message is cut short.");
    rpc_metadata not_text = {.request_id = "\xff"};
    cr_assert_eq(rpc_call_bytes(pair.client, "/sical.test.v1.EchoService/Echo", &not_text, NULL, 0, &reply),
                 CODE_INVALID_ARGUMENT);
    Sical__Plan__V1__Topic *answer;
    cr_assert_eq(echo_call(pair.client, "Unheard", "k", "", NULL, &answer, &reply), STATUS_INTERNAL);
    cr_assert_eq(pair.state.executions, 0);
}

Test(rpc_call, what_cannot_be_called_is_refused, .init = start, .fini = stop)
{
    echo_run(pair.loop, call_wrongly, NULL);
}

static void call_too_large(void *arg)
{
    (void)arg;
    static char key[2 << 20];
    memset(key, 'k', sizeof key - 1);
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    cr_assert_eq(echo_call(pair.client, "Echo", key, "", NULL, &answer, &reply), STATUS_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(reply.message, "The request is too large.");
    key[(1 << 20) - 200] = '\0'; /* just fits */
    cr_assert_eq(echo_call(pair.client, "Echo", key, "", NULL, &answer, &reply), STATUS_OK);
    cr_assert_eq(pair.state.executions, 1);
    call_once(NULL);
}

Test(rpc_call, a_call_that_is_too_large_never_leaves)
{
    rpc_server_options server = {.message_limit_bytes = 1 << 20};
    rpc_client_options client = {.message_limit_bytes = 1 << 20};
    echo_pair_start(&pair, &server, &client);
    echo_run(pair.loop, call_too_large, NULL);
    stop();
}

static void call_for_too_much(void *arg)
{
    (void)arg;
    static char key[60000];
    memset(key, 'k', sizeof key - 1);
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    cr_assert_eq(echo_call(pair.client, "Twice", key, "", NULL, &answer, &reply), STATUS_RESOURCE_EXHAUSTED);
    cr_assert_str_eq(reply.message, "The answer is too large; ask for less.");
    call_once(NULL); /* the connection is still there */
}

Test(rpc_call, an_answer_that_is_too_large_is_refused)
{
    rpc_server_options server = {.message_limit_bytes = 100000};
    echo_pair_start(&pair, &server, NULL);
    echo_run(pair.loop, call_for_too_much, NULL);
    stop();
}

/* ---- the table of methods ---- */

Test(rpc_call, a_missing_or_foreign_handler_fails_the_start)
{
    loop *l = loop_create();
    rpc_server *s = rpc_server_create(l, &(rpc_server_options){.address = "tcp://127.0.0.1:0"});
    rpc_service missing = echo_service;
    missing.method_count--;
    cr_assert_not(rpc_server_add(s, &missing, NULL));
    rpc_method methods[9];
    memcpy(methods, echo_service.methods, sizeof methods - sizeof *methods);
    methods[8] = (rpc_method){.name = "Foreign", .handle = methods[0].handle};
    rpc_service foreign = echo_service;
    foreign.methods = methods;
    foreign.method_count = 9;
    cr_assert_not(rpc_server_add(s, &foreign, NULL));
    methods[8] = methods[0];
    cr_assert_not(rpc_server_add(s, &foreign, NULL), "a second handler of one method");
    cr_assert(rpc_server_add(s, &echo_service, NULL));
    cr_assert_not(rpc_server_add(s, &echo_service, NULL), "the same service again");
    rpc_server_destroy(s);
    loop_destroy(l);
}

Test(rpc_call, a_taken_address_is_refused, .init = start, .fini = stop)
{
    rpc_server *second = rpc_server_create(pair.loop, &(rpc_server_options){.address = pair.address});
    cr_assert_eq(rpc_server_listen(second), STATUS_UNAVAILABLE);
    cr_assert_eq(rpc_server_port(second), 0);
    rpc_server_destroy(second);
    cr_assert_null(rpc_client_create(pair.loop, &(rpc_client_options){.service = "x", .addresses = "nonsense"}));
    cr_assert_null(rpc_client_create(pair.loop, &(rpc_client_options){.service = "x", .addresses = " , "}));
}

/* ---- health and reflection ---- */

static bool flag(void *arg)
{
    return *(bool *)arg;
}

static const Sical__Rpc__V1__HealthCheckResponse *check_health(void)
{
    Sical__Rpc__V1__HealthCheckRequest request = SICAL__RPC__V1__HEALTH_CHECK_REQUEST__INIT;
    ProtobufCMessage *answer;
    rpc_reply reply;
    cr_assert_eq(rpc_call_message(pair.client, &sical__rpc__v1__health__descriptor, "Check", NULL, &request.base,
                                  &answer, &reply),
                 STATUS_OK);
    return (const Sical__Rpc__V1__HealthCheckResponse *)answer;
}

static void call_health(void *arg)
{
    bool *healthy = arg;
    cr_assert_eq(check_health()->status, SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__SERVING);
    *healthy = false;
    const Sical__Rpc__V1__HealthCheckResponse *h = check_health();
    cr_assert_eq(h->status, SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__NOT_SERVING);
    cr_assert_eq(h->n_failing, 1);
    cr_assert_str_eq(h->failing[0], "database");
    *healthy = true;
    rpc_server_set_serving(pair.server, false);
    h = check_health();
    cr_assert_eq(h->status, SICAL__RPC__V1__HEALTH_CHECK_RESPONSE__STATUS__NOT_SERVING);
    cr_assert_eq(h->n_failing, 0);
    call_once(NULL); /* draining: calls are still taken */
}

Test(rpc_call, health_tells_checks_and_draining, .init = start, .fini = stop)
{
    bool healthy = true;
    rpc_server_add_check(pair.server, "database", flag, &healthy);
    echo_run(pair.loop, call_health, &healthy);
}
