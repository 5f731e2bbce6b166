#include "arena.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static arena a;

static void start(void)
{
    arena_init(&a, 0);
}

static void end(void)
{
    arena_finish(&a);
}

Test(arena, memory_is_aligned_distinct_and_keeps_its_content, .init = start, .fini = end)
{
    enum { BLOCKS = 2000 };
    unsigned char *blocks[BLOCKS];
    size_t sizes[BLOCKS];
    uint32_t seed = 7;
    for (int i = 0; i < BLOCKS; i++) {
        seed = seed * 1664525 + 1013904223;
        sizes[i] = seed >> 16 & (i % 50 == 0 ? 0xffff : 0x7f);
        blocks[i] = arena_alloc(&a, sizes[i]);
        cr_assert_eq((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        memset(blocks[i], i & 0xff, sizes[i]);
    }
    for (int i = 0; i < BLOCKS; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            cr_assert_eq(blocks[i][k], i & 0xff, "block %d was written by another", i);
}

Test(arena, zalloc_clears_what_was_used_before, .init = start, .fini = end)
{
    for (int round = 0; round < 3; round++) {
        unsigned char *p = arena_zalloc(&a, 100, 7);
        for (int i = 0; i < 700; i++)
            cr_assert_eq(p[i], 0);
        memset(p, 0xff, 700);
        arena_reset(&a);
    }
}

Test(arena, reset_serves_again_from_the_same_memory, .init = start, .fini = end)
{
    void *first = arena_alloc(&a, 100);
    arena_alloc(&a, 100000); /* a chunk of its own */
    arena_reset(&a);
    cr_assert_eq(a.used_bytes, 0);
    cr_assert_eq(arena_alloc(&a, 100), first);
}

Test(arena, limit_gives_null_and_nothing_else)
{
    arena_init(&a, 1000);
    cr_assert_not_null(arena_alloc(&a, 900));
    cr_assert_null(arena_alloc(&a, 200));
    cr_assert_null(arena_zalloc(&a, 200, 1));
    cr_assert_null(arena_strdup(&a, "a text that takes more than the hundred bytes that are left in this arena, as it "
                                    "happens to do, for it goes on and on"));
    cr_assert_null(arena_printf(&a, "%200d", 1));
    cr_assert_not_null(arena_alloc(&a, 80), "what was refused takes no room");
    arena_reset(&a);
    cr_assert_not_null(arena_alloc(&a, 900));
    arena_finish(&a);
}

Test(arena, sizes_that_overflow_are_refused, .init = start, .fini = end)
{
    cr_assert_null(arena_alloc(&a, SIZE_MAX));
    cr_assert_null(arena_alloc(&a, SIZE_MAX - 15));
    cr_assert_null(arena_zalloc(&a, SIZE_MAX / 2, 3));
    cr_assert_null(arena_zalloc(&a, (size_t)1 << 33, (size_t)1 << 33));
}

Test(arena, copies, .init = start, .fini = end)
{
    char source[] = "topic";
    char *copy = arena_strdup(&a, source);
    source[0] = 'T';
    cr_assert_str_eq(copy, "topic");
    cr_assert_str_eq(arena_strndup(&a, "prerequisite", 3), "pre");
    cr_assert_str_eq(arena_strndup(&a, "pre", 100), "pre");
    cr_assert_str_eq(arena_strdup(&a, ""), "");
    cr_assert_arr_eq(arena_memdup(&a, "a\0b", 4), "a\0b", 4);
    cr_assert_not_null(arena_memdup(&a, NULL, 0));
    cr_assert_str_eq(arena_printf(&a, "%s-%d", "goal", 42), "goal-42");
    char long_text[10000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    cr_assert_str_eq(arena_printf(&a, "%s", long_text), long_text);
}

Test(arena, may_be_finished_twice_and_used_again, .init = start, .fini = end)
{
    arena_alloc(&a, 10);
    arena_finish(&a);
    arena_finish(&a);
    cr_assert_not_null(arena_alloc(&a, 10));
    arena_reset(&a);
}
