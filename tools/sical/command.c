#include "command.h"

#include "uuid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEADLINE_MAX_MS = 3600000, CONCURRENCY_MAX = 4096, WORDS_MAX = 2 };

bool command_complain(const char *what, const char *about)
{
    fprintf(stderr, "sical: %s%s%s (see sical help)\n", what, about ? ": " : "", about ? about : "");
    return false;
}

/* ---- values ---- */

static bool parse_duration(const char *s, uint32_t *ms)
{
    char *unit;
    unsigned long n = strtoul(s, &unit, 10);
    unsigned long factor = strcmp(unit, "ms") == 0  ? 1
                           : strcmp(unit, "s") == 0 ? 1000
                           : strcmp(unit, "m") == 0 ? 60000
                                                    : 0;
    if (s[0] < '0' || s[0] > '9' || n == 0 || n > DEADLINE_MAX_MS || factor == 0)
        return false;
    *ms = (uint32_t)(n * factor > DEADLINE_MAX_MS ? DEADLINE_MAX_MS : n * factor);
    return true;
}

static bool parse_count(const char *s, uint64_t high, uint64_t *count)
{
    char *end;
    unsigned long long n = strtoull(s, &end, 10);
    *count = n;
    return s[0] >= '0' && s[0] <= '9' && !*end && n > 0 && n <= high;
}

/* ---- options ---- */

static bool set_addresses(command *c, const char *value)
{
    char *joined;
    if (asprintf(&joined, "%s%s%s", c->addresses ? c->addresses : "", c->addresses ? "," : "", value) < 0)
        abort();
    free(c->addresses);
    c->addresses = joined;
    return true;
}

static bool set_deadline(command *c, const char *value)
{
    return parse_duration(value, &c->deadline_ms) ||
           command_complain("--deadline wants a duration of at most an hour, like 250ms, 5s or 2m", value);
}

static bool set_user(command *c, const char *value)
{
    uuid ignored;
    c->metadata.user_id = value;
    return uuid_parse(value, &ignored) || command_complain("--user wants a UUID", value);
}

static bool set_role(command *c, const char *value)
{
    static const char *const roles[] = {"student", "teacher", "admin"};
    c->metadata.role = value;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(value, roles[i]) == 0)
            return true;
    return command_complain("--role wants student, teacher or admin", value);
}

static bool set_metadata(command *c, const char *pair)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        {"request_id", &c->metadata.request_id},
        {"traceparent", &c->metadata.traceparent},
        {"session_id", &c->metadata.session_id},
        {"idempotency_key", &c->metadata.idempotency_key},
    };
    const char *equals = strchr(pair, '=');
    size_t length = equals ? (size_t)(equals - pair) : 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (equals && strlen(known[i].name) == length && strncmp(pair, known[i].name, length) == 0) {
            *known[i].value = equals + 1;
            return true;
        }
    return command_complain("--metadata wants request_id, traceparent, session_id or idempotency_key, = and a value",
                            pair);
}

static bool set_concurrency(command *c, const char *value)
{
    uint64_t count;
    if (!parse_count(value, CONCURRENCY_MAX, &count))
        return command_complain("--concurrency wants a number from 1 to 4096", value);
    c->concurrency = (unsigned)count;
    return true;
}

static bool set_seconds(command *c, const char *value)
{
    uint64_t count;
    if (!parse_count(value, DEADLINE_MAX_MS / 1000, &count))
        return command_complain("--seconds wants a number from 1 to 3600", value);
    c->duration_ms = (uint32_t)count * 1000;
    return true;
}

static bool set_calls(command *c, const char *value)
{
    return parse_count(value, UINT32_MAX, &c->calls) || command_complain("--calls wants a number above 0", value);
}

static bool set_json(command *c, const char *value)
{
    (void)value;
    return c->as_json = true;
}

