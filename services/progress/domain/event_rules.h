/* What an event of study may say. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { EVENTS_IN_BATCH = 500, TOPIC_KEY_LENGTH = 100, EVENT_LONGEST_SECONDS = 86400 };

/* 2000-01-01T00:00:00Z: older than any log of study; what lies before is a clock that was never set. */
#define EVENT_EARLIEST_US (INT64_C(946684800) * 1000000)
/* Clocks of phones are wrong by hours, mostly for a wrong zone. */
#define EVENT_AHEAD_US (INT64_C(24) * 3600 * 1000000)

/* [a-z0-9_.-], 1 to TOPIC_KEY_LENGTH characters, as graphs have them. */
bool topic_key_is_valid(const char *key);

/* Whether an event can have happened at seconds (of the Unix epoch, any value) and nanos, now being now_us. */
bool event_instant_is_valid(int64_t seconds, int32_t nanos, int64_t now_us);
