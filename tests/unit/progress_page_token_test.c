#include "page_token.h"

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

static page_key some_key(void)
{
    return (page_key){.at_us = INT64_C(1700000000123456), .id = uuid_make(), .topic_key = "vectors.2-d"};
}

Test(page_token, reads_what_it_made, .init = begin, .fini = end)
{
    page_key key = some_key(), read;
    cr_assert(page_token_read(&a, PAGE_OF_DUE, page_token_make(&a, PAGE_OF_DUE, &key), &read));
    cr_expect_eq(read.at_us, key.at_us);
    cr_expect_eq(memcmp(&read.id, &key.id, sizeof key.id), 0);
    cr_expect_str_eq(read.topic_key, key.topic_key);
    page_key bare = {.id = key.id};
    cr_assert(page_token_read(&a, PAGE_OF_EVENTS, page_token_make(&a, PAGE_OF_EVENTS, &bare), &read));
    cr_expect_eq(read.at_us, 0);
    cr_expect_str_eq(read.topic_key, "");

    feed_position position = {.xid = INT64_MAX, .seq = 12}, got;
    cr_assert(feed_cursor_read(&a, feed_cursor_make(&a, position), &got));
    cr_expect_eq(got.xid, INT64_MAX);
    cr_expect_eq(got.seq, 12);
    cr_assert(feed_cursor_read(&a, "", &got));
    cr_expect_eq(got.xid, 0);
}

Test(page_token, refuses_tokens_of_other_lists, .init = begin, .fini = end)
{
    page_key key = some_key(), read;
    feed_position position;
    char *token = page_token_make(&a, PAGE_OF_DUE, &key);
    cr_expect_not(page_token_read(&a, PAGE_OF_MASTERY, token, &read));
    cr_expect_not(page_token_read(&a, PAGE_OF_EVENTS, token, &read));
    cr_expect_not(feed_cursor_read(&a, token, &position));
    cr_expect_not(page_token_read(&a, PAGE_OF_DUE, feed_cursor_make(&a, (feed_position){1, 1}), &read));
}

/* What is read from anything at all can be given to the database: instants of four-digit years, keys of topics. */
static void expect_sound(const page_key *key)
{
    cr_assert(key->at_us >= 0 && key->at_us <= INT64_C(253402300799000000));
    cr_assert(strlen(key->topic_key) <= 100);
    cr_assert_eq(strspn(key->topic_key, "abcdefghijklmnopqrstuvwxyz0123456789_.-"), strlen(key->topic_key));
}

Test(page_token, garbage_is_refused_or_harmless, .init = begin, .fini = end)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n\x80";
    srand(1);
    for (int round = 0; round < 100000; round++) {
        arena_reset(&a);
        page_key key = some_key(), read;
        char *token = page_token_make(&a, PAGE_OF_DUE, &key);
        size_t length = strlen(token);
        for (int n = rand() % 4; n >= 0; n--)
            token[(size_t)rand() % length] = letters[(size_t)rand() % (sizeof letters - 1)];
        if (rand() % 3 == 0)
            token[(size_t)rand() % length] = '\0';
        if (page_token_read(&a, PAGE_OF_DUE, token, &read))
            expect_sound(&read);
    }
    char *endless = arena_alloc(&a, 100001);
    memset(endless, 'A', 100000);
    endless[100000] = '\0';
    page_key read;
    cr_expect_not(page_token_read(&a, PAGE_OF_DUE, endless, &read));
}
