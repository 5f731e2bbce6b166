#include "activity.h"

/* Index of the first day at or after day. */
static size_t lower_bound(activity a, int64_t day)
{
    size_t low = 0, high = a.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (a.days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

activity activity_between(activity a, int64_t from, int64_t to)
{
    size_t first = lower_bound(a, from);
    size_t end = lower_bound(a, to + 1);
    if (first >= end)
        return (activity){NULL, 0};
    return (activity){a.days + first, end - first};
}

day_activity activity_sum(activity a, int64_t day)
{
    day_activity sum = {.day = day};
    for (size_t i = 0; i < a.count; i++) {
        sum.events += a.days[i].events;
        sum.reviews += a.days[i].reviews;
        sum.lessons += a.days[i].lessons;
        sum.studied_seconds += a.days[i].studied_seconds;
    }
    return sum;
}
