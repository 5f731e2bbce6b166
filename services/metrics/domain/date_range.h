/* Which days a heat map shows. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { DATE_RANGE_DAYS_MAX = 1100, DATE_RANGE_DAYS_DEFAULT = 365 };

typedef struct date_range {
    int64_t from, to; /* both inclusive */
} date_range;

typedef enum date_range_fault { DATE_RANGE_GOOD, DATE_RANGE_REVERSED, DATE_RANGE_TOO_LONG } date_range_fault;

/* Days since 1970-01-01; NULL = not given: to is today then, and from is 364 days before to. *out only when good. */
date_range_fault date_range_make(const int64_t *from, const int64_t *to, int64_t today, date_range *out);
