/*
 * Reviews and lessons in one calendar: reviews take their minutes before lessons do, so that an overdue one never
 * decides what lessons can be met.
 *
 * Reviews of topics that were learned have a date. In the order of their dates each takes the earliest free minutes
 * behind it that no other one has. One whose date lies in a vacation, more than a day before the next free minute, is
 * done on the last day before it instead.
 *
 * Reviews of topics that are yet to be learned depend on the plan. For them some minutes are held back on each day, the
 * last ones, at most half of what is left of it: plans are exact for that reserve. Pure.
 */
#pragma once

#include "axis.h"

typedef struct plan_review {
    int64_t due;
    int32_t minutes; /* > 0 */
} plan_review;

typedef struct plan_review_session {
    int64_t start, end;
    size_t review; /* an index of the reviews given */
} plan_review_session;

typedef struct plan_reserve {
    plan_review_session *sessions; /* by start */
    size_t session_count;
    plan_reserved *reserved; /* for plan_calendar: the sessions and the minutes held back */
    size_t reserved_count;
    int64_t review_minutes;   /* in the sessions */
    int64_t forecast_minutes; /* held back, on all days together */
    int64_t unplaced_minutes; /* of reviews that found no place */
} plan_reserve;

/* calendar: without reserved minutes. minutes_a_day: held back on each day; 0 = none. The caller finishes *r. */
void plan_reserve_init(plan_reserve *r, const plan_calendar *calendar, const plan_review *reviews, size_t review_count,
                       int32_t minutes_a_day);
void plan_reserve_finish(plan_reserve *r);

/* What is remembered of a topic. */
typedef struct plan_recall {
    double stability_days; /* FSRS: after so many days without review nine of ten are recalled */
    double decay;          /* FSRS-6: w20 */
    int64_t last;          /* of its reviews */
    int64_t due;           /* of the next one */
} plan_recall;

/* The latest review from which on a topic is still recalled with probability retention (above 0, below 1) at the
 * instant exam: stability never falls by a good review, so it is reckoned as it is now. INT64_MIN when none is needed:
 * the last one, or the next one on its date, will do. From recall = (1 + F t/S)^-decay, F = 0.9^(-1/decay) - 1. */
int64_t plan_exam_review(const plan_recall *r, int64_t exam, double retention);

/* Minutes of reviews a day, to the nearest five, that topics still to be learned are expected to ask for: topic_count
 * of them, learned evenly over so many days, each reviewed after 2, 11, 46 and 163 days and so on, as FSRS-6 does with
 * its own weights when every review is good and nine of ten are to be recalled. Never more for more days, so
 * that a later date costs no minutes. 0 when one of the counts is 0. */
int32_t plan_review_forecast(int64_t topic_count, int64_t days, int32_t minutes_a_review);
