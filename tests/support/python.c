#include "python.h"

#include "scratch_folder.h"

#include <stdio.h>
#include <string.h>

const char *test_python(void)
{
    static char path[4096];
    char command[4096];
    snprintf(command, sizeof command, "%s/tools/python-env", test_source_dir());
    FILE *f = popen(command, "r");
    if (!f || !fgets(path, sizeof path, f) || pclose(f))
        test_fail("%s made no Python", command);
    path[strcspn(path, "\n")] = '\0';
    return path;
}
