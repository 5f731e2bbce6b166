#include "calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct calendar {
    int64_t from;
    size_t count;
    bool *window;
    int *day;
    int64_t *usable; /* before each minute */
};

static struct tm local_time(int64_t instant)
{
    time_t t = (time_t)instant;
    struct tm tm;
    localtime_r(&t, &tm);
    return tm;
}

static void enter_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static int minute_of(const char *clock)
{
    int hour = 0, minute = 0;
    if (sscanf(clock, "%d:%d", &hour, &minute) != 2)
        abort();
    return hour * 60 + minute;
}

static bool in_some_window(json_t *windows, const struct tm *tm)
{
    static const char *const days[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
    int minute = tm->tm_hour * 60 + tm->tm_min;
    size_t index;
    json_t *window;
    json_array_foreach(windows, index, window)
    {
        if (strcmp(json_string_value(json_object_get(window, "day")), days[tm->tm_wday]) == 0 &&
            minute >= minute_of(json_string_value(json_object_get(window, "start"))) &&
            minute < minute_of(json_string_value(json_object_get(window, "end"))))
            return true;
    }
    return false;
}

calendar *calendar_create(json_t *availability, int64_t from, int64_t to)
{
    calendar *c = calloc(1, sizeof *c);
    c->from = from;
    c->count = (size_t)((to - from) / 60);
    c->window = calloc(c->count + 1, sizeof *c->window);
    c->day = calloc(c->count + 1, sizeof *c->day);
    c->usable = calloc(c->count + 1, sizeof *c->usable);
    enter_zone(json_string_value(json_object_get(availability, "timeZone")));
    json_t *windows = json_object_get(availability, "windows");
    json_t *cap_json = json_object_get(availability, "dailyCapMinutes");
    long long cap = json_is_integer(cap_json) ? json_integer_value(cap_json) : 24 * 60 + 60;
    long long used = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct tm tm = local_time(from + (int64_t)i * 60);
        c->day[i] = tm.tm_year * 1000 + tm.tm_yday;
        if (i == 0 || c->day[i] != c->day[i - 1])
            used = 0;
        c->window[i] = in_some_window(windows, &tm);
        bool usable = c->window[i] && used < cap;
        used += usable;
        c->usable[i + 1] = c->usable[i] + usable;
    }
    return c;
}

void calendar_destroy(calendar *c)
{
    if (!c)
        return;
    free(c->window);
    free(c->day);
    free(c->usable);
    free(c);
}

static size_t index_of(const calendar *c, int64_t instant)
{
    if (instant < c->from)
        return 0;
    size_t i = (size_t)((instant - c->from) / 60);
    return i < c->count ? i : c->count;
}

bool calendar_is_window(const calendar *c, int64_t instant)
{
    return c->window[index_of(c, instant)];
}

int calendar_local_day(const calendar *c, int64_t instant)
{
    return c->day[index_of(c, instant)];
}

int64_t calendar_usable(const calendar *c, int64_t instant)
{
    return c->usable[index_of(c, instant)];
}

/* Leaves out the minutes that are marked. */
static void take_marked(calendar *c, const bool *marked)
{
    int64_t old = 0, kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        bool usable = c->usable[i + 1] > old;
        old = c->usable[i + 1];
        kept += usable && !marked[i];
        c->usable[i + 1] = kept;
    }
}

void calendar_take(calendar *c, int64_t start, int64_t end)
{
    bool *taken = calloc(c->count + 1, sizeof *taken);
    for (size_t i = index_of(c, start); i < index_of(c, end); i++)
        taken[i] = true;
    take_marked(c, taken);
    free(taken);
}

void calendar_hold_back(calendar *c, int64_t minutes_a_day)
{
    bool *held = calloc(c->count + 1, sizeof *held);
    for (size_t first = 0, end; first < c->count; first = end) {
        for (end = first + 1; end < c->count && c->day[end] == c->day[first];)
            end++;
        int64_t all = c->usable[end] - c->usable[first];
        int64_t hold = minutes_a_day < all / 2 ? minutes_a_day : all / 2;
        for (size_t i = end; hold > 0 && i-- > first;) {
            held[i] = c->usable[i + 1] > c->usable[i];
            hold -= held[i];
        }
    }
    take_marked(c, held);
    free(held);
}

int64_t calendar_parse(const char *rfc3339)
{
    struct tm tm = {0};
    const char *rest = strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest || (strcmp(rest, "Z") != 0 && *rest != '.')) {
        fprintf(stderr, "not an instant in UTC: '%s'\n", rfc3339);
        abort();
    }
    return timegm(&tm);
}

void calendar_format(int64_t instant, char out[32])
{
    time_t t = (time_t)instant;
    struct tm tm;
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
}

int64_t calendar_next_dst_change(const char *zone, int64_t from)
{
    enter_zone(zone);
    long offset = local_time(from).tm_gmtoff;
    for (int64_t t = from; t < from + 2 * 366 * 86400; t += 1800)
        if (local_time(t).tm_gmtoff != offset)
            return t;
    return from;
}

void calendar_local_date(const char *zone, int64_t instant, char out[16])
{
    enter_zone(zone);
    struct tm tm = local_time(instant);
    strftime(out, 16, "%Y-%m-%d", &tm);
}
