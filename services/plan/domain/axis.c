#include "axis.h"

#include "memory.h"

/* What stands while the windows are gone through. */
typedef struct builder {
    plan_axis *axis;
    const plan_calendar *calendar;
    size_t next_busy; /* those before it have ended */
    int64_t position;
    bool in_day;
    int32_t day;
    int64_t cap_left;
    int64_t day_start, day_at; /* first free minute of the day */
    bool day_has_start;
} builder;

static int64_t studied_minutes(const plan_calendar *calendar, int32_t day)
{
    int64_t minutes = 0;

    for (size_t i = 0; i < calendar->busy_count; i++)
        if (calendar->busy[i].day == day && calendar->busy[i].studied)
            minutes += calendar->busy[i].end - calendar->busy[i].start;
    return minutes;
}

static void begin_day(builder *b, int32_t day)
{
    b->in_day = true;
    b->day = day;
    b->day_has_start = false;
    b->cap_left = INT64_MAX;
    if (b->calendar->daily_cap > 0) {
        b->cap_left = b->calendar->daily_cap - studied_minutes(b->calendar, day);
        if (b->cap_left < 0)
            b->cap_left = 0;
    }
}

static void keep(builder *b, int64_t start, int64_t end)
{
    plan_axis *a = b->axis;
    plan_piece *last = a->piece_count > 0 ? &a->pieces[a->piece_count - 1] : NULL;

    if (last != NULL && last->end == start && last->day == b->day)
        last->end = end;
    else
        a->pieces[a->piece_count++] = (plan_piece){start, end, a->total, b->day};
    a->total += end - start;
    if (b->cap_left != INT64_MAX)
        b->cap_left -= end - start;
}

static void note_capped(builder *b, int64_t end)
{
    plan_axis *a = b->axis;

    if (a->capped_count > 0 && a->capped[a->capped_count - 1].start == b->day_start)
        a->capped[a->capped_count - 1].end = end;
    else
        a->capped[a->capped_count++] = (plan_capped){b->day_start, end, b->day_at};
}

static void add_free(builder *b, int64_t start, int64_t end)
{
    if (!b->day_has_start) {
        b->day_has_start = true;
        b->day_start = start;
        b->day_at = b->axis->total;
    }
    int64_t kept_end = end - start > b->cap_left ? start + b->cap_left : end;
    if (kept_end > start)
        keep(b, start, kept_end);
    if (kept_end < end)
        note_capped(b, end);
}

static void add_window(builder *b, const plan_window *window)
{
    const plan_calendar *c = b->calendar;
    int64_t at = window->start > b->position ? window->start : b->position;

    if (!b->in_day || window->day != b->day)
        begin_day(b, window->day);
    while (at < window->end) {
        while (b->next_busy < c->busy_count && c->busy[b->next_busy].end <= at)
            b->next_busy++;
        const plan_busy *busy = b->next_busy < c->busy_count ? &c->busy[b->next_busy] : NULL;
        if (busy != NULL && busy->start <= at) {
            at = busy->end;
            continue;
        }
        int64_t end = busy != NULL && busy->start < window->end ? busy->start : window->end;
        add_free(b, at, end);
        at = end;
    }
    if (at > b->position)
        b->position = at;
}

void plan_axis_init(plan_axis *a, const plan_calendar *calendar)
{
    builder b = {.axis = a, .calendar = calendar, .position = calendar->now};

    *a = (plan_axis){.pieces = PLAN_ARRAY(plan_piece, calendar->window_count + calendar->busy_count),
                     .capped = PLAN_ARRAY(plan_capped, calendar->window_count + calendar->busy_count)};
    for (size_t i = 0; i < calendar->window_count; i++)
        add_window(&b, &calendar->windows[i]);
}

void plan_axis_finish(plan_axis *a)
{
    free(a->pieces);
    free(a->capped);
    *a = (plan_axis){0};
}

int64_t plan_axis_at(const plan_axis *a, int64_t instant)
{
    size_t low = 0, high = a->piece_count; /* pieces before low start no later than instant */

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (a->pieces[middle].start <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    const plan_piece *p = &a->pieces[low - 1];
    return p->at + (instant < p->end ? instant : p->end) - p->start;
}

int64_t plan_axis_at_day_start(const plan_axis *a, int64_t instant)
{
    size_t low = 0, high = a->capped_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (a->capped[middle].start <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && instant < a->capped[low - 1].end)
        return a->capped[low - 1].at;
    return plan_axis_at(a, instant);
}

size_t plan_axis_piece(const plan_axis *a, int64_t at)
{
    if (at >= a->total)
        return a->piece_count;
    size_t low = 0, high = a->piece_count; /* pieces before low begin at or before at */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (a->pieces[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

int64_t plan_axis_instant(const plan_axis *a, int64_t at)
{
    const plan_piece *p = &a->pieces[plan_axis_piece(a, at - 1)];

    return p->start + (at - p->at);
}
