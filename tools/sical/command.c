#include "command.h"

#include "uuid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "sical: list, call and check the services of a running suite\n"
    "\n"
    "  sical list   [--address A]                 services and methods\n"
    "  sical call   SERVICE/METHOD [JSON|-] ...   call a method; the input is {} or JSON, - reads standard input\n"
    "  sical health [--address A]                 how the services feel\n"
    "\n"
    "  --address A      tcp://host:port; default: AUTH_ADDRESS, PLAN_ADDRESS, PROGRESS_ADDRESS, METRICS_ADDRESS or "
    "the\n"
    "                   default ports of this machine, by the service's name\n"
    "  --deadline 5s    how long to wait (250ms, 5s, 2m)\n"
    "  --user UUID      on whose behalf\n"
    "  --role R         student, teacher or admin\n"
    "  --metadata k=v   request_id, traceparent, session_id or idempotency_key; may be repeated\n"
    "\n"
    "Short names will do: sical call PlanService/GetGoal '{\"id\": \"...\"}' --user UUID\n"
    "Exit: 0 done, 1 the call failed (its code and faults on standard error), 2 usage.\n";

void command_print_help(void)
{
    fputs(help, stdout);
}

static bool complain(const char *what, const char *about)
{
    fprintf(stderr, "sical: %s%s%s (see sical --help)\n", what, about ? ": " : "", about ? about : "");
    return false;
}

static bool parse_duration(const char *s, uint32_t *ms)
{
    char *unit;
    unsigned long n = strtoul(s, &unit, 10);
    unsigned long factor = strcmp(unit, "ms") == 0  ? 1
                           : strcmp(unit, "s") == 0 ? 1000
                           : strcmp(unit, "m") == 0 ? 60000
                                                    : 0;
    if (s[0] < '0' || s[0] > '9' || n == 0 || n > 3600000 || factor == 0)
        return false;
    *ms = (uint32_t)(n * factor > 3600000 ? 3600000 : n * factor);
    return true;
}

static bool set_metadata(rpc_metadata *m, const char *pair)
{
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        {"request_id", &m->request_id},
        {"traceparent", &m->traceparent},
        {"session_id", &m->session_id},
        {"idempotency_key", &m->idempotency_key},
    };
    const char *equals = strchr(pair, '=');
    size_t length = equals ? (size_t)(equals - pair) : 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (equals && strlen(known[i].name) == length && strncmp(pair, known[i].name, length) == 0) {
            *known[i].value = equals + 1;
            return true;
        }
    return complain("--metadata wants request_id, traceparent, session_id or idempotency_key, = and a value", pair);
}

static bool set_option(command *c, const char *option, const char *value)
{
    uuid ignored;
    if (!value)
        return complain("a value is missing", option);
    if (strcmp(option, "--address") == 0)
        c->address = value;
    else if (strcmp(option, "--role") == 0)
        c->metadata.role = value;
    else if (strcmp(option, "--metadata") == 0)
        return set_metadata(&c->metadata, value);
    else if (strcmp(option, "--user") == 0) {
        if (!uuid_parse(value, &ignored))
            return complain("--user wants a UUID", value);
        c->metadata.user_id = value;
    } else if (strcmp(option, "--deadline") == 0) {
        if (!parse_duration(value, &c->deadline_ms))
            return complain("--deadline wants a duration of at most an hour, like 250ms or 5s", value);
    } else
        return complain("unknown option", option);
    return true;
}

bool command_parse(command *c, int argc, char **argv)
{
    *c = (command){.deadline_ms = 5000};
    const char **places[] = {&c->name, &c->method, &c->json};
    size_t place = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            if (!set_option(c, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
                return false;
            i++;
        } else if (place == sizeof places / sizeof *places) {
            return complain("too many arguments", argv[i]);
        } else {
            *places[place++] = argv[i];
        }
    }
    if (!c->name)
        return complain("a command is missing", NULL);
    bool call = strcmp(c->name, "call") == 0;
    if (!call && strcmp(c->name, "list") && strcmp(c->name, "health"))
        return complain("unknown command", c->name);
    if (!call && c->method)
        return complain("too many arguments", c->method);
    if (call && (!c->method || !strchr(c->method, '/')))
        return complain("call wants SERVICE/METHOD", c->method);
    return true;
}
