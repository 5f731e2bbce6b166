/* Runs planner_proof_test.py. Counted by what that says in its last line. */
#include "program.h"
#include "python.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char script[512], build[512];
    const char *folder = getenv("SICAL_BUILD"), *source = getenv("SICAL_SOURCE");

    snprintf(script, sizeof script, "%s/tests/proof/planner_proof_test.py", source);
    snprintf(build, sizeof build, "SICAL_BUILD=%s", folder);
    const char *arguments[] = {script, NULL}, *environment[] = {build, "PYTHONDONTWRITEBYTECODE=1", NULL};
    char *output, *errors;
    int code = test_program_run(&(test_program_options){.name = test_python(),
                                                        .arguments = arguments,
                                                        .environment = environment},
                                &output, &errors);
    fputs(errors, stdout);
    fputs(output, stdout);
    free(output);
    free(errors);
    return code;
}
