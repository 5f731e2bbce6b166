#include "uuid.h"

#include "clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int64_t wall_us;

static int64_t fixed_wall(void *arg)
{
    (void)arg;
    return wall_us;
}

static const clock_source fixed = {.wall_us = fixed_wall};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(uuid));
}

Test(uuid, is_version_7_of_this_millisecond)
{
    wall_us = INT64_C(1772964000123456);
    clock_set_source(&fixed);
    uuid u = uuid_make();
    uint64_t milliseconds = 0;
    for (int i = 0; i < 6; i++)
        milliseconds = milliseconds << 8 | u.bytes[i];
    cr_assert_eq(milliseconds, 1772964000123u);
    cr_assert_eq(u.bytes[6] >> 4, 7);
    cr_assert_eq(u.bytes[8] >> 6, 2);
}

Test(uuid, later_ones_sort_after_earlier_ones)
{
    clock_set_source(&fixed);
    wall_us = INT64_C(1772964000000000);
    uuid before = uuid_make();
    for (int i = 0; i < 1000; i++) {
        wall_us += 1000;
        uuid after = uuid_make();
        cr_assert_lt(compare(&before, &after), 0);
        before = after;
    }
}

Test(uuid, no_two_are_alike)
{
    enum { COUNT = 100000 };
    static uuid made[COUNT];
    clock_set_source(&fixed);
    for (int i = 0; i < COUNT; i++)
        made[i] = uuid_make();
    qsort(made, COUNT, sizeof made[0], compare);
    for (int i = 1; i < COUNT; i++)
        cr_assert_neq(compare(&made[i - 1], &made[i]), 0);
}

Test(uuid, text_and_back)
{
    char text[UUID_TEXT_SIZE];
    for (int i = 0; i < 1000; i++) {
        uuid u = uuid_make(), back;
        cr_assert(uuid_parse(uuid_format(&u, text), &back));
        cr_assert_eq(strlen(text), 36);
        cr_assert_eq(compare(&u, &back), 0);
    }
    uuid u;
    cr_assert(uuid_parse("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", &u));
    cr_assert_str_eq(uuid_format(&u, text), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
}

Test(uuid, what_is_none_is_refused_and_leaves_no_trace)
{
    static const char *const others[] = {"",
                                         "f81d4fae",
                                         "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
                                         "f81d4fae-7dec-11d0-a765-00a0c91e6bf66",
                                         "f81d4fae-7dec-11d0-a765-00a0c91e6bf6 ",
                                         " f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                                         "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
                                         "f81d4fae7dec11d0a76500a0c91e6bf6",
                                         "f81d4fae-7dec-11d0-a765-00a0c91e6bg6",
                                         "f81d4fae-7dec-11d0-a765+00a0c91e6bf6",
                                         "f81d4fa-e7dec-11d0-a765-00a0c91e6bf6",
                                         "f81d4fae-7dec-11d0-a765-00a0c91e6b\xc3\xa9"};
    uuid untouched = {{1, 2, 3}}, u = untouched;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_not(uuid_parse(others[i], &u), "'%s' was taken", others[i]);
    cr_assert_not(uuid_parse(NULL, &u));
    cr_assert_eq(compare(&u, &untouched), 0);
}
