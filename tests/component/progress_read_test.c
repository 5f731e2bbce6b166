/* What progress tells of the log: lists, pages, mastery, what is due. */
#include "progress_replicas.h"

#include "clock.h"
#include "fiber.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The wall clock of these tests: so many days after day_zero_us. */
static double today;

static int64_t wall_us(void *arg)
{
    (void)arg;
    return day_zero_us + (int64_t)(today * 86400) * 1000000;
}

static void at_day(double day)
{
    static const clock_source source = {.wall_us = wall_us};
    today = day;
    clock_set_source(&source);
}

static uuid graph_number(uint8_t n)
{
    return (uuid){.bytes = {[15] = n}};
}

static void record_one(const uuid *user, uint8_t graph, const char *topic, double day, memory_grade grade)
{
    study_event e = review_on(day, grade);
    e.graph_id = graph_number(graph);
    e.topic_key = topic;
    cr_assert_eq(record_as(&replicas[0], user, &e, 1, NULL, NULL), STATUS_OK);
}

static const Sical__Progress__V1__ListDueReviewsResponse *due_reviews(const uuid *user, int page_size, char *token,
                                                                      double at_day_number)
{
    Sical__Progress__V1__ListDueReviewsRequest request = SICAL__PROGRESS__V1__LIST_DUE_REVIEWS_REQUEST__INIT;
    Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    request.page_size = page_size;
    request.page_token = token;
    at.seconds = day_zero_us / 1000000 + (int64_t)(at_day_number * 86400);
    if (!isnan(at_day_number))
        request.at = &at;
    Sical__Progress__V1__ListDueReviewsResponse *response;
    cr_assert_eq(call_as(&replicas[1], user, "ListDueReviews", &request.base, &response, NULL), STATUS_OK);
    return response;
}

static const Sical__Progress__V1__ListMasteryResponse *mastery(const uuid *user, char *graph, int page_size,
                                                               char *token)
{
    Sical__Progress__V1__ListMasteryRequest request = SICAL__PROGRESS__V1__LIST_MASTERY_REQUEST__INIT;
    request.graph_id = graph;
    request.page_size = page_size;
    request.page_token = token;
    Sical__Progress__V1__ListMasteryResponse *response;
    cr_assert_eq(call_as(&replicas[1], user, "ListMastery", &request.base, &response, NULL), STATUS_OK);
    return response;
}

static progress_summary summary(const uuid *user)
{
    char text[UUID_TEXT_SIZE];
    progress_summary out;
    rpc_metadata metadata = {.user_id = uuid_format(user, text)};
    cr_assert_eq(progress_client_get_summary(replicas[1].client, &metadata, &out), STATUS_OK);
    return out;
}

static progress_mastered_topics mastered(const uuid *user, const uuid *graphs, size_t count)
{
    char text[UUID_TEXT_SIZE];
    progress_mastered_topics out;
    rpc_metadata metadata = {.user_id = uuid_format(user, text)};
    cr_assert_eq(progress_client_list_mastered(replicas[1].client, &metadata, graphs, count, &out), STATUS_OK);
    return out;
}

/* ---- mastery ---- */

