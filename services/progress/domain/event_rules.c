#include "event_rules.h"

#include <string.h>

bool topic_key_is_valid(const char *key)
{
    size_t length = strlen(key);
    return length >= 1 && length <= TOPIC_KEY_LENGTH &&
           strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == length;
}

bool event_instant_is_valid(int64_t seconds, int32_t nanos, int64_t now_us)
{
    if (nanos < 0 || nanos > 999999999)
        return false;
    /* compared in seconds first: any of them times a million may overflow */
    if (seconds < EVENT_EARLIEST_US / 1000000 || seconds > (now_us + EVENT_AHEAD_US) / 1000000)
        return false;
    return seconds * 1000000 + nanos / 1000 <= now_us + EVENT_AHEAD_US;
}
