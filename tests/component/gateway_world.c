#include "gateway_world.h"

#include "clock.h"
#include "network.h"
#include "scratch_folder.h"
#include "token.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

gateway_world world;

void world_make_token(const char *user_id, char out[WORLD_TOKEN_SIZE])
{
    arena memory;
    const char *why;
    arena_init(&memory, 0);
    token_authority *t = token_authority_create(KEYS, "sical", "sical-api", &why);
    int64_t now_s = clock_wall_us() / CLOCK_US_PER_S;
    token_claims claims = {"", SESSION_ID, "student", now_s, now_s + 900};
    strcpy(claims.user_id, user_id);
    snprintf(out, WORLD_TOKEN_SIZE, "%s", token_sign(t, &memory, &claims));
    token_authority_destroy(t);
    arena_finish(&memory);
}

void world_start_peer(void)
{
    char path[512], address[64];
    snprintf(path, sizeof path, "%s/tests/plan_peer", test_build_dir());
    snprintf(address, sizeof address, "tcp://127.0.0.1:%u", world.peer_port);
    const char *arguments[] = {address, NULL};
    world.peer = test_program_start(&(test_program_options){.name = path, .arguments = arguments});
}

void world_kill_peer(void)
{
    test_program_destroy(world.peer);
    world.peer = NULL;
}

static bool is_up(void *arg)
{
    (void)arg;
    int http_status = ask("GET", GOAL, NULL)->status;
    return http_status == 200 || http_status == 429;
}

void world_start(const char *setting)
{
    world_start_with((const char *const[]){setting, NULL});
}

static test_program *launch(unsigned http_port, const char *const *settings)
{
    char port[32], plan[64];
    snprintf(port, sizeof port, "HTTP_PORT=%u", http_port);
    snprintf(plan, sizeof plan, "PLAN_ADDRESS=tcp://127.0.0.1:%u", world.peer_port);
    /* Nobody listens there: the other services are away. */
    char away[3][64];
    static const char *const others[] = {"AUTH", "PROGRESS", "METRICS"};
    for (int i = 0; i < 3; i++)
        snprintf(away[i], sizeof away[i], "%s_ADDRESS=tcp://127.0.0.1:%u", others[i], test_free_port());
    const char *defaults[] = {port,
                              plan,
                              away[0],
                              away[1],
                              away[2],
                              "JWT_SECRET=" KEYS,
                              "REDIS_URL=",
                              "DRAIN_DELAY=0s",
                              "RATE_LOGIN=off",
                              "RATE_REGISTER=off",
                              "RATE_GENERATE=off",
                              "RATE_QUERY=off"};
    enum { DEFAULTS = sizeof defaults / sizeof defaults[0] };
    const char *environment[WORLD_SETTINGS_MAX + DEFAULTS + 1] = {0};
    size_t count = 0; /* of two settings of a name the first counts */
    while (count < WORLD_SETTINGS_MAX && settings[count]) {
        environment[count] = settings[count];
        count++;
    }
    memcpy(environment + count, defaults, sizeof defaults);
    return test_program_start(&(test_program_options){.name = "sical-gateway", .environment = environment});
}

void world_start_with(const char *const *settings)
{
    world.port = test_free_port();
    world.peer_port = test_free_port();
    world_make_token(USER_ID, world.token);
    world_start_peer();
    world.gateway = launch(world.port, settings);
    if (!test_wait_tcp(world.port, TEST_WAIT_MS) || !test_wait_until(is_up, NULL, TEST_WAIT_MS))
        test_fail("the gateway did not come up: %s", test_program_errors(world.gateway));
}

void world_start_second(const char *const *settings)
{
    world.second_port = test_free_port();
    world.second = launch(world.second_port, settings);
    if (!test_wait_tcp(world.second_port, TEST_WAIT_MS))
        test_fail("the second gateway did not come up: %s", test_program_errors(world.second));
}

/* In order: a sanitizer would speak now. */
static void stop_gateway(test_program **gateway)
{
    if (!*gateway)
        return;
    test_program_signal(*gateway, SIGTERM);
    int exit_code = test_program_wait(*gateway, TEST_WAIT_MS);
    if (exit_code != 0)
        test_fail("the gateway ended with %d: %s", exit_code, test_program_errors(*gateway));
    test_program_destroy(*gateway);
    *gateway = NULL;
}

void world_stop(void)
{
    stop_gateway(&world.gateway);
    stop_gateway(&world.second);
    test_program_destroy(world.peer);
}

static raw_answer answer;

char *request_for(const char *method, const char *path, const char *headers)
{
    static char request[8192];
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n%s\r\n", method, path,
             world.token, headers);
    return request;
}

const raw_answer *ask_raw_as(const char *method, const char *bytes)
{
    raw_exchange(world.port, method, bytes, strlen(bytes), &answer);
    return &answer;
}

const raw_answer *ask_raw(const char *bytes)
{
    return ask_raw_as("GET", bytes);
}

const raw_answer *ask_as(const char *authorization, const char *method, const char *path, const char *headers,
                         const char *body)
{
    char *request;
    int size = asprintf(&request, "%s %s HTTP/1.1\r\nHost: test\r\n%s%s%s%s", method, path,
                        *authorization ? "Authorization: " : "", authorization, *authorization ? "\r\n" : "", headers);
    if (size < 0)
        abort();
    char *whole;
    if (body)
        size = asprintf(&whole, "%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", request,
                        strlen(body), body);
    else
        size = asprintf(&whole, "%s\r\n", request);
    if (size < 0)
        abort();
    raw_exchange(world.port, method, whole, (size_t)size, &answer);
    free(request);
    free(whole);
    return &answer;
}

const raw_answer *ask(const char *method, const char *path, const char *body)
{
    char authorization[2100];
    snprintf(authorization, sizeof authorization, "Bearer %s", world.token);
    return ask_as(authorization, method, path, "", body);
}
