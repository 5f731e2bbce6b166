/* The gateway past its capacity, and beside a service that does not answer. */
#include "gateway_world.h"
#include "load.h"
#include "network.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 4 };

static void start(void)
{
    world_start_with((const char *const[]){"OVERLOAD_CALLS=4", "OVERLOAD_COMPUTATIONS=1", NULL});
}

TestSuite(gateway_overload, .fini = world_stop, .timeout = 120);

static bool is_shed(void *arg)
{
    (void)arg;
    const raw_answer *a = ask("GET", GOAL, NULL);
    return a->status == 503 && strstr(a->body, "at work");
}

static bool is_served(void *arg)
{
    (void)arg;
    return ask("GET", GOAL, NULL)->status == 200;
}

/* Takes every slot of plan with calls that it does not answer. */
static void fill(int connections[SLOTS])
{
    const char *request = request_for("GET", "/api/v1/goals/" ID_SLOW, "");
    for (int i = 0; i < SLOTS; i++) {
        connections[i] = raw_connect(world.port);
        raw_send(connections[i], request, strlen(request));
    }
    cr_assert(test_wait_until(is_shed, NULL, TEST_WAIT_MS));
}

Test(gateway_overload, a_slow_service_is_refused_early_and_alone, .init = start)
{
    int slow[SLOTS];
    fill(slow);
    const raw_answer *a = ask_as("", "GET", GOAL, "", NULL);
    cr_expect_eq(a->status, 503, "before its token was looked at");
    cr_expect_str_eq(raw_header(a, "Retry-After"), "1");
    cr_expect_str_eq(raw_header(a, "Content-Type"), "application/problem+json");
    cr_expect(strstr(a->body, "\"code\":\"UNAVAILABLE\""));
    cr_expect_eq(ask("POST", "/api/v1/plan/preview", "{}")->status, 501, "what computes has slots of its own");
    cr_expect_eq(ask_as("", "GET", "/api/v1/me", "", NULL)->status, 401, "and so has every other service");
    cr_expect(strstr(ask("GET", "/metrics", NULL)->body, "requests_shed_total{peer=\"auth\",reason=\"calls\"} 0"));
    for (int i = 0; i < SLOTS; i++) {
        raw_answer slow_answer;
        raw_read_answer(slow[i], "GET", &slow_answer);
        cr_expect_eq(slow_answer.status, 504);
        close(slow[i]);
    }
    cr_expect(test_wait_until(is_served, NULL, TEST_WAIT_MS));
}

static void ask_on(int connection, const char *request, raw_answer *a)
{
    raw_send(connection, request, strlen(request));
    raw_read_answer(connection, "GET", a);
}

/* Else refusals would be most of what the gateway does. */
Test(gateway_overload, who_comes_again_too_soon_waits_and_others_do_not, .init = start)
{
    int slow[SLOTS], eager, other;
    raw_answer a;
    fill(slow);
    const char *request = request_for("GET", GOAL, "");
    eager = raw_connect(world.port);
    other = raw_connect(world.port);
    ask_on(eager, request, &a);
    cr_expect(a.status == 503 && strstr(a.body, "at work"), "%s", a.body);
    ask_on(eager, request, &a);
    cr_expect(a.status == 503 && strstr(a.body, "sooner than Retry-After"), "%s", a.body);
    cr_expect_str_eq(raw_header(&a, "Retry-After"), "1");
    ask_on(other, request, &a);
    cr_expect(a.status == 503 && strstr(a.body, "at work"), "%s", a.body);
    ask_on(eager, request, &a);
    cr_expect_null(strstr(a.body, "sooner than Retry-After"), "%s", a.body);
    close(eager);
    close(other);
    for (int i = 0; i < SLOTS; i++)
        close(slow[i]);
}

/* ---- a burst ---- */

static void make_request(void *arg, uint64_t number, load_request *request)
{
    (void)arg, (void)number;
    request->success = 200;
    request->method = "GET";
    strcpy(request->path, GOAL);
}

