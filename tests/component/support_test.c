/* The servers that other tests stand on: they start, keep what was committed over a kill, and are really private. */
#include "network.h"
#include "postgres.h"
#include "program.h"
#include "redis.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(test_postgres, keeps_committed_rows_over_kill_and_restart)
{
    test_postgres *pg = test_postgres_start();
    test_postgres_run(pg, "CREATE TABLE t (n int); INSERT INTO t VALUES (41)");
    test_postgres_kill(pg);
    cr_assert_not(test_wait_tcp(test_postgres_port(pg), 0));
    test_postgres_restart(pg);
    cr_assert_eq(test_postgres_number(pg, "SELECT n + 1 FROM t"), 42);
    test_postgres_shutdown(pg);
    test_postgres_restart(pg);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM t"), 1);
    test_postgres_stop(pg);
}

Test(test_postgres, two_clusters_know_nothing_of_each_other)
{
    test_postgres *a = test_postgres_start(),
                  *b = test_postgres_start_with((const char *const[]){"work_mem=77kB", NULL});
    test_postgres_run(a, "CREATE TABLE only_a (n int)");
    cr_assert_eq(test_postgres_number(b, "SELECT count(*) FROM pg_tables WHERE tablename = 'only_a'"), 0);
    char *setting = test_postgres_text(b, "SHOW work_mem");
    cr_assert_str_eq(setting, "77kB");
    free(setting);
    test_postgres_stop(a);
    test_postgres_stop(b);
}

Test(test_postgres, stops_while_frozen)
{
    test_postgres *pg = test_postgres_start();
    unsigned port = test_postgres_port(pg);
    test_postgres_freeze(pg);
    test_postgres_stop(pg);
    cr_assert_not(test_wait_tcp(port, 0));
}

Test(test_redis, starts_dies_and_comes_back)
{
    test_redis *r = test_redis_start("secret");
    cr_assert(test_wait_tcp(test_redis_port(r), TEST_WAIT_MS));
    cr_assert(strstr(test_redis_url(r), "redis://:secret@127.0.0.1:"));
    test_redis_kill(r);
    cr_assert_not(test_wait_tcp(test_redis_port(r), 0));
    test_redis_restart(r);
    cr_assert(test_wait_tcp(test_redis_port(r), TEST_WAIT_MS));
    test_redis_stop(r);
}

Test(test_program, tells_output_errors_and_exit_code)
{
    char *output, *errors;
    int code = test_program_run(
        &(test_program_options){.name = "/bin/sh",
                                .arguments = (const char *const[]){"-c", "echo $WORD; echo bad >&2; exit 7", NULL},
                                .environment = (const char *const[]){"WORD=good", NULL}},
        &output, &errors);
    cr_assert_eq(code, 7);
    cr_assert_str_eq(output, "good\n");
    cr_assert_str_eq(errors, "bad\n");
    free(output);
    free(errors);
}

Test(test_program, tells_the_signal_that_ended_it)
{
    test_program *p = test_program_start(
        &(test_program_options){.name = "/bin/sleep", .arguments = (const char *const[]){"1000", NULL}});
    cr_assert_eq(test_program_wait(p, 0), -1);
    test_program_signal(p, SIGTERM);
    cr_assert_eq(test_program_wait(p, TEST_WAIT_MS), 128 + SIGTERM);
    test_program_destroy(p);
}

Test(test_folder, is_removed_with_all_it_holds)
{
    char path[TEST_FOLDER_SIZE], inner[TEST_FOLDER_SIZE + 16];
    test_folder_create(path);
    strcat(strcpy(inner, path), "/inner");
    cr_assert_eq(symlink("/etc/passwd", inner), 0);
    test_folder_remove(path);
    cr_assert_neq(access(path, F_OK), 0);
    cr_assert_eq(access("/etc/passwd", F_OK), 0);
}
