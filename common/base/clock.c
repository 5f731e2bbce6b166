#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static clock_source source;

void clock_set_source(const clock_source *replacement)
{
    source = replacement ? *replacement : (clock_source){0};
}

int64_t clock_wall_us(void)
{
    if (source.wall_us)
        return source.wall_us(source.arg);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * CLOCK_US_PER_S + t.tv_nsec / 1000;
}

uint64_t clock_monotonic_ns(void)
{
    if (source.monotonic_ns)
        return source.monotonic_ns(source.arg);
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and back: Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", http://howardhinnant.github.io/date_algorithms.html */
int64_t clock_days_from_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * 146097 + day_of_era - 719468;
}

void clock_civil_from_days(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int day_of_era = (int)(days - era * 146097);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month + (shifted_month < 10 ? 3 : -9);
    *year = (int)(era * 400) + year_of_era + (*month <= 2);
}

static const int64_t year_0001_us = INT64_C(-62135596800) * CLOCK_US_PER_S;
static const int64_t year_10000_us = INT64_C(253402300800) * CLOCK_US_PER_S;

int clock_format_rfc3339(int64_t wall_us, char *out)
{
    if (wall_us < year_0001_us || wall_us >= year_10000_us)
        return 0;
    int64_t seconds = wall_us / CLOCK_US_PER_S;
    int micros = (int)(wall_us % CLOCK_US_PER_S);
    if (micros < 0) {
        micros += CLOCK_US_PER_S;
        seconds--;
    }
    int64_t days = seconds / 86400;
    int second = (int)(seconds % 86400);
    if (second < 0) {
        second += 86400;
        days--;
    }
    int year, month, day;
    clock_civil_from_days(days, &year, &month, &day);
    int length = snprintf(out, CLOCK_RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, second / 3600,
                          second / 60 % 60, second % 60);
    if (micros)
        length += snprintf(out + length, (size_t)(CLOCK_RFC3339_SIZE - length), ".%06d", micros);
    out[length] = 'Z';
    out[length + 1] = '\0';
    return length + 1;
}

/* ---- reading ---- */

static bool read_digits(const char **s, int count, int *out)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *s += count;
    *out = value;
    return true;
}

static bool read_char(const char **s, const char *allowed)
{
    if (**s == '\0' || !strchr(allowed, **s))
        return false;
    ++*s;
    return true;
}

static bool read_fraction(const char **s, int *micros)
{
    *micros = 0;
    if (**s != '.')
        return true;
    ++*s;
    int digits = 0;
    for (; **s >= '0' && **s <= '9'; ++*s, digits++)
        if (digits < 6)
            *micros = *micros * 10 + (**s - '0');
    for (int i = digits; i < 6; i++)
        *micros *= 10;
    return digits > 0;
}

static bool read_offset(const char **s, int *minutes)
{
    *minutes = 0;
    if (read_char(s, "Zz"))
        return true;
    int sign = **s == '-' ? -1 : 1;
    int hour, minute;
    if (!read_char(s, "+-") || !read_digits(s, 2, &hour) || !read_char(s, ":") || !read_digits(s, 2, &minute) ||
        hour > 23 || minute > 59)
        return false;
    *minutes = sign * (hour * 60 + minute);
    return true;
}

int clock_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool read_date(const char **s, int64_t *days)
{
    int year, month, day;
    if (!read_digits(s, 4, &year) || !read_char(s, "-") || !read_digits(s, 2, &month) || !read_char(s, "-") ||
        !read_digits(s, 2, &day) || year < 1 || month < 1 || month > 12 || day < 1 ||
        day > clock_days_in_month(year, month))
        return false;
    *days = clock_days_from_civil(year, month, day);
    return true;
}

int clock_parse_date(const char *s, int64_t *days)
{
    int64_t parsed;
    if (!read_date(&s, &parsed) || *s)
        return -1;
    *days = parsed;
    return 0;
}

int clock_format_date(int64_t days, char *out)
{
    if (days < -719162 || days > 2932896)
        return 0;
    int year, month, day;
    clock_civil_from_days(days, &year, &month, &day);
    return snprintf(out, CLOCK_DATE_SIZE, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
                    (unsigned)day % 100);
}

int clock_parse_rfc3339(const char *s, int64_t *wall_us)
{
    int64_t days;
    int hour, minute, second, micros, offset;
    if (!read_date(&s, &days) || !read_char(&s, "Tt") || !read_digits(&s, 2, &hour) || !read_char(&s, ":") ||
        !read_digits(&s, 2, &minute) || !read_char(&s, ":") || !read_digits(&s, 2, &second) || hour > 23 ||
        minute > 59 || second > 59 || !read_fraction(&s, &micros) || !read_offset(&s, &offset) || *s)
        return -1;
    *wall_us = (days * 86400 + hour * 3600 + minute * 60 + second - offset * 60) * CLOCK_US_PER_S + micros;
    return 0;
}
