#include "email.h"
#include "password.h"
#include "person_name.h"
#include "rotation.h"

#include <criterion/criterion.h>
#include <string.h>

/* ---- addresses ---- */

Test(email, accepts_addresses_and_makes_one_key_of_those_that_differ_in_case)
{
    static const char *const good[][2] = {
        {"ada@example.com", "ada@example.com"},
        {"Ada.Lovelace@Example.COM", "ada.lovelace@example.com"},
        {" \t\r\nada@example.com \v\f", "ada@example.com"},
        {"a@b.c", "a@b.c"},
        {"a+tag@sub.sub.example.co.uk", "a+tag@sub.sub.example.co.uk"},
        {"!#$%&'*+/=?^_`{|}~-@x-y.example", "!#$%&'*+/=?^_`{|}~-@x-y.example"},
        {"1@1.1", "1@1.1"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        email e;
        const char *fault = email_parse(good[i][0], &e);
        cr_assert_null(fault, "%s: %s", good[i][0], fault);
        cr_assert_str_eq(e.key, good[i][1]);
    }
}

Test(email, keeps_the_address_as_given_but_for_the_blanks_around_it)
{
    email e;
    cr_assert_null(email_parse("  Ada@Example.com\n", &e));
    cr_assert_str_eq(e.address, "Ada@Example.com");
}

Test(email, refuses_what_is_none)
{
    static const char *const bad[] = {
        "",
        "   ",
        "ada",
        "@",
        "ada@",
        "@example.com",
        "ada@example",
        "a@b@c.d",
        "a b@c.d",
        "a@b c.d",
        ".a@b.c",
        "a.@b.c",
        "a..b@c.d",
        "a@.b.c",
        "a@b..c",
        "a@b.c.",
        "a@-b.c",
        "a@b-.c",
        "a@b_c.d",
        "\"a b\"@c.d",
        "a@[127.0.0.1]",
        "a,b@c.d",
        "a(b)@c.d",
        "<a@b.c>",
        "a@b.c\x01",
        "a\x7f@b.c",
        "\xc3\xa4@b.c",
        "a@\xc3\xa4.de",
        "a\\b@c.d",
        "a:b@c.d",
        "a;b@c.d",
        "mailto:a@b.c",
        "a@b,c.d",
        "a@b.c\n\ra@b.c",
        "a\xff@b.c",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        email e = {.key = "untouched"};
        cr_assert_not_null(email_parse(bad[i], &e), "%s", bad[i]);
        cr_assert_str_eq(e.key, "untouched", "%s", bad[i]);
    }
}

static const char *address_of(size_t local, size_t label, size_t size)
{
    static char s[512];
    memset(s, 'a', sizeof s);
    s[local] = '@';
    for (size_t i = local + 1 + label; i < size - 1; i += label + 1)
        s[i] = '.';
    s[size] = '\0';
    return s;
}

Test(email, keeps_the_limits_of_length)
{
    email e;
    cr_assert_null(email_parse(address_of(64, 60, 254), &e), "254 bytes are the most");
    cr_assert_eq(strlen(e.key), 254u);
    cr_assert_not_null(email_parse(address_of(64, 60, 255), &e));
    cr_assert_not_null(email_parse(address_of(65, 60, 200), &e), "a local part has at most 64 bytes");
    cr_assert_null(email_parse(address_of(10, 63, 200), &e));
    cr_assert_not_null(email_parse(address_of(10, 64, 200), &e), "a label has at most 63 bytes");
}

/* ---- passwords ---- */

static char *repeat(const char *unit, size_t count, char *out)
{
    out[0] = '\0';
    char *end = out;
    for (size_t i = 0; i < count; i++)
        end = stpcpy(end, unit);
    return out;
}

Test(password, counts_characters_not_bytes)
{
    static const char *const units[] = {"a", " ", "\xc3\xa4", "\xe5\xad\xa6", "\xf0\x9f\x8e\x93"};
    char s[1024];
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        cr_assert_not_null(password_check(repeat(units[i], 14, s), ""));
        cr_assert_null(password_check(repeat(units[i], 15, s), ""));
        cr_assert_null(password_check(repeat(units[i], 128, s), ""));
        cr_assert_not_null(password_check(repeat(units[i], 129, s), ""));
    }
    cr_assert_str_eq(password_check("", ""), "is required");
}

