/* Programs that tests start. They die with the test (PR_SET_PDEATHSIG), however it ends. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

typedef struct test_program test_program;

typedef struct test_program_options {
    const char *name;               /* of a program of the suite (<build>/bin/name), or a path */
    const char *const *arguments;   /* after the name, NULL at the end; NULL = none */
    const char *const *environment; /* "KEY=value", NULL at the end; added to PATH, HOME and the sanitizers' options */
    const char *user;               /* run as this one when we are root; NULL = as ourselves */
    const char *errors;             /* where standard error goes, to be appended to; NULL = a file of its own */
} test_program_options;

/* Starts it; standard output and standard error go to files. Ends the test when it cannot be executed. */
test_program *test_program_start(const test_program_options *options);

/* Kills it when it still runs, reaps it and removes its files. NULL is allowed. */
void test_program_destroy(test_program *p);

pid_t test_program_pid(const test_program *p);

void test_program_signal(test_program *p, int number);

/* Waits for its end and reaps it: the exit code, 128 + the signal that killed it, or -1 when timeout_ms passed. */
int test_program_wait(test_program *p, unsigned timeout_ms);

/* What it wrote so far; malloc'ed, never NULL. */
char *test_program_output(const test_program *p);
char *test_program_errors(const test_program *p);

/* Whether text stands in its standard error by now, or comes within timeout_ms. */
bool test_program_wait_error(test_program *p, const char *text, unsigned timeout_ms);

/* Runs a program to its end, at most 60 s: its exit code as test_program_wait. When output or errors are not NULL they
 * get what it wrote (malloc'ed). */
int test_program_run(const test_program_options *options, char **output, char **errors);
