#include "plan_check.h"

#include "rest.h"

#include <criterion/criterion.h>
#include <string.h>

/* topic key -> {"minutes", "placed", "first", "last", "notBefore", "prerequisites": [key, ...]} */
typedef struct ledger {
    json_t *topics;
    long long default_minutes;
} ledger;

static json_t *entry_of(const ledger *l, const char *key)
{
    return json_object_get(l->topics, key);
}

static long long field(json_t *entry, const char *name)
{
    return json_integer_value(json_object_get(entry, name));
}

static void set_field(json_t *entry, const char *name, long long value)
{
    json_object_set_new(entry, name, json_integer(value));
}

static ledger open_ledger(json_t *graph)
{
    json_t *stated = json_object_get(graph, "defaultMinutes");
    ledger l = {.topics = json_object(), .default_minutes = stated ? json_integer_value(stated) : 60};
    size_t index;
    json_t *topic, *edge;
    json_array_foreach(json_object_get(graph, "topics"), index, topic)
    {
        json_t *minutes = json_object_get(topic, "minutes");
        json_t *entry =
            json_pack("{s:I, s:I, s:b, s:[]}", "minutes",
                      json_is_integer(minutes) ? json_integer_value(minutes) : (json_int_t)l.default_minutes, "placed",
                      (json_int_t)0, "wanted", 0, "prerequisites");
        json_object_set_new(l.topics, rest_text(topic, "key"), entry);
    }
    json_array_foreach(json_object_get(graph, "edges"), index, edge)
    {
        if (strcmp(rest_text(edge, "strength"), "soft") != 0)
            json_array_append(json_object_get(entry_of(&l, rest_text(edge, "topic")), "prerequisites"),
                              json_object_get(edge, "prerequisite"));
    }
    return l;
}

/* Marks the closure of key as wanted by a goal that may start at not_before; where goals share a topic the earliest
 * counts. */
static void want(const ledger *l, const char *key, long long not_before, json_t *closure)
{
    if (json_object_get(closure, key))
        return;
    json_object_set_new(closure, key, json_true());
    json_t *entry = entry_of(l, key);
    bool known = json_is_true(json_object_get(entry, "wanted"));
    if (!known || not_before < field(entry, "notBefore"))
        set_field(entry, "notBefore", not_before);
    json_object_set_new(entry, "wanted", json_true());
    size_t index;
    json_t *prerequisite;
    json_array_foreach(json_object_get(entry, "prerequisites"), index, prerequisite)
    {
        want(l, json_string_value(prerequisite), not_before, closure);
    }
}

static json_t *closure_of_goal(const ledger *l, json_t *goal)
{
    json_t *closure = json_object();
    const char *not_before = rest_text(goal, "notBefore");
    size_t index;
    json_t *target;
    json_array_foreach(json_object_get(goal, "targets"), index, target)
    {
        want(l, json_string_value(target), *not_before ? calendar_parse(not_before) : 0, closure);
    }
    return closure;
}

static void check_session_place(const calendar *c, const char *key, int64_t start, int64_t end)
{
    for (int64_t minute = start; minute < end; minute += 60)
        cr_assert(calendar_is_window(c, minute), "%s is planned outside of the windows", key);
    cr_assert_eq(calendar_local_day(c, start), calendar_local_day(c, end - 60), "%s is planned over midnight", key);
}

/* What reviews have, or will have, is not free for lessons. */
static void take_reviews(calendar *c, json_t *plan)
{
    size_t index;
    json_t *session;
    json_array_foreach(json_object_get(plan, "sessions"), index, session)
    {
        if (strcmp(rest_text(session, "kind"), "REVIEW") == 0)
            calendar_take(c, calendar_parse(rest_text(session, "start")), calendar_parse(rest_text(session, "end")));
    }
    calendar_hold_back(c, json_integer_value(json_object_get(json_object_get(plan, "reviews"), "forecastMinutesADay")));
}

static long long check_sessions(const ledger *l, const calendar *c, json_t *claim_sessions, long long cap)
{
    int64_t previous_end = 0;
    long long total = 0, of_day = 0;
    int day = -1;
    size_t index;
    json_t *session;
    json_array_foreach(claim_sessions, index, session)
    {
        const char *key = rest_text(session, "topicKey");
        int64_t start = calendar_parse(rest_text(session, "start")), end = calendar_parse(rest_text(session, "end"));
        long long minutes = rest_number(session, "minutes");
        cr_assert_gt(minutes, 0, "a session of %s has no minutes", key);
        cr_assert_eq(end - start, minutes * 60, "a session of %s does not last its minutes", key);
        cr_assert_geq(start, previous_end, "%s overlaps the session before it", key);
        check_session_place(c, key, start, end);
        of_day = calendar_local_day(c, start) == day ? of_day + minutes : minutes;
        day = calendar_local_day(c, start);
        cr_assert_leq(of_day, cap, "%lld minutes on one day, the cap is %lld", of_day, cap);
        previous_end = end;
        if (strcmp(rest_text(session, "kind"), "REVIEW") == 0)
            continue;
        json_t *entry = entry_of(l, key);
        cr_assert_not_null(entry, "%s is no topic of the graph", key);
        if (field(entry, "placed") == 0)
            set_field(entry, "first", start);
        set_field(entry, "placed", field(entry, "placed") + minutes);
        set_field(entry, "last", end);
        total += minutes;
    }
    return total;
}

