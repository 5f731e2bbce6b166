/* What the command line says. */
#pragma once

#include "rpc_message.h"

#include <stdbool.h>
#include <stdint.h>

/* 0; the server answered with another code or is not serving; usage or input; nobody answered. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNREACHED = 3 };

typedef enum command_name { COMMAND_LIST, COMMAND_CALL, COMMAND_HEALTH, COMMAND_BENCH, COMMAND_HELP } command_name;

typedef struct command {
    command_name name;
    const char *target; /* "plan.PlanService/GetGoal"; NULL = none */
    const char *json;   /* the input: JSON, "-" for standard input, "@FILE"; NULL = {} */
    char *addresses;    /* separated by commas; NULL = the known ones */
    uint32_t deadline_ms;
    rpc_metadata metadata;
    bool as_json;         /* the answer of list, health and bench */
    unsigned concurrency; /* bench: callers at once */
    uint32_t duration_ms; /* bench: for how long */
    uint64_t calls;       /* bench: how many instead; 0 = as long as duration_ms */
} command;

/* Reads the arguments. Texts are borrowed. false after saying on standard error what is wrong. */
bool command_parse(command *c, int argc, char **argv);
void command_finish(command *c);

/* A line on standard error; always false. about: what is meant, NULL = nothing. */
bool command_complain(const char *what, const char *about);

/* topic: the name of a command, NULL = all of them. false when there is none of that name. */
bool command_print_help(const char *topic);