/* Of many that are shed in a second only some have a line, and their number is told. */
static bool log_tells_of_untold(void *arg)
{
    (void)arg;
    char *log = test_program_errors(world.gateway);
    bool told = strstr(log, "requests were shed without a line each") != NULL;
    free(log);
    return told;
}

static bool many_ended(void *l)
{
    return load_ended(l) > 3000;
}

Test(gateway_overload, a_burst_is_answered_by_200_or_503_and_by_nothing_else, .init = start)
{
    const load_server server = {"127.0.0.1", world.port};
    load *l = load_start(&(load_options){
        .servers = &server, .server_count = 1, .connections = 128, .authorization = world.token, .make = make_request});
    cr_expect(test_wait_until(many_ended, l, TEST_WAIT_MS));
    load_stop(l);
    size_t count;
    unsigned served = 0, shed = 0;
    const load_record *records = load_records(l, &count);
    for (size_t i = 0; i < count; i++) {
        served += records[i].status == 200;
        shed += records[i].status == 503;
    }
    cr_expect_eq(served + shed, count);
    cr_expect_gt(served, 0);
    cr_expect_gt(shed, 0);
    load_destroy(l);
    cr_expect_eq(ask("GET", GOAL, NULL)->status, 200, "no slot was lost");
    cr_expect(test_wait_until(log_tells_of_untold, NULL, TEST_WAIT_MS));
}

/* ---- a flood of log-ins ---- */

/* There is no auth here, so each log-in that is let in keeps its place for as long as a connection is waited for. */
Test(gateway_overload, log_ins_past_their_bound_are_refused_and_take_no_place_from_reads, .init = start)
{
    enum { LOGINS = 16 };
    static const char login[] = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                                "Content-Length: 28\r\n\r\n{\"email\":\"a\",\"password\":\"b\"}";
    int connections[LOGINS];
    unsigned shed = 0;
    for (int i = 0; i < LOGINS; i++) {
        connections[i] = raw_connect(world.port);
        raw_send(connections[i], login, strlen(login));
    }
    for (int i = 0; i < 2 * SLOTS; i++)
        cr_expect_eq(ask("GET", GOAL, NULL)->status, 200);
    for (int i = 0; i < LOGINS; i++) {
        raw_answer a;
        raw_read_answer(connections[i], "POST", &a);
        cr_expect_eq(a.status, 503);
        cr_expect_str_eq(raw_header(&a, "Retry-After"), "1");
        shed += strstr(a.body, "at work") != NULL;
        close(connections[i]);
    }
    cr_expect_gt(shed, 0);
    cr_expect(strstr(ask("GET", "/metrics", NULL)->body, "requests_shed_total{peer=\"plan\",reason=\"calls\"} 0"));
}

/* ---- the breaker ---- */

static bool plan_is_given_up(void *arg)
{
    (void)arg;
    const raw_answer *a = ask("GET", GOAL, NULL);
    cr_assert_eq(a->status, 503);
    cr_assert_str_eq(raw_header(a, "Retry-After"), "1");
    return strstr(a->body, "The service does not answer.") != NULL;
}

Test(gateway_overload, a_service_that_is_away_is_given_up_and_found_again, .init = start)
{
    world_kill_peer();
    cr_expect(test_wait_until(plan_is_given_up, NULL, TEST_WAIT_MS));
    const raw_answer *a = ask("GET", "/metrics", NULL);
    cr_expect(strstr(a->body, "peer_breaker_open{peer=\"plan\"} 1"));
    cr_expect(strstr(a->body, "peer_breaker_open{peer=\"auth\"} 0"), "its own routes alone");
    world_start_peer();
    cr_expect(test_wait_until(is_served, NULL, TEST_WAIT_MS));
    cr_expect(strstr(ask("GET", "/metrics", NULL)->body, "peer_breaker_open{peer=\"plan\"} 0"));
}
