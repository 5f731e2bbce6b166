/* The feed: every event exactly once, in whatever order transactions begin and end. */
#include "progress_replicas.h"

#include "fiber.h"

#include <criterion/criterion.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

/* A transaction of somebody else that stays open. */
static PGconn *begin(void)
{
    PGconn *c = PQconnectdb(test_postgres_url(postgres, "sical_progress"));
    cr_assert_eq(PQstatus(c), CONNECTION_OK, "%s", PQerrorMessage(c));
    PQclear(PQexec(c, "BEGIN"));
    return c;
}

static void insert_event(PGconn *c, const uuid *user, const uuid *id)
{
    char user_text[UUID_TEXT_SIZE], id_text[UUID_TEXT_SIZE];
    const char *const values[] = {uuid_format(user, user_text), uuid_format(id, id_text)};
    PGresult *r =
        PQexecParams(c,
                     "INSERT INTO events (user_id, id, graph_id, topic_key, kind, grade, duration_seconds, occurred_at)"
                     " VALUES ($1, $2, $1, 'held', 2, 3, 60, now())",
                     2, NULL, values, NULL, NULL, 0);
    cr_assert_eq(PQresultStatus(r), PGRES_COMMAND_OK, "%s", PQerrorMessage(c));
    PQclear(r);
}

static void commit(PGconn *c)
{
    PGresult *r = PQexec(c, "COMMIT");
    cr_assert_eq(PQresultStatus(r), PGRES_COMMAND_OK);
    PQclear(r);
    PQfinish(c);
}

static progress_feed_page pull(const char *cursor, int page_size)
{
    progress_feed_page page;
    cr_assert_eq(progress_client_pull_events(replicas[1].client, NULL, cursor, page_size, &page), STATUS_OK);
    return page;
}

static uuid record_new(const uuid *user)
{
    study_event e = review_on(rand() % 100, MEMORY_GOOD);
    cr_assert_eq(record_as(&replicas[rand() % 2], user, &e, 1, NULL, NULL), STATUS_OK);
    return e.id;
}

static bool is_event(const progress_feed_event *event, const uuid *id)
{
    return memcmp(&event->id, id, sizeof *id) == 0;
}

static void hold_a_transaction(void *arg)
{
    (void)arg;
    uuid user = uuid_make(), held = uuid_make(), rolled_back = uuid_make();
    uuid before = record_new(&user);
    PGconn *older = begin(), *undone = begin();
    insert_event(older, &user, &held); /* takes the lower transaction id and sequence number, commits later */
    insert_event(undone, &user, &rolled_back);
    uuid after = record_new(&user);

    progress_feed_page page = pull("", 0);
    cr_assert_eq(page.count, 1, "what lies behind the open transaction waits");
    cr_expect(is_event(&page.events[0], &before));
    cr_expect_not(page.more);
    const char *cursor = page.next_cursor;
    page = pull(cursor, 0);
    cr_expect_eq(page.count, 0);
    cr_expect_str_eq(page.next_cursor, cursor);

    commit(older);
    page = pull(cursor, 0);
    cr_assert_eq(page.count, 1, "the second transaction is still open");
    cr_expect(is_event(&page.events[0], &held));
    PQfinish(undone);
    while (test_postgres_number(postgres, "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'") > 0)
        ;
    cursor = page.next_cursor;
    page = pull(cursor, 0);
    cr_assert_eq(page.count, 1);
    cr_expect(is_event(&page.events[0], &after));
    cr_expect_eq(memcmp(&page.events[0].user_id, &user, sizeof user), 0);
    cr_expect_str_eq(page.events[0].topic_key, "topic");
    cr_expect_eq(page.events[0].grade, MEMORY_GOOD);
    cr_expect_eq(page.events[0].kind, PROGRESS_REVIEW);
    cr_expect_eq(page.events[0].duration_seconds, 60);
    cr_expect_eq(pull(page.next_cursor, 0).count, 0);
}

