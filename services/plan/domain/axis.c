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
    int64_t row_end, row_left; /* until when minutes were kept in a row, and how many more before a break */
    bool row_ended;            /* what comes next is another piece, even if it touches */
    size_t piece_limit;
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
    b->row_end = INT64_MIN;
    b->row_left = INT64_MAX;
    b->cap_left = INT64_MAX;
    if (b->calendar->daily_cap > 0) {
        b->cap_left = b->calendar->daily_cap - studied_minutes(b->calendar, day);
        if (b->cap_left < 0)
            b->cap_left = 0;
    }
}

static void put_piece(builder *b, plan_piece piece)
{
    plan_axis *a = b->axis;

    if (piece.start == piece.end)
        return;
    if (a->piece_count == b->piece_limit) {
        b->piece_limit = 2 * b->piece_limit + 1;
        a->pieces = plan_reallocate(a->pieces, b->piece_limit, sizeof *a->pieces);
    }
    piece.at = a->total;
    a->total += piece.end - piece.start;
    a->pieces[a->piece_count++] = piece;
}

static void keep(builder *b, int64_t start, int64_t end)
{
    plan_axis *a = b->axis;
    plan_piece *last = a->piece_count > 0 ? &a->pieces[a->piece_count - 1] : NULL;

    if (last != NULL && last->end == start && last->day == b->day && !b->row_ended) {
        last->end = end;
        a->total += end - start;
    } else {
        put_piece(b, (plan_piece){.start = start, .end = end, .day = b->day});
    }
    b->row_ended = false;
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

/* Where the next minute can be: a break lies between two rows. */
static int64_t after_break(const builder *b, int64_t at)
{
    int64_t end = b->row_left == 0 ? b->row_end + b->calendar->break_minutes : INT64_MIN;

    return at < end ? end : at;
}

/* Keeps what is left of the row and of the cap, of the minutes from start to end. Returns where it stopped. */
static int64_t keep_row(builder *b, int64_t start, int64_t end)
{
    if (start != b->row_end || b->row_left == 0) {
        b->row_ended = start == b->row_end;
        b->row_left = b->calendar->longest_session > 0 ? b->calendar->longest_session : INT64_MAX;
    }
    if (end - start > b->row_left)
        end = start + b->row_left;
    if (end - start > b->cap_left)
        end = start + b->cap_left;
    keep(b, start, end);
    b->row_left -= end - start;
    b->row_end = end;
    return end;
}

static void add_free(builder *b, int64_t start, int64_t end)
{
    if (!b->day_has_start) {
        b->day_has_start = true;
        b->day_start = start;
        b->day_at = b->axis->total;
    }
    start = after_break(b, start);
    while (start < end && b->cap_left > 0)
        start = after_break(b, keep_row(b, start, end));
    if (start < end)
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

void plan_axis_cut(plan_axis *a, const plan_axis *whole, const plan_reserved *minutes, size_t count)
{
    builder b = {.axis = a, .piece_limit = whole->piece_count + count + 1};
    size_t next = 0;

    *a = (plan_axis){.pieces = PLAN_ARRAY(plan_piece, b.piece_limit),
                     .capped = PLAN_ARRAY(plan_capped, whole->capped_count),
                     .capped_count = whole->capped_count};
    for (size_t i = 0; i < whole->piece_count; i++) {
        plan_piece rest = whole->pieces[i];
        while (next < count && minutes[next].end <= rest.start)
            next++;
        for (; next < count && minutes[next].start < rest.end; next++) {
            plan_piece before = rest;
            before.end = minutes[next].start > rest.start ? minutes[next].start : rest.start;
            put_piece(&b, before);
            rest.start = minutes[next].end < rest.end ? minutes[next].end : rest.end;
            if (minutes[next].end > rest.end)
                break; /* it goes on in the next piece */
        }
        put_piece(&b, rest);
    }
    for (size_t i = 0; i < whole->capped_count; i++) {
        a->capped[i] = whole->capped[i];
        a->capped[i].at = plan_axis_at(a, whole->capped[i].start);
    }
}

void plan_axis_init(plan_axis *a, const plan_calendar *calendar)
{
    builder b = {.axis = a,
                 .calendar = calendar,
                 .position = calendar->now,
                 .piece_limit = calendar->window_count + calendar->busy_count + 1};

    *a = (plan_axis){.pieces = PLAN_ARRAY(plan_piece, b.piece_limit),
                     .capped = PLAN_ARRAY(plan_capped, calendar->window_count + calendar->busy_count)};
    for (size_t i = 0; i < calendar->window_count; i++)
        add_window(&b, &calendar->windows[i]);
    if (calendar->reserved_count == 0)
        return;
    plan_axis whole = *a;
    plan_axis_cut(a, &whole, calendar->reserved, calendar->reserved_count);
    plan_axis_finish(&whole);
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
