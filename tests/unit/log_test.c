#include "log.h"

#include "log_file.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is written for a text value. */
static char *shown(const char *name, const char *value)
{
    log_info("m", log_text(name, value));
    json_t *object = log_file_last_line();
    char *copy = strdup(log_text_of(object, name));
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

Test(log, line_has_its_parts_in_order, .init = log_file_start)
{
    const log_field fields[] = {{0},
                                log_text("kind", "new"),
                                log_int("targets", -3),
                                log_real("ratio", 0.5),
                                log_bool("late", true),
                                log_text("none", NULL)};
    log_write(LOG_WARN, "goal.c", 120, "goal created", fields, sizeof fields / sizeof *fields);
    char *text = log_file_text();
    cr_assert_str_eq(
        text, "{\"timestamp\":\"2026-03-08T10:00:00.000042Z\",\"level\":\"warn\",\"caller\":\"goal.c:120\","
              "\"message\":\"goal created\",\"service\":\"sical-test\",\"kind\":\"new\",\"targets\":-3,\"ratio\":0.5,"
              "\"late\":true,\"none\":null}\n");
    free(text);
}

Test(log, caller_is_the_line_of_code, .init = log_file_start)
{
    char expected[32];
    snprintf(expected, sizeof expected, "log_test.c:%d", __LINE__ + 1);
    log_info("m");
    json_t *object = log_file_last_line();
    cr_assert_str_eq(log_text_of(object, "caller"), expected);
    json_decref(object);
}

Test(log, numbers_of_any_size_are_json, .init = log_file_start)
{
    log_info("m", log_int("least", INT64_MIN), log_int("most", INT64_MAX), log_int("zero", 0), log_real("nan", NAN),
             log_real("infinite", -INFINITY), log_real("small", 1e-300), log_real("large", -1.7e308));
    json_t *object = log_file_last_line();
    cr_assert_eq(json_integer_value(json_object_get(object, "least")), INT64_MIN);
    cr_assert_eq(json_integer_value(json_object_get(object, "most")), INT64_MAX);
    cr_assert(json_is_null(json_object_get(object, "nan")) && json_is_null(json_object_get(object, "infinite")));
    cr_assert_float_eq(json_real_value(json_object_get(object, "small")), 1e-300, 1e-309);
    json_decref(object);
}

Test(log, every_byte_survives_or_is_replaced, .init = log_file_start)
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

Test(log, utf8_is_kept_and_what_is_none_replaced, .init = log_file_start)
{
    expect_shown("f", "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    expect_shown("f", "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd");                 /* overlong */
    expect_shown("f", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* surrogate */
    expect_shown("f", "\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    expect_shown("f", "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"); /* cut short */
}

Test(log, random_bytes_are_json, .init = log_file_start)
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
            json_decref(log_file_last_line());
            cr_assert_eq(ftruncate(log_file, 0), 0);
            lseek(log_file, 0, SEEK_SET);
        }
    }
    json_decref(log_file_last_line());
}

Test(log, long_lines_are_cut_and_stay_json, .init = log_file_start)
{
    char *value = malloc(20001);
    static const char *const fillings[] = {"x", "\"", "\x01", "\xe2\x82\xac", "\xff"};
    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
        for (size_t size = 7800; size < 8200; size += 7) {
            char *end = value;
            while ((size_t)(end - value) < size)
                end = stpcpy(end, fillings[i]);
            log_info("m", log_text("f", value), log_int("after", 1));
            json_t *object = log_file_last_line();
            bool cut = json_is_true(json_object_get(object, "cut"));
            cr_assert_neq(cut, json_is_integer(json_object_get(object, "after")), "cut or whole, never neither");
            json_decref(object);
        }
    }
    memset(value, 'm', 20000);
    value[20000] = '\0';
    log_info(value, log_int("after", 1));
    json_decref(log_file_last_line());
    free(value);
}

Test(log, many_fields_are_cut_and_stay_json, .init = log_file_start)
{
    log_field fields[2000] = {{0}};
    char names[2000][8];
    for (int i = 1; i < 2000; i++) {
        snprintf(names[i], sizeof names[i], "f%d", i);
        fields[i] = i % 2 ? log_int(names[i], i) : log_bool(names[i], true);
    }
    log_write(LOG_INFO, "f.c", 1, "m", fields, 2000);
    json_t *object = log_file_last_line();
    cr_assert(json_is_true(json_object_get(object, "cut")));
    json_decref(object);
}

/* Wherever the line ends, no name and no number is cut in two. */
Test(log, fields_are_cut_between_each_other, .init = log_file_start)
{
    log_field fields[600] = {{0}};
    char message[64] = "";
    for (int i = 1; i < 600; i++)
        fields[i] = i % 2 ? log_int("n", INT64_MIN) : log_int("\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01", 1);
    for (size_t i = 0; i < sizeof message - 1; i++) {
        message[i] = 'm';
        cr_assert_eq(ftruncate(log_file, 0), 0);
        lseek(log_file, 0, SEEK_SET);
        log_write(LOG_INFO, "f.c", 1, message, fields, 600);
        char *line = log_file_text();
        json_t *object = json_loads(line, 0, NULL);
        cr_assert_not_null(object, "%s", line + strlen(line) - 100);
        cr_assert(json_is_true(json_object_get(object, "cut")));
        json_decref(object);
        free(line);
    }
}

Test(log, levels_below_the_threshold_are_not_written, .init = log_file_start)
{
    log_threshold = LOG_WARN;
    log_debug("no");
    log_info("no");
    log_warn("yes");
    log_error("yes");
    char *text = log_file_text();
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

Test(log, request_id_is_in_every_line, .init = log_file_start)
{
    log_set_request_id_source(request_id);
    log_info("m");
    json_t *object = log_file_last_line();
    cr_assert_str_eq(log_text_of(object, "request_id"), "0198-request");
    json_decref(object);
}

/* ---- what must not be read by others ---- */

Test(log, fields_whose_name_says_secret_are_redacted, .init = log_file_start)
{
    static const char *const names[] = {"password",      "new_password", "token", "refreshToken", "client_secret",
                                        "Authorization", "set-cookie",   "email", "EMAIL",        "user_email_hash"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_shown(names[i], "x", "[redacted]");
    log_info("m", log_int("password", 1234));
    char *text = log_file_text();
    cr_assert_not(strstr(text, "1234"), "numbers too");
    free(text);
    expect_shown("path", "x", "x");
    expect_shown("pass", "x", "x");
}

Test(log, values_that_look_secret_are_redacted, .init = log_file_start)
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

Test(log, harmless_values_are_shown, .init = log_file_start)
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
