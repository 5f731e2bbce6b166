#include "auth.pb-c.h"
#include "clock.h"
#include "fiber.h"
#include "network.h"
#include "rpc_story.h"
#include "token.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The texts that must never reach a log. */
#define ADDRESS  "Marker.Address@Example.com"
#define PASSWORD "marker password \xc3\xa4 correct horse"
#define NAME     "Marker Name"

#define KEYS       "k1:bWFya2VyLWtleS1tYXJrZXIta2V5LW1hcmtlci1rZXktMQ=="
#define AUTH(NAME) SICAL__AUTH__V1__##NAME##__INIT

typedef Sical__Auth__V1__TokenPair token_pair;

/* ---- the stage: a database and one or two replicas ---- */

static test_postgres *pg;
static story_program replicas[2];
static size_t replica_count;
static rpc_client *client;  /* of the first replica */
static rpc_client *clients; /* of all */

static const char *const environment[] = {"JWT_SECRET=" KEYS, NULL};

static void play(void (*story)(void *arg), size_t count)
{
    pg = test_postgres_start();
    test_migrate(pg);
    replica_count = count;
    for (size_t i = 0; i < count; i++)
        story_start(&replicas[i], "auth", pg, environment);
    story_run(story, NULL);
    for (size_t i = 0; i < count; i++)
        story_stop(&replicas[i]);
    test_postgres_stop(pg);
}

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

