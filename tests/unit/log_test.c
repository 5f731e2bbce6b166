#include "log.h"

#include "clock.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_LIMIT = 8192 };

static int file; /* in memory: where lines go */

static int64_t fixed_wall(void *arg)
{
    (void)arg;
    return INT64_C(1772964000000042);
}

static void start(void)
{
    file = memfd_create("log", 0);
    clock_set_source(&(clock_source){.wall_us = fixed_wall});
    log_init("sical-test", LOG_DEBUG, file);
}

/* Everything written so far; malloc'ed. */
static char *written(void)
{
    log_flush();
    struct stat st;
    fstat(file, &st);
    char *text = calloc(1, (size_t)st.st_size + 1);
    cr_assert_eq(pread(file, text, (size_t)st.st_size, 0), st.st_size);
    return text;
}

/* The last line, which must be one JSON object; the caller releases it. */
static json_t *last_line(void)
{
    char *text = written();
    size_t size = strlen(text);
    cr_assert(size > 0 && text[size - 1] == '\n');
    text[size - 1] = '\0';
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    cr_assert_leq(strlen(line) + 1, LINE_LIMIT);
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    cr_assert_not_null(object, "%s in %s", error.text, line);
    free(text);
    return object;
}

static const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "(none)";
}

/* What is written for a text value. */
static char *shown(const char *name, const char *value)
{
    log_info("m", log_text(name, value));
    json_t *object = last_line();
    char *copy = strdup(text_of(object, name));
    json_decref(object);
    return copy;
}

static void expect_shown(const char *name, const char *value, const char *expected)
{
    char *got = shown(name, value);
    cr_assert_str_eq(got, expected, "%s=%s was shown as %s", name, value, got);
    free(got);
}

/* ---- what a line is ---- */

Test(log, line_has_its_parts_in_order, .init = start)
{
    const log_field fields[] = {{0},
                                log_text("kind", "new"),
                                log_int("targets", -3),
                                log_real("ratio", 0.5),
                                log_bool("late", true),
                                log_text("none", NULL)};
    log_write(LOG_WARN, "goal.c", 120, "goal created", fields, sizeof fields / sizeof *fields);
    char *text = written();
    cr_assert_str_eq(
        text, "{\"timestamp\":\"2026-03-08T10:00:00.000042Z\",\"level\":\"warn\",\"caller\":\"goal.c:120\","
              "\"message\":\"goal created\",\"service\":\"sical-test\",\"kind\":\"new\",\"targets\":-3,\"ratio\":0.5,"
              "\"late\":true,\"none\":null}\n");
    free(text);
}

Test(log, caller_is_the_line_of_code, .init = start)
{
    char expected[32];
    snprintf(expected, sizeof expected, "log_test.c:%d", __LINE__ + 1);
    log_info("m");
    json_t *object = last_line();
    cr_assert_str_eq(text_of(object, "caller"), expected);
    json_decref(object);
}

Test(log, numbers_of_any_size_are_json, .init = start)
{
    log_info("m", log_int("least", INT64_MIN), log_int("most", INT64_MAX), log_int("zero", 0), log_real("nan", NAN),
             log_real("infinite", -INFINITY), log_real("small", 1e-300), log_real("large", -1.7e308));
    json_t *object = last_line();
    cr_assert_eq(json_integer_value(json_object_get(object, "least")), INT64_MIN);
    cr_assert_eq(json_integer_value(json_object_get(object, "most")), INT64_MAX);
    cr_assert(json_is_null(json_object_get(object, "nan")) && json_is_null(json_object_get(object, "infinite")));
    cr_assert_float_eq(json_real_value(json_object_get(object, "small")), 1e-300, 1e-309);
    json_decref(object);
}

Test(log, every_byte_survives_or_is_replaced, .init = start)
{
    for (int byte = 1; byte < 256; byte++) {
        char value[] = {' ', (char)byte, 'b', '\0'};
        char *got = shown("f", value);
        if (byte < 0x80)
            cr_assert_str_eq(got, value);
        else
            cr_assert_str_eq(got, " \xef\xbf\xbd"
                                  "b");
        free(got);
    }
}

