#include "log.h"

#include "clock.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 64 * 1024,
    LINE_BYTES = 8 * 1024,
    SECOND_CHARS = 19, /* "2026-03-08T10:00:00" */
    TOKEN_PART = 12,   /* the shortest part of a JWT worth fearing: {"alg":1} takes as much */
};

#define CUT_MARK ",\"cut\":true"
#define REDACTED "[redacted]"

log_level log_threshold = LOG_INFO;

static struct {
    const char *service;
    int descriptor;
    bool started; /* before log_init nobody flushes: each line leaves at once */
    const char *(*request_id)(void);
    uint64_t lost_lines;
    size_t used;
    char buffer[BUFFER_BYTES];
} log_state = {.descriptor = STDERR_FILENO};

/* A line that is being built. Past end only what closes it is written: a quote, CUT_MARK, "}\n". */
typedef struct line {
    char *at, *end;
    bool cut;
} line;

/* ---- what a line is made of ---- */

static void put_raw(line *l, const char *bytes, size_t size)
{
    if (l->cut || (size_t)(l->end - l->at) < size) {
        l->cut = true;
        return;
    }
    memcpy(l->at, bytes, size);
    l->at += size;
}

static void put_constant(line *l, const char *s)
{
    put_raw(l, s, strlen(s));
}

static void put_integer(line *l, int64_t value)
{
    char digits[20];
    char *first = digits + sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--first = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--first = '-';
    put_raw(l, first, (size_t)(digits + sizeof digits - first));
}

static void put_real(line *l, double value)
{
    char text[32];
    if (!isfinite(value))
        put_constant(l, "null"); /* JSON knows neither NaN nor infinity */
    else
        put_raw(l, text, (size_t)snprintf(text, sizeof text, "%.9g", value));
}

/* The length of the UTF-8 sequence at s; 0 when it is none (overlong, surrogate, above U+10FFFF, cut short). */
static size_t utf8_sequence(const unsigned char *s)
{
    static const struct {
        unsigned char first, last, second_low, second_high, length;
    } forms[] = {
        {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
        {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
        {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s[0] < forms[i].first || s[0] > forms[i].last)
            continue;
        if (s[1] < forms[i].second_low || s[1] > forms[i].second_high)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((s[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* Writes what stands for the character at *s in a JSON string, and steps over it. */
static void put_unusual(line *l, const char **s)
{
    unsigned char c = (unsigned char)**s;
    size_t length = c < 0x80 ? 1 : utf8_sequence((const unsigned char *)*s);
    char escape[8];
    if (c == '"' || c == '\\')
        put_raw(l, (char[]){'\\', (char)c}, 2);
    else if (c == '\n')
        put_raw(l, "\\n", 2);
    else if (c < 0x20)
        put_raw(l, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
    else if (length)
        put_raw(l, *s, length);
    else
        put_raw(l, "\xef\xbf\xbd", 3); /* U+FFFD */
    *s += length ? length : 1;
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_string(line *l, const char *text)
{
    put_raw(l, "\"", 1);
    if (l->cut)
        return;
    while (*text && !l->cut) {
        const char *from = text;
        while (is_plain((unsigned char)*text) && text - from < l->end - l->at)
            text++;
        put_raw(l, from, (size_t)(text - from));
        if (*text)
            put_unusual(l, &text);
    }
    *l->at++ = '"';
}

/* ---- what must not be read by others ---- */

static bool name_says_secret(const char *name)
{
    static const char *const words[] = {"password", "token", "secret", "authorization", "cookie", "email"};
    for (; *name; name++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if ((name[0] | 0x20) == words[i][0] && (name[1] | 0x20) == words[i][1] &&
                !strncasecmp(name, words[i], strlen(words[i])))
                return true;
    return false;
}

static bool is_base64url(char c)
{
    static const bool known[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['-'] = true, ['_'] = true};
    return known[(unsigned char)c];
}

static bool is_word(char c)
{
    return is_base64url(c) || (unsigned char)c >= 0x80;
}

static bool begins_bearer(const char *s)
{
    return (s[0] | 0x20) == 'b' && !strncasecmp(s, "bearer", 6) && s[6] && !is_base64url(s[6]);
}

/* Whether text holds a JWT (its first two parts are enough), a Bearer or an e-mail address, as it is or in a URL. */
static bool value_looks_secret(const char *text)
{
    size_t parts = 0; /* of a JWT up to here */
    for (const char *s = text; *s; s++) {
        const char *run = s; /* of base64url characters */
        while (is_base64url(*s))
            s++;
        if (s > run && begins_bearer(run))
            return true;
        size_t at_size = *s == '@' ? 1 : *s == '%' && s[1] == '4' && s[2] == '0' ? 3 : 0;
        if (at_size && s > text && (unsigned char)s[-1] > ' ' && is_word(s[at_size]))
            return true;
        parts = *s == '.' && s - run >= TOKEN_PART ? parts + 1 : 0;
        if (parts == 2)
            return true;
        if (!*s)
            break;
    }
    return false;
}

static void put_value(line *l, const log_field *field)
{
    if (name_says_secret(field->name))
        put_string(l, REDACTED);
    else if (field->type == LOG_INT)
        put_integer(l, field->integer);
    else if (field->type == LOG_REAL)
        put_real(l, field->real);
    else if (field->type == LOG_BOOL)
        put_constant(l, field->boolean ? "true" : "false");
    else if (!field->text)
        put_constant(l, "null");
    else
        put_string(l, value_looks_secret(field->text) ? REDACTED : field->text);
}

/* A field begins only where its name and any number fit, so that only a text can be cut, and the line stays JSON. */
static void put_field(line *l, const log_field *field)
{
    const size_t longest_escape = 6, longest_number = 32;
    if ((size_t)(l->end - l->at) < strlen(field->name) * longest_escape + longest_number)
        l->cut = true;
    if (l->cut)
        return;
    put_raw(l, ",", 1);
    put_string(l, field->name);
    put_raw(l, ":", 1);
    put_value(l, field);
}

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
    put_raw(l, text, SECOND_CHARS);
    put_raw(l, micros, sizeof micros - 1);
}

static void put_head(line *l, log_level level, const char *file, int number, const char *message)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    put_constant(l, "{\"timestamp\":\"");
    put_timestamp(l);
    put_constant(l, "\",\"level\":\"");
    put_constant(l, levels[level]);
    put_constant(l, "\",\"caller\":\"");
    put_constant(l, file);
    put_raw(l, ":", 1);
    put_integer(l, number);
    put_constant(l, "\",\"message\":");
    put_string(l, message);
    if (log_state.service)
        put_field(l, &log_text("service", log_state.service));
    const char *request_id = log_state.request_id ? log_state.request_id() : NULL;
    if (request_id && *request_id)
        put_field(l, &log_text("request_id", request_id));
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
        put_field(&l, &fields[i]);
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

void log_flush(void)
{
    size_t written = 0;
    while (written < log_state.used) {
        ssize_t n = write(log_state.descriptor, log_state.buffer + written, log_state.used - written);
        if (n > 0) {
            written += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) { /* a slow reader: what fits stays for the next turn */
            keep_from(written);
            return;
        } else if (n == 0 || errno != EINTR) {
            lose_from(written);
            return;
        }
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