#define STORY(NAME, REPLICAS)                                                                                          \
    static void NAME##_story(void);                                                                                    \
    static void NAME##_fiber(void *arg)                                                                                \
    {                                                                                                                  \
        (void)arg;                                                                                                     \
        open_clients();                                                                                                \
        NAME##_story();                                                                                                \
        close_clients();                                                                                               \
    }                                                                                                                  \
    Test(auth_service, NAME)                                                                                           \
    {                                                                                                                  \
        play(NAME##_fiber, REPLICAS);                                                                                  \
    }                                                                                                                  \
    static void NAME##_story(void)

static int call(rpc_client *c, const char *method, const rpc_metadata *metadata, const void *request, void *answer,
                rpc_reply *reply)
{
    return story_call(c, &sical__auth__v1__auth_service__descriptor, method, metadata, request, answer, reply);
}

/* ---- what a learner does ---- */

static int register_user(const char *email, const char *password, const char *name, rpc_reply *reply)
{
    Sical__Auth__V1__RegisterUserRequest request = AUTH(REGISTER_USER_REQUEST);
    request.email = (char *)email;
    request.password = (char *)password;
    request.name = (char *)name;
    ProtobufCMessage *answer;
    return call(client, "RegisterUser", NULL, &request, &answer, reply);
}

static int login(const char *email, const char *password, token_pair **pair, rpc_reply *reply)
{
    Sical__Auth__V1__LoginRequest request = AUTH(LOGIN_REQUEST);
    request.email = (char *)email;
    request.password = (char *)password;
    return call(client, "Login", NULL, &request, pair, reply);
}

static token_pair *logged_in(void)
{
    token_pair *pair;
    cr_assert_eq(register_user(ADDRESS, PASSWORD, NAME, NULL), CODE_OK);
    cr_assert_eq(login(ADDRESS, PASSWORD, &pair, NULL), CODE_OK);
    return pair;
}

static int refresh_at(rpc_client *c, const char *token, token_pair **pair)
{
    Sical__Auth__V1__RefreshRequest request = AUTH(REFRESH_REQUEST);
    request.refresh_token = (char *)token;
    return call(c, "Refresh", NULL, &request, pair, NULL);
}

static int refresh(const char *token, token_pair **pair)
{
    return refresh_at(client, token, pair);
}

static token_pair *refreshed(const char *token)
{
    token_pair *pair;
    cr_assert_eq(refresh(token, &pair), CODE_OK);
    return pair;
}

static token_claims claims_of(const token_pair *pair)
{
    const char *why;
    token_claims claims;
    token_authority *authority = token_authority_create(KEYS, "sical", "sical-api", &why);
    token_verdict verdict = token_verify(authority, pair->access_token, clock_wall_us() / CLOCK_US_PER_S, &claims);
    cr_assert_eq(verdict, TOKEN_GOOD, "%s", token_verdict_text(verdict));
    token_authority_destroy(authority);
    return claims;
}

static rpc_metadata *as_caller(const token_pair *pair)
{
    token_claims *claims = arena_alloc(fiber_arena(), sizeof *claims);
    *claims = claims_of(pair);
    rpc_metadata *m = ARENA_NEW(fiber_arena(), rpc_metadata);
    *m = (rpc_metadata){.user_id = claims->user_id, .role = claims->role, .session_id = claims->session_id};
    return m;
}

static int logout(const rpc_metadata *caller)
{
    Sical__Auth__V1__LogoutRequest request = AUTH(LOGOUT_REQUEST);
    ProtobufCMessage *answer;
    return call(client, "Logout", caller, &request, &answer, NULL);
}

static int get_me(const rpc_metadata *caller, Sical__Auth__V1__User **me)
{
    Sical__Auth__V1__GetMeRequest request = AUTH(GET_ME_REQUEST);
    return call(client, "GetMe", caller, &request, me, NULL);
}

static long long count_tokens(void)
{
    return test_postgres_number(pg, "SELECT count(*) FROM auth.refresh_tokens");
}

static long long count_warnings(size_t replica)
{
    long long count = 0;
    char *log = test_program_errors(replicas[replica].program);
    for (char *line = log; (line = strstr(line, "was presented again")); line++)
        count++;
    free(log);
    return count;
}

/* ---- accounts ---- */

STORY(a_learner_registers_logs_in_and_sees_itself, 1)
{
    token_pair *pair = logged_in();
    cr_assert_str_eq(pair->token_type, "Bearer");
    cr_assert_eq(pair->expires_in, 900);
    cr_assert_eq(strlen(pair->refresh_token), 43u);
    token_claims claims = claims_of(pair);
    cr_assert_str_eq(claims.session_id, pair->session_id);
    cr_assert_str_eq(claims.role, "student");
    cr_assert_eq(claims.expires_s - claims.issued_s, 900);

    Sical__Auth__V1__User *me;
    cr_assert_eq(get_me(as_caller(pair), &me), CODE_OK);
    cr_assert_str_eq(me->id, claims.user_id);
    cr_assert_str_eq(me->email, ADDRESS);
    cr_assert_str_eq(me->name, NAME);
    cr_assert_str_eq(me->role, "student");
    cr_assert_leq(llabs(me->create_time->seconds - clock_wall_us() / CLOCK_US_PER_S), 60);

    token_pair *second;
    cr_assert_eq(login("  marker.address@EXAMPLE.com ", PASSWORD, &second, NULL), CODE_OK);
    cr_assert_str_neq(second->session_id, pair->session_id);
    cr_assert_str_eq(claims_of(second).user_id, claims.user_id);
}

STORY(registering_a_known_address_answers_the_same_and_changes_nothing, 1)
{
    rpc_reply first, again;
    token_pair *pair;
    cr_assert_eq(register_user(ADDRESS, PASSWORD, NAME, &first), CODE_OK);
    char *before = test_postgres_text(pg, "SELECT json_agg(u) FROM auth.users u");
    long long version = test_postgres_number(pg, "SELECT xmin::text::int8 FROM auth.users");
    cr_assert_eq(register_user("marker.address@example.com", "another long password", "Thief", &again), CODE_OK);
    char *after = test_postgres_text(pg, "SELECT json_agg(u) FROM auth.users u");
    cr_assert_str_eq(after, before);
    cr_assert_neq(test_postgres_number(pg, "SELECT xmin::text::int8 FROM auth.users"), version,
                  "both flush to disk, which takes the same time");
    free(before);
    free(after);
    cr_assert_eq(first.payload_size, again.payload_size);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM auth.users"), 1);
    cr_assert_eq(login(ADDRESS, "another long password", &pair, NULL), CODE_UNAUTHENTICATED);
    cr_assert_eq(login(ADDRESS, PASSWORD, &pair, NULL), CODE_OK);
    Sical__Auth__V1__User *me;
    cr_assert_eq(get_me(as_caller(pair), &me), CODE_OK);
    cr_assert_str_eq(me->name, NAME);
}

STORY(an_unknown_address_and_a_wrong_password_get_one_answer, 1)
{
    rpc_reply unknown, wrong, no_address, too_long;
    token_pair *pair;
    char long_password[6000] = "";
    memset(long_password, 'x', sizeof long_password - 1);
    logged_in();
    cr_assert_eq(login("nobody@example.com", PASSWORD, &pair, &unknown), CODE_UNAUTHENTICATED);
    cr_assert_eq(login(ADDRESS, PASSWORD "!", &pair, &wrong), CODE_UNAUTHENTICATED);
    cr_assert_eq(login("no address", PASSWORD, &pair, &no_address), CODE_UNAUTHENTICATED);
    cr_assert_eq(login(ADDRESS, long_password, &pair, &too_long), CODE_UNAUTHENTICATED);
    cr_assert_str_eq(unknown.message, wrong.message);
    cr_assert_str_eq(unknown.message, no_address.message);
    cr_assert_str_eq(unknown.message, too_long.message);
    cr_assert_eq(unknown.fault_count + wrong.fault_count + no_address.fault_count + too_long.fault_count, 0u);
}

STORY(all_faults_of_a_registration_come_at_once, 1)
{
    char name[200] = "";
    memset(name, 'n', 101);
    rpc_reply reply;
    cr_assert_eq(register_user("nobody@example", "too short", name, &reply), CODE_INVALID_ARGUMENT);
    cr_assert_eq(reply.fault_count, 3u);
    cr_assert_str_eq(reply.faults[0].field, "email");
    cr_assert_str_eq(reply.faults[1].field, "password");
    cr_assert_str_eq(reply.faults[2].field, "name");
    cr_assert_eq(register_user("long.enough@example.com", "Long.Enough@Example.com", "", &reply),
                 CODE_INVALID_ARGUMENT);
    cr_assert_eq(reply.fault_count, 1u);
    cr_assert_str_eq(reply.faults[0].field, "password");
    token_pair *pair;
    cr_assert_eq(login("", "", &pair, &reply), CODE_INVALID_ARGUMENT);
    cr_assert_eq(reply.fault_count, 2u);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM auth.users"), 0);
}

/* 15 characters once the ligature is two letters; composed and decomposed umlauts are one. */
STORY(passwords_are_compared_in_their_normal_form, 1)
{
    token_pair *pair;
    cr_assert_eq(register_user(ADDRESS,
                               "o\xef\xac\x83"
                               "ce fu\xcc\x88r u\xcc\x88"
                               "ben",
                               "", NULL),
                 CODE_OK,
                 "o-ffi-ce f\xc3\xbcr \xc3\xbc"
                 "ben has 15 characters");
    cr_assert_eq(login(ADDRESS,
                       "office f\xc3\xbcr \xc3\xbc"
                       "ben",
                       &pair, NULL),
                 CODE_OK);
    cr_assert_eq(login(ADDRESS, "office fur uben", &pair, NULL), CODE_UNAUTHENTICATED);
    cr_assert_eq(register_user("b@example.com", "\xf0\x9f\x8e\x93\xf0\x9f\x8e\x93\xf0\x9f\x8e\x93\xf0\x9f\x8e\x93", "",
                               NULL),
                 CODE_INVALID_ARGUMENT, "16 bytes are 4 characters");
}

STORY(a_weaker_hash_is_renewed_at_log_in, 1)
{
    logged_in();
    char weak[crypto_pwhash_STRBYTES], sql[400];
    cr_assert_eq(sodium_init() < 0, 0);
    cr_assert_eq(crypto_pwhash_str_alg(weak, PASSWORD, strlen(PASSWORD), 1, 8192 * 1024, crypto_pwhash_ALG_ARGON2ID13),
                 0);
    snprintf(sql, sizeof sql, "UPDATE auth.users SET password_hash = '%s'", weak);
    test_postgres_run(pg, sql);
    token_pair *pair;
    cr_assert_eq(login(ADDRESS, PASSWORD "!", &pair, NULL), CODE_UNAUTHENTICATED);
    char *hash = test_postgres_text(pg, "SELECT password_hash FROM auth.users");
    cr_assert_str_eq(hash, weak, "only a password that matched can be hashed again");
    free(hash);
    cr_assert_eq(login(ADDRESS, PASSWORD, &pair, NULL), CODE_OK);
    hash = test_postgres_text(pg, "SELECT password_hash FROM auth.users");
    cr_assert_eq(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0, "%s", hash);
    free(hash);
    cr_assert_eq(login(ADDRESS, PASSWORD, &pair, NULL), CODE_OK);
}

STORY(get_me_and_logout_need_a_caller, 1)
{
    Sical__Auth__V1__User *me;
    const rpc_metadata nobody = {0};
    const rpc_metadata stranger = {.user_id = "01890000-0000-7000-8000-000000000000", .role = "student"};
    cr_assert_eq(get_me(NULL, &me), CODE_UNAUTHENTICATED);
    cr_assert_eq(get_me(&nobody, &me), CODE_UNAUTHENTICATED);
    cr_assert_eq(get_me(&stranger, &me), CODE_NOT_FOUND);
    cr_assert_eq(logout(NULL), CODE_UNAUTHENTICATED);
    cr_assert_eq(logout(&stranger), CODE_UNAUTHENTICATED, "a caller without a session");
}

/* ---- sessions ---- */

STORY(each_refresh_token_works_once, 1)
{
    token_pair *first = logged_in();
    token_pair *second = refreshed(first->refresh_token);
    cr_assert_str_neq(second->refresh_token, first->refresh_token);
    cr_assert_str_eq(second->session_id, first->session_id);
    cr_assert_str_eq(claims_of(second).user_id, claims_of(first).user_id);
    token_pair *third = refreshed(second->refresh_token), *none;

    cr_assert_eq(refresh(first->refresh_token, &none), CODE_UNAUTHENTICATED, "its child has been used");
    cr_assert_eq(count_warnings(0), 1);
    cr_assert_eq(refresh(third->refresh_token, &none), CODE_UNAUTHENTICATED, "the session is revoked");
    cr_assert_eq(count_warnings(0), 1);
    cr_assert(test_program_wait_error(replicas[0].program, first->session_id, TEST_WAIT_MS));
}

STORY(the_parent_gets_the_same_child_again_for_ten_seconds, 1)
{
    token_pair *first = logged_in(), *none;
    token_pair *child = refreshed(first->refresh_token);
    token_pair *again = refreshed(first->refresh_token);
    cr_assert_str_eq(again->refresh_token, child->refresh_token);
    test_postgres_run(pg, "UPDATE auth.refresh_tokens SET used_at = used_at - interval '8 seconds'");
    cr_assert_str_eq(refreshed(first->refresh_token)->refresh_token, child->refresh_token);
    cr_assert_eq(count_tokens(), 2);
    test_postgres_run(pg, "UPDATE auth.refresh_tokens SET used_at = used_at - interval '3 seconds'");
    cr_assert_eq(refresh(first->refresh_token, &none), CODE_UNAUTHENTICATED);
    cr_assert_eq(refresh(child->refresh_token, &none), CODE_UNAUTHENTICATED);
}

STORY(expired_unknown_and_broken_tokens_are_refused_and_revoke_nothing, 1)
{
    token_pair *pair = logged_in(), *none;
    static const char *const bad[] = {"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "AAAA*AAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_eq(refresh(bad[i], &none), CODE_UNAUTHENTICATED, "%s", bad[i]);
    token_pair *next = refreshed(pair->refresh_token);

    test_postgres_run(pg, "UPDATE auth.refresh_tokens SET expires_at = now() WHERE used_at IS NULL");
    cr_assert_eq(refresh(next->refresh_token, &none), CODE_UNAUTHENTICATED);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM auth.sessions WHERE revoked_at IS NOT NULL"), 0);
    cr_assert_eq(count_warnings(0), 0);
}

STORY(tokens_live_seven_days_and_dead_ones_are_swept, 1)
{
    token_pair *first = logged_in(), *other;
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM auth.refresh_tokens WHERE expires_at BETWEEN"
                                          " now() + interval '7 days' - interval '1 minute' AND now() + interval '7 "
                                          "days'"),
                 1);
    token_pair *second = refreshed(first->refresh_token);
    test_postgres_run(pg, "UPDATE auth.refresh_tokens SET expires_at = now() WHERE used_at IS NOT NULL");
    refreshed(second->refresh_token);
    cr_assert_eq(count_tokens(), 2, "the expired grandparent is gone");
    test_postgres_run(pg, "UPDATE auth.refresh_tokens SET expires_at = now()");
    cr_assert_eq(login(ADDRESS, PASSWORD, &other, NULL), CODE_OK);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM auth.sessions"), 1, "the dead session is gone");
    cr_assert_eq(count_tokens(), 1);
}

