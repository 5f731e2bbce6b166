/*
 * What a shared Sync is worth: durable single-row inserts and reads by key, so many fibers at a time, against a private
 * PostgreSQL with fsync on. "alone" is the same with a Sync for each call.
 *
 *   db_bench [seconds per figure]
 */
#include "clock.h"
#include "db_internal.h"
#include "log.h"
#include "postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { ROWS = 100000 };

static const db_statement insert = {"bench.insert", DB_WRITE, "insert", "t", "INSERT INTO t (id, n) VALUES ($1, $2)"};
static const db_statement get = {"bench.get", DB_READ, "select", "t", "SELECT id, n FROM known WHERE n = $1"};

static db *d;
static uint64_t end_ns;
static unsigned long calls;
static bool failed;

static void insert_rows(void *arg)
{
    (void)arg;
    while (clock_monotonic_ns() < end_ns && !failed) {
        uuid id = uuid_make();
        failed |= db_query(d, &insert, DB_VALUES(db_uuid(&id), db_int8((int64_t)calls)), NULL) != STATUS_OK;
        calls++;
    }
}

static void get_rows(void *arg)
{
    (void)arg;
    while (clock_monotonic_ns() < end_ns && !failed) {
        db_rows *rows;
        failed |= db_query(d, &get, DB_VALUES(db_int8((int64_t)(calls * 7919 % ROWS))), &rows) != STATUS_OK ||
                  db_row_count(rows) != 1;
        if (!failed)
            db_rows_release(rows);
        calls++;
    }
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void run_fibers(loop *l, void (*fn)(void *arg), unsigned fibers, double seconds)
{
    calls = 0;
    end_ns = clock_monotonic_ns() + (uint64_t)(seconds * 1e9);
    for (unsigned i = 0; i < fibers; i++)
        fiber_spawn(l, "bench", fn, NULL);
    loop_run_until_idle(l);
}

static double measure(const char *conninfo, void (*fn)(void *arg), unsigned fibers, bool grouped, double seconds)
{
    loop *l = loop_create();
    d = db_create(l, &(db_options){.conninfo = conninfo});
    if (!grouped)
        for (unsigned i = 0; i < d->lane_count; i++) {
            d->lanes[i].group_limit = 1;
            d->lanes[i].syncs_limit = fibers;
        }
    run_fibers(l, fn, fibers, 0.3); /* connected and prepared */
    double cpu = cpu_seconds();
    run_fibers(l, fn, fibers, seconds);
    double rate = (double)calls / seconds;
    printf("%-8s %3u fibers %-7s %9.0f/s  client CPU %4.1f us a call\n", fn == insert_rows ? "inserts" : "reads",
           fibers, grouped ? "grouped" : "alone", rate, (cpu_seconds() - cpu) * 1e6 / (double)calls);
    db_destroy(d);
    loop_destroy(l);
    return rate;
}

int main(int count, char **arguments)
{
    static const unsigned fibers[] = {1, 16, 64, 256};
    double seconds = count > 1 ? atof(arguments[1]) : 3;
    test_postgres *pg = test_postgres_start_with((const char *const[]){"fsync=on", "synchronous_commit=on", NULL});
    log_init("db_bench", LOG_WARN, 2);
    test_postgres_run(pg,
                      "CREATE TABLE t (id uuid PRIMARY KEY, n int8); CREATE TABLE known (n int8 PRIMARY KEY, id uuid);"
                      "INSERT INTO known SELECT n, gen_random_uuid() FROM generate_series(0, 99999) n");
    test_postgres_run(pg, "VACUUM ANALYZE known");
    const char *conninfo = test_postgres_socket_conninfo(pg, NULL);
    for (unsigned i = 0; i < sizeof fibers / sizeof *fibers; i++) {
        double one = measure(conninfo, insert_rows, fibers[i], false, seconds);
        printf("  -> %.1f times\n", measure(conninfo, insert_rows, fibers[i], true, seconds) / one);
        one = measure(conninfo, get_rows, fibers[i], false, seconds);
        printf("  -> %.1f times\n", measure(conninfo, get_rows, fibers[i], true, seconds) / one);
    }
    test_postgres_stop(pg);
    return failed;
}
