#include "ics_internal.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* libical is used by one thread at a time: see ics_vtimezone.c. */
static pthread_mutex_t libical = PTHREAD_MUTEX_INITIALIZER;

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

bool ics_out_of_time(const ics_reader *r)
{
    return now_ns() > r->deadline_ns;
}

/* Room for one element more; gives the moved array. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? 2 * *room : 64;
    array = realloc(array, *room * size);
    if (array == NULL)
        abort();
    return array;
}

/* ---- faults ---- */

static void add_fault(ics_reader *r, size_t line, const char *prefix, const char *format, va_list args)
{
    if (r->out->fault_count == ICS_FAULTS_LIMIT)
        return;
    ics_fault *f = &r->out->faults[r->out->fault_count++];
    f->line = line;
    int n = snprintf(f->message, sizeof f->message, "%s", prefix);
    vsnprintf(f->message + n, sizeof f->message - (size_t)n, format, args);
}

void ics_fault_at(ics_reader *r, size_t line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_fault(r, line, "", format, args);
    va_end(args);
}

/* Whole characters of a UID, up to a length that leaves room for what is wrong. */
static void name_event(const char *uid, char out[96])
{
    size_t n = strlen(uid);

    if (n > 60)
        for (n = 60; n > 0 && ((unsigned char)uid[n] & 0xC0) == 0x80;)
            n--;
    if (n == 0)
        snprintf(out, 96, "event: ");
    else
        snprintf(out, 96, "event \"%.*s\": ", (int)n, uid);
}

void ics_event_fault(ics_reader *r, const char *format, ...)
{
    char prefix[96];
    va_list args;

    name_event(r->uid, prefix);
    va_start(args, format);
    add_fault(r, r->line, prefix, format, args);
    va_end(args);
}

void ics_give_up(ics_reader *r, const char *why)
{
    if (!r->given_up)
        ics_event_fault(r, "%s", why);
    r->given_up = true;
}

/* ---- what is found ---- */

static bool has_room(ics_reader *r)
{
    if (r->out->busy_count + r->out->exclusion_count >= ICS_OCCURRENCES_LIMIT)
        ics_give_up(r, "here the calendar passes 100,000 occurrences within two years");
    return !r->given_up;
}

void ics_add_busy(ics_reader *r, const ics_busy *busy)
{
    ics_calendar *c = r->out;

    if (!has_room(r))
        return;
    c->busy = grow(c->busy, c->busy_count, &r->busy_room, sizeof *c->busy);
    c->busy[c->busy_count++] = *busy;
}

void ics_add_exclusion(ics_reader *r, int32_t series, ics_moment start)
{
    ics_calendar *c = r->out;

    /* One from before stays: its occurrence may last into the span. */
    if (start.clock > r->to + 2 * ICS_DAY || !has_room(r))
        return;
    c->exclusions = grow(c->exclusions, c->exclusion_count, &r->exclusion_room, sizeof *c->exclusions);
    c->exclusions[c->exclusion_count++] = (ics_exclusion){series, start};
}

int32_t ics_add_event(ics_reader *r, const char *uid, bool override)
{
    if (r->event_count == ICS_EVENTS_LIMIT) {
        ics_give_up(r, "here the calendar passes 20,000 events");
        return -1;
    }
    r->events = grow(r->events, r->event_count, &r->event_room, sizeof *r->events);
    r->events[r->event_count] = (ics_event){strdup(uid), override, 0};
    r->uid = r->events[r->event_count].uid;
    return (int32_t)r->event_count++;
}

int32_t ics_named_zone(ics_reader *r, const char *name)
{
    ics_calendar *c = r->out;
    size_t i = 0;

    while (i < c->zone_count && strcmp(c->zones[i], name) != 0)
        i++;
    if (i == ICS_ZONES_LIMIT) {
        ics_give_up(r, "here the calendar passes 64 names of zones");
        return ICS_FLOATING;
    }
    if (i == c->zone_count) {
        c->zones[i] = strdup(name);
        c->zone_count++;
    }
    return ICS_NAMED + (int32_t)i;
}

/* ---- series ---- */

static int by_uid(const void *a, const void *b)
{
    const ics_event *const *x = a, *const *y = b;
    int order = strcmp((*x)->uid, (*y)->uid);

    return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Events with one UID are one series, whose exclusions hold for them; overrides are each on their own. */
static void number_series(ics_reader *r)
{
    ics_event **sorted = calloc(r->event_count + 1, sizeof *sorted);
    int32_t series = 0;

    if (sorted == NULL)
        abort();
    for (size_t i = 0; i < r->event_count; i++)
        sorted[i] = &r->events[i];
    qsort(sorted, r->event_count, sizeof *sorted, by_uid);
    for (size_t i = 0; i < r->event_count; i++) {
        series += i > 0 && (sorted[i]->uid[0] == '\0' || strcmp(sorted[i]->uid, sorted[i - 1]->uid) != 0);
        sorted[i]->series = series;
    }
    free(sorted);
    for (size_t i = 0; i < r->out->exclusion_count; i++)
        r->out->exclusions[i].series = r->events[r->out->exclusions[i].series].series;
    for (size_t i = 0; i < r->out->busy_count; i++) {
        int32_t *number = &r->out->busy[i].series;
        *number = r->events[*number].override ? *number + ICS_EVENTS_LIMIT : r->events[*number].series;
    }
}

static void finish_reader(ics_reader *r)
{
    ics_finish_vtimezones(r);
    for (size_t i = 0; i < r->event_count; i++)
        free(r->events[i].uid);
    free(r->events);
}

void ics_read(const char *text, int64_t from, int64_t to, ics_calendar *calendar)
{
    char *copy = strdup(text);
    ics_reader *r = calloc(1, sizeof *r);

    if (copy == NULL || r == NULL)
        abort();
    *calendar = (ics_calendar){.zones = calloc(ICS_ZONES_LIMIT, sizeof *calendar->zones)};
    if (calendar->zones == NULL)
        abort();
    pthread_mutex_lock(&libical);
    icalerror_set_errors_are_fatal(0);
    *r = (ics_reader){.out = calendar, .from = from, .to = to, .uid = ""};
    r->deadline_ns = now_ns() + ICS_SECONDS_LIMIT * INT64_C(1000000000);
    ics_scan(r, copy, ics_take_vtimezone, ics_take_event);
    number_series(r);
    calendar->event_count = r->event_count;
    finish_reader(r);
    pthread_mutex_unlock(&libical);
    free(r);
    free(copy);
}

void ics_finish(ics_calendar *calendar)
{
    for (size_t i = 0; i < calendar->zone_count; i++)
        free(calendar->zones[i]);
    free(calendar->zones);
    free(calendar->busy);
    free(calendar->exclusions);
    *calendar = (ics_calendar){0};
}
