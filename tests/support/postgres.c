#include "postgres.h"

#include "network.h"
#include "program.h"
#include "scratch_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BINARIES "/usr/lib/postgresql/15/bin/"

enum { SETTINGS_LIMIT = 16, PROCESSES_LIMIT = 512 };

struct test_postgres {
    char folder[TEST_FOLDER_SIZE];
    char cluster[TEST_FOLDER_SIZE + 16];
    char url[256];
    char socket_conninfo[256];
    unsigned port;
    char settings[SETTINGS_LIMIT][64];
    unsigned setting_count;
    test_program *program; /* NULL while it is down */
};

/* ---- the cluster's files ---- */

static void run_or_fail(const test_program_options *options)
{
    char *errors;
    int code = test_program_run(options, NULL, &errors);
    if (code != 0)
        test_fail("%s ended with %d: %s", options->name, code, errors);
    free(errors);
}

static void copy_tree(const char *from, const char *to)
{
    run_or_fail(&(test_program_options){.name = "/bin/cp", .arguments = (const char *const[]){"-a", from, to, NULL}});
}

static void own_as_postgres(const char *path)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (geteuid() == 0 && (!user || chown(path, user->pw_uid, user->pw_gid)))
        test_fail("cannot give %s to the user postgres", path);
}

static void make_template(const char *template)
{
    char folder[TEST_FOLDER_SIZE], cluster[TEST_FOLDER_SIZE + 16], half_made[520];
    test_folder_create(folder);
    own_as_postgres(folder);
    snprintf(cluster, sizeof cluster, "%s/cluster", folder);
    run_or_fail(
        &(test_program_options){.name = BINARIES "initdb",
                                .arguments = (const char *const[]){"-D", cluster, "-U", "postgres", "-A", "trust", "-E",
                                                                   "UTF8", "--locale=C.UTF-8", "--no-sync", NULL},
                                .user = "postgres"});
    snprintf(half_made, sizeof half_made, "%s.%d", template, (int)getpid());
    copy_tree(cluster, half_made);
    if (rename(half_made, template))
        test_fail("cannot make %s", template);
    test_folder_remove(folder);
}

/* One copy a build folder and user, because only its owner may read it. */
static void copy_cluster(const char *to)
{
    char template[500], lock_path[520];
    snprintf(template, sizeof template, "%s/test-postgres-15-%d", test_build_dir(), (int)geteuid());
    snprintf(lock_path, sizeof lock_path, "%s.lock", template);
    int lock = open(lock_path, O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    if (lock < 0 || flock(lock, LOCK_EX))
        test_fail("cannot lock %s", lock_path);
    if (access(template, F_OK))
        make_template(template);
    close(lock);
    copy_tree(template, to);
}

/* ---- SQL ---- */

static PGresult *run_in(test_postgres *pg, const char *database, const char *sql)
{
    char conninfo[256];
    snprintf(conninfo, sizeof conninfo, "host=%s port=%u user=postgres dbname=%s connect_timeout=30", pg->folder,
             pg->port, database);
    PGconn *connection = PQconnectdb(conninfo);
    if (PQstatus(connection) != CONNECTION_OK)
        test_fail("cannot connect: %s", PQerrorMessage(connection));
    PGresult *result = PQexec(connection, sql);
    ExecStatusType type = PQresultStatus(result);
    if (type != PGRES_COMMAND_OK && type != PGRES_TUPLES_OK && type != PGRES_EMPTY_QUERY)
        test_fail("%s: %s", sql, PQerrorMessage(connection));
    PQfinish(connection);
    return result;
}

static void create_database(test_postgres *pg)
{
    PQclear(run_in(pg, "postgres", "CREATE DATABASE sical"));
}

void test_postgres_run(test_postgres *pg, const char *sql)
{
    PQclear(run_in(pg, "sical", sql));
}

char *test_postgres_text(test_postgres *pg, const char *sql)
{
    PGresult *result = run_in(pg, "sical", sql);
    char *text = strdup(PQntuples(result) > 0 && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "");
    if (!text)
        abort();
    PQclear(result);
    return text;
}

long long test_postgres_number(test_postgres *pg, const char *sql)
{
    char *text = test_postgres_text(pg, sql);
    long long number = strtoll(text, NULL, 10);
    free(text);
    return number;
}

/* ---- the server ---- */

static void launch(test_postgres *pg)
{
    const char *arguments[2 * SETTINGS_LIMIT + 8] = {"-D", pg->cluster};
    size_t count = 2;
    char port[32], sockets[TEST_FOLDER_SIZE + 40];
    snprintf(port, sizeof port, "port=%u", pg->port);
    snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", pg->folder);
    const char *always[] = {port, sockets};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        arguments[count++] = "-c";
        arguments[count++] = always[i];
    }
    for (unsigned i = 0; i < pg->setting_count; i++) {
        arguments[count++] = "-c";
        arguments[count++] = pg->settings[i];
    }
    pg->program = test_program_start(
        &(test_program_options){.name = BINARIES "postgres", .arguments = arguments, .user = "postgres"});
}

/* Over its own socket: on the port another server might answer. */
static bool answers_or_ended(void *arg)
{
    test_postgres *pg = arg;
    char conninfo[160];
    snprintf(conninfo, sizeof conninfo, "host=%s port=%u user=postgres dbname=postgres connect_timeout=2", pg->folder,
             pg->port);
    return test_program_wait(pg->program, 0) >= 0 || PQping(conninfo) == PQPING_OK;
}

