#include "reviews.h"

#include "memory.h"

#include <math.h>

enum { MINUTES_OF_DAY = 1440 };

typedef struct dated {
    int64_t from; /* on the axis */
    int64_t due;
    size_t review;
} dated;

static int by_date(const void *left, const void *right)
{
    const dated *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->due != b->due)
        return a->due < b->due ? -1 : 1;
    return a->review < b->review ? -1 : a->review > b->review;
}

/* Where on the axis a review may begin. */
static int64_t begin_of(const plan_axis *a, int64_t due)
{
    int64_t at = plan_axis_at(a, due);
    size_t piece = plan_axis_piece(a, at);

    /* Free minutes come soon enough, or there are none before or none any more. */
    if (at == 0 || piece == a->piece_count || a->pieces[piece].start <= due + MINUTES_OF_DAY)
        return at;
    size_t last = plan_axis_piece(a, at - 1);
    while (last > 0 && a->pieces[last - 1].day == a->pieces[last].day)
        last--;
    return a->pieces[last].at;
}

/* Where a review would begin, in the order in which they are done. */
static dated *sort_reviews(const plan_axis *a, const plan_review *reviews, size_t count)
{
    dated *sorted = PLAN_ARRAY(dated, count);

    for (size_t i = 0; i < count; i++)
        sorted[i] = (dated){begin_of(a, reviews[i].due), reviews[i].due, i};
    qsort(sorted, count, sizeof *sorted, by_date);
    return sorted;
}

/* Cuts the stretch [at, at + minutes) of the axis at the ends of pieces. Returns how many minutes had a place. */
static int64_t place(plan_reserve *r, const plan_axis *a, int64_t at, int64_t minutes, size_t review)
{
    int64_t left = at + minutes <= a->total ? minutes : a->total - at;
    int64_t placed = left > 0 ? left : 0;

    for (size_t p = plan_axis_piece(a, at); left > 0; p++) {
        int64_t start = a->pieces[p].start + (at - a->pieces[p].at);
        int64_t end = start + left < a->pieces[p].end ? start + left : a->pieces[p].end;
        r->sessions[r->session_count++] = (plan_review_session){start, end, review};
        at += end - start;
        left -= end - start;
    }
    return placed;
}

static void place_reviews(plan_reserve *r, const plan_axis *a, const plan_review *reviews, size_t count)
{
    dated *sorted = sort_reviews(a, reviews, count);
    int64_t at = 0;

    r->sessions = PLAN_ARRAY(plan_review_session, count + a->piece_count);
    for (size_t i = 0; i < count; i++) {
        const plan_review *review = &reviews[sorted[i].review];
        if (sorted[i].from > at)
            at = sorted[i].from;
        int64_t placed = place(r, a, at, review->minutes, sorted[i].review);
        r->review_minutes += placed;
        r->unplaced_minutes += review->minutes - placed;
        at += review->minutes;
    }
    free(sorted);
}

static void reserve(plan_reserve *r, int64_t start, int64_t end)
{
    plan_reserved *last = r->reserved_count > 0 ? &r->reserved[r->reserved_count - 1] : NULL;

    if (last != NULL && last->end == start)
        last->end = end;
    else
        r->reserved[r->reserved_count++] = (plan_reserved){start, end};
}

/* Holds a free stretch back, but for the first skip minutes. Returns how many are still to be skipped. */
static int64_t hold_back(plan_reserve *r, int64_t start, int64_t end, int64_t skip)
{
    if (end - start <= skip)
        return skip - (end - start);
    reserve(r, start + skip, end);
    r->forecast_minutes += end - start - skip;
    return 0;
}

