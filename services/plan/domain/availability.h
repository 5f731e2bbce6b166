/* Which hours of the week are free: the check of what a learner sends. Zones are PostgreSQL's business; here are only
 * local times of the day, in minutes since midnight. */
#pragma once

#include "faults.h"

#include <stdbool.h>
#include <stdint.h>

enum { PLAN_WINDOWS_LIMIT = 200, PLAN_DAY_MINUTES = 1440, PLAN_ZONE_LENGTH = 64 };

typedef struct plan_weekly_window {
    int32_t weekday;         /* 1 Monday to 7 Sunday */
    const char *start, *end; /* "18:30"; the end may be "24:00" */
} plan_weekly_window;

typedef struct plan_day_span {
    int32_t weekday;
    int32_t start, end;
} plan_day_span;

/* Reads "HH:MM", 00:00 to 24:00. Returns minutes since midnight, -1 when it is none. */
int32_t plan_parse_time(const char *text);

/* "18:30". minutes 0 to 1440. */
void plan_format_time(int32_t minutes, char out[6]);

/* Reports every fault with its place ("availability.windows[3].end"); prefix: the field that holds all
 * ("availability"). daily_cap: NULL = none. spans: room for count; filled in the order sent when the answer is true. */
bool plan_windows_check(const char *prefix, const plan_weekly_window *windows, size_t count, const int32_t *daily_cap,
                        plan_faults *faults, plan_day_span *spans);

/* The only free window of a date, or none when both texts are empty (*start = *end = -1). */
bool plan_exception_check(const char *prefix, const char *start_text, const char *end_text, plan_faults *faults,
                          int32_t *start, int32_t *end);