static void check_topics(const ledger *l, json_t *unplaced)
{
    json_t *missing = json_object();
    size_t index;
    json_t *without_place, *entry, *prerequisite;
    json_array_foreach(unplaced, index, without_place)
    {
        json_object_set(missing, rest_text(without_place, "topicKey"), json_object_get(without_place, "minutes"));
    }
    const char *key;
    json_object_foreach(l->topics, key, entry)
    {
        long long expected = json_is_true(json_object_get(entry, "wanted")) ? field(entry, "minutes") : 0;
        long long found = field(entry, "placed") + json_integer_value(json_object_get(missing, key));
        cr_assert_eq(found, expected, "%s: %lld minutes planned, %lld needed", key, found, expected);
        if (field(entry, "placed") == 0)
            continue;
        cr_assert_geq(field(entry, "first"), field(entry, "notBefore"), "%s starts before its goal allows", key);
        json_array_foreach(json_object_get(entry, "prerequisites"), index, prerequisite)
        {
            json_t *before = entry_of(l, json_string_value(prerequisite));
            cr_assert(field(before, "placed") == 0 || field(before, "last") <= field(entry, "first"),
                      "%s starts before its prerequisite %s has ended", key, json_string_value(prerequisite));
        }
    }
    json_decref(missing);
}

static json_t *find_by(json_t *array, const char *name, const char *value)
{
    size_t index;
    json_t *element;
    json_array_foreach(array, index, element)
    {
        if (strcmp(rest_text(element, name), value) == 0)
            return element;
    }
    return NULL;
}

/* Returns the goal's lateness in usable minutes. */
static long long check_goal(const ledger *l, const calendar *c, json_t *goal, json_t *forecast)
{
    const char *id = rest_text(goal, "id");
    cr_assert_not_null(forecast, "no forecast for goal %s", id);
    json_t *closure = closure_of_goal(l, goal);
    long long finish = 0, work = 0;
    const char *key;
    json_t *unused;
    json_object_foreach(closure, key, unused)
    {
        json_t *entry = entry_of(l, key);
        work += field(entry, "minutes");
        if (field(entry, "placed") && field(entry, "last") > finish)
            finish = field(entry, "last");
    }
    json_decref(closure);
    int64_t due = calendar_parse(rest_text(goal, "due"));
    long long usable = calendar_usable(c, finish) - calendar_usable(c, due);
    cr_assert_eq(rest_number(forecast, "workMinutes"), work, "goal %s: work", id);
    cr_assert_eq(calendar_parse(rest_text(forecast, "finish")), finish, "goal %s: finish", id);
    cr_assert_eq(json_integer_value(json_object_get(forecast, "usableLatenessMinutes")), usable,
                 "goal %s: usable lateness %lld", id, usable);
    cr_assert_eq(json_integer_value(json_object_get(forecast, "calendarLatenessMinutes")) * 60, finish - due,
                 "goal %s: calendar lateness", id);
    cr_assert_eq(json_is_true(json_object_get(forecast, "met")), finish <= due, "goal %s: met", id);
    return usable;
}

static void check_certificate(const ledger *l, const calendar *c, json_t *certificate, long long lateness)
{
    long long work = 0;
    size_t index;
    json_t *topic;
    json_array_foreach(json_object_get(certificate, "topics"), index, topic)
    {
        json_t *entry = entry_of(l, rest_text(topic, "topicKey"));
        cr_assert(entry && json_is_true(json_object_get(entry, "wanted")),
                  "the certificate names a topic that no goal needs");
        cr_assert_eq(rest_number(topic, "minutes"), field(entry, "minutes"));
        work += field(entry, "minutes");
    }
    long long free_minutes = calendar_usable(c, calendar_parse(rest_text(certificate, "due"))) -
                             calendar_usable(c, calendar_parse(rest_text(certificate, "release")));
    cr_assert_eq(json_integer_value(json_object_get(certificate, "latenessMinutes")), lateness,
                 "L* is not the largest lateness");
    cr_assert_eq(json_is_true(json_object_get(certificate, "feasible")), lateness <= 0);
    cr_assert_eq(rest_number(certificate, "workMinutes"), work, "the certificate's topics add up to %lld minutes",
                 work);
    cr_assert_eq(rest_number(certificate, "freeMinutes"), free_minutes, "%lld minutes are free in the calendar",
                 free_minutes);
    cr_assert_eq(work - free_minutes, lateness, "the certificate does not add up");
}

long long plan_check(const plan_claim *claim)
{
    ledger l = open_ledger(claim->graph);
    int64_t now = (calendar_parse(rest_text(claim->plan, "createTime")) + 59) / 60 * 60;
    calendar *c = calendar_create(claim->availability, now, calendar_parse(rest_text(claim->plan, "horizon")));
    json_t *cap = json_object_get(claim->availability, "dailyCapMinutes");
    size_t index;
    json_t *goal;
    json_array_foreach(claim->goals, index, goal)
    {
        json_decref(closure_of_goal(&l, goal));
    }
    long long total =
        check_sessions(&l, c, json_object_get(claim->plan, "sessions"), cap ? json_integer_value(cap) : 1500);
    take_reviews(c, claim->plan);
    check_topics(&l, json_object_get(claim->plan, "unplaced"));
    long long latest = INT64_MIN;
    json_array_foreach(claim->goals, index, goal)
    {
        json_t *forecast = find_by(json_object_get(claim->plan, "goals"), "goalId", rest_text(goal, "id"));
        long long lateness = check_goal(&l, c, goal, forecast);
        latest = lateness > latest ? lateness : latest;
    }
    check_certificate(&l, c, json_object_get(claim->plan, "certificate"), latest);
    calendar_destroy(c);
    json_decref(l.topics);
    return total;
}
