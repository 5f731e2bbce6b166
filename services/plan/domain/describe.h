/* The certificate in words, and local times for people. */
#pragma once

#include "planner.h"

enum { PLAN_LOCAL_TIME_SIZE = 40, PLAN_WORDS_SIZE = 700 };

/* "Mon 2 March 2026 09:00" for an instant in minutes since the epoch and the zone's offset at that instant. Years 1 to
 * 9999, else "". Returns out. */
char *plan_format_local(int64_t instant, int32_t offset_minutes, char out[PLAN_LOCAL_TIME_SIZE]);

/* "2 h 40", "45 min", "7 h"; of the absolute value. */
char *plan_format_minutes(int64_t minutes, char out[PLAN_LOCAL_TIME_SIZE]);

/* One or two sentences of English. release and due: local times as above; zone: the name shown behind them. due_passed:
 * the certificate's due date lies before the plan's beginning. Returns out. */
typedef struct plan_words {
    const char *release;
    const char *due;
    const char *zone;
    bool due_passed;
} plan_words;
char *plan_describe(const plan_certificate *c, const plan_words *words, char out[PLAN_WORDS_SIZE]);
