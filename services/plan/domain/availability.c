#include "availability.h"

#include <stdio.h>

static const char *const weekday_names[] = {"", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};

static int32_t digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

int32_t plan_parse_time(const char *text)
{
    for (int i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : digit(text[i]) < 0)
            return -1;
    int32_t hour = 10 * digit(text[0]) + digit(text[1]);
    int32_t minute = 10 * digit(text[3]) + digit(text[4]);
    if (text[5] != '\0' || minute > 59 || 60 * hour + minute > PLAN_DAY_MINUTES)
        return -1;
    return 60 * hour + minute;
}

void plan_format_time(int32_t minutes, char out[6])
{
    out[0] = (char)('0' + minutes / 600);
    out[1] = (char)('0' + minutes / 60 % 10);
    out[2] = ':';
    out[3] = (char)('0' + minutes % 60 / 10);
    out[4] = (char)('0' + minutes % 10);
    out[5] = '\0';
}

/* start -1 or end -1: what could not be read. */
static void check_span(const char *place, const char *start_text, const char *end_text, plan_faults *faults,
                       int32_t *start, int32_t *end)
{
    char field[PLAN_FAULT_FIELD_BYTES];

    *start = plan_parse_time(start_text);
    *end = plan_parse_time(end_text);
    snprintf(field, sizeof field, "%s.start", place);
    if (*start < 0 || *start == PLAN_DAY_MINUTES)
        plan_fault(faults, field, "a local time from 00:00 to 23:59 is needed, such as \"18:30\"");
    snprintf(field, sizeof field, "%s.end", place);
    if (*end < 0)
        plan_fault(faults, field, "a local time from 00:01 to 24:00 is needed, such as \"20:00\"");
    else if (*start >= 0 && *end <= *start)
        plan_fault(faults, field, "a window must end after it starts");
}

/* Overlaps are told once a pair, by the later one. */
static void check_overlaps(const char *prefix, const plan_weekly_window *windows, const plan_day_span *spans, size_t i,
                           plan_faults *faults)
{
    char list[PLAN_FAULT_FIELD_BYTES];

    snprintf(list, sizeof list, "%s.windows", prefix);
    for (size_t k = 0; k < i; k++)
        if (spans[k].weekday == spans[i].weekday && spans[k].start >= 0 && spans[k].start < spans[i].end &&
            spans[i].start < spans[k].end)
            plan_fault_at(faults, list, i, "", "overlaps windows[%zu]: both hold %s %s", k,
                          weekday_names[spans[i].weekday],
                          spans[k].start > spans[i].start ? windows[k].start : windows[i].start);
}

static void check_window(const char *prefix, const plan_weekly_window *window, size_t i, plan_faults *faults,
                         plan_day_span *span)
{
    char place[PLAN_FAULT_FIELD_BYTES / 2], day[PLAN_FAULT_FIELD_BYTES];

    snprintf(place, sizeof place, "%s.windows[%zu]", prefix, i);
    span->weekday = window->weekday;
    if (window->weekday < 1 || window->weekday > 7) {
        snprintf(day, sizeof day, "%s.day", place);
        plan_fault(faults, day, "a day is one of MON, TUE, WED, THU, FRI, SAT, SUN");
    }
    check_span(place, window->start, window->end, faults, &span->start, &span->end);
}

bool plan_windows_check(const char *prefix, const plan_weekly_window *windows, size_t count, const int32_t *daily_cap,
                        plan_faults *faults, plan_day_span *spans)
{
    size_t before = faults->count;
    char field[PLAN_FAULT_FIELD_BYTES];

    if (daily_cap != NULL && (*daily_cap < 1 || *daily_cap > PLAN_DAY_MINUTES)) {
        snprintf(field, sizeof field, "%s.daily_cap_minutes", prefix);
        plan_fault(faults, field, "a daily cap is 1 to %d minutes, not %d", PLAN_DAY_MINUTES, *daily_cap);
    }
    if (count > PLAN_WINDOWS_LIMIT) {
        snprintf(field, sizeof field, "%s.windows", prefix);
        plan_fault(faults, field, "at most %d windows, these are %zu", PLAN_WINDOWS_LIMIT, count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        size_t faults_before = faults->count;
        check_window(prefix, &windows[i], i, faults, &spans[i]);
        if (faults->count > faults_before)
            spans[i].start = spans[i].end = -1; /* overlaps nothing */
        else
            check_overlaps(prefix, windows, spans, i, faults);
    }
    return faults->count == before;
}

bool plan_exception_check(const char *prefix, const char *start_text, const char *end_text, plan_faults *faults,
                          int32_t *start, int32_t *end)
{
    size_t before = faults->count;

    *start = *end = -1;
    if (start_text[0] != '\0' || end_text[0] != '\0')
        check_span(prefix, start_text, end_text, faults, start, end);
    return faults->count == before;
}