STORY(logout_ends_one_session_and_may_be_repeated, 1)
{
    token_pair *first = logged_in(), *second, *none;
    cr_assert_eq(login(ADDRESS, PASSWORD, &second, NULL), CODE_OK);
    rpc_metadata *caller = as_caller(first);
    rpc_metadata thief = *caller;
    thief.user_id = "01890000-0000-7000-8000-000000000000";
    cr_assert_eq(logout(&thief), CODE_OK, "it does not tell whose session it is");
    token_pair *next = refreshed(first->refresh_token);
    cr_assert_eq(logout(caller), CODE_OK);
    cr_assert_eq(logout(caller), CODE_OK);
    cr_assert_eq(refresh(next->refresh_token, &none), CODE_UNAUTHENTICATED);
    cr_assert_eq(count_warnings(0), 0);
    refreshed(second->refresh_token);
}

/* ---- several at once ---- */

enum { TABS = 8, CHAIN = 25 };

typedef struct tab {
    const char *token;
    char child[64];
    int code;
} tab;

static status refresh_in_tab(void *arg)
{
    tab *t = arg;
    token_pair *pair;
    t->code = refresh_at(clients, t->token, &pair);
    if (pair)
        snprintf(t->child, sizeof t->child, "%s", pair->refresh_token);
    return STATUS_OK;
}