Test(progress_feed, an_open_transaction_hides_nothing)
{
    run_with_replicas(hold_a_transaction);
}

/* ---- pulled while it is written ---- */

enum { WRITERS = 12, ROUNDS = 40 };

static unsigned writers_left;

static status keep_recording(void *arg)
{
    (void)arg;
    uuid user = uuid_make();
    for (int i = 0; i < ROUNDS; i++)
        record_new(&user);
    writers_left--;
    return STATUS_OK;
}

static void pull_while_written(void *arg)
{
    (void)arg;
    srand(9);
    fiber_group group = FIBER_GROUP_INIT;
    writers_left = WRITERS;
    for (int i = 0; i < WRITERS; i++)
        fiber_group_spawn(&group, "writer", keep_recording, NULL);
    size_t seen = 0, pages = 0;
    uuid ids[WRITERS * ROUNDS + 100];
    uuid user = uuid_make();
    const char *cursor = "";
    PGconn *held = NULL;
    for (bool last = false; !last; pages++) {
        last = writers_left == 0 && !held;
        if (!held && writers_left > 0 && pages % 7 == 0) {
            uuid id = uuid_make();
            held = begin();
            insert_event(held, &user, &id);
        } else if (held && pages % 7 == 3) {
            commit(held);
            held = NULL;
        }
        progress_feed_page page = pull(cursor, 1 + rand() % 20);
        for (size_t i = 0; i < page.count; i++)
            ids[seen++] = page.events[i].id;
        cursor = page.next_cursor;
        last = last && !page.more;
    }
    cr_assert_eq(fiber_group_wait(&group), STATUS_OK);
    cr_expect_gt(seen, WRITERS * ROUNDS);
    cr_expect_eq((long long)seen, test_postgres_number(postgres, "SELECT count(*) FROM progress.events"));
    for (size_t i = 0; i < seen; i++)
        for (size_t n = i + 1; n < seen; n++)
            cr_assert(memcmp(&ids[i], &ids[n], sizeof(uuid)), "an event was seen twice");
}

Test(progress_feed, everything_once_while_it_is_written)
{
    run_with_replicas(pull_while_written);
}

/* ---- who may, and with what ---- */

static void pull_wrongly(void *arg)
{
    (void)arg;
    uuid user = uuid_make();
    Sical__Progress__V1__PullEventsRequest request = SICAL__PROGRESS__V1__PULL_EVENTS_REQUEST__INIT;
    rpc_reply reply;
    cr_expect_eq(call_as(&replicas[0], &user, "PullEvents", &request.base, NULL, &reply),
                 (status)CODE_PERMISSION_DENIED);
    request.page_size = 1001;
    request.cursor = "MWYuMS4"; /* "1f.1." */
    cr_expect_eq(call_as(&replicas[0], NULL, "PullEvents", &request.base, NULL, &reply), (status)CODE_INVALID_ARGUMENT);
    cr_expect_eq(reply.fault_count, 2);
    request.page_size = 0;
    char *const wrong[] = {
        "x", "MmYuMS4x", "MWUuMS4x", "MWYuLTEuMQ", "MWYuMS4xLjE", "=", "MWYuOTk5OTk5OTk5OTk5OTk5OTk5OTk5LjE"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        request.cursor = wrong[i];
        cr_expect_eq(call_as(&replicas[0], NULL, "PullEvents", &request.base, NULL, &reply),
                     (status)CODE_INVALID_ARGUMENT, "%s", wrong[i]);
    }
    request.cursor = "MWYuMS4x"; /* "1f.1.1": before the first event */
    record_new(&user);
    Sical__Progress__V1__PullEventsResponse *response;
    cr_assert_eq(call_as(&replicas[0], NULL, "PullEvents", &request.base, &response, NULL), STATUS_OK);
    cr_expect_eq(response->n_events, 1);
}

Test(progress_feed, wrong_cursors_and_callers_are_refused)
{
    run_with_replicas(pull_wrongly);
}
