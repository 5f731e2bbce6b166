#include "rpc_call_ids.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* Calls are only compared, never looked into. */
static struct rpc_pending *call(uintptr_t n)
{
    return (struct rpc_pending *)(n * 8 + 8);
}

Test(rpc_call_ids, a_late_answer_finds_no_later_call)
{
    rpc_call_ids ids = {0};
    uint64_t first = rpc_call_ids_take(&ids, call(1));
    cr_assert_neq(first, 0);
    cr_assert_eq(rpc_call_ids_find(&ids, first), call(1));
    rpc_call_ids_release(&ids, first);
    uint64_t second = rpc_call_ids_take(&ids, call(2));
    cr_assert_neq(first, second);
    cr_assert_null(rpc_call_ids_find(&ids, first));
    rpc_call_ids_release(&ids, first);
    cr_assert_eq(rpc_call_ids_find(&ids, second), call(2), "released twice, and somebody else's with it");
    rpc_call_ids_finish(&ids);
}

Test(rpc_call_ids, finds_nothing_for_numbers_it_never_gave)
{
    rpc_call_ids ids = {0};
    cr_assert_null(rpc_call_ids_find(&ids, 0));
    rpc_call_ids_take(&ids, call(1));
    srand(5);
    for (int i = 0; i < 100000; i++)
        cr_assert_null(rpc_call_ids_find(&ids, (uint64_t)rand() << 32 | (uint64_t)rand() << 1));
    rpc_call_ids_finish(&ids);
}

enum { CALLS = 2000 };

Test(rpc_call_ids, all_ids_ever_given_are_distinct)
{
    static uint64_t held[CALLS];
    rpc_call_ids ids = {0};
    srand(6);
    for (int round = 0; round < 200000; round++) {
        unsigned i = (unsigned)rand() % CALLS;
        if (held[i]) {
            cr_assert_eq(rpc_call_ids_find(&ids, held[i]), call(i));
            rpc_call_ids_release(&ids, held[i]);
            cr_assert_null(rpc_call_ids_find(&ids, held[i]));
            held[i] = 0;
        } else {
            held[i] = rpc_call_ids_take(&ids, call(i));
        }
    }
    unsigned expected = 0;
    for (unsigned i = 0; i < CALLS; i++)
        expected += held[i] != 0;
    cr_assert_eq(ids.used, expected);
    rpc_call_ids_finish(&ids);
}
