/*
 * Which old sessions are kept. What is possible stays possible with fewer sessions kept. So dividing a range until its
 * parts fit keeps exactly the sessions that trying one after the other would, wherever it is divided, and an input that
 * has not changed takes one try. Divided where the failed try shows what is in the way, a session that must give way
 * costs three tries.
 */
#include "replan_internal.h"

static void mark(replanner *r, size_t first, size_t end, bool kept)
{
    for (size_t i = first; i < end; i++)
        r->candidates[i].kept = kept && r->candidates[i].keepable;
}

static size_t count_keepable(const replanner *r, size_t first, size_t end)
{
    size_t count = 0;

    for (size_t i = first; i < end; i++)
        count += r->candidates[i].kept;
    return count;
}

/* How many of the sessions from first to end begin before an instant, added to first. */
static size_t first_from(const replanner *r, size_t first, size_t end, int64_t instant)
{
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (r->candidates[middle].session.start < instant)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* The first of the sessions from first to end that has to give way, as the failed try tells; end: it does not tell.
 * Where the date that it missed is the start of a session, work that must come before has no place: that one. Else it
 * is a goal's, and so many minutes before it are taken by what could come later: the last such sessions are in the way,
 * for the earlier ones are kept first. What comes after the date plays no part, and what is in the way of a later date
 * is not seen: so it is a guess, which saves tries and decides nothing. */
static size_t guess(const replanner *r, size_t first, size_t end)
{
    size_t at = first_from(r, first, end, r->missed);
    int64_t minutes = r->missed_minutes;

    if (at < end && r->candidates[at].session.start == r->missed)
        return at;
    while (at > first) {
        const candidate *c = &r->candidates[--at];
        if (c->keepable && r->jobs.jobs[c->job].due > r->missed)
            minutes -= c->session.end - c->session.start;
        if (minutes <= 0)
            return at;
    }
    return end;
}

static void give_up(replanner *r, size_t first, size_t end, plan_change_reason reason)
{
    for (size_t i = first; i < end; i++)
        if (r->candidates[i].keepable) {
            r->candidates[i].keepable = r->candidates[i].trimmed = false;
            r->candidates[i].reason = reason;
        }
}

/* Keeps of the sessions from first to end what can be, beside those kept before them. guided: a failed try may say
 * where to divide them. After a wrong guess they are halved, so that wrong guesses cannot add up. */
static void keep_range(replanner *r, size_t first, size_t end, bool guided)
{
    mark(r, first, end, true);
    if (count_keepable(r, first, end) == 0 || (r->work_left > 0 && replan_try(r)))
        return;
    bool tried = r->work_left > 0;
    mark(r, first, end, false);
    if (!tried || end - first == 1) {
        r->out->complete &= tried;
        give_up(r, first, end, tried ? PLAN_BECAUSE_GOALS : PLAN_BECAUSE_WORK_LIMIT);
        return;
    }
    size_t culprit = guided ? guess(r, first, end) : end;
    if (culprit == end) {
        keep_range(r, first, first + (end - first) / 2, true);
        keep_range(r, first + (end - first) / 2, end, true);
        return;
    }
    keep_range(r, first, culprit, false);
    keep_range(r, culprit, culprit + 1, false);
    keep_range(r, culprit + 1, end, true);
}

void replan_keep(replanner *r)
{
    keep_range(r, 0, r->old_count, true);
}