/* Goes through the pieces of one day together with the review sessions that lie in them. */
static void reserve_day(plan_reserve *r, const plan_axis *a, size_t first, size_t end, int64_t skip, size_t *session)
{
    for (size_t p = first; p < end; p++) {
        int64_t at = a->pieces[p].start;
        for (; *session < r->session_count && r->sessions[*session].start < a->pieces[p].end; ++*session) {
            const plan_review_session *s = &r->sessions[*session];
            skip = hold_back(r, at, s->start, skip);
            reserve(r, s->start, s->end);
            at = s->end;
        }
        skip = hold_back(r, at, a->pieces[p].end, skip);
    }
}

static int64_t minutes_in(const plan_reserve *r, const plan_axis *a, size_t first, size_t end, size_t session)
{
    int64_t minutes = 0;

    for (size_t p = first; p < end; p++)
        minutes += a->pieces[p].end - a->pieces[p].start;
    for (; session < r->session_count && r->sessions[session].start < a->pieces[end - 1].end; session++)
        minutes -= r->sessions[session].end - r->sessions[session].start;
    return minutes;
}

static void reserve_all(plan_reserve *r, const plan_axis *a, int32_t minutes_a_day)
{
    size_t session = 0;

    r->reserved = PLAN_ARRAY(plan_reserved, 2 * (r->session_count + a->piece_count));
    for (size_t first = 0, end; first < a->piece_count; first = end) {
        for (end = first + 1; end < a->piece_count && a->pieces[end].day == a->pieces[first].day;)
            end++;
        int64_t left = minutes_in(r, a, first, end, session);
        reserve_day(r, a, first, end, minutes_a_day < left / 2 ? left - minutes_a_day : left - left / 2, &session);
    }
}

void plan_reserve_init(plan_reserve *r, const plan_calendar *calendar, const plan_review *reviews, size_t review_count,
                       int32_t minutes_a_day)
{
    plan_axis axis;

    *r = (plan_reserve){0};
    plan_axis_init(&axis, calendar);
    place_reviews(r, &axis, reviews, review_count);
    reserve_all(r, &axis, minutes_a_day);
    plan_axis_finish(&axis);
}

void plan_reserve_finish(plan_reserve *r)
{
    free(r->sessions);
    free(r->reserved);
    *r = (plan_reserve){0};
}

/* A topic learned u days from now has had its k-th review by the last day when u + after[k] days are over: of topics
 * spread evenly that is so for days - after[k] in days. Returns the sum of these. */
static int64_t reviews_by(int64_t days)
{
    static const int64_t after[] = {2, 13, 59, 222, 720};
    int64_t reviews = 0;

    for (size_t k = 0; k < sizeof after / sizeof after[0]; k++)
        reviews += after[k] < days ? days - after[k] : 0;
    return reviews;
}

/* Reviews a day are reviews_by(days) / days^2 for each topic. From 15 days on that falls; before, the highest value
 * that is still to come is taken. */
int32_t plan_review_forecast(int64_t topic_count, int64_t days, int32_t minutes_a_review)
{
    enum { FALLS_FROM = 15 };
    int64_t best = days;

    if (topic_count <= 0 || days <= 0)
        return 0;
    for (int64_t d = days + 1; d <= FALLS_FROM; d++)
        if (reviews_by(d) * best * best > reviews_by(best) * d * d)
            best = d;
    int64_t minutes = topic_count * reviews_by(best) * minutes_a_review, five_days = 5 * best * best;
    minutes = (minutes + five_days / 2) / five_days * 5;
    return minutes < MINUTES_OF_DAY ? (int32_t)minutes : MINUTES_OF_DAY;
}

int64_t plan_exam_review(const plan_recall *r, int64_t exam, double retention)
{
    double days = r->stability_days * (pow(retention, -1 / r->decay) - 1) / (pow(0.9, -1 / r->decay) - 1);
    int64_t kept = days < 36500 ? (int64_t)(days * MINUTES_OF_DAY) : INT64_C(36500) * MINUTES_OF_DAY;
    int64_t last = r->due <= exam ? r->due : r->last;

    return last + kept >= exam ? INT64_MIN : exam - kept;
}
