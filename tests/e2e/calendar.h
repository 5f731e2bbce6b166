/*
 * A learner's calendar for checking plans, written without looking at the planner: it walks minute by minute through
 * the time zone database of the C library (the services leave zones to PostgreSQL).
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct calendar calendar;

/* Every minute from `from` to `to` (seconds since the epoch, whole minutes) is free or not by these weekly windows and
 * cap. availability: the JSON that was PUT to /api/v1/availability. */
calendar *calendar_create(json_t *availability, int64_t from, int64_t to);
void calendar_destroy(calendar *c);

bool calendar_is_window(const calendar *c, int64_t instant); /* inside a window, cap or not */
int calendar_local_day(const calendar *c, int64_t instant);  /* a number that differs between local days */
/* Usable minutes (windows cut to the cap, the earliest of each day) between from and instant. */
int64_t calendar_usable(const calendar *c, int64_t instant);

/* Makes the minutes from start to end no longer usable: a review has them. */
void calendar_take(calendar *c, int64_t start, int64_t end);
/* Makes the last usable minutes of each local day no longer usable, at most half of them. */
void calendar_hold_back(calendar *c, int64_t minutes_a_day);

/* "2026-11-23T10:00:00Z" as seconds since the epoch; ends the test when it is none. */
int64_t calendar_parse(const char *rfc3339);
void calendar_format(int64_t instant, char out[32]);

/* The next instant after `from` at which the zone's offset changes; `from` when none within two years. */
int64_t calendar_next_dst_change(const char *zone, int64_t from);

/* The local date "2026-11-23" of an instant in a zone. */
void calendar_local_date(const char *zone, int64_t instant, char out[16]);
