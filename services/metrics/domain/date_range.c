#include "date_range.h"

#include <stddef.h>

date_range_fault date_range_make(const int64_t *from, const int64_t *to, int64_t today, date_range *out)
{
    date_range range;
    range.to = to ? *to : today;
    range.from = from ? *from : range.to - DATE_RANGE_DAYS_DEFAULT + 1;
    if (range.from > range.to)
        return DATE_RANGE_REVERSED;
    if (range.to - range.from >= DATE_RANGE_DAYS_MAX)
        return DATE_RANGE_TOO_LONG;
    *out = range;
    return DATE_RANGE_GOOD;
}