static void follow_mastery(void *arg)
{
    (void)arg;
    uuid user = uuid_make(), other = uuid_make();
    uuid graphs[] = {graph_number(1), graph_number(2), graph_number(3)};
    at_day(0);
    record_one(&user, 1, "learned", -1, MEMORY_EASY);
    record_one(&user, 2, "learned", -1, MEMORY_EASY);
    record_one(&user, 1, "begun", -1, MEMORY_GOOD);
    study_event minutes = review_on(0, MEMORY_GOOD);
    minutes.graph_id = graphs[0];
    minutes.topic_key = "read";
    minutes.kind = 1;
    minutes.grade = 0;
    minutes.duration_seconds = 900;
    cr_assert_eq(record_as(&replicas[0], &user, &minutes, 1, NULL, NULL), STATUS_OK);

    progress_mastered_topics topics = mastered(&user, graphs, 3);
    cr_assert_eq(topics.count, 2);
    cr_expect_str_eq(topics.topics[0].topic_key, "learned");
    cr_expect_eq(memcmp(&topics.topics[0].graph_id, &graphs[0], sizeof(uuid)), 0);
    cr_expect_eq(memcmp(&topics.topics[1].graph_id, &graphs[1], sizeof(uuid)), 0);
    cr_expect_eq(mastered(&user, graphs + 1, 1).count, 1);
    cr_expect_eq(mastered(&user, graphs + 2, 1).count, 0);
    cr_expect_eq(mastered(&user, NULL, 0).count, 0);
    cr_expect_eq(mastered(&other, graphs, 3).count, 0);

    progress_summary counts = summary(&user);
    cr_expect_eq(counts.topics_started, 4);
    cr_expect_eq(counts.topics_mastered, 2);
    cr_expect_eq(counts.reviews_due, 1, "the step of what was begun is over");

    const Sical__Progress__V1__ListMasteryResponse *list = mastery(&user, "", 0, "");
    cr_assert_eq(list->n_topics, 4);
    const Sical__Progress__V1__TopicMastery *begun = list->topics[0], *learned = list->topics[1],
                                            *read = list->topics[2];
    cr_expect_str_eq(begun->topic_key, "begun");
    cr_expect_eq(begun->state, SICAL__PROGRESS__V1__TOPIC_MASTERY__STATE__LEARNING);
    cr_expect_not(begun->mastered);
    cr_expect_eq(learned->state, SICAL__PROGRESS__V1__TOPIC_MASTERY__STATE__IN_REVIEW);
    cr_expect(learned->mastered);
    cr_expect_float_eq(learned->stability_days, 8.2956, 1e-12);
    cr_expect(learned->retrievability > 0.9 && learned->retrievability < 1);
    cr_expect_eq(learned->due->seconds, day_zero_us / 1000000 + 7 * 86400);
    cr_expect_str_eq(read->topic_key, "read");
    cr_expect_eq(read->state, SICAL__PROGRESS__V1__TOPIC_MASTERY__STATE__STATE_UNSPECIFIED);
    cr_expect_eq(read->studied_seconds, 900);
    cr_expect_null(read->due);

    at_day(70); /* recall of what had a stability of 8.3 days has sunk below 0.7 */
    cr_expect_eq(mastered(&user, graphs, 3).count, 2);
    at_day(100);
    cr_expect_eq(mastered(&user, graphs, 3).count, 0);
    cr_expect_eq(summary(&user).reviews_due, 3);
}

Test(progress_read, mastery_follows_recall)
{
    run_with_replicas(follow_mastery);
}

/* ---- due reviews ---- */

static void follow_due_reviews(void *arg)
{
    (void)arg;
    uuid user = uuid_make(), other = uuid_make();
    at_day(0);
    for (int i = 0; i < 30; i++) { /* due 8 days later: topic-29 first */
        char *topic = arena_printf(fiber_arena(), "topic-%02d", i);
        record_one(&user, 1, topic, -i / 3, MEMORY_EASY); /* three at one instant */
    }
    record_one(&other, 1, "topic-99", -50, MEMORY_EASY);
    const Sical__Progress__V1__ListDueReviewsResponse *page = due_reviews(&user, 0, "", NAN);
    cr_expect_eq(page->n_reviews, 6, "those of 8 and 9 days ago");
    cr_expect_eq(page->total, 6);
    cr_expect_str_eq(page->next_page_token, "");

    char *token = "";
    int64_t last = 0;
    const char *last_key = "";
    unsigned seen = 0;
    do {
        page = due_reviews(&user, 7, token, 30);
        cr_expect_eq(page->total, 30);
        for (size_t i = 0; i < page->n_reviews; i++, seen++) {
            int64_t due = page->reviews[i]->due->seconds;
            cr_expect(due > last || (due == last && strcmp(page->reviews[i]->topic_key, last_key) > 0));
            last = due;
            last_key = page->reviews[i]->topic_key;
        }
        token = page->next_page_token;
    } while (*token);
    cr_expect_eq(seen, 30);

    page = due_reviews(&user, 5, "", -20);
    cr_expect_eq(page->total, 0);
    cr_expect_eq(page->n_reviews, 0);

    record_one(&user, 1, "topic-29", -0.1, MEMORY_GOOD); /* reviewed: no longer due */
    cr_expect_eq(due_reviews(&user, 0, "", NAN)->total, 5);
}

Test(progress_read, the_longest_overdue_come_first)
{
    run_with_replicas(follow_due_reviews);
}

/* ---- the schedule, for plan ---- */

