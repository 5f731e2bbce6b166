#include "memory.h"
#include "planning.h"

enum { RETENTION_LEAST = 70 };

void planning_add_exam_reviews(planning *p, int32_t limit)
{
    p->review_count = p->told_review_count;
    for (size_t i = 0; i < p->exam_count; i++) {
        const planning_exam *exam = &p->exams[i];
        int32_t percent = exam->percent < limit ? exam->percent : limit;
        int64_t date = plan_exam_review(&exam->recall, exam->due, percent / 100.0);
        if (date == INT64_MIN)
            continue;
        p->reviews[p->review_count] = (plan_review){date, p->reviews[exam->review].minutes};
        p->exam_of[p->review_count] = exam->due;
        p->review_rows[p->review_count++] = exam->review;
    }
}

size_t planning_count_missed_exams(const planning *p)
{
    int64_t *finish = PLAN_ARRAY(int64_t, p->review_count), *minutes = PLAN_ARRAY(int64_t, p->review_count);
    size_t missed = 0;

    for (size_t i = 0; i < p->reserve.session_count; i++) {
        const plan_review_session *s = &p->reserve.sessions[i];
        finish[s->review] = s->end;
        minutes[s->review] += s->end - s->start;
    }
    for (size_t i = p->told_review_count; i < p->review_count; i++)
        missed += finish[i] > p->exam_of[i] || minutes[i] < p->reviews[i].minutes;
    free(finish);
    free(minutes);
    return missed;
}

/* Whether nothing is late when no exam wants more than limit per cent; *saved: minutes of reviews less than now. */
static bool is_enough(planning *p, int32_t limit, int64_t *saved)
{
    plan_input input = p->input;
    plan_reserve reserve;
    plan_result result;

    input.calendar.reserved = NULL;
    input.calendar.reserved_count = 0;
    planning_add_exam_reviews(p, limit);
    plan_reserve_init(&reserve, &input.calendar, p->reviews, p->review_count, p->forecast_minutes_a_day);
    input.calendar.reserved = reserve.reserved;
    input.calendar.reserved_count = reserve.reserved_count;
    bool enough = plan_make(&input, &result) && result.certificate.lateness <= 0;
    *saved = p->reserve.review_minutes - reserve.review_minutes;
    plan_result_finish(&result);
    plan_reserve_finish(&reserve);
    return enough;
}

/* One after the other: less retention means fewer reviews, but earlier ones. */
void planning_repair_retention(planning *p)
{
    const plan_input *in = &p->input;
    plan_repair repair = {.kind = PLAN_REPAIR_RETENTION};
    int64_t step = (int64_t)in->topic_count + in->edge_count + (int64_t)in->calendar.window_count;
    int64_t work = PLAN_REPAIR_WORK_LIMIT;
    int32_t highest = 0;

    if (p->review_count == p->told_review_count)
        return;
    for (size_t i = 0; i < p->exam_count; i++)
        highest = p->exams[i].percent > highest ? p->exams[i].percent : highest;
    for (int32_t percent = highest - 1; percent >= RETENTION_LEAST && !repair.possible && work > 0; percent--) {
        repair.possible = is_enough(p, percent, &repair.cost);
        repair.retention_percent = percent;
        work -= step;
    }
    planning_add_exam_reviews(p, 100);
    repair.least = repair.possible || work > 0;
    if (!repair.possible)
        repair.cost = repair.retention_percent = 0;
    p->repairs.complete &= repair.least;
    plan_repairs_add(&p->repairs, &repair);
}