enum { OF_LIST = 1 << COMMAND_LIST, OF_CALL = 1 << COMMAND_CALL, OF_HEALTH = 1 << COMMAND_HEALTH };
enum { OF_BENCH = 1 << COMMAND_BENCH, OF_CALLERS = OF_CALL | OF_BENCH, OF_ALL = OF_CALLERS | OF_LIST | OF_HEALTH };

static const struct option {
    const char *name;
    bool (*set)(command *c, const char *value);
    unsigned commands;
    bool flag; /* takes no value */
} options[] = {
    {"--address", set_addresses, OF_ALL, false},
    {"--deadline", set_deadline, OF_ALL, false},
    {"--json", set_json, OF_LIST | OF_HEALTH | OF_BENCH, true},
    {"--user", set_user, OF_CALLERS, false},
    {"--role", set_role, OF_CALLERS, false},
    {"--metadata", set_metadata, OF_CALLERS, false},
    {"--concurrency", set_concurrency, OF_BENCH, false},
    {"--seconds", set_seconds, OF_BENCH, false},
    {"--calls", set_calls, OF_BENCH, false},
};

/* "--name" or "--name=value". */
static const struct option *find_option(const char *word)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcspn(word, "=") == strlen(options[i].name) && !strncmp(word, options[i].name, strcspn(word, "=")))
            return &options[i];
    return NULL;
}

/* Takes the option at *place, and its value behind it. */
static bool take_option(command *c, char **argv, int argc, int *place)
{
    const char *word = argv[*place], *equals = strchr(word, '=');
    const struct option *o = find_option(word);
    if (!o)
        return command_complain("unknown option", word);
    if (!(o->commands & 1u << c->name))
        return command_complain("this command does not take", o->name);
    if (o->flag)
        return equals ? command_complain("takes no value", o->name) : o->set(c, NULL);
    if (!equals && *place + 1 >= argc)
        return command_complain("a value is missing", o->name);
    return o->set(c, equals ? equals + 1 : argv[++*place]);
}

/* ---- words ---- */

static const struct {
    const char *name;
    int words_min, words_max; /* behind the name */
} commands[] = {
    [COMMAND_LIST] = {"list", 0, 1},   [COMMAND_CALL] = {"call", 1, 2}, [COMMAND_HEALTH] = {"health", 0, 1},
    [COMMAND_BENCH] = {"bench", 1, 2}, [COMMAND_HELP] = {"help", 0, 1},
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static bool find_command(command *c, const char *word)
{
    for (int i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, word) == 0) {
            c->name = (command_name)i;
            return true;
        }
    return command_complain("unknown command", word);
}

static bool check_words(const command *c, int count)
{
    bool calls = c->name == COMMAND_CALL || c->name == COMMAND_BENCH;
    if (count < commands[c->name].words_min || (calls && !strchr(c->target, '/')))
        return command_complain("say which, as SERVICE/METHOD", c->target ? c->target : commands[c->name].name);
    if (c->name == COMMAND_HEALTH && c->target && strchr(c->target, '/'))
        return command_complain("health is of a service, not of a method", c->target);
    return true;
}

bool command_parse(command *c, int argc, char **argv)
{
    *c = (command){.deadline_ms = 5000, .concurrency = 16, .duration_ms = 5000};
    if (argc < 2)
        return command_complain("a command is missing", NULL);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        c->name = COMMAND_HELP;
        return true;
    }
    if (!find_command(c, argv[1]))
        return false;
    const char **words[WORDS_MAX] = {&c->target, &c->json};
    int count = 0;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            c->name = COMMAND_HELP;
            c->target = argv[1];
            return true;
        }
        if (strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(c, argv, argc, &i))
                return false;
        } else if (count == WORDS_MAX || count == commands[c->name].words_max) {
            return command_complain("too many arguments", argv[i]);
        } else {
            *words[count++] = argv[i];
        }
    }
    return check_words(c, count);
}

void command_finish(command *c)
{
    free(c->addresses);
    c->addresses = NULL;
}