static progress_reviews schedule(const uuid *user, double until_day)
{
    char text[UUID_TEXT_SIZE];
    rpc_metadata metadata = {.user_id = uuid_format(user, text)};
    progress_reviews reviews;
    cr_assert_eq(progress_client_list_reviews(replicas[1].client, &metadata,
                                              day_zero_us + (int64_t)(until_day * (double)TEST_DAY_US), &reviews),
                 STATUS_OK);
    return reviews;
}

static void record_taking(const uuid *user, const char *topic, double day, int32_t seconds)
{
    study_event e = review_on(day, MEMORY_EASY);
    e.graph_id = graph_number(1);
    e.topic_key = topic;
    e.duration_seconds = seconds;
    cr_assert_eq(record_as(&replicas[0], user, &e, 1, NULL, NULL), STATUS_OK);
}

static void follow_schedule(void *arg)
{
    (void)arg;
    uuid user = uuid_make(), other = uuid_make();
    cr_expect(schedule(&user, 100).count == 0 && schedule(&user, 100).minutes_a_review == 5);
    record_taking(&user, "late", -20, 100);
    record_taking(&user, "soon", -2, 0); /* no measure */
    record_taking(&user, "sooner", -3, 7200);
    record_taking(&user, "again", -1, 121);
    record_one(&other, 1, "secret", -50, MEMORY_EASY);
    progress_reviews reviews = schedule(&user, 5.5);
    cr_assert_eq(reviews.count, 2, "each is due eight days later");
    cr_expect_str_eq(reviews.reviews[0].topic_key, "late");
    cr_expect_str_eq(reviews.reviews[1].topic_key, "sooner");
    cr_expect_eq(reviews.reviews[1].due_us, day_zero_us + 5 * TEST_DAY_US);
    cr_expect_eq(reviews.reviews[1].last_review_us, day_zero_us - 3 * TEST_DAY_US);
    cr_expect_float_eq(reviews.reviews[1].stability_days, 8.2956, 1e-9);
    cr_expect_float_eq(reviews.decay, 0.1542, 1e-9);
    cr_expect_eq(reviews.minutes_a_review, 3, "of 100, 121 and 7200 seconds the middle one");

    Sical__Progress__V1__ListReviewScheduleRequest request = SICAL__PROGRESS__V1__LIST_REVIEW_SCHEDULE_REQUEST__INIT;
    cr_expect_eq(call_as(&replicas[0], &user, "ListReviewSchedule", &request.base, NULL, NULL),
                 (status)CODE_INVALID_ARGUMENT);
}

Test(progress_read, the_schedule_of_reviews_and_how_long_they_take)
{
    run_with_replicas(follow_schedule);
}

/* ---- pages ---- */

static const Sical__Progress__V1__ListEventsResponse *events_of(const uuid *user, int page_size, char *token)
{
    Sical__Progress__V1__ListEventsRequest request = SICAL__PROGRESS__V1__LIST_EVENTS_REQUEST__INIT;
    request.page_size = page_size;
    request.page_token = token;
    Sical__Progress__V1__ListEventsResponse *response;
    cr_assert_eq(call_as(&replicas[1], user, "ListEvents", &request.base, &response, NULL), STATUS_OK);
    return response;
}

static void expect_refused(const uuid *user, const char *method, const ProtobufCMessage *request, const char *field)
{
    rpc_reply reply;
    cr_expect_eq(call_as(&replicas[0], user, method, request, NULL, &reply), (status)CODE_INVALID_ARGUMENT);
    cr_assert_eq(reply.fault_count, 1);
    cr_expect_str_eq(reply.faults[0].field, field);
}

static void expect_token_refused(const uuid *user, char *token)
{
    Sical__Progress__V1__ListEventsRequest request = SICAL__PROGRESS__V1__LIST_EVENTS_REQUEST__INIT;
    request.page_token = token;
    expect_refused(user, "ListEvents", &request.base, "page_token");
}

static char *damaged(const char *token)
{
    char *copy = arena_strdup(fiber_arena(), token);
    copy[(size_t)rand() % strlen(copy)] = "AZaz09-_="[rand() % 9];
    return copy;
}

/* A damaged token is refused, or is another place in one's own list. */
static void expect_refused_or_read(const uuid *user, const char *method, const ProtobufCMessage *request)
{
    status s = call_as(&replicas[0], user, method, request, NULL, NULL);
    cr_assert(s == STATUS_OK || s == (status)CODE_INVALID_ARGUMENT, "%s: %d", method, s);
}

