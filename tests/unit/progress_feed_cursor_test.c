#include "feed_cursor.h"
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

Test(feed_cursor, reads_what_it_made, .init = begin, .fini = end)
{
    feed_position position = {.xid = INT64_MAX, .seq = 12}, got;
    cr_assert(feed_cursor_read(&a, feed_cursor_make(&a, position), &got));
    cr_expect_eq(got.xid, INT64_MAX);
    cr_expect_eq(got.seq, 12);
    cr_assert(feed_cursor_read(&a, "", &got));
    cr_expect_eq(got.xid, 0);
    cr_expect_eq(got.seq, 0);
}

/* Readers have such cursors in their databases. */
Test(feed_cursor, keeps_its_form, .init = begin, .fini = end)
{
    cr_expect_str_eq(feed_cursor_make(&a, (feed_position){815, 4711}), "MWYuODE1LjQ3MTE");
}

Test(feed_cursor, refuses_other_places_and_other_forms, .init = begin, .fini = end)
{
    static const char *const places[] = {"",
                                         ".",
                                         ".1",
                                         "1.2",
                                         ".1.",
                                         ".1.2.",
                                         ".1.2 ",
                                         ".-1.2",
                                         ".+1.2",
                                         ". 1.2",
                                         ".1.0x2",
                                         ".1.2\xff",
                                         ".1.9223372036854775808"};
    feed_position position;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        cr_expect_not(feed_cursor_read(&a, rpc_place_token_make(&a, 'f', places[i], strlen(places[i])), &position),
                      "%s", places[i]);
    cr_expect_not(feed_cursor_read(&a, rpc_place_token_make(&a, 'f', ".1.2\0", 5), &position));
    cr_expect_not(feed_cursor_read(&a, rpc_place_token_make(&a, 'e', ".1.2", 4), &position));
    cr_expect_not(feed_cursor_read(&a, rpc_page_token_make(&a, 'd', &(rpc_page_key){.number = 1}), &position));
    cr_expect_not(feed_cursor_read(&a, "no cursor!", &position));
}

Test(feed_cursor, garbage_is_refused_or_no_position_before_the_beginning, .init = begin, .fini = end)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n\x80";
    srand(1);
    for (int round = 0; round < 50000; round++) {
        arena_reset(&a);
        feed_position got;
        char *cursor = feed_cursor_make(&a, (feed_position){rand(), rand()});
        size_t length = strlen(cursor);
        for (int n = rand() % 4; n >= 0; n--)
            cursor[(size_t)rand() % length] = letters[(size_t)rand() % (sizeof letters - 1)];
        if (feed_cursor_read(&a, cursor, &got))
            cr_assert(got.xid >= 0 && got.seq >= 0);
    }
}
