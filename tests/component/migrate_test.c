/* sical-migrate against a real server: each file once, whole or not at all, and no rewriting of the past. */
#include "postgres.h"
#include "program.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 512, RUNNERS = 10, RUNNER_LIMIT_MS = 60000 };

static test_postgres *pg;
static char folder[TEST_FOLDER_SIZE];

static void start(void)
{
    pg = test_postgres_start();
    test_folder_create(folder);
}

static void stop(void)
{
    test_folder_remove(folder);
    test_postgres_stop(pg);
}

TestSuite(migrate, .init = start, .fini = stop);

static void write_file(const char *name, const char *text)
{
    char path[PATH_SIZE];
    const char *slash = strchr(name, '/');
    snprintf(path, sizeof path, "%s/%.*s", folder, (int)(slash - name), name);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void remove_file(const char *name)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(unlink(path), 0);
}

static test_program *begin(const char *command)
{
    char url[PATH_SIZE], place[PATH_SIZE];
    snprintf(url, sizeof url, "MIGRATE_DATABASE_URL=%s", test_postgres_url(pg, NULL));
    snprintf(place, sizeof place, "MIGRATIONS_DIR=%s", folder);
    return test_program_start(&(test_program_options){
        .name = "sical-migrate",
        .arguments = (const char *const[]){command, NULL},
        .environment = (const char *const[]){url, place, "PLAN_DB_PASSWORD=plan's own", NULL},
    });
}

/* Runs a command to its end; what it said goes to said. */
static int migrate(const char *command, char said[4096])
{
    test_program *p = begin(command);
    int code = test_program_wait(p, RUNNER_LIMIT_MS);
    char *output = test_program_output(p), *errors = test_program_errors(p);
    snprintf(said, 4096, "%s%s", output, errors);
    free(output);
    free(errors);
    test_program_destroy(p);
    return code;
}

static void assert_refused(const char *command, const char *naming)
{
    char said[4096];
    cr_assert_eq(migrate(command, said), 1, "%s", said);
    cr_assert(strstr(said, naming), "\"%s\" is not in: %s", naming, said);
}

static void assert_up(const char *saying)
{
    char said[4096];
    cr_assert_eq(migrate("up", said), 0, "%s", said);
    cr_assert(strstr(said, saying), "\"%s\" is not in: %s", saying, said);
}

static void write_usual_files(void)
{
    write_file("auth/0001_accounts.sql", "CREATE TABLE accounts (id int);");
    write_file("plan/0001_goals.sql", "CREATE TABLE goals (id int);\nINSERT INTO goals VALUES (1);");
    write_file("plan/0002_log.sql", "CREATE TABLE log (id serial, at timestamptz DEFAULT now());\n"
                                    "REVOKE UPDATE, DELETE ON log FROM sical_plan;");
}

Test(migrate, ten_runners_at_once_apply_each_file_once)
{
    write_usual_files();
    write_file("plan/0003_count.sql", "INSERT INTO goals SELECT id + 1 FROM goals; SELECT pg_sleep(0.2);");
    test_program *runners[RUNNERS];
    for (int i = 0; i < RUNNERS; i++)
        runners[i] = begin("up");
    int applied = 0;
    for (int i = 0; i < RUNNERS; i++) {
        cr_assert_eq(test_program_wait(runners[i], RUNNER_LIMIT_MS), 0);
        char *output = test_program_output(runners[i]);
        for (const char *p = output; (p = strstr(p, "applied plan/0003")); p++)
            applied++;
        free(output);
        test_program_destroy(runners[i]);
    }
    cr_assert_eq(applied, 1);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM sical_migrations.applied"), 4);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM plan.goals"), 2);
}

Test(migrate, a_changed_file_is_refused_by_name)
{
    write_usual_files();
    assert_up("3 applied, 0 were there");
    assert_up("0 applied, 3 were there");
    write_file("plan/0001_goals.sql", "CREATE TABLE goals (id bigint);");
    write_file("plan/0003_more.sql", "CREATE TABLE more (id int);");
    assert_refused("up", "plan/0001_goals.sql was changed after it was applied");
    assert_refused("verify", "plan/0001_goals.sql was changed after it was applied");
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_tables WHERE tablename = 'more'"), 0);
}

