/*
 * Two clocks: the wall (UTC, for what is stored and shown) and the monotonic one (for durations and deadlines).
 * Both can be replaced in tests; production code never calls time() or clock_gettime() itself.
 */
#pragma once

#include <stdint.h>

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_us(void);

/* Nanoseconds of CLOCK_MONOTONIC. Never 0. */
uint64_t clock_monotonic_ns(void);

/* A source of time for tests; NULL functions mean the real clock. */
typedef struct clock_source {
    int64_t (*wall_us)(void *arg);
    uint64_t (*monotonic_ns)(void *arg);
    void *arg;
} clock_source;

/* Replaces the process's clocks; NULL puts the real ones back. Only from the loop's thread, before it runs. */
void clock_set_source(const clock_source *replacement);

#define CLOCK_NS_PER_MS UINT64_C(1000000)
#define CLOCK_US_PER_S  INT64_C(1000000)

/* "2026-03-08T10:00:00Z", with ".123456" when there are microseconds. out has room for CLOCK_RFC3339_SIZE bytes.
 * Years 0001 to 9999; returns the length, or 0 when the instant is outside. */
enum { CLOCK_RFC3339_SIZE = 32 };
int clock_format_rfc3339(int64_t wall_us, char *out);

/* Reads RFC 3339 ("2026-03-08T10:00:00.5+08:00", "...Z"). Returns 0, or -1 when s is none, with *wall_us untouched.
 * Digits past microseconds are cut; second 60 is refused. */
int clock_parse_rfc3339(const char *s, int64_t *wall_us);

/* ---- dates: days since 1970-01-01, proleptic Gregorian ---- */

int64_t clock_days_from_civil(int year, int month, int day);
void clock_civil_from_days(int64_t days, int *year, int *month, int *day);
int clock_days_in_month(int year, int month); /* month 1 to 12 */

/* "2026-03-08", years 0001 to 9999. parse: 0, or -1 with *days untouched. format: the length, 0 when outside. */
enum { CLOCK_DATE_SIZE = 12 };
int clock_parse_date(const char *s, int64_t *days);
int clock_format_date(int64_t days, char *out);
