/* Fields set from the texts of path segments and query parameters. */
#include "transcode.h"

#include "every_type.pb-c.h"

#include <criterion/criterion.h>

static arena memory;

static void finish(void)
{
    arena_finish(&memory);
}

TestSuite(transcode_text, .fini = finish);

#define TYPE (&sical__test__every_type__descriptor)

static const char *set_text(Sical__Test__EveryType *m, const char *field, const char *text)
{
    transcode_faults faults = {0};
    bool good = transcode_set_text(&memory, &m->base, transcode_find_field(TYPE, field), text, "shown", &faults);
    cr_expect_eq(good, faults.count == 0);
    return good ? "" : arena_printf(&memory, "%s: %s", faults.list[0].field, faults.list[0].message);
}

Test(transcode_text, fields_are_set_from_texts)
{
    Sical__Test__EveryType m = SICAL__TEST__EVERY_TYPE__INIT;
    cr_expect_str_empty(set_text(&m, "anInt32", "-7"));
    cr_expect_str_empty(set_text(&m, "aString", "[\"x\"] \""));
    cr_expect_str_empty(set_text(&m, "aBool", "true"));
    cr_expect_str_empty(set_text(&m, "aTime", "2026-03-08T10:00:00Z"));
    cr_expect_str_empty(set_text(&m, "maybeInt32", "5"));
    cr_expect_str_empty(set_text(&m, "aColour", "RED"));
    cr_expect_str_empty(set_text(&m, "strings", "one"));
    cr_expect_str_empty(set_text(&m, "strings", "two"));
    cr_expect_eq(m.an_int32, -7);
    cr_expect_str_eq(m.a_string, "[\"x\"] \"");
    cr_expect(m.a_bool);
    cr_expect_eq(m.a_time->seconds, 1772964000);
    cr_expect_eq(m.maybe_int32->value, 5);
    cr_expect_eq(m.a_colour, 1);
    cr_assert_eq(m.n_strings, 2);
    cr_expect_str_eq(m.strings[1], "two");
}

Test(transcode_text, bad_texts_are_refused_under_the_name_shown)
{
    Sical__Test__EveryType m = SICAL__TEST__EVERY_TYPE__INIT;
    static const char number[] = "shown: must be a whole number from -2147483648 to 2147483647";
    static const char *const bad[] = {"", "x", "null", "\"5\"", "[5]", "5x", "1e99", "true"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_str_eq(set_text(&m, "anInt32", bad[i]), number, "%s", bad[i]);
    cr_expect_str_eq(set_text(&m, "aMessage", "{}"), "shown: must be an object");
    cr_expect_str_eq(set_text(&m, "aString", "\xff"), "shown: is not UTF-8");
}
