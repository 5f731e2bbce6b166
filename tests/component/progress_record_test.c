/* Recording: what is told to the caller is what the log holds, and the states follow from the log alone. */
#include "progress_replicas.h"

#include "catch_up.h"
#include "fiber.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const topic_keys[] = {"vectors", "matrices",      "eigenvalues", "svd",
                                         "pca",     "least-squares", "qr",          "lu"};

enum { TOPICS = sizeof topic_keys / sizeof topic_keys[0] };

static void record_all(progress_replica *r, const uuid *user, const study_event *events, size_t count, int32_t accepted)
{
    int32_t got, duplicates;
    cr_assert_eq(record_as(r, user, events, count, &got, &duplicates), STATUS_OK);
    cr_expect_eq(got, accepted);
    cr_expect_eq(duplicates, (int32_t)count - accepted);
}

static topic_row state_of(progress_replica *r, const uuid *user)
{
    topic_list stored;
    cr_assert_eq(progress_catch_up(&r->service, user), STATUS_OK);
    cr_assert_eq(progress_store_list_topics(r->database, fiber_arena(), user, NULL, 0, NULL, 10, &stored), STATUS_OK);
    cr_assert_eq(stored.count, 1);
    return stored.topics[0];
}

static void repeat_events(void *arg)
{
    (void)arg;
    uuid user = uuid_make(), other = uuid_make();
    study_event batch[4] = {review_on(0, MEMORY_GOOD), review_on(1, MEMORY_GOOD), review_on(5, MEMORY_HARD)};
    batch[3] = batch[0]; /* the same id twice in a batch, with other content: the first counts */
    batch[3].grade = MEMORY_AGAIN;
    batch[3].duration_seconds = 999;
    record_all(&replicas[0], &user, batch, 4, 3);
    record_all(&replicas[1], &user, batch, 4, 0);
    study_event changed = batch[1];
    changed.grade = MEMORY_AGAIN;
    changed.topic_key = "another";
    changed.occurred_at_us += 1000000;
    record_all(&replicas[1], &user, &changed, 1, 0);
    topic_row state = state_of(&replicas[0], &user);
    cr_expect_str_eq(state.topic_key, "topic");
    cr_expect_eq(state.progress.review_count, 3);
    cr_expect_eq(state.progress.lapse_count, 0);
    cr_expect_eq(state.progress.studied_seconds, 180);
    cr_expect_eq(count_wrong_states(&replicas[1], &user), 0);

    /* the same ids of somebody else are other events */
    record_all(&replicas[0], &other, batch, 3, 3);
    cr_expect_eq(state_of(&replicas[0], &other).progress.review_count, 3);
    cr_expect_eq(state_of(&replicas[0], &user).progress.review_count, 3);
}

Test(progress_record, repeats_are_duplicates)
{
    run_with_replicas(repeat_events);
}

/* ---- disorder ---- */

static study_event random_event(void)
{
    study_event e = review_on(rand() % 300, (memory_grade)(1 + rand() % 4));
    e.occurred_at_us += rand() % 3 * 3600 * INT64_C(1000000);
    e.topic_key = topic_keys[rand() % TOPICS];
    e.duration_seconds = rand() % 3600;
    if (rand() % 4 == 0) {
        e.kind = 1;
        e.grade = rand() % 5;
    }
    return e;
}

/* Batches of any size from a shuffled history, some of it twice, with reads in between. */
static void record_in_disorder(void *arg)
{
    (void)arg;
    srand(3);
    uuid user = uuid_make();
    enum { EVENTS = 600 };
    study_event *events = ARENA_ARRAY(fiber_arena(), study_event, EVENTS);
    for (int i = 0; i < EVENTS; i++)
        events[i] = i > 10 && rand() % 5 == 0 ? events[rand() % i] : random_event();
    for (int i = 0; i < EVENTS;) {
        int count = 1 + rand() % 20;
        if (count > EVENTS - i)
            count = EVENTS - i;
        cr_assert_eq(record_as(&replicas[rand() % 2], &user, events + i, (size_t)count, NULL, NULL), STATUS_OK);
        i += count;
        if (rand() % 3 == 0)
            cr_assert_eq(count_wrong_states(&replicas[rand() % 2], &user), 0, "after %d events", i);
    }
    cr_expect_eq(count_wrong_states(&replicas[0], &user), 0);
}

