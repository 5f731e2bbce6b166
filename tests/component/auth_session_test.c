#include "auth_story.h"
#include "fiber.h"
#include "network.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- sessions ---- */

STORY(auth_session, each_refresh_token_works_once, 1)
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

STORY(auth_session, the_parent_gets_the_same_child_again_for_ten_seconds, 1)
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

STORY(auth_session, expired_unknown_and_broken_tokens_are_refused_and_revoke_nothing, 1)
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

STORY(auth_session, tokens_live_seven_days_and_dead_ones_are_swept, 1)
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

STORY(auth_session, logout_ends_one_session_and_may_be_repeated, 1)
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

STORY(auth_session, of_several_refreshes_at_once_at_two_replicas_one_makes_the_child, 2)
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

/* ---- secrets ---- */

static bool contains(const char *haystack, const char *needle)
{
    return *needle && strcasestr(haystack, needle) != NULL;
}

STORY(auth_session, no_secret_reaches_the_log_or_stands_readable_in_the_database, 1)
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