STORY(of_several_refreshes_at_once_at_two_replicas_one_makes_the_child, 2)
{
    char token[64];
    snprintf(token, sizeof token, "%s", logged_in()->refresh_token);
    for (int link = 0; link < CHAIN; link++) {
        tab tabs[TABS] = {0};
        fiber_group group = FIBER_GROUP_INIT;
        for (size_t i = 0; i < TABS; i++) {
            tabs[i].token = token;
            fiber_group_spawn(&group, "tab", refresh_in_tab, &tabs[i]);
        }
        fiber_group_wait(&group);
        for (size_t i = 0; i < TABS; i++) {
            cr_assert_eq(tabs[i].code, CODE_OK, "link %d tab %zu: %s", link, i, code_name(tabs[i].code));
            cr_assert_str_eq(tabs[i].child, tabs[0].child);
        }
        snprintf(token, sizeof token, "%s", tabs[0].child);
        cr_assert_eq(count_tokens(), link + 2);
    }
    cr_assert_eq(count_warnings(0) + count_warnings(1), 0);
}

typedef struct registration {
    int code;
    unsigned number;
} registration;

static status register_same(void *arg)
{
    registration *r = arg;
    Sical__Auth__V1__RegisterUserRequest request = AUTH(REGISTER_USER_REQUEST);
    request.email = r->number % 2 ? "SAME@example.com" : "same@example.com";
    request.password = arena_printf(fiber_arena(), "password of registration %u", r->number);
    ProtobufCMessage *answer;
    r->code = call(clients, "RegisterUser", NULL, &request, &answer, NULL);
    return STATUS_OK;
}