Test(log, utf8_is_kept_and_what_is_none_replaced, .init = start)
{
    expect_shown("f", "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    expect_shown("f", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong */
    expect_shown("f", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* surrogate */
    expect_shown("f", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    expect_shown("f", "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"); /* cut short */
}

Test(log, random_bytes_are_json, .init = start)
{
    uint32_t seed = 5;
    for (int round = 0; round < 3000; round++) {
        char value[200], name[20];
        for (size_t i = 0; i < sizeof value; i++) {
            seed = seed * 1664525 + 1013904223;
            value[i] = (char)(seed >> 24 ? seed >> 24 : 1);
        }
        value[seed >> 8 & 127] = '\0';
        value[sizeof value - 1] = '\0';
        name[0] = 'n'; /* names are constants of ours, and yet */
        memcpy(name + 1, value, sizeof name - 2);
        name[sizeof name - 1] = '\0';
        log_debug("m", log_text(name, value), log_text(value, name));
        if (round % 100 == 0) {
            json_decref(last_line());
            cr_assert_eq(ftruncate(file, 0), 0);
            lseek(file, 0, SEEK_SET);
        }
    }
    json_decref(last_line());
}

Test(log, long_lines_are_cut_and_stay_json, .init = start)
{
    char *value = malloc(20001);
    static const char *const fillings[] = {"x", "\"", "\x01", "\xe2\x82\xac", "\xff"};
    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
        for (size_t size = 7800; size < 8200; size += 7) {
            char *end = value;
            while ((size_t)(end - value) < size)
                end = stpcpy(end, fillings[i]);
            log_info("m", log_text("f", value), log_int("after", 1));
            json_t *object = last_line();
            bool cut = json_is_true(json_object_get(object, "cut"));
            cr_assert_neq(cut, json_is_integer(json_object_get(object, "after")), "cut or whole, never neither");
            json_decref(object);
        }
    }
    memset(value, 'm', 20000);
    value[20000] = '\0';
    log_info(value, log_int("after", 1));
    json_decref(last_line());
    free(value);
}

Test(log, many_fields_are_cut_and_stay_json, .init = start)
{
    log_field fields[2000] = {{0}};
    char names[2000][8];
    for (int i = 1; i < 2000; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        fields[i] = i % 2 ? log_int(names[i], i) : log_bool(names[i], true);
    }
    log_write(LOG_INFO, "f.c", 1, "m", fields, 2000);
    json_t *object = last_line();
    cr_assert(json_is_true(json_object_get(object, "cut")));
    json_decref(object);
}

/* Wherever the line ends, no name and no number is cut in two. */
Test(log, fields_are_cut_between_each_other, .init = start)
{
    log_field fields[600] = {{0}};
    char message[64] = "";
    for (int i = 1; i < 600; i++)
        fields[i] = i % 2 ? log_int("n", INT64_MIN) : log_int("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", 1);
    for (size_t i = 0; i < sizeof message - 1; i++) {
        message[i] = 'm';
        cr_assert_eq(ftruncate(file, 0), 0);
        lseek(file, 0, SEEK_SET);
        log_write(LOG_INFO, "f.c", 1, message, fields, 600);
        char *line = written();
        json_t *object = json_loads(line, 0, NULL);
        cr_assert_not_null(object, "%s", line + strlen(line) - 100);
        cr_assert(json_is_true(json_object_get(object, "cut")));
        json_decref(object);
        free(line);
    }
}

Test(log, levels_below_the_threshold_are_not_written, .init = start)
{
    log_threshold = LOG_WARN;
    log_debug("no");
    log_info("no");
    log_warn("yes");
    log_error("yes");
    char *text = written();
    cr_assert(!strstr(text, "no\"") && strstr(text, "\"level\":\"warn\"") && strstr(text, "\"level\":\"error\""));
    free(text);
    log_level level = LOG_ERROR;
    cr_assert(log_level_parse("debug", &level) && level == LOG_DEBUG);
    cr_assert(log_level_parse("warn", &level) && level == LOG_WARN);
    cr_assert_not(log_level_parse("WARN", &level));
    cr_assert_not(log_level_parse("", &level));
    cr_assert_eq(level, LOG_WARN);
}

static const char *request_id(void)
{
    return "0198-request";
}

Test(log, request_id_is_in_every_line, .init = start)
{
    log_set_request_id_source(request_id);
    log_info("m");
    json_t *object = last_line();
    cr_assert_str_eq(text_of(object, "request_id"), "0198-request");
    json_decref(object);
}

/* ---- what must not be read by others ---- */

Test(log, fields_whose_name_says_secret_are_redacted, .init = start)
{
    static const char *const names[] = {"password",      "new_password", "token", "refreshToken", "client_secret",
                                        "Authorization", "set-cookie",   "email", "EMAIL",        "user_email_hash"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_shown(names[i], "x", "[redacted]");
    log_info("m", log_int("password", 1234));
    char *text = written();
    cr_assert_not(strstr(text, "1234"), "numbers too");
    free(text);
    expect_shown("path", "x", "x");
    expect_shown("pass", "x", "x");
}

Test(log, values_that_look_secret_are_redacted, .init = start)
{
    static const char *const values[] = {
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
        "jwt=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxMjM0NTY3ODkwIn0.",
        "Bearer abc",
        "authorization: bearer\tabc",
        "ada@example.org",
        "user Ada <ada.l+x@example.org> not found",
        "/api/v1/users?email=ada%40example.org",
        "postgresql://sical:hunter2@db/sical",
        "Key (address)=(ada@example.org) already exists.",
        "h\xc3\xa9@example.org",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect_shown("f", values[i], "[redacted]");
}

Test(log, harmless_values_are_shown, .init = start)
{
    static const char *const values[] = {
        "10.0.0.1",
        "sical-plan.sical.svc.cluster.local",
        "/api/v1/goals/{id}",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "forbearer",
        "5 @ 3",
        "@",
        "db_connection.c:120",
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        expect_shown("f", values[i], values[i]);
}

/* ---- when lines leave ---- */

static off_t file_size(void)
{
    struct stat st;
    fstat(file, &st);
    return st.st_size;
}

Test(log, lines_wait_for_the_flush_and_warnings_do_not, .init = start)
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

Test(log, a_full_buffer_leaves_by_itself, .init = start)
{
    for (int i = 0; i < 10000; i++)
        log_info("line", log_int("number", i));
    char *text = written();
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
Test(log, a_torn_line_spoils_no_other, .init = start)
{
    const struct rlimit narrow = {100, RLIM_INFINITY}, wide = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &narrow);
    log_error("cut by the limit of this file, which is much smaller than this line");
    cr_assert_eq(log_lost_lines(), 1);
    setrlimit(RLIMIT_FSIZE, &wide);
    log_error("whole");
    char *text = written();
    cr_assert(strlen(text) > 101 && text[100] == '\n');
    json_t *object = json_loads(text + 101, 0, NULL);
    cr_assert_str_eq(text_of(object, "message"), "whole");
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
