/* When lines leave, and what becomes of them where they cannot be written. */
#include "log.h"

#include "log_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static off_t file_size(void)
{
    struct stat st;
    fstat(log_file, &st);
    return st.st_size;
}

Test(log, lines_wait_for_the_flush_and_warnings_do_not, .init = log_file_start)
{
    log_info("waits");
    cr_assert_eq(file_size(), 0);
    log_flush();
    off_t one = file_size();
    cr_assert_gt(one, 0);
    log_info("waits");
    log_warn("leaves at once, after what waited");
    cr_assert_gt(file_size(), 2 * one);
}

Test(log, a_full_buffer_leaves_by_itself, .init = log_file_start)
{
    for (int i = 0; i < 10000; i++)
        log_info("line", log_int("number", i));
    char *text = log_file_text();
    int lines = 0;
    for (char *s = text; (s = strchr(s, '\n')); s++)
        lines++;
    cr_assert_eq(lines, 10000);
    free(text);
    cr_assert_eq(log_lost_lines(), 0);
}

Test(log, a_full_disk_costs_lines_and_nothing_else)
{
    log_init("sical-test", LOG_INFO, open("/dev/full", O_WRONLY));
    log_info("lost");
    log_info("lost");
    log_flush();
    cr_assert_eq(log_lost_lines(), 2);
    log_error("lost");
    cr_assert_eq(log_lost_lines(), 3);
}

/* The disk fills in the middle of a line and has room again: the line after the torn one stands alone. */
Test(log, a_torn_line_spoils_no_other, .init = log_file_start)
{
    const struct rlimit narrow = {100, RLIM_INFINITY}, wide = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &narrow);
    log_error("cut by the limit of this log_file, which is much smaller than this line");
    cr_assert_eq(log_lost_lines(), 1);
    setrlimit(RLIMIT_FSIZE, &wide);
    log_error("whole");
    char *text = log_file_text();
    cr_assert(strlen(text) > 101 && text[100] == '\n');
    json_t *object = json_loads(text + 101, 0, NULL);
    cr_assert_str_eq(log_text_of(object, "message"), "whole");
    json_decref(object);
    free(text);
}

Test(log, a_closed_descriptor_costs_lines_and_nothing_else)
{
    int closed = dup(2);
    close(closed);
    log_init("sical-test", LOG_INFO, closed);
    log_error("lost");
    cr_assert_eq(log_lost_lines(), 1);
}

Test(log, a_reader_that_left_costs_lines_and_nothing_else)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    log_init("sical-test", LOG_INFO, ends[1]);
    close(ends[0]);
    log_error("lost");
    cr_assert_eq(log_lost_lines(), 1);
}

/* A reader that takes its time: nobody waits for it, no line is torn, what finds no room is counted, and it goes on. */
static void write_to_slow_reader(int flags)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, flags), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    log_init("sical-test", LOG_INFO, ends[1]);
    uint64_t lines = 3000, complete = 0;
    char filling[201];
    memset(filling, 'x', 200);
    filling[200] = '\0';
    for (uint64_t i = 0; i < lines; i++)
        log_info("line", log_text("filling", filling));
    cr_assert_gt(log_lost_lines(), 0, "the pipe took more than it should");
    static char text[1 << 20];
    size_t size = 0;
    for (ssize_t n; log_flush(), (n = read(ends[0], text + size, sizeof text - size)) > 0;)
        size += (size_t)n;
    for (char *line = text, *end; line < text + size; line = end + 1) {
        end = memchr(line, '\n', (size_t)(text + size - line));
        cr_assert_not_null(end);
        json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
        cr_assert_not_null(object, "a torn line: %.*s", (int)(end - line), line);
        json_decref(object);
        complete++;
    }
    cr_assert_eq(complete + log_lost_lines(), lines);
    log_warn("and on it goes");
    cr_assert_gt(read(ends[0], text, sizeof text), 0);
}

Test(log, a_slow_reader_loses_whole_lines_only)
{
    write_to_slow_reader(O_NONBLOCK);
}

Test(log, a_slow_reader_of_a_blocking_pipe_is_not_waited_for)
{
    write_to_slow_reader(0);
}

/* Two programs, one pipe. */
Test(log, lines_of_programs_that_share_a_pipe_stay_whole)
{
    enum { LINES = 20000 };
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    for (int child = 0; child < 2; child++) {
        if (fork() == 0) {
            log_init("sical-test", LOG_INFO, ends[1]);
            for (int i = 0; i < LINES; i++)
                log_info("line",
                         log_text("filling", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
            _exit(0);
        }
    }
    close(ends[1]);
    FILE *reader = fdopen(ends[0], "r");
    char *line = NULL;
    size_t capacity = 0, complete = 0;
    for (ssize_t size; (size = getline(&line, &capacity, reader)) > 0; complete++) {
        json_t *object = json_loadb(line, (size_t)size, 0, NULL);
        cr_assert_not_null(object, "a torn line: %s", line);
        json_decref(object);
    }
    cr_assert_gt(complete, 0);
    free(line);
    fclose(reader);
}