STORY(of_several_registrations_at_once_one_makes_the_account, 2)
{
    registration tries[8];
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < 8; i++) {
        tries[i].number = i;
        fiber_group_spawn(&group, "registration", register_same, &tries[i]);
    }
    fiber_group_wait(&group);
    unsigned good = 0;
    for (unsigned i = 0; i < 8; i++) {
        token_pair *pair;
        cr_assert_eq(tries[i].code, CODE_OK);
        good += login("same@example.com", arena_printf(fiber_arena(), "password of registration %u", i), &pair, NULL) ==
                CODE_OK;
    }
    cr_assert_eq(good, 1u);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM auth.users"), 1);
}

static status log_in_once(void *arg)
{
    token_pair *pair;
    *(int *)arg = login(ADDRESS, PASSWORD, &pair, NULL);
    return STATUS_OK;
}

/* 3 hashes run, 64 wait; what is beyond is refused at once, and the rest of the service answers meanwhile. */
STORY(a_storm_of_log_ins_is_bounded_and_slows_nothing_else, 1)
{
    enum { STORM = 200 };
    rpc_metadata *caller = as_caller(logged_in());
    int codes[STORM], counts[CODE_COUNT] = {0};
    fiber_group group = FIBER_GROUP_INIT;
    for (size_t i = 0; i < STORM; i++)
        fiber_group_spawn(&group, "log-in", log_in_once, &codes[i]);
    fiber_yield();
    Sical__Auth__V1__User *me;
    cr_assert_eq(get_me(caller, &me), CODE_OK);
    cr_assert_gt(group.running, 0u, "log-ins are still running when GetMe is answered");
    fiber_group_wait(&group);
    for (size_t i = 0; i < STORM; i++)
        counts[codes[i]]++;
    cr_assert_eq(counts[CODE_OK] + counts[CODE_RESOURCE_EXHAUSTED], STORM);
    cr_assert_geq(counts[CODE_OK], 67);
    cr_assert_gt(counts[CODE_RESOURCE_EXHAUSTED], 0);
    token_pair *pair;
    cr_assert_eq(login(ADDRESS, PASSWORD, &pair, NULL), CODE_OK, "afterwards all is as before");
}

