#include "event_rules.h"

#include <criterion/criterion.h>
#include <string.h>

#define NOW_S  INT64_C(1700000000)
#define NOW_US (NOW_S * 1000000)

Test(event_rules, topic_keys)
{
    char longest[TOPIC_KEY_LENGTH + 2];
    memset(longest, 'a', sizeof longest);
    longest[TOPIC_KEY_LENGTH + 1] = '\0';
    cr_expect_not(topic_key_is_valid(longest));
    longest[TOPIC_KEY_LENGTH] = '\0';
    cr_expect(topic_key_is_valid(longest));
    cr_expect(topic_key_is_valid("a"));
    cr_expect(topic_key_is_valid("bayesian_linear-regression.2"));
    const char *const wrong[] = {"", "A", "two words", "a/b", "ü", "a\n", "a\x7f", "a'", "%"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_expect_not(topic_key_is_valid(wrong[i]), "%s", wrong[i]);
}

Test(event_rules, instants)
{
    cr_expect(event_instant_is_valid(NOW_S, 0, NOW_US));
    cr_expect(event_instant_is_valid(946684800, 0, NOW_US));
    cr_expect_not(event_instant_is_valid(946684799, 999999999, NOW_US));
    cr_expect(event_instant_is_valid(NOW_S + 86400, 999, NOW_US), "24 hours ahead, cut to microseconds");
    cr_expect_not(event_instant_is_valid(NOW_S + 86400, 1000, NOW_US));
    cr_expect_not(event_instant_is_valid(NOW_S + 86401, 0, NOW_US));
    cr_expect_not(event_instant_is_valid(NOW_S, -1, NOW_US));
    cr_expect_not(event_instant_is_valid(NOW_S, 1000000000, NOW_US));
    cr_expect_not(event_instant_is_valid(INT64_MAX, 0, NOW_US));
    cr_expect_not(event_instant_is_valid(INT64_MIN, 0, NOW_US));
}
