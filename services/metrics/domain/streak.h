/* Days of study in a row. Pure: dates come as day numbers, zones are settled before. */
#pragma once

#include "activity.h"

#include <stdbool.h>

typedef struct streak {
    int32_t current_days; /* up to today, or up to yesterday while today is still open */
    int32_t longest_days; /* of all time; at least current_days */
    bool studied_today;
    bool ever;
    int64_t last_day; /* the latest day of study; only when ever */
} streak;

/* A day after today can be real: the learner flew west over the date line after studying. The day right after today
 * therefore counts like today; later ones (a clock set wrong) carry no current streak. */
streak streak_of(activity a, int64_t today);
