/* Study is recorded by two clients, in disorder and with repeats; what is due, the streak and the days come out right;
 * and nothing that was acknowledged is lost when every process dies at once. */
#include "calendar.h"
#include "learner.h"
#include "memory.h"
#include "suite.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { EVENTS = 300, TOPICS = 60, REVIEWS = EVENTS / TOPICS, DAY = 86400, ID_KIND_EVENT = 1 };

/* Topic n is met first n % 40 + 1 days before the last of its reviews... each topic has the same rhythm, shifted by its
 * number. */
static const int grades[REVIEWS] = {4, 3, 3, 4, 3};
static const double rhythm_days[REVIEWS] = {0, 8, 20, 41, 80};

typedef struct study {
    suite *suite;
    learner learner;
    json_t *graph;
    char graph_id[37];
    int64_t now;
    const char *zone;
    json_t *events; /* all 300, in the order of topics */
} study;

/* The last review of topic n was so many days (and one hour) ago. */
static double days_since_last(int topic)
{
    return topic % 40;
}

static int64_t instant_of(const study *s, int topic, int review)
{
    double days = days_since_last(topic) + rhythm_days[REVIEWS - 1] - rhythm_days[review];
    return s->now - (int64_t)(days * DAY) - 3600;
}

static const char *topic_key(const study *s, int topic)
{
    return rest_text(json_array_get(json_object_get(s->graph, "topics"), (size_t)topic), "key");
}

static json_t *make_events(const study *s)
{
    json_t *events = json_array();
    for (int topic = 0; topic < TOPICS; topic++)
        for (int review = 0; review < REVIEWS; review++) {
            char id[37], when[32];
            learner_make_id(ID_KIND_EVENT, (unsigned)(topic * REVIEWS + review), id);
            calendar_format(instant_of(s, topic, review), when);
            json_array_append_new(events,
                                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "id", id, "graphId", s->graph_id,
                                            "topicKey", topic_key(s, topic), "kind", review ? "REVIEW" : "LESSON",
                                            "grade", grades[review] == 4 ? "EASY" : "GOOD", "durationSeconds", 60,
                                            "occurredAt", when));
        }
    return events;
}

static study begin(void)
{
    study s = {.suite = suite_start(), .now = time(NULL), .zone = "Asia/Shanghai"};
    s.learner = learner_join(suite_url(s.suite));
    s.graph = learner_read_graph();
    learner_import(&s.learner, s.graph, s.graph_id);
    json_t *hours = learner_eight_hours_a_week(s.zone, 120);
    learner_expect(rest_put(s.learner.rest, "/api/v1/availability", hours), 200, "availability");
    s.events = make_events(&s);
    return s;
}

static void end(study *s)
{
    learner_leave(&s->learner);
    json_decref(s->graph);
    json_decref(s->events);
    suite_stop(s->suite);
}

/* The phone sends the even events backwards, the laptop the odd ones and, unsure, every third again. */
static void record_from_two_clients(study *s)
{
    long long accepted = 0, duplicates = 0, sent = 0;
    for (int batch = 0; batch < 10; batch++) {
        json_t *phone = json_array(), *laptop = json_array();
        for (int i = 0; i < EVENTS / 10; i++) {
            size_t n = (size_t)(batch * (EVENTS / 10) + i);
            json_t *event = json_array_get(s->events, n);
            if (n % 2 == 0)
                json_array_insert(phone, 0, event);
            if (n % 2 == 1 || n % 3 == 0)
                json_array_append(laptop, event);
        }
        json_t *bodies[] = {phone, laptop};
        for (int client = 0; client < 2; client++) {
            sent += (long long)json_array_size(bodies[client]);
            json_t *answer = learner_expect(rest_post(s->learner.rest, "/api/v1/events",
                                                      json_pack("{s:o}", "events", bodies[client])),
                                            200, "record");
            accepted += rest_number(answer, "accepted");
            duplicates += rest_number(answer, "duplicates");
        }
    }
    cr_assert_eq(accepted, EVENTS);
    cr_assert_eq(duplicates, sent - EVENTS);
}

/* Due reviews, page by page: as the memory model says, the longest overdue first. */
static void check_due_reviews(study *s)
{
    bool due[TOPICS] = {false};
    int expected = 0, found = 0;
    memory m = memory_of(grades, rhythm_days, REVIEWS);
    for (int topic = 0; topic < TOPICS; topic++) {
        double left = m.due_days - rhythm_days[REVIEWS - 1] - days_since_last(topic);
        due[topic] = left * DAY <= 3600; /* the last review was an hour before a whole number of days */
        expected += due[topic];
    }
    char cursor[512] = "";
    char previous[40] = "";
    do {
        json_t *page = learner_expect(rest_get(s->learner.rest, "/api/v1/reviews/due?limit=20%s%s",
                                               *cursor ? "&cursor=" : "", cursor),
                                      200, "due reviews");
        size_t index;
        json_t *review;
        json_array_foreach(json_object_get(page, "items"), index, review)
        {
            cr_assert(strcmp(rest_text(review, "due"), previous) >= 0, "the longest overdue comes first");
            snprintf(previous, sizeof previous, "%s", rest_text(review, "due"));
            cr_assert_float_eq(json_number_value(json_object_get(review, "stabilityDays")), m.stability, 1e-4);
            found++;
        }
        cr_assert_eq(rest_number(page, "total"), expected);
        snprintf(cursor, sizeof cursor, "%s", rest_text(page, "nextCursor"));
    } while (*cursor);
    cr_assert_eq(found, expected, "%d reviews are due, %d were expected", found, expected);
}

