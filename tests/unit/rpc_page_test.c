#include "rpc_page.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static arena a;

static void begin(void)
{
    arena_init(&a, 0);
}

static void end(void)
{
    arena_finish(&a);
}

static rpc_page_key some_key(void)
{
    return (rpc_page_key){.number = INT64_C(1700000000123456), .id = uuid_make(), .text = "vectors.2-d"};
}

Test(page_token, reads_what_it_made, .init = begin, .fini = end)
{
    rpc_page_key key = some_key(), read;
    cr_assert(rpc_page_token_read(&a, 'd', rpc_page_token_make(&a, 'd', &key), &read));
    cr_expect_eq(read.number, key.number);
    cr_expect_eq(memcmp(&read.id, &key.id, sizeof key.id), 0);
    cr_expect_str_eq(read.text, key.text);
    rpc_page_key bare = {.id = key.id};
    cr_assert(rpc_page_token_read(&a, 'e', rpc_page_token_make(&a, 'e', &bare), &read));
    cr_expect_eq(read.number, 0);
    cr_expect_eq(memcmp(&read.id, &key.id, sizeof key.id), 0);
    cr_expect_str_eq(read.text, "");
}

Test(page_token, holds_only_letters_that_a_url_may_hold, .init = begin, .fini = end)
{
    for (int i = 0; i < 1000; i++) {
        rpc_page_key key = some_key();
        const char *token = rpc_page_token_make(&a, 'd', &key);
        cr_assert_eq(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), strlen(token));
    }
}

Test(page_token, refuses_tokens_of_other_lists, .init = begin, .fini = end)
{
    rpc_page_key key = some_key(), read;
    char *token = rpc_page_token_make(&a, 'd', &key);
    cr_expect_not(rpc_page_token_read(&a, 'm', token, &read));
    cr_expect_not(rpc_page_token_read(&a, 'e', token, &read));
}

Test(page_token, refuses_other_forms_and_lengths, .init = begin, .fini = end)
{
    rpc_page_key key = {0}, read;
    char *token = rpc_page_token_make(&a, 'd', &key);
    token[strlen(token) - 1]++; /* 26 bytes leave bits over in the last letter */
    cr_expect_not(rpc_page_token_read(&a, 'd', token, &read), "bits that belong to no byte");
    for (size_t length = strlen(token); length-- > 0;) {
        token[length] = '\0';
        cr_expect_not(rpc_page_token_read(&a, 'd', token, &read), "cut off after %zu", length);
    }
    char place[8 + 16 + 3] = {0};
    cr_expect(rpc_page_token_read(&a, 'd', rpc_place_token_make(&a, 'd', place, 24), &read));
    cr_expect_not(rpc_page_token_read(&a, 'd', rpc_place_token_make(&a, 'd', place, 27), &read), "NULs in the text");
    place[0] = '\x80';
    cr_expect_not(rpc_page_token_read(&a, 'd', rpc_place_token_make(&a, 'd', place, 24), &read), "below 0");
    place[0] = '\x04';
    cr_expect_not(rpc_page_token_read(&a, 'd', rpc_place_token_make(&a, 'd', place, 24), &read), "past the year 9999");
    token = rpc_page_token_make(&a, 'd', &key);
    token[strlen(token) / 2] = '\xb8';
    cr_expect_not(rpc_page_token_read(&a, 'd', token, &read), "not ASCII");
    key.number = INT64_C(253402300799000000);
    cr_expect(rpc_page_token_read(&a, 'd', rpc_page_token_make(&a, 'd', &key), &read));
    token = rpc_page_token_make(&a, 'd', &key);
    token[1] ^= 1; /* 'W' of the version */
    cr_expect_not(rpc_page_token_read(&a, 'd', token, &read), "another version");
}

/* What is read from anything at all is an instant of four-digit years and a string. */
Test(page_token, garbage_is_refused_or_harmless, .init = begin, .fini = end)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n\x80";
    rpc_page_key read;
    unsigned taken = 0;
    srand(1);
    for (int round = 0; round < 100000; round++) {
        arena_reset(&a);
        rpc_page_key key = some_key();
        char *token = rpc_page_token_make(&a, 'd', &key);
        size_t length = strlen(token);
        for (int n = rand() % 4; n >= 0; n--)
            token[(size_t)rand() % length] = letters[(size_t)rand() % (sizeof letters - 1)];
        if (rand() % 3 == 0)
            token[(size_t)rand() % length] = '\0';
        if (!rpc_page_token_read(&a, 'd', token, &read))
            continue;
        taken++;
        cr_assert(read.number >= 0 && read.number <= INT64_C(253402300799000000));
        cr_assert(strlen(read.text) <= strlen(key.text));
    }
    cr_expect_gt(taken, 0);
    char *endless = arena_alloc(&a, 100001);
    memset(endless, 'A', 100000);
    endless[100000] = '\0';
    cr_expect_not(rpc_page_token_read(&a, 'd', endless, &read));
}
