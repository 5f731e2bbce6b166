/*
 * How fast study is recorded and read, through the store and a real PostgreSQL with fsync on: one event a call, so many
 * calls in flight. Prints a line for each measurement.
 *
 *   progress_bench [seconds]
 */
#include "catch_up.h"
#include "clock.h"
#include "fiber.h"
#include "log.h"
#include "postgres.h"
#include "store.h"

#include <stdio.h>
#include <stdlib.h>

enum { USERS = 500, TOPICS = 50 };

static uuid users[USERS];
static char topics[TOPICS][16];
static progress_service service;
static uint64_t end_ns;
static unsigned long calls;
static double seconds = 3;

static study_event random_event(void)
{
    return (study_event){
        .id = uuid_make(),
        .topic_key = topics[rand() % TOPICS],
        .kind = 2,
        .grade = 1 + rand() % 4,
        .duration_seconds = 60,
        .occurred_at_us = clock_wall_us(),
    };
}

static bool record_alone(void)
{
    new_event e = {.user_id = users[rand() % USERS], .event = random_event()};
    return progress_store_record(service.database, &e, 1) == STATUS_OK && e.added;
}

static bool record_one(void)
{
    study_event e = random_event();
    int32_t added;
    return recorder_add(service.recorder, &users[rand() % USERS], &e, 1, &added) == STATUS_OK && added == 1;
}

static bool read_one(void)
{
    topic_list due;
    int64_t total;
    const uuid *user = &users[rand() % USERS];
    arena a;
    arena_init(&a, 0);
    bool done =
        progress_catch_up(&service, user) == STATUS_OK &&
        progress_store_list_due(service.database, &a, user, clock_wall_us(), NULL, 21, &due, &total) == STATUS_OK;
    arena_finish(&a);
    return done;
}

static bool record_and_read(void)
{
    return record_one() && read_one();
}

/* A call a fiber, as a server has it: what a call leaves behind goes with its fiber. */
static status call_once(void *arg)
{
    bool (*const *call)(void) = arg;
    if (!(*call)())
        abort();
    calls++;
    return STATUS_OK;
}

static status call_on(void *arg)
{
    while (clock_monotonic_ns() < end_ns) {
        fiber_group one = FIBER_GROUP_INIT;
        fiber_group_spawn(&one, "call", call_once, arg);
        fiber_group_wait(&one);
    }
    return STATUS_OK;
}

static void measure(const char *what, bool (*call)(void), unsigned fibers)
{
    fiber_group group = FIBER_GROUP_INIT;
    uint64_t start_ns = clock_monotonic_ns();
    calls = 0;
    end_ns = start_ns + (uint64_t)(seconds * 1e9);
    for (unsigned i = 0; i < fibers; i++)
        fiber_group_spawn(&group, "caller", call_on, &call);
    fiber_group_wait(&group);
    double elapsed = (double)(clock_monotonic_ns() - start_ns) / 1e9;
    printf("%-36s %4u in flight %8.0f/s\n", what, fibers, (double)calls / elapsed);
    fflush(stdout);
}

static void bench(void *arg)
{
    (void)arg;
    while (!db_ready(service.database))
        fiber_sleep(2);
    for (int i = 0; i < USERS; i++)
        users[i] = uuid_make();
    for (unsigned i = 0; i < TOPICS; i++)
        snprintf(topics[i], sizeof topics[i], "topic-%u", i);
    measure("record one event, a statement each", record_alone, 64);
    measure("record one event", record_one, 16);
    measure("record one event", record_one, 64);
    measure("record one event", record_one, 256);
    for (int i = 0; i < USERS; i++)
        if (progress_catch_up(&service, &users[i]) != STATUS_OK)
            abort();
    measure("read due reviews, nothing changed", read_one, 64);
    measure("record one event, read due reviews", record_and_read, 64);
    recorder_destroy(service.recorder);
    db_destroy(service.database);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seconds = strtod(argv[1], NULL);
    test_postgres *postgres = test_postgres_start_with((const char *const[]){"fsync=on", NULL});
    test_migrate(postgres);
    log_threshold = LOG_WARN;
    loop *l = loop_create();
    service.database =
        db_create(l, &(db_options){.conninfo = test_postgres_socket_conninfo(postgres, "sical_progress")});
    service.recorder = recorder_create(l, service.database);
    service.mastery_threshold = 0.7;
    if (memory_model_init(&service.model, &memory_default_parameters))
        abort();
    fiber_spawn(l, "bench", bench, NULL);
    loop_run_until_idle(l);
    loop_destroy(l);
    printf("events recorded: %lld\n", test_postgres_number(postgres, "SELECT count(*) FROM progress.events"));
    test_postgres_stop(postgres);
}