/* ---- trouble ---- */

STORY(without_its_database_it_says_unavailable_and_recovers, 1)
{
    token_pair *pair = logged_in(), *none;
    rpc_metadata *caller = as_caller(pair);
    Sical__Auth__V1__User *me;
    test_postgres_kill(pg);
    uint64_t deadline_ns = fiber_limit_ms(2000);
    int code = get_me(caller, &me);
    fiber_set_deadline_ns(deadline_ns);
    cr_assert(code == CODE_UNAVAILABLE || code == CODE_DEADLINE_EXCEEDED, "%s", code_name(code));
    test_postgres_restart(pg);
    fiber_limit_ms(TEST_WAIT_MS);
    do { /* each waits for a connection by itself */
        code = refresh(pair->refresh_token, &none);
    } while (code != CODE_OK && fiber_left_ms() > 0);
    cr_assert_eq(code, CODE_OK, "%s", code_name(code));
    cr_assert_eq(get_me(caller, &me), CODE_OK);
}

static bool contains(const char *haystack, const char *needle)
{
    return *needle && strcasestr(haystack, needle) != NULL;
}

STORY(no_secret_reaches_the_log_or_stands_readable_in_the_database, 1)
{
    token_pair *first = logged_in(), *none;
    token_pair *second = refreshed(first->refresh_token);
    token_pair *third = refreshed(second->refresh_token);
    refresh(first->refresh_token, &none);
    login(ADDRESS, "marker password that is wrong", &none, NULL);
    login("marker.unknown@example.com", PASSWORD, &none, NULL);
    register_user("marker.broken@example", "marker short", NAME "\x01", NULL);
    logout(as_caller(third));

    char *log = test_program_errors(replicas[0].program);
    const char *const secrets[] = {"marker",
                                   "example.com",
                                   "bWFya2Vy",
                                   first->refresh_token,
                                   second->refresh_token,
                                   third->refresh_token,
                                   first->access_token,
                                   third->access_token};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        cr_assert_not(contains(log, secrets[i]), "secret %zu stands in the log:\n%s", i, log);
    free(log);

    char *rows = test_postgres_text(pg, "SELECT concat((SELECT json_agg(t) FROM auth.refresh_tokens t), (SELECT "
                                        "json_agg(encode(token_hash, 'base64')) FROM auth.refresh_tokens), (SELECT "
                                        "json_agg(password_hash) FROM auth.users))");
    for (size_t i = 3; i < 6; i++) {
        unsigned char bytes[32];
        char hex[65];
        size_t size;
        cr_assert_eq(sodium_base642bin(bytes, sizeof bytes, secrets[i], 43, NULL, &size, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
        sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
        cr_assert_not(contains(rows, hex) || contains(rows, secrets[i]), "a usable token is stored");
    }
    cr_assert_not(contains(rows, "marker"));
    free(rows);
}
