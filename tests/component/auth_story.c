#include "auth_story.h"

#include "clock.h"
#include "fiber.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS "k1:bWFya2VyLWtleS1tYXJrZXIta2V5LW1hcmtlci1rZXktMQ=="

test_postgres *pg;
story_program replicas[2];
static size_t replica_count;
rpc_client *client;
rpc_client *clients;

static const char *const environment[] = {"JWT_SECRET=" KEYS, NULL};

static void open_clients(void)
{
    char addresses[160];
    snprintf(addresses, sizeof addresses, "%s,%s", replicas[0].address, replicas[replica_count - 1].address);
    client = story_connect("auth", replicas[0].address);
    clients = replica_count == 1 ? client : story_connect("auth", addresses);
}

static void close_clients(void)
{
    if (clients != client)
        rpc_client_destroy(clients);
    rpc_client_destroy(client);
}

static void on_fiber(void *arg)
{
    void (**story)(void) = arg;
    open_clients();
    (*story)();
    close_clients();
}

void auth_play(void (*story)(void), size_t count)
{
    pg = test_postgres_start();
    test_migrate(pg);
    replica_count = count;
    for (size_t i = 0; i < count; i++)
        story_start(&replicas[i], "auth", pg, environment);
    story_run(on_fiber, &story);
    for (size_t i = 0; i < count; i++)
        story_stop(&replicas[i]);
    test_postgres_stop(pg);
}

int call(rpc_client *c, const char *method, const rpc_metadata *metadata, const void *request, void *answer,
         rpc_reply *reply)
{
    return story_call(c, &sical__auth__v1__auth_service__descriptor, method, metadata, request, answer, reply);
}

/* ---- what a learner does ---- */

int register_user(const char *email, const char *password, const char *name, rpc_reply *reply)
{
    Sical__Auth__V1__RegisterUserRequest request = AUTH(REGISTER_USER_REQUEST);
    request.email = (char *)email;
    request.password = (char *)password;
    request.name = (char *)name;
    ProtobufCMessage *answer;
    return call(client, "RegisterUser", NULL, &request, &answer, reply);
}

int login(const char *email, const char *password, token_pair **pair, rpc_reply *reply)
{
    Sical__Auth__V1__LoginRequest request = AUTH(LOGIN_REQUEST);
    request.email = (char *)email;
    request.password = (char *)password;
    return call(client, "Login", NULL, &request, pair, reply);
}

token_pair *logged_in(void)
{
    token_pair *pair;
    cr_assert_eq(register_user(ADDRESS, PASSWORD, NAME, NULL), CODE_OK);
    cr_assert_eq(login(ADDRESS, PASSWORD, &pair, NULL), CODE_OK);
    return pair;
}

int refresh_at(rpc_client *c, const char *token, token_pair **pair)
{
    Sical__Auth__V1__RefreshRequest request = AUTH(REFRESH_REQUEST);
    request.refresh_token = (char *)token;
    return call(c, "Refresh", NULL, &request, pair, NULL);
}

int refresh(const char *token, token_pair **pair)
{
    return refresh_at(client, token, pair);
}

token_pair *refreshed(const char *token)
{
    token_pair *pair;
    cr_assert_eq(refresh(token, &pair), CODE_OK);
    return pair;
}

token_claims claims_of(const token_pair *pair)
{
    const char *why;
    token_claims claims;
    token_authority *authority = token_authority_create(KEYS, "sical", "sical-api", &why);
    token_verdict verdict = token_verify(authority, pair->access_token, clock_wall_us() / CLOCK_US_PER_S, &claims);
    cr_assert_eq(verdict, TOKEN_GOOD, "%s", token_verdict_text(verdict));
    token_authority_destroy(authority);
    return claims;
}

rpc_metadata *as_caller(const token_pair *pair)
{
    token_claims *claims = arena_alloc(fiber_arena(), sizeof *claims);
    *claims = claims_of(pair);
    rpc_metadata *m = ARENA_NEW(fiber_arena(), rpc_metadata);
    *m = (rpc_metadata){.user_id = claims->user_id, .role = claims->role, .session_id = claims->session_id};
    return m;
}

int logout(const rpc_metadata *caller)
{
    Sical__Auth__V1__LogoutRequest request = AUTH(LOGOUT_REQUEST);
    ProtobufCMessage *answer;
    return call(client, "Logout", caller, &request, &answer, NULL);
}

int get_me(const rpc_metadata *caller, Sical__Auth__V1__User **me)
{
    Sical__Auth__V1__GetMeRequest request = AUTH(GET_ME_REQUEST);
    return call(client, "GetMe", caller, &request, me, NULL);
}

long long count_tokens(void)
{
    return test_postgres_number(pg, "SELECT count(*) FROM auth.refresh_tokens");
}

long long count_warnings(size_t replica)
{
    long long count = 0;
    char *log = test_program_errors(replicas[replica].program);
    for (char *line = log; (line = strstr(line, "was presented again")); line++)
        count++;
    free(log);
    return count;
}