static int compare_dates(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int64_t noon_of(const char *date)
{
    char text[32];
    snprintf(text, sizeof text, "%.10sT12:00:00Z", date);
    return calendar_parse(text);
}

/* Streak and heat map from the list of local dates of study. */
static void check_days(study *s)
{
    char dates[EVENTS][16], today[16];
    for (int i = 0; i < EVENTS; i++)
        calendar_local_date(s->zone, instant_of(s, i / REVIEWS, i % REVIEWS), dates[i]);
    qsort(dates, EVENTS, sizeof dates[0], compare_dates);
    calendar_local_date(s->zone, s->now, today);
    int distinct = 0, run = 0, longest = 0;
    for (int i = 0; i < EVENTS; i++) {
        bool same = i && strcmp(dates[i], dates[i - 1]) == 0;
        bool next = i && noon_of(dates[i]) - noon_of(dates[i - 1]) == DAY;
        distinct += !same;
        run = same ? run : next ? run + 1 : 1;
        longest = run > longest ? run : longest;
    }
    int current = noon_of(today) - noon_of(dates[EVENTS - 1]) <= DAY ? run : 0;
    json_t *streak = learner_expect(rest_get(s->learner.rest, "/api/v1/streak"), 200, "streak");
    cr_assert_eq(rest_number(streak, "currentDays"), current, "current streak %lld, expected %d",
                 rest_number(streak, "currentDays"), current);
    cr_assert_eq(rest_number(streak, "longestDays"), longest);
    cr_assert_str_eq(rest_text(streak, "lastDate"), dates[EVENTS - 1]);
    cr_assert_str_eq(rest_text(streak, "today"), today);
    json_t *heatmap = learner_expect(rest_get(s->learner.rest, "/api/v1/heatmap"), 200, "heat map");
    cr_assert_eq(json_array_size(json_object_get(heatmap, "days")), (size_t)distinct);
    long long events = 0;
    size_t index;
    json_t *day;
    json_array_foreach(json_object_get(heatmap, "days"), index, day)
    {
        events += rest_number(day, "events");
    }
    cr_assert_eq(events, EVENTS, "each event counts once in the heat map");
}

static long long count_events(study *s)
{
    long long count = 0;
    char cursor[512] = "";
    do {
        json_t *page =
            learner_expect(rest_get(s->learner.rest, "/api/v1/events?limit=100%s%s", *cursor ? "&cursor=" : "", cursor),
                           200, "events");
        count += (long long)json_array_size(json_object_get(page, "items"));
        snprintf(cursor, sizeof cursor, "%s", rest_text(page, "nextCursor"));
    } while (*cursor);
    return count;
}

Test(study, three_hundred_events_from_two_clients)
{
    study s = begin();
    record_from_two_clients(&s);
    cr_assert_eq(count_events(&s), EVENTS);
    check_due_reviews(&s);
    check_days(&s);
    json_t *dashboard = learner_expect(rest_get(s.learner.rest, "/api/v1/dashboard"), 200, "dashboard");
    cr_assert_eq(rest_number(dashboard, "topicsStarted"), TOPICS);
    cr_assert(json_is_true(rest_at(dashboard, "complete")));
    end(&s);
}

Test(study, nothing_acknowledged_is_lost_when_everything_dies)
{
    study s = begin();
    record_from_two_clients(&s);
    char due[32];
    calendar_format(s.now + 140 * DAY, due);
    json_t *goal = json_pack("{s:s, s:s, s:[s], s:s}", "graphId", s.graph_id, "title", "Survive", "targets",
                             topic_key(&s, TOPICS - 1), "due", due);
    goal = json_incref(learner_expect(rest_post(s.learner.rest, "/api/v1/goals", goal), 201, "goal"));
    json_t *plan = json_incref(learner_expect(rest_post(s.learner.rest, "/api/v1/plan", json_object()), 201, "plan"));

    suite_kill_everything(s.suite);
    suite_start_again(s.suite);

    learner_log_in(&s.learner);
    cr_assert_eq(count_events(&s), EVENTS);
    check_due_reviews(&s);
    check_days(&s);
    json_t *kept = learner_expect(rest_get(s.learner.rest, "/api/v1/goals/%s", rest_text(goal, "id")), 200, "the goal");
    cr_assert(json_equal(kept, goal));
    kept = learner_expect(rest_get(s.learner.rest, "/api/v1/plan"), 200, "the plan");
    cr_assert(json_equal(kept, plan));
    json_decref(goal);
    json_decref(plan);
    end(&s);
}
