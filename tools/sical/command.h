/* What the command line says, and the commands. */
#pragma once

#include "rpc_client.h"

#include <stdbool.h>

typedef struct command {
    const char *name;    /* "call" */
    const char *method;  /* "plan.PlanService/GetGoal"; NULL but for call */
    const char *json;    /* the input, "-" for standard input; NULL = {} */
    const char *address; /* NULL = known ones */
    uint32_t deadline_ms;
    rpc_metadata metadata;
} command;

enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Reads the arguments; false after saying on standard error what is wrong. */
bool command_parse(command *c, int argc, char **argv);
void command_print_help(void);

/* Runs it on a fiber of the loop; its exit code. */
int command_run(const command *c);
