#include "log_file.h"

#include "clock.h"
#include "log.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int log_file;

static int64_t fixed_wall(void *arg)
{
    (void)arg;
    return INT64_C(1772964000000042);
}

void log_file_start(void)
{
    log_file = memfd_create("log", 0);
    clock_set_source(&(clock_source){.wall_us = fixed_wall});
    log_init("sical-test", LOG_DEBUG, log_file);
}

char *log_file_text(void)
{
    log_flush();
    struct stat st;
    fstat(log_file, &st);
    char *text = calloc(1, (size_t)st.st_size + 1);
    cr_assert_eq(pread(log_file, text, (size_t)st.st_size, 0), st.st_size);
    return text;
}

json_t *log_file_last_line(void)
{
    char *text = log_file_text();
    size_t size = strlen(text);
    cr_assert(size > 0 && text[size - 1] == '\n');
    text[size - 1] = '\0';
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    cr_assert_leq(strlen(line) + 1, LOG_LINE_LIMIT);
    json_error_t error;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    cr_assert_not_null(object, "%s in %s", error.text, line);
    free(text);
    return object;
}

const char *log_text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "(none)";
}
