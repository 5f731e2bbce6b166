#include "memory.h"
#include "repairs_internal.h"

#include <string.h>

enum { MINUTES_OF_DAY = 1440 };

static int64_t later_end(const plan_calendar *c, size_t window, const int64_t *latest_end, int32_t extra)
{
    int64_t end = c->windows[window].end + extra;
    bool last = window + 1 == c->window_count;

    if (!last && c->windows[window + 1].day == c->windows[window].day)
        return c->windows[window].end; /* not the last one of its day */
    if (!last && end > c->windows[window + 1].start)
        end = c->windows[window + 1].start;
    if (end > latest_end[window])
        end = latest_end[window];
    return end > c->windows[window].end ? end : c->windows[window].end;
}

/* Nested: what is usable with some minutes more is usable with more of them. windows: room for all. */
static plan_calendar extend(const plan_calendar *c, const int64_t *latest_end, int32_t extra, plan_window *windows)
{
    plan_calendar extended = *c;

    if (c->window_count > 0)
        memcpy(windows, c->windows, c->window_count * sizeof *windows);
    for (size_t i = 0; latest_end != NULL && i < c->window_count; i++)
        windows[i].end = later_end(c, i, latest_end, extra);
    extended.windows = windows;
    if (c->daily_cap > 0)
        extended.daily_cap = c->daily_cap + extra;
    return extended;
}

static int64_t until_last_date(const plan_repair_search *s)
{
    int64_t last = INT64_MIN;

    for (size_t g = 0; g < s->input->goal_count; g++)
        if (s->input->goals[g].due > last)
            last = s->input->goals[g].due;
    return plan_axis_at(&s->trial.axis, last);
}

void plan_repair_minutes(plan_repair_search *s)
{
    const plan_calendar *c = &s->input->calendar;
    const int64_t *latest_end = s->options->latest_end;
    plan_window *windows = PLAN_ARRAY(plan_window, c->window_count);
    plan_trial *t = &s->trial;
    int32_t low = 0, high = MINUTES_OF_DAY;
    int64_t free_now = until_last_date(s);

    if (c->daily_cap == 0 && latest_end == NULL) {
        free(windows);
        return;
    }
    plan_repair *r = plan_repair_add(s, PLAN_REPAIR_MINUTES);
    plan_calendar extended = extend(c, latest_end, high, windows);
    plan_trial_set_calendar(t, &extended);
    r->possible = plan_trial_is_feasible(t);
    while (r->possible && high - low > 1 && t->work_left > 0) {
        int32_t middle = low + (high - low) / 2;
        extended = extend(c, latest_end, middle, windows);
        plan_trial_set_calendar(t, &extended);
        if (plan_trial_is_feasible(t))
            high = middle;
        else
            low = middle;
    }
    r->least = !r->possible || high - low == 1;
    r->extra_minutes = r->possible ? high : 0;
    extended = extend(c, latest_end, r->extra_minutes, windows);
    plan_trial_set_calendar(t, &extended);
    r->cost = until_last_date(s) - free_now;
    plan_trial_set_calendar(t, c);
    free(windows);
}
