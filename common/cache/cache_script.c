/* Scripts. A command is *N, then each word as $size, text; all but the key's is written once, when the script is made.
 */
#include "cache_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_BYTES = 512, SHA1_DIGITS = 40, PREFIX_BYTES = 32 };

/* What stands before the key and after it. */
struct cache_script {
    char *head;      /* with EVALSHA */
    char *long_head; /* with EVAL and the script itself */
    char *tail;
    size_t head_size, long_head_size, tail_size;
};

/* *text is there once the stream is closed. */
static size_t finish(FILE *out, char *const *text)
{
    if (fclose(out) != 0)
        abort();
    return strlen(*text);
}

static char *make_head(const char *command, const char *script, size_t arguments, size_t *size)
{
    char *head = NULL;
    size_t room;
    FILE *out = open_memstream(&head, &room);
    if (!out)
        abort();
    fprintf(out, "*%zu\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n$1\r\n1\r\n", 4 + arguments, strlen(command), command,
            strlen(script), script);
    *size = finish(out, &head);
    return head;
}

static char *make_tail(const char *const *arguments, size_t count, size_t *size)
{
    char *tail = NULL;
    size_t room;
    FILE *out = open_memstream(&tail, &room);
    if (!out)
        abort();
    fputs("\r\n", out);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "$%zu\r\n%s\r\n", strlen(arguments[i]), arguments[i]);
    *size = finish(out, &tail);
    return tail;
}

cache_script *cache_script_create(const cache *c, const char *lua, const char *sha1, const char *const *arguments,
                                  size_t argument_count)
{
    cache_script *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->head = make_head("EVALSHA", sha1, argument_count, &s->head_size);
    s->long_head = make_head("EVAL", lua, argument_count, &s->long_head_size);
    s->tail = make_tail(arguments, argument_count, &s->tail_size);
    if (strlen(sha1) != SHA1_DIGITS || strlen(c->prefix) > PREFIX_BYTES ||
        s->head_size + s->tail_size + PREFIX_BYTES + CACHE_SCRIPT_KEY_BYTES > COMMAND_BYTES - 8)
        abort(); /* a fault of the program */
    return s;
}

void cache_script_destroy(cache_script *s)
{
    if (!s)
        return;
    free(s->head);
    free(s->long_head);
    free(s->tail);
    free(s);
}

/* "$size\r\n" and the prefixed key, which has less than 1,000 bytes. */
static char *put_key(const cache *c, char *out, const char *key)
{
    size_t prefix = strlen(c->prefix), size = prefix + strlen(key);
    *out++ = '$';
    if (size >= 100)
        *out++ = (char)('0' + size / 100);
    if (size >= 10)
        *out++ = (char)('0' + size / 10 % 10);
    *out++ = (char)('0' + size % 10);
    *out++ = '\r';
    *out++ = '\n';
    out = mempcpy(out, c->prefix, prefix);
    return mempcpy(out, key, size - prefix);
}

/* hiredis copies the command. */
static int send_script(cache *c, cache_command *m, const cache_script *s, const char *key)
{
    char command[COMMAND_BYTES];
    char *out = put_key(c, mempcpy(command, s->head, s->head_size), key);
    out = mempcpy(out, s->tail, s->tail_size);
    return redisAsyncFormattedCommand(c->context, cache_on_answer, m, command, (size_t)(out - command));
}

static int send_whole_script(cache *c, cache_command *m, const cache_script *s, const char *key)
{
    char *command = malloc(s->long_head_size + COMMAND_BYTES);
    if (!command)
        abort();
    char *out = put_key(c, mempcpy(command, s->long_head, s->long_head_size), key);
    out = mempcpy(out, s->tail, s->tail_size);
    int result = redisAsyncFormattedCommand(c->context, cache_on_answer, m, command, (size_t)(out - command));
    free(command);
    return result;
}

typedef int (*sender)(cache *c, cache_command *m, const cache_script *s, const char *key);

/* STATUS_OK: *result is a copy of the answered command. */
static status run(cache *c, const cache_script *s, const char *key, uint32_t timeout_ms, sender send,
                  cache_command *result)
{
    cache_command *m = cache_begin(c, COMMAND_BYTES);
    if (!m || !cache_sent(c, m, send(c, m, s, key)))
        return STATUS_UNAVAILABLE;
    if (!cache_answered(c, m, timeout_ms))
        return STATUS_DEADLINE_EXCEEDED;
    *result = *m;
    free(m);
    return STATUS_OK;
}

status cache_run_script(cache *c, const cache_script *s, const char *key, uint32_t timeout_ms, int64_t *answer)
{
    cache_command m;
    if (strlen(key) > CACHE_SCRIPT_KEY_BYTES)
        return STATUS_UNAVAILABLE;
    status got = run(c, s, key, timeout_ms, send_script, &m);
    if (got == STATUS_OK && m.unknown_script)
        got = run(c, s, key, timeout_ms, send_whole_script, &m);
    if (got != STATUS_OK)
        return got;
    *answer = m.integer;
    return m.type == REDIS_REPLY_INTEGER ? STATUS_OK : STATUS_UNAVAILABLE;
}