Test(progress_record, disorder_ends_in_the_replayed_state)
{
    run_with_replicas(record_in_disorder);
}

/* ---- several at once ---- */

typedef struct writer {
    uuid user;
    unsigned number;
    int32_t accepted;
} writer;

/* How many of these events are in the states, after catching up, whoever else does the same now. */
static size_t taken_in_by_now(progress_replica *r, const uuid *user, const study_event *events, size_t count)
{
    static const db_statement find = {
        "test.taken_in", DB_READ, "select", "events",
        "SELECT count(*) FROM events e WHERE e.user_id = $1::uuid AND e.id = ANY ($2::uuid[]) AND NOT EXISTS"
        " (SELECT FROM pending_events p WHERE p.user_id = e.user_id AND p.seq = e.seq)"};
    uuid ids[8];
    for (size_t i = 0; i < count; i++)
        ids[i] = events[i].id;
    cr_assert_eq(progress_catch_up(&r->service, user), STATUS_OK);
    db_rows *rows;
    cr_assert_eq(db_query(r->database, &find, DB_VALUES(db_uuid(user), db_uuid_array(ids, count)), &rows), STATUS_OK);
    return (size_t)db_get_int8(rows, 0, 0);
}

static status write_and_read(void *arg)
{
    writer *w = arg;
    for (int i = 0; i < 12; i++) {
        study_event batch[6];
        size_t count = 1 + (size_t)(rand() % 6);
        for (size_t n = 0; n < count; n++)
            batch[n] = random_event();
        int32_t accepted;
        cr_assert_eq(record_as(&replicas[(w->number + (unsigned)i) % 2], &w->user, batch, count, &accepted, NULL),
                     STATUS_OK);
        w->accepted += accepted;
        cr_assert_eq(taken_in_by_now(&replicas[rand() % 2], &w->user, batch, count), count);
    }
    return STATUS_OK;
}

static void write_at_once(void *arg)
{
    (void)arg;
    srand(4);
    uuid user = uuid_make();
    enum { WRITERS = 48 };
    static writer writers[WRITERS];
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (writer){.user = user, .number = i};
        fiber_group_spawn(&group, "writer", write_and_read, &writers[i]);
    }
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    int accepted = 0;
    for (unsigned i = 0; i < WRITERS; i++)
        accepted += writers[i].accepted;
    cr_expect_eq(count_wrong_states(&replicas[0], &user), 0);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.events"), accepted);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.pending_events"), 0);
}

Test(progress_record, replicas_write_the_same_topics)
{
    run_with_replicas(write_at_once);
}

/* Two replicas take in events at once, and the one that read less comes last. */
static void save_too_late(void *arg)
{
    (void)arg;
    uuid user = uuid_make();
    db *d = replicas[0].database;
    for (int round = 0; round < 3; round++) { /* of no stored state, and of one */
        study_event first = review_on(10 * round, MEMORY_GOOD), second = review_on(10 * round + 3, MEMORY_EASY);
        record_all(&replicas[0], &user, &first, 1, 1);
        pending_list pending;
        cr_assert_eq(progress_store_list_pending(d, fiber_arena(), &user, 10, &pending), STATUS_OK);
        cr_assert_eq(pending.count, 1);
        record_all(&replicas[1], &user, &second, 1, 1);
        cr_assert_eq(progress_catch_up(&replicas[1].service, &user), STATUS_OK);
        size_t stored;
        cr_assert_eq(progress_store_save_topics(d, fiber_arena(), &user, &pending.events[0].topic, 1, &pending,
                                                &stored),
                     STATUS_OK);
        cr_expect_eq(stored, 0, "the state that knows less must not win");
        cr_expect_eq(count_wrong_states(&replicas[0], &user), 0);
    }
}

Test(progress_record, a_state_that_was_computed_from_less_is_not_stored)
{
    run_with_replicas(save_too_late);
}

/* The same event from a client that repeats itself on every connection it has. */
static status write_same(void *arg)
{
    writer *w = arg;
    study_event e = review_on(1, MEMORY_GOOD);
    memset(&e.id, 7, sizeof e.id);
    cr_assert_eq(record_as(&replicas[w->number % 2], &w->user, &e, 1, &w->accepted, NULL), STATUS_OK);
    return STATUS_OK;
}

