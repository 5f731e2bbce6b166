/* What recording refuses, and what nobody can do to the log. */
#include "progress_replicas.h"

#include "clock.h"
#include "fiber.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_fault(const rpc_reply *reply, const char *field)
{
    for (size_t i = 0; i < reply->fault_count; i++)
        if (strcmp(reply->faults[i].field, field) == 0)
            return;
    cr_expect(false, "no fault of %s", field);
}

static Sical__Progress__V1__StudyEvent wire_event(char *id, Google__Protobuf__Timestamp *at)
{
    Sical__Progress__V1__StudyEvent e = SICAL__PROGRESS__V1__STUDY_EVENT__INIT;
    e.id = id;
    e.graph_id = "0198a5a0-0000-7000-8000-000000000001";
    e.topic_key = "topic";
    e.kind = SICAL__PROGRESS__V1__STUDY_EVENT__KIND__REVIEW;
    e.grade = SICAL__PROGRESS__V1__STUDY_EVENT__GRADE__GOOD;
    e.occurred_at = at;
    return e;
}

static status record_wire(const uuid *user, Sical__Progress__V1__StudyEvent **events, size_t count, rpc_reply *reply)
{
    Sical__Progress__V1__RecordEventsRequest request = SICAL__PROGRESS__V1__RECORD_EVENTS_REQUEST__INIT;
    request.n_events = count;
    request.events = events;
    return call_as(&replicas[0], user, "RecordEvents", &request.base, NULL, reply);
}

static void record_faults(void *arg)
{
    (void)arg;
    uuid user = uuid_make();
    rpc_reply reply;
    Google__Protobuf__Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    now.seconds = clock_wall_us() / 1000000;
    Sical__Progress__V1__StudyEvent good = wire_event("0198a5a0-0000-7000-8000-00000000000a", &now);
    Sical__Progress__V1__StudyEvent bad = wire_event("not-a-uuid", NULL);
    bad.graph_id = "";
    bad.topic_key = "Not A Key";
    bad.kind = (Sical__Progress__V1__StudyEvent__Kind)9;
    bad.grade = (Sical__Progress__V1__StudyEvent__Grade)5;
    bad.duration_seconds = 86401;
    Sical__Progress__V1__StudyEvent *batch[2] = {&good, &bad};
    cr_expect_eq(record_wire(&user, batch, 2, &reply), (status)CODE_INVALID_ARGUMENT);
    const char *const fields[] = {"events[1].id",         "events[1].graph_id", "events[1].topic_key",
                                  "events[1].kind",       "events[1].grade",    "events[1].duration_seconds",
                                  "events[1].occurred_at"};
    cr_expect_eq(reply.fault_count, sizeof fields / sizeof fields[0]);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        expect_fault(&reply, fields[i]);

    bad = good;
    bad.grade = SICAL__PROGRESS__V1__STUDY_EVENT__GRADE__GRADE_UNSPECIFIED;
    cr_expect_eq(record_wire(&user, batch, 2, &reply), (status)CODE_INVALID_ARGUMENT);
    expect_fault(&reply, "events[1].grade");

    const int64_t instants[] = {0, 946684799, now.seconds + 86400 + 60, INT64_C(253402300799), INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof instants / sizeof instants[0]; i++) {
        Google__Protobuf__Timestamp at = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        at.seconds = instants[i];
        bad = wire_event(good.id, &at);
        cr_expect_eq(record_wire(&user, batch, 2, &reply), (status)CODE_INVALID_ARGUMENT, "%ld", (long)instants[i]);
        expect_fault(&reply, "events[1].occurred_at");
    }
    cr_expect_eq(record_wire(&user, NULL, 0, &reply), (status)CODE_INVALID_ARGUMENT);
    expect_fault(&reply, "events");
    Sical__Progress__V1__StudyEvent *many[501];
    for (int i = 0; i < 501; i++)
        many[i] = &good;
    cr_expect_eq(record_wire(&user, many, 501, &reply), (status)CODE_INVALID_ARGUMENT);
    cr_expect_eq(record_wire(NULL, batch, 1, &reply), (status)CODE_UNAUTHENTICATED);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.events"), 0, "nothing half-written");
    cr_expect_eq(record_wire(&user, many, 500, &reply), STATUS_OK);
    cr_expect_eq(test_postgres_number(postgres, "SELECT count(*) FROM progress.events"), 1);
}

Test(progress_input, faults_are_told_all_at_once)
{
    run_with_replicas(record_faults);
}

static void try_to_change_the_log(void *arg)
{
    (void)arg;
    uuid user = uuid_make();
    study_event e = review_on(0, MEMORY_GOOD);
    cr_assert_eq(record_as(&replicas[0], &user, &e, 1, NULL, NULL), STATUS_OK);
    static const db_statement change = {"test.change", DB_WRITE, "update", "events", "UPDATE events SET grade = 1"};
    static const db_statement remove = {"test.remove", DB_WRITE, "delete", "events", "DELETE FROM events"};
    cr_expect_eq(db_query(replicas[0].database, &change, NULL, 0, NULL), STATUS_INTERNAL);
    cr_expect_eq(db_query(replicas[0].database, &remove, NULL, 0, NULL), STATUS_INTERNAL);
    cr_expect_eq(test_postgres_number(postgres, "SELECT grade FROM progress.events"), MEMORY_GOOD);
}

Test(progress_input, the_log_is_append_only)
{
    run_with_replicas(try_to_change_the_log);
}
