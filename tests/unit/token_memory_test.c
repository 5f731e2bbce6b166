#include "token_memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define KEYS "k:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define NOW  INT64_C(1800000000)

static token_authority *authority;
static token_memory *tokens;
static arena memory;

static void start(void)
{
    const char *why;
    authority = token_authority_create(KEYS, "sical", "sical-api", &why);
    tokens = token_memory_create(authority, 16);
}

static void finish(void)
{
    token_memory_destroy(tokens);
    token_authority_destroy(authority);
    arena_finish(&memory);
}

TestSuite(token_memory, .init = start, .fini = finish);

static char *token_of(unsigned user, int64_t life_s)
{
    token_claims claims = {.role = "student",
                           .session_id = "0190a000-0000-7000-8000-000000000002",
                           .issued_s = NOW,
                           .expires_s = NOW + life_s};
    snprintf(claims.user_id, sizeof claims.user_id, "0190a000-0000-7000-8000-%012x", user);
    return token_sign(authority, &memory, &claims);
}

Test(token_memory, the_second_time_costs_no_verification)
{
    const token_claims *claims;
    char *token = token_of(1, 900);
    cr_assert_eq(token_memory_verify(tokens, token, NOW, &claims), TOKEN_GOOD);
    cr_expect_eq(token_memory_hits(tokens), 0);
    cr_assert_eq(token_memory_verify(tokens, token, NOW + 899, &claims), TOKEN_GOOD);
    cr_expect_eq(token_memory_hits(tokens), 1);
    cr_expect_str_eq(claims->user_id, "0190a000-0000-7000-8000-000000000001");
}

Test(token_memory, it_forgets_when_they_expire)
{
    const token_claims *claims;
    char *token = token_of(1, 900);
    cr_assert_eq(token_memory_verify(tokens, token, NOW, &claims), TOKEN_GOOD);
    cr_expect_eq(token_memory_verify(tokens, token, NOW + 900, &claims), TOKEN_EXPIRED);
    cr_expect_eq(token_memory_hits(tokens), 0);
}

Test(token_memory, bad_ones_are_not_remembered)
{
    const token_claims *claims;
    char *token = token_of(1, 900);
    token[strlen(token) - 10] ^= 1;
    for (int i = 0; i < 3; i++)
        cr_expect_neq(token_memory_verify(tokens, token, NOW, &claims), TOKEN_GOOD);
    cr_expect_eq(token_memory_hits(tokens), 0);
}

Test(token_memory, more_than_it_holds_still_get_their_own_claims)
{
    char *list[100];
    for (unsigned i = 0; i < 100; i++)
        list[i] = token_of(i, 900 + i);
    for (int round = 0; round < 3; round++)
        for (unsigned i = 0; i < 100; i++) {
            const token_claims *claims;
            char user[UUID_TEXT_SIZE];
            snprintf(user, sizeof user, "0190a000-0000-7000-8000-%012x", i);
            cr_assert_eq(token_memory_verify(tokens, list[i], NOW, &claims), TOKEN_GOOD);
            cr_assert_str_eq(claims->user_id, user);
        }
}
