/* What a learner did, by local day. Days are numbers since 1970-01-01. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct day_activity {
    int64_t day;
    int64_t events; /* reviews + lessons */
    int64_t reviews;
    int64_t lessons;
    int64_t studied_seconds;
} day_activity;

/* Days with study, in rising order, each once. */
typedef struct activity {
    const day_activity *days;
    size_t count;
} activity;

/* The days from..to, both inclusive: a part of a. */
activity activity_between(activity a, int64_t from, int64_t to);

/* All of a as one sum, with this day. */
day_activity activity_sum(activity a, int64_t day);
