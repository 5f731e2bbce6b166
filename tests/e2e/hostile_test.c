/* What surrounds the programs misbehaves: strangers reset connections, the log cannot be written. */
#include "census.h"
#include "scratch_folder.h"
#include "traffic.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- resets ---- */

/* Connects and resets at once; every second time after a few bytes of rubbish. False when it is refused. */
static bool connect_and_reset(unsigned port, unsigned number)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool connected = connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0;
    if (connected && number % 2)
        send(descriptor, "\0SP\0\0", number % 5 + 1, MSG_NOSIGNAL);
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(descriptor);
    return connected;
}

static void reset_many(unsigned port, unsigned count)
{
    unsigned refused = 0;
    for (unsigned i = 0; i < count; i++)
        refused += !connect_and_reset(port, i);
    cr_expect_eq(refused, 0, "%u of %u connections were refused", refused, count);
}

/* nng takes connections slowly, one greeting after the other: the RPC port has ten thousand in a test of its own. */
Test(hostile, connections_that_are_reset_at_once_leave_nothing_behind, .timeout = 180)
{
    const char *const environment[] = {CENSUS_ENVIRONMENT, NULL};
    suite *s = suite_start_with(&(suite_options){.environment = environment});
    traffic_finish_unharmed(traffic_start(s, NULL), "warming up");
    census before = census_take(s);
    traffic *t = traffic_start(s, NULL);
    reset_many(suite_http_port(s, SUITE_GATEWAY), 10000);
    reset_many(suite_rpc_port(s, SUITE_PLAN), 1000);
    traffic_pass(t, 200);
    traffic_finish_unharmed(t, "10,000 resets on HTTP, 1,000 on RPC");
    census_expect_back(s, &before);
    suite_stop(s);
}

/* ---- logs ---- */

static const suite_program loggers[] = {SUITE_GATEWAY, SUITE_PLAN};

static void restart_logging_to(suite *s, const char *log)
{
    for (size_t i = 0; i < sizeof loggers / sizeof *loggers; i++) {
        suite_end_program(s, loggers[i], 0);
        suite_start_program_logging_to(s, loggers[i], 0, log);
    }
    suite_wait_ready(s);
}

static double lost_lines(suite *s)
{
    return suite_metric(s, SUITE_GATEWAY, 0, "log_lost_lines_total");
}

/* Serves whatever the log does, and counts what it lost. */
static void serve_without_log(suite *s, const char *title)
{
    traffic *t = traffic_start(s, NULL);
    traffic_pass(t, 1000);
    traffic_finish_unharmed(t, title);
    double lost = lost_lines(s);
    fprintf(stderr, "    %.0f lines lost\n", lost);
    cr_expect_gt(lost, 0, "%s: no line is counted as lost", title);
}

Test(hostile, a_full_disk_costs_log_lines_and_nothing_else, .timeout = 180)
{
    suite *s = suite_start();
    restart_logging_to(s, "/dev/full");
    serve_without_log(s, "logging to a full device");
    suite_stop(s);
}

static void limit_files(suite *s, rlim_t bytes)
{
    for (size_t i = 0; i < sizeof loggers / sizeof *loggers; i++)
        cr_assert_eq(prlimit(suite_pid(s, loggers[i], 0), RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}, NULL),
                     0);
}

/* Lines must be whole whatever was cut off: what is written later begins a line of its own. */
static void expect_whole_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    char line[16384];
    unsigned broken = 0, lines = 0;
    for (; fgets(line, sizeof line, file); lines++) {
        size_t size = strlen(line);
        broken += line[0] != '{' || size < 2 || line[size - 2] != '}';
    }
    fclose(file);
    cr_expect_gt(lines, 100);
    cr_expect_leq(broken, 2, "%u of %u lines are broken", broken, lines);
}

Test(hostile, a_file_that_may_not_grow_is_written_again_when_it_may, .timeout = 180)
{
    char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 16];
    test_folder_create(folder);
    snprintf(path, sizeof path, "%s/log", folder);
    suite *s = suite_start();
    restart_logging_to(s, path);
    limit_files(s, 20000);
    serve_without_log(s, "logging to a file at its limit");
    limit_files(s, RLIM_INFINITY);
    double lost = lost_lines(s);
    traffic_finish_unharmed(traffic_start(s, NULL), "logging again");
    cr_expect_eq(lost_lines(s), lost);
    suite_stop(s);
    expect_whole_lines(path);
    test_folder_remove(folder);
}

Test(hostile, a_stalled_reader_of_the_log_stalls_nobody, .timeout = 180)
{
    char folder[TEST_FOLDER_SIZE], path[TEST_FOLDER_SIZE + 16];
    test_folder_create(folder);
    snprintf(path, sizeof path, "%s/pipe", folder);
    cr_assert_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDWR | O_CLOEXEC);
    suite *s = suite_start();
    restart_logging_to(s, path);
    serve_without_log(s, "logging to a pipe that nobody reads");
    suite_stop(s);
    close(reader);
    test_folder_remove(folder);
}