static void turn_pages(void *arg)
{
    (void)arg;
    uuid user = uuid_make(), other = uuid_make();
    at_day(0);
    study_event batch[45];
    for (int i = 0; i < 45; i++) {
        batch[i] = review_on(-i / 4, MEMORY_GOOD); /* four at one instant */
        batch[i].topic_key = arena_printf(fiber_arena(), "topic-%02d", i);
    }
    cr_assert_eq(record_as(&replicas[0], &user, batch, 45, NULL, NULL), STATUS_OK);
    cr_expect_eq(events_of(&user, 0, "")->n_events, 20);
    cr_expect_eq(events_of(&user, 100, "")->n_events, 45);
    cr_expect_eq(events_of(&other, 100, "")->n_events, 0);

    const Sical__Progress__V1__ListEventsResponse *whole = events_of(&user, 45, ""), *page;
    cr_expect_str_eq(whole->next_page_token, "");
    unsigned seen = 0;
    char *token = "";
    do {
        page = events_of(&user, 4, token);
        for (size_t i = 0; i < page->n_events; i++, seen++)
            cr_expect_str_eq(page->events[i]->id, whole->events[seen]->id);
        token = page->next_page_token;
    } while (*token);
    cr_expect_eq(seen, 45);
    for (size_t i = 1; i < 45; i++)
        cr_expect_leq(whole->events[i]->occurred_at->seconds, whole->events[i - 1]->occurred_at->seconds);

    unsigned topics = 0;
    char *mastery_token = "";
    do {
        const Sical__Progress__V1__ListMasteryResponse *list = mastery(&user, "", 11, mastery_token);
        for (size_t i = 0; i < list->n_topics; i++, topics++)
            cr_expect_str_eq(list->topics[i]->topic_key, arena_printf(fiber_arena(), "topic-%02u", topics));
        mastery_token = list->next_page_token;
    } while (*mastery_token);
    cr_expect_eq(topics, 45);

    /* a token of another user's list reads one's own rows only */
    cr_expect_eq(events_of(&other, 4, events_of(&user, 4, "")->next_page_token)->n_events, 0);
    expect_token_refused(&user, "no token!");
    expect_token_refused(&user, mastery(&user, "", 11, "")->next_page_token);
    expect_token_refused(&user, "MWUuMTIz"); /* cut off */
    srand(8);
    char *events_token = events_of(&user, 4, "")->next_page_token;
    mastery_token = mastery(&user, "", 11, "")->next_page_token;
    for (int i = 0; i < 200; i++) {
        Sical__Progress__V1__ListEventsRequest events = SICAL__PROGRESS__V1__LIST_EVENTS_REQUEST__INIT;
        events.page_token = damaged(events_token);
        expect_refused_or_read(&user, "ListEvents", &events.base);
        Sical__Progress__V1__ListMasteryRequest topics_behind = SICAL__PROGRESS__V1__LIST_MASTERY_REQUEST__INIT;
        topics_behind.page_token = damaged(mastery_token);
        expect_refused_or_read(&user, "ListMastery", &topics_behind.base);
    }
    Sical__Progress__V1__ListEventsRequest sized = SICAL__PROGRESS__V1__LIST_EVENTS_REQUEST__INIT;
    sized.page_size = 101;
    expect_refused(&user, "ListEvents", &sized.base, "page_size");
    sized.page_size = -1;
    expect_refused(&user, "ListEvents", &sized.base, "page_size");
    Sical__Progress__V1__ListMasteryRequest graph = SICAL__PROGRESS__V1__LIST_MASTERY_REQUEST__INIT;
    graph.graph_id = "graph";
    expect_refused(&user, "ListMastery", &graph.base, "graph_id");
    Sical__Progress__V1__ListDueReviewsRequest due = SICAL__PROGRESS__V1__LIST_DUE_REVIEWS_REQUEST__INIT;
    Google__Protobuf__Timestamp far = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    far.seconds = INT64_MAX;
    due.at = &far;
    expect_refused(&user, "ListDueReviews", &due.base, "at");
    char *graph_ids[] = {"nothing"};
    Sical__Progress__V1__ListMasteredTopicsRequest graphs = SICAL__PROGRESS__V1__LIST_MASTERED_TOPICS_REQUEST__INIT;
    graphs.n_graph_ids = 1;
    graphs.graph_ids = graph_ids;
    expect_refused(&user, "ListMasteredTopics", &graphs.base, "graph_ids[0]");
}

Test(progress_read, pages)
{
    run_with_replicas(turn_pages);
}
