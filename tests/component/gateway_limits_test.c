/* Rate limits of the real gateway, with a real Redis that is shared, killed, frozen and begun anew. */
#include "gateway_world.h"
#include "load.h"
#include "network.h"
#include "redis.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static test_redis *redis;
static char redis_setting[160];

/* Redis is believed to be slow rather than away, so that a busy machine changes no count. */
static void start(const char *rate, const char *redis_timeout)
{
    redis = test_redis_start(NULL);
    snprintf(redis_setting, sizeof redis_setting, "REDIS_URL=%s", test_redis_url(redis));
    world_start_with((const char *const[]){redis_setting, rate, redis_timeout, "TRUSTED_PROXIES=127.0.0.1", NULL});
}

static void stop(void)
{
    world_stop();
    test_redis_stop(redis);
}

TestSuite(gateway_limits, .fini = stop, .timeout = 120);

#define PATIENT "RATE_REDIS_TIMEOUT=1s"
#define HASTY   "RATE_REDIS_TIMEOUT=5ms"

/* A goal, asked for by the learner of this number at this port. */
static const raw_answer *ask_for(unsigned user, unsigned port)
{
    static raw_answer answer;
    char id[40], token[WORLD_TOKEN_SIZE], request[4096];
    snprintf(id, sizeof id, "0190a000-0000-7000-9000-%012u", user);
    world_make_token(id, token);
    int size = snprintf(request, sizeof request, "GET " GOAL " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
                        token);
    raw_exchange(port, "GET", request, (size_t)size, &answer);
    return &answer;
}

static bool redis_counts(void *user)
{
    ask_for(*(unsigned *)user, world.port);
    return strstr(ask("GET", "/metrics", NULL)->body, "rate_limit_taken_total{source=\"redis\"} 0\n") == NULL;
}

static unsigned waiter = 999999;

static double metric(const char *series)
{
    const raw_answer *a = ask("GET", "/metrics", NULL);
    const char *at = strstr(a->body, series);
    return at ? strtod(at + strlen(series), NULL) : 0;
}

static void start_with_redis(void)
{
    start("RATE_QUERY=5/h", PATIENT);
    cr_assert(test_wait_until(redis_counts, &waiter, TEST_WAIT_MS));
}

Test(gateway_limits, exactly_the_stated_number_is_let_through, .init = start_with_redis)
{
    for (int left = 4; left >= 0; left--) {
        char field[40];
        const raw_answer *a = ask_for(1, world.port);
        cr_assert_eq(a->status, 200);
        snprintf(field, sizeof field, "\"query\";r=%d;t=720", left);
        cr_expect_str_eq(raw_header(a, "RateLimit"), field);
        cr_expect_str_eq(raw_header(a, "RateLimit-Policy"), "\"query\";q=5;w=3600");
    }
    static const char calls[] =
        "rpc_client_handled_total{service=\"sical.plan.v1.PlanService\",method=\"GetGoal\",code=\"OK\"}";
    double before = metric(calls);
    cr_expect_gt(before, 0);
    for (int i = 0; i < 3; i++) {
        const raw_answer *a = ask_for(1, world.port);
        cr_expect_eq(a->status, 429);
        cr_expect_leq(atoi(raw_header(a, "Retry-After")), 720);
        cr_expect_gt(atoi(raw_header(a, "Retry-After")), 600);
        cr_expect_eq(strncmp(raw_header(a, "RateLimit"), "\"query\";r=0;t=", 14), 0);
        cr_expect_str_eq(raw_header(a, "Content-Type"), "application/problem+json");
        cr_expect(strstr(a->body, "\"code\":\"RESOURCE_EXHAUSTED\""));
    }
    cr_expect_eq(metric(calls), before, "what is refused costs no call");
    cr_expect_eq(metric("rate_limited_total{class=\"query\",source=\"local\"}"), 3, "nor a question to Redis");
    cr_expect_eq(ask_for(2, world.port)->status, 200, "another learner's count is its own");
}

/* Redis counts its commands: the script went there whole once, then by its checksum. */
Test(gateway_limits, redis_is_told_the_script_once, .init = start_with_redis)
{
    static const char question[] = "INFO commandstats\r\nQUIT\r\n";
    char statistics[16384];
    size_t size = 0;
    ssize_t got;
    for (unsigned user = 10; user < 20; user++)
        cr_expect_eq(ask_for(user, world.port)->status, 200);
    int fd = raw_connect(test_redis_port(redis));
    raw_send(fd, question, strlen(question));
    while ((got = recv(fd, statistics + size, sizeof statistics - 1 - size, 0)) > 0)
        size += (size_t)got;
    statistics[size] = '\0';
    close(fd);
    cr_expect(strstr(statistics, "cmdstat_eval:calls=1,"), "%s", statistics);
    const char *known = strstr(statistics, "cmdstat_evalsha:calls=");
    cr_assert(known);
    cr_expect_geq(atoi(known + strlen("cmdstat_evalsha:calls=")), 11);
}

