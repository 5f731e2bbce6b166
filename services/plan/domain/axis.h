/*
 * The axis of usable minutes. A(t) is how many minutes of the free windows lie between now and the instant t; all
 * planning happens on this axis, where there are no gaps, and its result is mapped back to the calendar.
 *
 * Beyond the last window the axis goes on without calendar instants: work that lands there has a lateness but no place.
 * Instants are whole minutes since 1970-01-01T00:00Z.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Free time of one local day. day: the number of that day, as the caller counts them. */
typedef struct plan_window {
    int64_t start, end;
    int32_t day;
} plan_window;

/* A session that is fixed: nothing else has its place. */
typedef struct plan_busy {
    int64_t start, end;
    int32_t day;
    bool studied; /* its minutes count for the day's cap */
} plan_busy;

/* Usable minutes that are held back: they count for the cap and in rows, but are not on the axis. */
typedef struct plan_reserved {
    int64_t start, end;
} plan_reserved;

typedef struct plan_calendar {
    int64_t now;                /* nothing is planned before */
    const plan_window *windows; /* by start; where two overlap the later one begins when the earlier ends */
    size_t window_count;
    const plan_busy *busy; /* by start */
    size_t busy_count;
    int32_t daily_cap; /* minutes; 0 = none. The earliest minutes of each day are kept */
    /* Minutes; 0 = none. After longest_session minutes in a row a session ends and break_minutes are not usable; rows
     * are counted from the beginning of each free stretch of a day. break_minutes without longest_session has no
     * effect. */
    int32_t longest_session;
    int32_t break_minutes;
    /* Minutes; 0 = none. How plan_make keeps it is said there; the axis does not know of it. */
    int32_t shortest_session;
    const plan_reserved *reserved; /* by start, apart from each other */
    size_t reserved_count;
} plan_calendar;

/* Free minutes in a row, for one session or several. */
typedef struct plan_piece {
    int64_t start, end;
    int64_t at; /* A(start) */
    int32_t day;
} plan_piece;

/* The part of a day on which the cap took minutes away. */
typedef struct plan_capped {
    int64_t start, end;
    int64_t at; /* A(start) */
} plan_capped;

typedef struct plan_axis {
    plan_piece *pieces;
    size_t piece_count;
    plan_capped *capped;
    size_t capped_count;
    int64_t total; /* usable minutes that have a place */
} plan_axis;

void plan_axis_init(plan_axis *a, const plan_calendar *calendar);
void plan_axis_finish(plan_axis *a);

/* A copy of whole without these minutes; by start, apart from each other. */
void plan_axis_cut(plan_axis *a, const plan_axis *whole, const plan_reserved *minutes, size_t count);

/* A(instant). */
int64_t plan_axis_at(const plan_axis *a, int64_t instant);

/* A(instant), or A of the day's first free minute when the instant lies in a day on which the cap took minutes away. */
int64_t plan_axis_at_day_start(const plan_axis *a, int64_t instant);

/* The piece in which the minute [at, at + 1) of the axis lies; at >= 0. piece_count when it has no place. */
size_t plan_axis_piece(const plan_axis *a, int64_t at);

/* The earliest instant by which at minutes have passed; 0 < at <= total. */
int64_t plan_axis_instant(const plan_axis *a, int64_t at);