static void write_same_at_once(void *arg)
{
    (void)arg;
    uuid user = uuid_make();
    writer writers[32];
    fiber_group group = FIBER_GROUP_INIT;
    for (unsigned i = 0; i < 32; i++) {
        writers[i] = (writer){.user = user, .number = i};
        fiber_group_spawn(&group, "writer", write_same, &writers[i]);
    }
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    int accepted = 0;
    for (unsigned i = 0; i < 32; i++)
        accepted += writers[i].accepted;
    cr_expect_eq(accepted, 1);
    cr_expect_eq(state_of(&replicas[0], &user).progress.review_count, 1);
}

Test(progress_record, one_event_at_once_from_everywhere_is_accepted_once)
{
    run_with_replicas(write_same_at_once);
}

/* ---- long histories: more events than a pass takes, more of a topic than a page holds ---- */

static void import_years(void *arg)
{
    (void)arg;
    srand(5);
    uuid user = uuid_make();
    study_event *batch = ARENA_ARRAY(fiber_arena(), study_event, 500);
    for (int n = 0; n < 26; n++) {
        for (int i = 0; i < 500; i++) {
            batch[i] = review_on(rand() % 2, (memory_grade)(1 + rand() % 4));
            batch[i].occurred_at_us += rand() % 40 * INT64_C(1000000); /* many at one instant */
            batch[i].topic_key = n < 4 ? arena_printf(fiber_arena(), "topic-%04d", n * 500 + i) : "topic-1000";
        }
        record_all(&replicas[n % 2], &user, batch, 500, 500);
    }
    cr_expect_eq(progress_catch_up(&replicas[0].service, &user), STATUS_OK);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.topic_states"), 2000);
    cr_expect_eq(test_postgres_number(postgres, "SELECT review_count FROM progress.topic_states"
                                                " WHERE topic_key = 'topic-1000'"),
                 11001);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.pending_events"), 0);
    test_postgres_run(postgres, "DELETE FROM progress.events WHERE topic_key <> 'topic-1000';"
                                "DELETE FROM progress.topic_states WHERE topic_key <> 'topic-1000'");
    cr_expect_eq(count_wrong_states(&replicas[1], &user), 0);
}

Test(progress_record, long_histories_are_taken_in_by_parts)
{
    run_with_replicas(import_years);
}

/* ---- the server is killed ---- */

typedef struct killed_writer {
    uuid user;
    uuid ids[4000];
    size_t count;
} killed_writer;

static bool stop_writing;

static status write_until_killed(void *arg)
{
    killed_writer *w = arg;
    while (!stop_writing && w->count < sizeof w->ids / sizeof w->ids[0]) {
        study_event e = random_event();
        status s = record_as(&replicas[rand() % 2], &w->user, &e, 1, NULL, NULL);
        if (s == STATUS_OK)
            w->ids[w->count++] = e.id;
        fiber_yield();
    }
    return STATUS_OK;
}

static void kill_while_writing(void *arg)
{
    (void)arg;
    srand(6);
    static killed_writer writers[16];
    fiber_group group = FIBER_GROUP_INIT;
    for (int i = 0; i < 16; i++) {
        writers[i].user = uuid_make();
        fiber_group_spawn(&group, "writer", write_until_killed, &writers[i]);
    }
    while (writers[0].count < 30)
        fiber_yield();
    test_postgres_kill(postgres);
    test_postgres_restart(postgres);
    size_t before = writers[0].count;
    while (writers[0].count < before + 30)
        fiber_yield();
    stop_writing = true;
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    for (int i = 0; i < 16; i++) {
        event_list log;
        cr_assert_eq(progress_store_list_events(replicas[0].database, fiber_arena(), &writers[i].user, NULL, 100000,
                                                &log),
                     STATUS_OK);
        cr_expect_geq(log.count, writers[i].count);
        for (size_t n = 0; n < writers[i].count; n++) {
            bool found = false;
            for (size_t k = 0; k < log.count && !found; k++)
                found = memcmp(&log.events[k].id, &writers[i].ids[n], sizeof(uuid)) == 0;
            cr_assert(found, "an acknowledged event is lost");
        }
        cr_expect_eq(count_wrong_states(&replicas[i % 2], &writers[i].user), 0);
    }
}

Test(progress_record, what_was_acknowledged_survives_a_killed_server)
{
    run_with_replicas(kill_while_writing);
}