Test(password, must_not_be_the_address_in_any_case)
{
    const char *key = "ada.lovelace@example.com";
    cr_assert_not_null(password_check("ada.lovelace@example.com", key));
    cr_assert_not_null(password_check("ADA.Lovelace@Example.com", key));
    cr_assert_null(password_check("ada.lovelace@example.com!", key));
    cr_assert_null(password_check("ada.lovelace@example.co", key));
    cr_assert_null(password_check("ada-lovelace@example.com", key));
}

/* ---- names ---- */

Test(person_name, has_at_most_100_characters_and_no_control_characters)
{
    char s[1024];
    cr_assert_null(person_name_check(""));
    cr_assert_null(person_name_check(repeat("\xe5\xad\xa6", 100, s)));
    cr_assert_not_null(person_name_check(repeat("\xe5\xad\xa6", 101, s)));
    cr_assert_not_null(person_name_check("a\nb"));
    cr_assert_not_null(person_name_check("a\x7f"));
    cr_assert_not_null(person_name_check("a\xc2\x85"
                                         "b"),
                       "U+0085 is a control character too");
    cr_assert_null(person_name_check("a\xc2\xa0"
                                     "b"),
                   "U+00A0 is none");
}

/* ---- rotation ---- */

enum { EXPIRES = 1000000000 };

static rotation reference(const refresh_token_state *t, int64_t now)
{
    if (t->session_revoked)
        return ROTATION_REVOKED;
    if (now >= t->expires_us)
        return ROTATION_EXPIRED;
    if (t->used)
        return t->child_used || now > t->used_us + 10000000 ? ROTATION_REUSED : ROTATION_SAME_CHILD;
    return ROTATION_ACCEPT;
}

/* Every combination of flags with instants on both sides of each limit. */
Test(rotation, follows_its_table_in_every_state)
{
    static const int64_t nows[] = {0, 1, 10000000, 10000001, 20000000, EXPIRES - 1, EXPIRES, EXPIRES + 1};
    static const int64_t uses[] = {0, 1, 10000000, 20000000, 30000000, EXPIRES - 5000000, EXPIRES + 5};
    unsigned seen = 0;
    for (unsigned flags = 0; flags < 8; flags++)
        for (size_t n = 0; n < sizeof nows / sizeof nows[0]; n++)
            for (size_t u = 0; u < sizeof uses / sizeof uses[0]; u++) {
                refresh_token_state t = {.expires_us = EXPIRES,
                                         .session_revoked = flags & 1,
                                         .used = flags & 2,
                                         .child_used = flags & 4,
                                         .used_us = uses[u]};
                rotation r = rotation_decide(&t, nows[n]);
                cr_assert_eq(r, reference(&t, nows[n]), "flags %u now %ld used %ld", flags, nows[n], uses[u]);
                seen |= 1u << r;
            }
    cr_assert_eq(seen, 31u, "every decision was met");
}

Test(rotation, tells_the_story_of_a_theft)
{
    refresh_token_state t = {.expires_us = EXPIRES};
    cr_assert_eq(rotation_decide(&t, 5), ROTATION_ACCEPT);
    t.used = true;
    t.used_us = 5;
    cr_assert_eq(rotation_decide(&t, 5), ROTATION_SAME_CHILD, "the other tab");
    cr_assert_eq(rotation_decide(&t, 4), ROTATION_SAME_CHILD, "a replica whose transaction began earlier");
    cr_assert_eq(rotation_decide(&t, 5 + ROTATION_GRACE_US), ROTATION_SAME_CHILD, "the last instant of the grace");
    cr_assert_eq(rotation_decide(&t, 6 + ROTATION_GRACE_US), ROTATION_REUSED);
    t.child_used = true;
    cr_assert_eq(rotation_decide(&t, 6), ROTATION_REUSED, "not the immediate parent of the live token any more");
    t.session_revoked = true;
    cr_assert_eq(rotation_decide(&t, 6), ROTATION_REVOKED, "nothing is left to revoke");
}
