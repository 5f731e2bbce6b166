#include "log_line.h"

#include "clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 64 * 1024,
    LINE_BYTES = 8 * 1024,
    SECOND_CHARS = 19, /* "2026-03-08T10:00:00" */
};

#define CUT_MARK ",\"cut\":true"

log_level log_threshold = LOG_INFO;

static struct {
    const char *service;
    int descriptor;
    bool may_block; /* a pipe, a socket, a terminal: its reader may be slow */
    bool started;   /* before log_init nobody flushes: each line leaves at once */
    const char *(*request_id)(void);
    uint64_t lost_lines;
    size_t used;
    char buffer[BUFFER_BYTES];
} log_state = {.descriptor = STDERR_FILENO};

/* ---- lines ---- */

/* Formatting a date costs more than the rest of a line: the text of a second serves all its lines. */
static void put_timestamp(line *l)
{
    static int64_t shown_second = -1;
    static char text[CLOCK_RFC3339_SIZE] = "1970-01-01T00:00:00Z";
    int64_t now = clock_wall_us();
    int64_t second = now / CLOCK_US_PER_S;
    if (second != shown_second && clock_format_rfc3339(second * CLOCK_US_PER_S, text))
        shown_second = second;
    char micros[] = ".000000Z";
    for (int64_t i = 6, rest = now % CLOCK_US_PER_S; rest > 0; rest /= 10)
        micros[i--] = (char)('0' + rest % 10);
    line_put_raw(l, text, SECOND_CHARS);
    line_put_raw(l, micros, sizeof micros - 1);
}

static void put_head(line *l, log_level level, const char *file, int number, const char *message)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    line_put_constant(l, "{\"timestamp\":\"");
    put_timestamp(l);
    line_put_constant(l, "\",\"level\":\"");
    line_put_constant(l, levels[level]);
    line_put_constant(l, "\",\"caller\":\"");
    line_put_constant(l, file);
    line_put_raw(l, ":", 1);
    line_put_integer(l, number);
    line_put_constant(l, "\",\"message\":");
    line_put_string(l, message);
    if (log_state.service)
        line_put_field(l, &log_text("service", log_state.service));
    const char *request_id = log_state.request_id ? log_state.request_id() : NULL;
    if (request_id && *request_id)
        line_put_field(l, &log_text("request_id", request_id));
}

void log_write(log_level level, const char *file, int number, const char *message, const log_field *fields,
               size_t count)
{
    if (BUFFER_BYTES - log_state.used < LINE_BYTES)
        log_flush();
    if (BUFFER_BYTES - log_state.used < LINE_BYTES) {
        log_state.lost_lines++;
        return;
    }
    char *start = log_state.buffer + log_state.used;
    line l = {.at = start, .end = start + LINE_BYTES - sizeof "\"" CUT_MARK "}\n"};
    put_head(&l, level, file, number, message);
    for (size_t i = 1; i < count; i++)
        line_put_field(&l, &fields[i]);
    if (l.cut) {
        memcpy(l.at, CUT_MARK, sizeof CUT_MARK - 1);
        l.at += sizeof CUT_MARK - 1;
    }
    memcpy(l.at, "}\n", 2);
    log_state.used += (size_t)(l.at + 2 - start);
    if (level >= LOG_WARN || !log_state.started)
        log_flush();
}

/* ---- the way out ---- */

static void keep_from(size_t written)
{
    log_state.used -= written;
    memmove(log_state.buffer, log_state.buffer + written, log_state.used);
}

static void lose_from(size_t written)
{
    for (size_t i = written; i < log_state.used; i++)
        log_state.lost_lines += log_state.buffer[i] == '\n';
    bool torn = written && log_state.buffer[written - 1] != '\n';
    log_state.used = 0;
    if (torn) /* half a line is out: end it, so that the next one stands alone */
        log_state.buffer[log_state.used++] = '\n';
}

/* A write must never wait for a reader. What poll calls writable takes PIPE_BUF bytes, and takes them whole; so whole
 * lines go as far as they fit, and programs that share a pipe do not tear each other's lines. */
static size_t next_write(size_t from)
{
    const char *start = log_state.buffer + from;
    size_t size = log_state.used - from;
    if (!log_state.may_block || size <= PIPE_BUF)
        return size;
    const char *end = memrchr(start, '\n', PIPE_BUF);
    return end ? (size_t)(end + 1 - start) : PIPE_BUF;
}

static bool would_wait(void)
{
    return log_state.may_block && poll(&(struct pollfd){log_state.descriptor, POLLOUT, 0}, 1, 0) == 0;
}

void log_flush(void)
{
    size_t written = 0;
    while (written < log_state.used) {
        bool full = would_wait();
        ssize_t n = full ? 0 : write(log_state.descriptor, log_state.buffer + written, next_write(written));
        if (full || (n < 0 && errno == EAGAIN)) { /* what does not fit stays for the next turn */
            keep_from(written);
            return;
        }
        if (n == 0 || (n < 0 && errno != EINTR)) {
            lose_from(written);
            return;
        }
        written += n > 0 ? (size_t)n : 0;
    }
    log_state.used = 0;
}

void log_init(const char *service, log_level threshold, int descriptor)
{
    log_flush();
    if (!log_state.started)
        atexit(log_flush);
    signal(SIGPIPE, SIG_IGN); /* a reader that left costs lines, not the program */
    log_state.service = service;
    log_state.descriptor = descriptor;
    struct stat target;
    log_state.may_block =
        fstat(descriptor, &target) == 0 && (S_ISFIFO(target.st_mode) || S_ISSOCK(target.st_mode) || isatty(descriptor));
    log_state.started = true;
    log_threshold = threshold;
}

bool log_level_parse(const char *s, log_level *out)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(s, names[i]) == 0) {
            *out = (log_level)i;
            return true;
        }
    }
    return false;
}

void log_set_request_id_source(const char *(*source)(void))
{
    log_state.request_id = source;
}

uint64_t log_lost_lines(void)
{
    return log_state.lost_lines;
}
