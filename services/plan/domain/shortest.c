/*
 * A plan whose sessions are not too short. To find the best one is NP-hard; this is list scheduling: of the topics that
 * may begin the most urgent one is taken, if what is left of the free stretch is long enough for a session of it, else
 * the next one; when none is, the rest of the stretch stays empty. A session once begun is not given up for a more
 * urgent topic before it is long enough.
 *
 * Long enough is: the shortest session, or all that is left of the topic, or a whole free stretch.
 */
#include "memory.h"
#include "planner_internal.h"

/* How many topics that do not fit are passed over for one that does: what bounds the time. */
enum { TRIES = 64 };

typedef struct layout {
    const plan_jobs *j;
    const plan_axis *axis;
    plan_links dependents;
    int32_t *waiting; /* prerequisites of each job that are not finished; 1 more until it is released */
    int32_t *job_at;  /* jobs by urgency */
    int32_t *place;   /* of each job in job_at: its number in ready */
    plan_keyed *by_release;
    int32_t next_release; /* those before it are released */
    plan_minset ready;
    int64_t *left;
    int64_t now;
    size_t piece; /* in which now lies; piece_count: behind all */
    int32_t shortest;
} layout;

static void layout_init(layout *l, const plan_jobs *j, const plan_axis *axis, int32_t shortest)
{
    size_t n = (size_t)j->count;
    int32_t *to = PLAN_ARRAY(int32_t, (size_t)j->first_before[n]);
    plan_keyed *urgent = PLAN_ARRAY(plan_keyed, n);

    *l = (layout){.j = j,
                  .axis = axis,
                  .waiting = PLAN_ARRAY(int32_t, n),
                  .job_at = PLAN_ARRAY(int32_t, n),
                  .place = PLAN_ARRAY(int32_t, n),
                  .by_release = PLAN_ARRAY(plan_keyed, n),
                  .left = PLAN_ARRAY(int64_t, n),
                  .shortest = shortest};
    for (int32_t k = 0; k < j->count; k++) {
        l->waiting[k] = j->first_before[k + 1] - j->first_before[k] + 1;
        l->left[k] = j->jobs[k].minutes;
        for (int32_t i = j->first_before[k]; i < j->first_before[k + 1]; i++)
            to[i] = k;
        l->by_release[k] = (plan_keyed){j->jobs[k].release, k};
    }
    plan_links_init(&l->dependents, j->count, j->first_before[n], j->before, to);
    plan_minset_init(&l->ready, j->count);
    plan_sort_by_urgency(j, urgent);
    plan_sort(l->by_release, n);
    for (int32_t place = 0; place < j->count; place++) {
        l->job_at[place] = urgent[place].value;
        l->place[urgent[place].value] = place;
    }
    free(urgent);
    free(to);
}

static void layout_finish(layout *l)
{
    plan_links_finish(&l->dependents);
    free(l->waiting);
    free(l->job_at);
    free(l->place);
    free(l->by_release);
    plan_minset_finish(&l->ready);
    free(l->left);
}

static void finish_job(layout *l, int32_t job)
{
    l->j->jobs[job].completion = l->now;
    for (int32_t i = l->dependents.first[job]; i < l->dependents.first[job + 1]; i++)
        if (--l->waiting[l->dependents.to[i]] == 0)
            plan_minset_add(&l->ready, l->place[l->dependents.to[i]]);
}

/* Moves to a position; what is released by then may begin. */
static void move_to(layout *l, int64_t position)
{
    const plan_axis *a = l->axis;

    l->now = position;
    while (l->piece < a->piece_count &&
           a->pieces[l->piece].at + a->pieces[l->piece].end - a->pieces[l->piece].start <= position)
        l->piece++;
    for (; l->next_release < l->j->count && l->by_release[l->next_release].key <= position; l->next_release++) {
        int32_t job = l->by_release[l->next_release].value;
        if (--l->waiting[job] == 0)
            plan_minset_add(&l->ready, l->place[job]);
    }
}

/* The minutes of the free stretch behind now; behind the windows it has no end. */
static int64_t room(const layout *l)
{
    if (l->piece == l->axis->piece_count)
        return INT64_MAX;
    const plan_piece *p = &l->axis->pieces[l->piece];
    return p->at + (p->end - p->start) - l->now;
}

static int64_t least_session(const layout *l, int32_t job)
{
    int64_t least = l->left[job] < l->shortest ? l->left[job] : l->shortest;

    if (l->piece < l->axis->piece_count && l->now == l->axis->pieces[l->piece].at && room(l) < least)
        least = room(l);
    return least;
}

/* The most urgent job that fits, taken out of those ready; -1: none of those looked at does. */
static int32_t take_fitting(layout *l)
{
    int32_t passed[TRIES], count = 0, job = -1;

    while (l->ready.count > 0 && count < TRIES) {
        int32_t place = plan_minset_take(&l->ready);
        if (least_session(l, l->job_at[place]) <= room(l)) {
            job = l->job_at[place];
            break;
        }
        passed[count++] = place;
    }
    while (count > 0)
        plan_minset_add(&l->ready, passed[--count]);
    return job;
}

/* Whether the most urgent topic that may begin now is due strictly earlier and fits, and what is left of the running
 * one is enough for a session later. */
static bool must_give_way(const layout *l, int32_t job)
{
    if (l->ready.count == 0 || l->left[job] < l->shortest)
        return false;
    int32_t urgent = l->job_at[plan_minset_first(&l->ready)];
    return l->j->jobs[urgent].due < l->j->jobs[job].due && least_session(l, urgent) <= room(l);
}

static int64_t next_release(const layout *l)
{
    return l->next_release < l->j->count ? l->by_release[l->next_release].key : INT64_MAX;
}

static void study(layout *l, int32_t job, plan_run *run)
{
    int64_t least = l->now + least_session(l, job);
    int64_t most = room(l) < l->left[job] ? l->now + room(l) : l->now + l->left[job];

    *run = (plan_run){.start = l->now, .job = job};
    for (int64_t at = least;;) {
        l->left[job] -= at - l->now;
        move_to(l, at);
        if (at >= most || must_give_way(l, job))
            break;
        at = next_release(l) < most ? next_release(l) : most;
    }
    run->end = l->now;
    if (l->left[job] == 0)
        finish_job(l, job);
    else
        plan_minset_add(&l->ready, l->place[job]);
}

size_t plan_lay_out(const plan_jobs *j, const plan_axis *axis, int32_t shortest, plan_run **runs)
{
    size_t count = 0, limit = 2 * (size_t)j->count + axis->piece_count + 1;
    layout l;

    layout_init(&l, j, axis, shortest);
    *runs = PLAN_ARRAY(plan_run, limit);
    move_to(&l, 0);
    while (l.ready.count > 0 || l.next_release < j->count) {
        int32_t job = take_fitting(&l);
        if (job >= 0 && l.left[job] == 0)
            finish_job(&l, job);
        else if (job >= 0)
            study(&l, job, &(*runs)[count++]);
        else if (l.ready.count == 0 || next_release(&l) < l.now + room(&l))
            move_to(&l, next_release(&l));
        else
            move_to(&l, l.now + room(&l));
    }
    layout_finish(&l);
    return count;
}
