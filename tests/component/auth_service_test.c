#include "auth_story.h"
#include "clock.h"
#include "fiber.h"
#include "network.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- accounts ---- */

STORY(auth_service, a_learner_registers_logs_in_and_sees_itself, 1)
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

STORY(auth_service, registering_a_known_address_answers_the_same_and_changes_nothing, 1)
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

STORY(auth_service, an_unknown_address_and_a_wrong_password_get_one_answer, 1)
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

STORY(auth_service, all_faults_of_a_registration_come_at_once, 1)
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
STORY(auth_service, passwords_are_compared_in_their_normal_form, 1)
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

STORY(auth_service, a_weaker_hash_is_renewed_at_log_in, 1)
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

STORY(auth_service, get_me_and_logout_need_a_caller, 1)
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

/* ---- several at once ---- */

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

STORY(auth_service, of_several_registrations_at_once_one_makes_the_account, 2)
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
STORY(auth_service, a_storm_of_log_ins_is_bounded_and_slows_nothing_else, 1)
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

STORY(auth_service, without_its_database_it_says_unavailable_and_recovers, 1)
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
