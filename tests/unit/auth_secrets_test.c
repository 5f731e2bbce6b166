#include "clock.h"
#include "fiber.h"
#include "password_hasher.h"
#include "refresh_token.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- refresh tokens ---- */

Test(refresh_token, is_43_characters_and_reads_back)
{
    cr_assert_geq(sodium_init(), 0);
    for (int i = 0; i < 1000; i++) {
        refresh_token token = refresh_token_make(), back;
        char text[REFRESH_TOKEN_TEXT_SIZE];
        cr_assert_eq(strlen(refresh_token_format(&token, text)), 43u);
        cr_assert_eq(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43u);
        cr_assert(refresh_token_parse(text, &back));
        cr_assert_arr_eq(back.bytes, token.bytes, sizeof token.bytes);
    }
}

Test(refresh_token, has_one_text_only)
{
    refresh_token token = {{0}}, back;
    char text[64];
    refresh_token_format(&token, text);
    for (const char *last = "BCDFGHJ_"; *last; last++) { /* bits that a last character must not have */
        text[42] = *last;
        cr_assert_not(refresh_token_parse(text, &back), "%s", text);
    }
    static const char *const bad[] = {"",
                                      "A",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA ",
                                      "+AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "A AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "A\xb8"
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(refresh_token_parse(bad[i], &back), "%s", bad[i]);
}

Test(refresh_token, child_follows_from_parent_and_salt_together)
{
    refresh_token parent = {{1}}, other = {{2}};
    unsigned char salt[REFRESH_SALT_BYTES] = {3}, other_salt[REFRESH_SALT_BYTES] = {4};
    refresh_token child = refresh_token_child(&parent, salt), again = refresh_token_child(&parent, salt);
    refresh_token of_other = refresh_token_child(&other, salt), salted = refresh_token_child(&parent, other_salt);
    cr_assert_arr_eq(child.bytes, again.bytes, sizeof child.bytes);
    cr_assert_arr_neq(child.bytes, of_other.bytes, sizeof child.bytes);
    cr_assert_arr_neq(child.bytes, salted.bytes, sizeof child.bytes);
    unsigned char hash[REFRESH_TOKEN_HASH_BYTES];
    refresh_token_hash(&parent, hash);
    cr_assert_arr_neq(hash, parent.bytes, sizeof hash);
    cr_assert_arr_neq(hash, child.bytes, sizeof hash, "the stored hash is no token");
}

/* ---- password hashes ---- */

static password_hasher *hasher;

static void on_fiber(void (*test)(void *arg))
{
    hasher = password_hasher_create(1);
    loop *l = loop_create();
    fiber_spawn(l, "test", test, NULL);
    loop_run_until_idle(l);
    password_hasher_destroy(hasher);
    loop_destroy(l); /* waits for work that was given up */
}

static void hash_and_verify(void *arg)
{
    (void)arg;
    char hash[PASSWORD_HASH_SIZE], again[PASSWORD_HASH_SIZE];
    bool matches;
    cr_assert_eq(password_hash(hasher, "correct horse battery", hash), STATUS_OK);
    cr_assert_eq(password_hash(hasher, "correct horse battery", again), STATUS_OK);
    cr_assert_str_neq(hash, again, "each has a salt of its own");
    cr_assert_eq(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0, "%s", hash);
    cr_assert_eq(password_verify(hasher, "correct horse battery", hash, &matches), STATUS_OK);
    cr_assert(matches);
    cr_assert_eq(password_verify(hasher, "correct horse batterY", hash, &matches), STATUS_OK);
    cr_assert_not(matches);
    cr_assert_eq(password_verify(hasher, "correct horse battery", NULL, &matches), STATUS_OK);
    cr_assert_not(matches);
    cr_assert_eq(password_verify(hasher, "correct horse battery", "no hash", &matches), STATUS_OK);
    cr_assert_not(matches);
}

Test(password_hasher, makes_argon2id_hashes_and_verifies_them)
{
    on_fiber(hash_and_verify);
}

static void tell_outdated(void *arg)
{
    (void)arg;
    char hash[PASSWORD_HASH_SIZE];
    cr_assert_eq(password_hash(hasher, "correct horse battery", hash), STATUS_OK);
    cr_assert_not(password_hash_is_outdated(hash));
    static const size_t memories[] = {8192, 19455, 9728};
    for (size_t i = 0; i < sizeof memories / sizeof memories[0]; i++) {
        cr_assert_eq(crypto_pwhash_str_alg(hash, "x", 1, 2, memories[i] * 1024, crypto_pwhash_ALG_ARGON2ID13), 0);
        cr_assert(password_hash_is_outdated(hash));
    }
    cr_assert_eq(crypto_pwhash_str_alg(hash, "x", 1, 1, 19456 * 1024, crypto_pwhash_ALG_ARGON2ID13), 0);
    cr_assert(password_hash_is_outdated(hash));
}

Test(password_hasher, knows_hashes_of_weaker_parameters)
{
    on_fiber(tell_outdated);
}

static void normalise(void *arg)
{
    (void)arg;
    char decomposed[] = "e\xcc\x81 \xef\xac\x81 \xe2\x91\xa0", huge[PASSWORD_BYTES_MAX + 2];
    cr_assert_str_eq(password_normalise(decomposed), "\xc3\xa9 fi 1");
    for (size_t i = 0; i < sizeof decomposed; i++)
        cr_assert_eq(decomposed[i], 0, "the original is wiped");
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    cr_assert_null(password_normalise(huge));
    cr_assert_eq(huge[0], 0);
}

Test(password_hasher, brings_passwords_to_their_normal_form_and_wipes_the_original)
{
    on_fiber(normalise);
}

static int hashed;

static status hash_one(void *arg)
{
    (void)arg;
    char hash[PASSWORD_HASH_SIZE];
    status s = password_hash(hasher, "correct horse battery", hash);
    hashed += s == STATUS_OK;
    return s;
}

static void hash_too_many(void *arg)
{
    (void)arg;
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 1 + PASSWORD_WAITING_MAX; i++)
        fiber_group_spawn(&group, "hash", hash_one, NULL);
    fiber_yield();
    cr_assert_eq(hash_one(NULL), STATUS_RESOURCE_EXHAUSTED, "one runs and 64 wait: no room");
    cr_assert_eq(hashed, 0);
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_assert_eq(hashed, 1 + PASSWORD_WAITING_MAX);
    cr_assert_eq(hash_one(NULL), STATUS_OK);
}

Test(password_hasher, lets_64_wait_and_refuses_more)
{
    on_fiber(hash_too_many);
}

static void give_up(void *arg)
{
    (void)arg;
    fiber_set_deadline_ns(clock_monotonic_ns());
    cr_assert_eq(hash_one(NULL), STATUS_DEADLINE_EXCEEDED, "while it runs");
    cr_assert_eq(hash_one(NULL), STATUS_DEADLINE_EXCEEDED, "while it waits: the slot is not free yet");
    fiber_set_deadline_ns(FIBER_NO_DEADLINE);
    cr_assert_eq(hash_one(NULL), STATUS_OK, "a hash that was given up frees its slot at its end");
    fiber_set_deadline_ns(clock_monotonic_ns());
    cr_assert_eq(hash_one(NULL), STATUS_DEADLINE_EXCEEDED, "left running when the hasher is destroyed");
}

Test(password_hasher, frees_the_slot_of_a_hash_whose_caller_gave_up)
{
    on_fiber(give_up);
}
