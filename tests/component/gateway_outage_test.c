/* The gateway when a service is away or hangs, and when it is told to stop. */
#include "gateway_world.h"
#include "network.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void start(void)
{
    world_start(NULL);
}

TestSuite(gateway_outage, .fini = world_stop, .timeout = 120);

static bool answers_200(void *arg)
{
    (void)arg;
    return ask("GET", GOAL, NULL)->status == 200;
}

Test(gateway_outage, a_service_that_is_away_gives_503_until_it_is_back, .init = start)
{
    world_kill_peer();
    for (int i = 0; i < 3; i++) {
        const raw_answer *a = ask("GET", GOAL, NULL);
        cr_expect_eq(a->status, 503);
        cr_expect_str_eq(raw_header(a, "Retry-After"), "1");
        cr_expect(strstr(a->body, "\"code\":\"UNAVAILABLE\""));
    }
    world_start_peer();
    cr_expect(test_wait_until(answers_200, NULL, TEST_WAIT_MS));
}

static void start_hasty(void)
{
    world_start("REQUEST_TIMEOUT=300ms");
}

Test(gateway_outage, a_service_that_hangs_gives_504, .init = start_hasty)
{
    const raw_answer *a = ask("GET", "/api/v1/goals/" ID_SLOW, NULL);
    cr_expect_eq(a->status, 504);
    cr_expect(strstr(a->body, "\"code\":\"DEADLINE_EXCEEDED\""));
}

static bool is_closed_to_new(void *arg)
{
    (void)arg;
    return !test_wait_tcp(world.port, 1);
}

Test(gateway_outage, a_stop_finishes_what_is_in_flight, .init = start)
{
    raw_answer a;
    int idle = raw_connect(world.port), busy = raw_connect(world.port);
    const char *request = request_for("GET", GOAL, "");
    raw_send(idle, request, strlen(request));
    raw_read_answer(idle, "GET", &a);
    request = request_for("GET", "/api/v1/goals/" ID_SLOW, "");
    raw_send(busy, request, strlen(request));
    ask("GET", GOAL, NULL); /* answered later than the busy one was read */
    test_program_signal(world.gateway, SIGTERM);
    cr_expect(test_wait_until(is_closed_to_new, NULL, TEST_WAIT_MS));
    raw_read_answer(busy, "GET", &a);
    cr_expect_eq(a.status, 504, "%d", a.status);
    cr_expect_str_eq(raw_header(&a, "Connection"), "close");
    cr_expect(raw_is_closed(idle));
    cr_expect_eq(test_program_wait(world.gateway, TEST_WAIT_MS), 0);
    close(idle);
    close(busy);
    test_program_destroy(world.gateway);
    world.gateway = NULL;
}
