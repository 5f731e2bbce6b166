/* Calls between a client and a server on one loop: answers, outcomes, access, bounds. */
#include "rpc_pair.h"

#include "health.pb-c.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(rpc_call, answers, .init = start_pair, .fini = stop_pair)
{
    echo_run(pair.loop, call_once, NULL);
    cr_assert_eq(pair.state.executions, 1);
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

Test(rpc_call, outcomes_become_codes, .init = start_pair, .fini = stop_pair)
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

Test(rpc_call, callers_are_checked_before_the_handler, .init = start_pair, .fini = stop_pair)
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

Test(rpc_call, what_cannot_be_called_is_refused, .init = start_pair, .fini = stop_pair)
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
    stop_pair();
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
    stop_pair();
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

Test(rpc_call, a_taken_address_is_refused, .init = start_pair, .fini = stop_pair)
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

Test(rpc_call, health_tells_checks_and_draining, .init = start_pair, .fini = stop_pair)
{
    bool healthy = true;
    rpc_server_add_check(pair.server, "database", flag, &healthy);
    echo_run(pair.loop, call_health, &healthy);
}
