/*
 * So many requests in so much time, by the generic cell rate algorithm: the virtual scheduling form of ITU-T I.371,
 * Annex A. One instant is kept for each key, its "theoretical arrival time", when all that was taken will have been
 * given back. A request moves it on by the interval, window / count, and is refused when that would lead more than a
 * whole burst, count intervals, ahead of now. So count requests may come at once, then one an interval: nobody waits
 * for the edge of a window, and nobody gets twice the rate around one.
 *
 * A "level" is the outcome in one number, the same from here and from the script in Redis: 0 or more, taken, and so
 * many microseconds are taken by now; below 0, refused, and after so many microseconds there is room.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef struct rate {
    uint32_t count; /* 0 = no limit */
    uint32_t window_s;
} rate;

enum { RATE_COUNT_MAX = 10000 };

/* "5/min", "10/s", "100/h", "1000/day" with 1 to RATE_COUNT_MAX, or "off". false: it is none, *out is untouched. */
bool rate_parse(const char *text, rate *out);

/* Of a rate that is a limit. */
int64_t rate_interval_us(const rate *r);
int64_t rate_burst_us(const rate *r);

/* Takes one from the key whose instant is *arrival_us (0 at first) and returns the level. An instant further ahead than
 * a burst, as after a change of the rate or of a clock, counts as a burst. */
int64_t rate_take(const rate *r, int64_t *arrival_us, int64_t now_us);

/* The instant that led to this level at now_us. */
int64_t rate_arrival_of(const rate *r, int64_t level_us, int64_t now_us);

typedef struct rate_verdict {
    bool allowed;
    uint32_t remaining; /* more that may come at once */
    uint32_t next_in_s; /* when there will be one more, rounded up; 0 = all are there */
} rate_verdict;

rate_verdict rate_verdict_of(const rate *r, int64_t level_us);
