/* The certificate and repairs in words, and local times for people; in English and in Chinese. */
#pragma once

#include "repairs.h"

typedef enum plan_language { PLAN_ENGLISH, PLAN_CHINESE } plan_language;

enum { PLAN_LOCAL_TIME_SIZE = 64, PLAN_WORDS_SIZE = 900, PLAN_REPAIR_WORDS_SIZE = 4096 };

/* "Mon 2 March 2026 09:00", "2026年3月2日（周一）09:00" for an instant in minutes since the epoch and the zone's offset
 * at that instant. Years 1 to 9999, else "". Returns out. */
char *plan_format_local(plan_language language, int64_t instant, int32_t offset_minutes,
                        char out[PLAN_LOCAL_TIME_SIZE]);

/* "2 h 40", "45 min", "7 h"; "2 小时 40 分钟"; of the absolute value. */
char *plan_format_minutes(plan_language language, int64_t minutes, char out[PLAN_LOCAL_TIME_SIZE]);

/* release and due: local times as above, in the language; zone: the name shown behind them. due_passed: the
 * certificate's due date lies before the plan's beginning. */
typedef struct plan_words {
    const char *release;
    const char *due;
    const char *zone;
    bool due_passed;
    int64_t reserved_minutes; /* between release and due, for reviews */
} plan_words;

/* One to four sentences. Returns out. */
char *plan_describe(plan_language language, const plan_certificate *c, const plan_words *words,
                    char out[PLAN_WORDS_SIZE]);

/* How a repair's dates are told: of each of r->dates the goal's title, at most PLAN_TITLE_BYTES of which are shown, and
 * the new date as a local time, NULL where there is none. */
enum { PLAN_TITLE_BYTES = 800, PLAN_DATES_TOLD = 3 };
typedef struct plan_repair_words {
    const char *const *titles;
    const char *const *dates;
    const char *zone;
} plan_repair_words;

/* One or two sentences; of many dates the first PLAN_DATES_TOLD are told and the others counted. Returns out. */
char *plan_describe_repair(plan_language language, const plan_repair *r, const plan_repair_words *words,
                           char out[PLAN_REPAIR_WORDS_SIZE]);
