/*
 * Logs: one JSON object a line on standard error, made in one write(2) (or buffered within a turn; see log_flush).
 *
 *   {"timestamp":"2026-03-08T10:00:00.123456Z","level":"info","caller":"db_connection.c:120","message":"connected","service":"sical-plan","request_id":"...",
 * "attempt":3}
 *
 * What a log must never hold: passwords, tokens, e-mails, names, titles, SQL parameters. Fields are therefore typed and
 * few, and as a last line of defence a field whose name says secret (password, token, secret, authorization, cookie,
 * email) is written as "[redacted]", and so is any text value that looks like a JWT (three base64url parts), a Bearer
 * or an e-mail address.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } log_level;

typedef struct log_field {
    const char *name;
    enum { LOG_TEXT, LOG_INT, LOG_REAL, LOG_BOOL } type;
    union {
        const char *text; /* NULL is written as null */
        int64_t integer;
        double real;
        bool boolean;
    };
} log_field;

#define log_text(NAME, VALUE) ((log_field){.name = (NAME), .type = LOG_TEXT, .text = (VALUE)})
#define log_int(NAME, VALUE)  ((log_field){.name = (NAME), .type = LOG_INT, .integer = (int64_t)(VALUE)})
#define log_real(NAME, VALUE) ((log_field){.name = (NAME), .type = LOG_REAL, .real = (VALUE)})
#define log_bool(NAME, VALUE) ((log_field){.name = (NAME), .type = LOG_BOOL, .boolean = (VALUE)})

/* log_info("goal created", log_int("targets", n)): message is a constant sentence, what varies is a field.
 * A line is cut at 8 KiB. Fibers: the request_id set with log_set_request_id_source is added. Never fails and
 * never waits: when standard error cannot be written (disk full, pipe closed, its reader slow for longer than the
 * buffer lasts) the line is counted in log_lost_lines and dropped. Only on the loop's thread. */
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
#define LOG_AT(LEVEL, MESSAGE, ...)                                                                                    \
    do {                                                                                                               \
        if ((LEVEL) >= log_threshold)                                                                                  \
            log_write((LEVEL), __FILE_NAME__, __LINE__, (MESSAGE), (const log_field[]){{0}, ##__VA_ARGS__},            \
                      sizeof((const log_field[]){{0}, ##__VA_ARGS__}) / sizeof(log_field));                            \
    } while (0)

extern log_level log_threshold; /* LOG_INFO at first */

/* service: shown in every line; must outlive the program. descriptor: where lines go (2). From here on lines are
 * buffered; what is left leaves at exit. SIGPIPE is ignored from here on. */
void log_init(const char *service, log_level threshold, int descriptor);

/* "debug", "info", "warn", "error"; false when it is none. */
bool log_level_parse(const char *s, log_level *out);

/* Called for each line to learn the request id of the running fiber; NULL or "" = none. */
void log_set_request_id_source(const char *(*source)(void));

/* Lines gather in a buffer of 64 KiB and leave when it is full, at log_flush (once a turn of the loop), and at once for
 * LOG_WARN and above. */
void log_flush(void);

uint64_t log_lost_lines(void);

/* fields[0] is a placeholder that the macro puts there; see LOG_AT. */
void log_write(log_level level, const char *file, int number, const char *message, const log_field *fields,
               size_t count);