Test(gateway_limits, two_gateways_share_one_count, .init = start_with_redis)
{
    world_start_second((const char *const[]){redis_setting, "RATE_QUERY=5/h", PATIENT, NULL});
    unsigned first = 77;
    while (!strstr(raw_header(ask_for(first, world.second_port), "RateLimit"), "r=4") ||
           !strstr(raw_header(ask_for(first, world.port), "RateLimit"), "r=3"))
        first++; /* until the second gateway has its Redis */
    unsigned passed = 0;
    for (int i = 0; i < 12; i++) {
        const raw_answer *a = ask_for(3, i % 2 ? world.second_port : world.port);
        cr_expect(a->status == 200 || a->status == 429);
        passed += a->status == 200;
    }
    cr_expect_eq(passed, 5);
}

static void start_with_logins(void)
{
    start("RATE_LOGIN=1/h", PATIENT);
}

static int log_in_from(const char *address)
{
    char headers[128];
    snprintf(headers, sizeof headers, "X-Forwarded-For: %s\r\n", address);
    return ask_as("", "POST", "/api/v1/auth/login", headers, "{\"email\":\"a\",\"password\":\"b\"}")->status;
}

/* There is no auth here: 503 is what comes when the count lets it through. */
Test(gateway_limits, public_routes_are_counted_by_address_and_ipv6_by_network, .init = start_with_logins)
{
    cr_expect_eq(log_in_from("192.0.2.1"), 503);
    cr_expect_eq(log_in_from("192.0.2.1"), 429);
    cr_expect_eq(log_in_from("192.0.2.2"), 503);
    cr_expect_eq(log_in_from("2001:db8::1"), 503);
    cr_expect_eq(log_in_from("2001:db8::ffff:2"), 429, "the same /64");
    cr_expect_eq(log_in_from("2001:db8:0:1::1"), 503, "another one");
}

static void start_for_outages(void)
{
    start("RATE_QUERY=100/h", HASTY);
    cr_assert(test_wait_until(redis_counts, &waiter, TEST_WAIT_MS));
}

static unsigned ask_often(unsigned user, unsigned times)
{
    unsigned passed = 0;
    for (unsigned i = 0; i < times; i++) {
        const raw_answer *a = ask_for(user, world.port);
        cr_assert(a->status == 200 || a->status == 429, "%d", a->status);
        passed += a->status == 200;
    }
    return passed;
}

/* Whoever counts at the moment, a learner gets exactly its number. */
Test(gateway_limits, a_count_goes_on_while_redis_is_killed_begun_anew_and_frozen, .init = start_for_outages)
{
    unsigned passed = ask_often(5, 20);
    test_redis_kill(redis);
    passed += ask_often(5, 20);
    test_redis_restart(redis);
    cr_assert(test_wait_http(world.port, "/health", 503, TEST_WAIT_MS)); /* the other services are away */
    passed += ask_often(5, 20);
    test_redis_freeze(redis);
    passed += ask_often(5, 20);
    cr_expect_eq(passed, 80);
    test_redis_thaw(redis);
    passed += ask_often(5, 40);
    cr_expect_eq(passed, 100);
    cr_expect_gt(metric("rate_limit_taken_total{source=\"local\"}"), 20);
}

Test(gateway_limits, a_redis_that_forgot_everything_sets_nobody_free, .init = start_for_outages)
{
    cr_expect_eq(ask_often(6, 110), 100);
    test_redis_kill(redis);
    test_redis_restart(redis);
    cr_expect_eq(ask_often(6, 20), 0);
}

/* ---- under load ---- */

static void make_request(void *arg, uint64_t number, load_request *request)
{
    (void)arg, (void)number;
    request->success = 200;
    request->method = "GET";
    strcpy(request->path, GOAL);
}

static void start_with_much(void)
{
    start("RATE_QUERY=10000/s", HASTY);
}

typedef struct goal_of_load {
    load *load;
    uint64_t ended;
} goal_of_load;

static bool has_ended(void *arg)
{
    const goal_of_load *g = arg;
    return load_ended(g->load) >= g->ended;
}

static void wait_for_more(load *l)
{
    goal_of_load g = {l, load_ended(l) + 300};
    cr_assert(test_wait_until(has_ended, &g, TEST_WAIT_MS));
}

Test(gateway_limits, redis_may_do_what_it_likes_under_load, .init = start_with_much)
{
    const load_server server = {"127.0.0.1", world.port};
    load *l = load_start(&(load_options){.servers = &server,
                                         .server_count = 1,
                                         .connections = 8,
                                         .pace_ms = 2,
                                         .authorization = world.token,
                                         .make = make_request});
    wait_for_more(l);
    for (int round = 0; round < 2; round++) {
        test_redis_freeze(redis);
        wait_for_more(l);
        test_redis_thaw(redis);
        wait_for_more(l);
        test_redis_kill(redis);
        wait_for_more(l);
        test_redis_restart(redis);
        wait_for_more(l);
    }
    load_stop(l);
    load_print(l, "redis away");
    cr_expect_eq(load_failed(l), 0);
    load_destroy(l);
}