Test(migrate, gaps_doubles_and_vanished_files_are_all_named)
{
    write_usual_files();
    assert_up("3 applied");
    remove_file("auth/0001_accounts.sql");
    write_file("plan/0002_other.sql", "SELECT 1;");
    write_file("plan/0004_late.sql", "SELECT 1;");
    assert_refused("up", "auth/0001_accounts.sql was applied on");
    assert_refused("up", "plan/0002_log.sql and plan/0002_other.sql have the same number");
    assert_refused("up", "plan/0004_late.sql: number 0003 is missing before it");
}

Test(migrate, a_renamed_file_is_refused)
{
    write_usual_files();
    assert_up("3 applied");
    remove_file("plan/0002_log.sql");
    write_file("plan/0002_journal.sql", "SELECT 1;");
    assert_refused("up", "plan/0002_journal.sql was applied under another name, 0002_log.sql");
}

Test(migrate, a_name_that_is_none_is_refused)
{
    write_usual_files();
    write_file("plan/3_more.sql", "SELECT 1;");
    write_file("plan/0003_more.sql~", "SELECT 1;");
    assert_refused("up", "plan/3_more.sql: is not named NNNN_what.sql");
    assert_refused("up", "plan/0003_more.sql~: is not named NNNN_what.sql");
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_namespace WHERE nspname = 'plan'"), 0);
}

Test(migrate, a_failing_file_leaves_nothing_and_names_its_line)
{
    write_usual_files();
    write_file("plan/0003_half.sql", "CREATE TABLE half (id int);\n"
                                     "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'a;b'; $$;\n"
                                     "/* ; */ INSERT INTO half VALUES (1);\n"
                                     "\n"
                                     "INSERT INTO half\n"
                                     "SELECT \"ü\" FROM goals;\n");
    assert_refused("up", "plan/0003_half.sql:6: 42703:");
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_tables WHERE tablename = 'half'"), 0);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM sical_migrations.applied"), 3);
    write_file("plan/0003_half.sql", "CREATE TABLE half (id int);\n\nINSERT INTO half SELECT 1 / (id - 1) FROM goals;");
    assert_refused("up", "plan/0003_half.sql:3: 22012:"); /* an error that the server gives no position for */
    write_file("plan/0003_half.sql", "CREATE TABLE half (id int);");
    assert_up("1 applied, 3 were there");
}

Test(migrate, a_file_cannot_commit_half_of_itself)
{
    write_file("plan/0001_goals.sql", "CREATE TABLE goals (id int);\n commit;\nSELECT 1 / 0;");
    assert_refused("up", "plan/0001_goals.sql:2: a migration is one transaction");
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_tables WHERE tablename = 'goals'"), 0);
}

Test(migrate, status_and_verify_tell_what_is_pending_and_change_nothing)
{
    char said[4096];
    write_usual_files();
    cr_assert_eq(migrate("status", said), 0, "%s", said);
    cr_assert(strstr(said, "pending") && !strstr(said, "applied"));
    assert_refused("verify", "auth/0001_accounts.sql is pending");
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_namespace WHERE nspname = 'sical_migrations'"), 0);
    assert_up("3 applied");
    cr_assert_eq(migrate("verify", said), 0, "%s", said);
    cr_assert_eq(migrate("status", said), 0, "%s", said);
    cr_assert(!strstr(said, "pending") && strstr(said, "applied"));
}

/* A DO block that runs sql as a role; the answer tells whether it was refused for want of the right. */
static bool is_denied(const char *role, const char *sql)
{
    char statement[1024];
    snprintf(statement, sizeof statement,
             "CREATE OR REPLACE FUNCTION pg_temp.denied() RETURNS int LANGUAGE plpgsql AS $f$ BEGIN SET LOCAL ROLE %s;"
             " BEGIN EXECUTE $s$%s$s$; RESET ROLE; RETURN 0;"
             " EXCEPTION WHEN insufficient_privilege THEN RESET ROLE; RETURN 1; END; END $f$; SELECT pg_temp.denied()",
             role, sql);
    return test_postgres_number(pg, statement) == 1;
}

