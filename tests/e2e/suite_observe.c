/* What can be seen of the programs of a suite from outside. */
#include "network.h"
#include "scratch_folder.h"
#include "suite_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double suite_metric(const suite *s, suite_program which, unsigned replica, const char *sample)
{
    char *text = test_http_get(suite_address(replica), s->http_port[which], "/metrics");
    const char *body = strstr(text, "\r\n\r\n");
    size_t size = strlen(sample);
    double sum = body ? 0 : -1;
    for (const char *line = body; line; line = strchr(line, '\n')) {
        line++;
        size_t name = strcspn(line, " {\n");
        bool whole = strcspn(sample, "{") == name;
        const char *value = whole && !strncmp(line, sample, size) ? memchr(line, ' ', strcspn(line, "\n")) : NULL;
        if (value)
            sum += strtod(value, NULL);
    }
    free(text);
    return sum;
}

unsigned suite_descriptors(const suite *s, suite_program which, unsigned replica)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)suite_pid(s, which, replica));
    DIR *folder = opendir(path);
    if (!folder)
        test_fail("cannot read %s", path);
    unsigned count = 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* "." and ".." */
}

double suite_resident_mib(const suite *s, suite_program which, unsigned replica)
{
    char path[64], line[256];
    double kib = -1;
    snprintf(path, sizeof path, "/proc/%d/status", (int)suite_pid(s, which, replica));
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file) && sscanf(line, "VmRSS: %lf", &kib) != 1)
        ;
    if (file)
        fclose(file);
    return kib / 1024;
}