static bool try_start(test_postgres *pg)
{
    launch(pg);
    if (test_wait_until(answers_or_ended, pg, TEST_WAIT_MS) && test_program_wait(pg->program, 0) < 0)
        return true;
    char *errors = test_program_errors(pg->program);
    fprintf(stderr, "test support: postgres did not start: %s\n", errors);
    free(errors);
    test_program_destroy(pg->program);
    pg->program = NULL;
    return false;
}

static void add_setting(test_postgres *pg, const char *setting)
{
    if (pg->setting_count == SETTINGS_LIMIT)
        test_fail("too many settings");
    snprintf(pg->settings[pg->setting_count++], sizeof pg->settings[0], "%s", setting);
}

test_postgres *test_postgres_start_with(const char *const *settings)
{
    test_postgres *pg = calloc(1, sizeof *pg);
    if (!pg)
        abort();
    test_folder_create(pg->folder);
    own_as_postgres(pg->folder);
    snprintf(pg->cluster, sizeof pg->cluster, "%s/cluster", pg->folder);
    copy_cluster(pg->cluster);
    add_setting(pg, "listen_addresses=127.0.0.1");
    add_setting(pg, "fsync=off");
    for (; settings && *settings; settings++)
        add_setting(pg, *settings);
    for (int attempt = 0; attempt < 5 && !pg->program; attempt++) { /* somebody else may take the port first */
        pg->port = test_free_port();
        try_start(pg);
    }
    if (!pg->program)
        test_fail("postgres does not start");
    create_database(pg);
    return pg;
}

test_postgres *test_postgres_start(void)
{
    return test_postgres_start_with(NULL);
}

/* Its own pid and those of its children; a backend's processes are no group, each makes a session of its own. */
static void signal_all(test_postgres *pg, int number)
{
    pid_t server = test_program_pid(pg->program), found[PROCESSES_LIMIT];
    size_t count = 0;
    DIR *directory = opendir("/proc");
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[300], text[256] = "";
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = atoi(entry->d_name) > 0 ? fopen(path, "r") : NULL;
        if (!file)
            continue;
        const char *name_end = fgets(text, sizeof text, file) ? strrchr(text, ')') : NULL;
        fclose(file);
        int parent = 0;
        if (name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 && parent == server && count < PROCESSES_LIMIT)
            found[count++] = atoi(entry->d_name);
    }
    if (directory)
        closedir(directory);
    kill(server, number);
    for (size_t i = 0; i < count; i++)
        kill(found[i], number);
}

void test_postgres_stop(test_postgres *pg)
{
    if (!pg)
        return;
    if (pg->program) {
        signal_all(pg, SIGCONT);
        test_program_signal(pg->program, SIGQUIT); /* at once, but it still frees its shared memory */
        test_program_wait(pg->program, TEST_WAIT_MS);
        test_program_destroy(pg->program);
    }
    test_folder_remove(pg->folder);
    free(pg);
}

void test_postgres_kill(test_postgres *pg)
{
    test_program_signal(pg->program, SIGSTOP); /* so that it starts no further process meanwhile */
    signal_all(pg, SIGKILL);
    test_program_destroy(pg->program);
    pg->program = NULL;
}

void test_postgres_shutdown(test_postgres *pg)
{
    test_program_signal(pg->program, SIGINT);
    if (test_program_wait(pg->program, TEST_WAIT_MS) < 0)
        test_fail("postgres does not stop");
    test_program_destroy(pg->program);
    pg->program = NULL;
}

/* After a kill the last backends may still be dying, and it refuses to start beside them. */
static bool starts(void *arg)
{
    return try_start(arg);
}

void test_postgres_restart(test_postgres *pg)
{
    if (!test_wait_until(starts, pg, TEST_WAIT_MS))
        test_fail("postgres does not start again");
}

void test_postgres_freeze(test_postgres *pg)
{
    test_program_signal(pg->program, SIGSTOP);
    signal_all(pg, SIGSTOP);
}

void test_postgres_thaw(test_postgres *pg)
{
    signal_all(pg, SIGCONT);
}

const char *test_postgres_url(test_postgres *pg, const char *role)
{
    snprintf(pg->url, sizeof pg->url, "postgresql://%s@127.0.0.1:%u/sical", role ? role : "postgres", pg->port);
    return pg->url;
}

const char *test_postgres_socket_conninfo(test_postgres *pg, const char *role)
{
    snprintf(pg->socket_conninfo, sizeof pg->socket_conninfo, "host=%s port=%u user=%s dbname=sical", pg->folder,
             pg->port, role ? role : "postgres");
    return pg->socket_conninfo;
}

unsigned test_postgres_port(const test_postgres *pg)
{
    return pg->port;
}

void test_migrate(test_postgres *pg)
{
    char url[280], folder[600];
    snprintf(url, sizeof url, "MIGRATE_DATABASE_URL=%s", test_postgres_url(pg, NULL));
    snprintf(folder, sizeof folder, "MIGRATIONS_DIR=%s/migrations", test_source_dir());
    run_or_fail(&(test_program_options){.name = "sical-migrate",
                                        .arguments = (const char *const[]){"up", NULL},
                                        .environment = (const char *const[]){url, folder, NULL}});
}
