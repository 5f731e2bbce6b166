/* The planner for whoever speaks JSON: each line of the input is a case (planner_input.h), each line of the output is
 * its plan, in the same order:
 *
 *   {"lateness": -30, "gap": 0, "sessions": [[start, end, topic], ...], "unplaced": [[topic, minutes], ...],
 *    "goals": [{"finish": 870, "usable_lateness": -30, "calendar_lateness": -30, "has_work": true}, ...],
 *    "certificate": {"release": 0, "due": 900, "work": 90, "free": 120, "topics": [...]}}
 *
 * "finish" is null where a goal has none. A graph with a circle is answered by {"circle": true}. */
#include "planner_input.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *goals_of(const plan_input *in, const plan_result *r)
{
    json_t *goals = json_array();

    for (size_t g = 0; g < in->goal_count; g++) {
        const plan_forecast *f = &r->forecasts[g];
        json_array_append_new(goals, json_pack("{s:o, s:I, s:I, s:b}", "finish",
                                               f->has_finish ? json_integer(f->finish) : json_null(), "usable_lateness",
                                               (json_int_t)f->usable_lateness, "calendar_lateness",
                                               (json_int_t)f->calendar_lateness, "has_work", (int)f->has_work));
    }
    return goals;
}

static json_t *certificate_of(const plan_certificate *c)
{
    json_t *topics = json_array();

    for (size_t i = 0; i < c->topic_count; i++)
        json_array_append_new(topics, json_integer(c->topics[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "release", (json_int_t)c->release, "due", (json_int_t)c->due, "work",
                     (json_int_t)c->work_minutes, "free", (json_int_t)c->free_minutes, "topics", topics);
}

static json_t *answer_of(const plan_input *in, const plan_result *r)
{
    json_t *sessions = json_array(), *unplaced = json_array();

    for (size_t i = 0; i < r->session_count; i++)
        json_array_append_new(sessions, json_pack("[I, I, i]", (json_int_t)r->sessions[i].start,
                                                  (json_int_t)r->sessions[i].end, (int)r->sessions[i].topic));
    for (size_t i = 0; i < r->unplaced_count; i++)
        json_array_append_new(unplaced,
                              json_pack("[i, I]", (int)r->unplaced[i].topic, (json_int_t)r->unplaced[i].minutes));
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "lateness", (json_int_t)r->certificate.lateness, "gap",
                     (json_int_t)r->certificate.gap, "sessions", sessions, "unplaced", unplaced, "goals",
                     goals_of(in, r), "certificate", certificate_of(&r->certificate));
}

static json_t *solve(const json_t *question)
{
    planner_input p;
    plan_result r;

    planner_input_init(&p, question);
    json_t *answer = plan_make(&p.input, &r) ? answer_of(&p.input, &r) : json_pack("{s:b}", "circle", 1);
    plan_result_finish(&r);
    planner_input_finish(&p);
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    json_error_t error;

    while (getline(&line, &size, stdin) > 0) {
        json_t *question = json_loads(line, 0, &error);
        if (question == NULL) {
            fprintf(stderr, "no JSON: %s\n", error.text);
            return 1;
        }
        json_t *answer = solve(question);
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(answer);
        json_decref(question);
    }
    free(line);
    return 0;
}
