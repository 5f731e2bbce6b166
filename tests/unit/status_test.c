#include "status.h"

#include <criterion/criterion.h>
#include <limits.h>

Test(status, codes_have_their_canonical_names)
{
    cr_assert_str_eq(code_name(CODE_OK), "OK");
    cr_assert_str_eq(code_name(CODE_NOT_FOUND), "NOT_FOUND");
    cr_assert_str_eq(code_name(CODE_UNAUTHENTICATED), "UNAUTHENTICATED");
    cr_assert_str_eq(code_name(CODE_COUNT), "UNKNOWN");
    cr_assert_str_eq(code_name(-1), "UNKNOWN");
    cr_assert_str_eq(code_name(INT_MAX), "UNKNOWN");
    for (int code = 0; code < CODE_COUNT; code++)
        cr_assert_not_null(code_name(code), "code %d has no name", code);
}

Test(status, fatal_statuses_are_codes_and_outcomes_are_not)
{
    cr_assert_str_eq(status_name(STATUS_OK), "OK");
    cr_assert_str_eq(status_name(STATUS_UNAVAILABLE), "UNAVAILABLE");
    cr_assert_str_eq(status_name(STATUS_DEADLINE_EXCEEDED), "DEADLINE_EXCEEDED");
    cr_assert_str_eq(status_name(1), "OUTCOME");
    cr_assert_str_eq(status_name(INT_MAX), "OUTCOME");
    cr_assert_str_eq(status_name(-1000), "UNKNOWN");
    cr_assert_str_eq(status_name(INT_MIN), "UNKNOWN");
}