Test(migrate, a_role_reaches_only_its_own_schema)
{
    write_usual_files();
    assert_up("3 applied");
    cr_assert_not(is_denied("sical_plan", "SELECT id FROM plan.goals"));
    cr_assert_not(is_denied("sical_plan", "INSERT INTO plan.log DEFAULT VALUES"));
    cr_assert(is_denied("sical_plan", "DELETE FROM plan.log"));
    cr_assert(is_denied("sical_plan", "CREATE TABLE plan.mine (id int)"));
    cr_assert(is_denied("sical_plan", "SELECT id FROM auth.accounts"));
    cr_assert(is_denied("sical_auth", "SELECT id FROM plan.goals"));
    cr_assert(is_denied("sical_plan", "CREATE TABLE public.mine (id int)"));
    cr_assert(is_denied("sical_plan", "SELECT * FROM sical_migrations.applied"));
    assert_up("0 applied"); /* running again gives back nothing that a migration took */
    cr_assert(is_denied("sical_plan", "DELETE FROM plan.log"));
}

Test(migrate, a_role_has_its_settings_and_password)
{
    write_usual_files();
    assert_up("3 applied");
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = "
                                          "s.setrole WHERE rolname = 'sical_plan' AND setconfig @> "
                                          "'{search_path=plan,TimeZone=UTC,statement_timeout=10s,lock_timeout=2s,"
                                          "idle_in_transaction_session_timeout=10s}'"),
                 1);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_authid WHERE rolname = 'sical_plan' AND "
                                          "rolcanlogin AND NOT rolsuper AND rolpassword LIKE 'SCRAM-SHA-256$%'"),
                 1);
    cr_assert_eq(test_postgres_number(pg, "SELECT count(*) FROM pg_authid WHERE rolname = 'sical_auth' AND "
                                          "rolpassword IS NULL"),
                 1);
}

Test(migrate, the_projects_own_migrations_apply_from_nothing)
{
    test_migrate(pg);
    cr_assert_geq(test_postgres_number(pg, "SELECT count(DISTINCT service) FROM sical_migrations.applied"), 4);
}

/* Without a server: a bad or silent address is told without showing what is in it. */
static void assert_no_connection(const char *url, const char *saying)
{
    char setting[PATH_SIZE], *errors = NULL;
    snprintf(setting, sizeof setting, "MIGRATE_DATABASE_URL=%s", url);
    int code = test_program_run(
        &(test_program_options){
            .name = "sical-migrate",
            .arguments = (const char *const[]){"up", NULL},
            .environment = (const char *const[]){setting, "MIGRATE_WAIT=100ms", NULL},
        },
        NULL, &errors);
    cr_assert_eq(code, 1, "%s", errors);
    cr_assert(strstr(errors, saying) && !strstr(errors, "geheim"), "%s", errors);
    free(errors);
}

Test(migrate_alone, tells_no_secret_when_it_cannot_connect)
{
    assert_no_connection("postgresql://u:geheim@127.0.0.1:1/sical", "does not answer within MIGRATE_WAIT");
    assert_no_connection("postgresql://u:geheim@[::1", "is no connection URL");
}

Test(migrate_alone, wants_a_command_and_an_address)
{
    char *errors = NULL;
    cr_assert_eq(test_program_run(&(test_program_options){.name = "sical-migrate"}, NULL, &errors), 2);
    cr_assert(strstr(errors, "usage:"));
    free(errors);
    const char *const up[] = {"up", NULL};
    cr_assert_eq(test_program_run(&(test_program_options){.name = "sical-migrate", .arguments = up}, NULL, &errors), 2);
    cr_assert(strstr(errors, "MIGRATE_DATABASE_URL"));
    free(errors);
}
