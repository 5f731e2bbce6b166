/* What a program can tell of itself: the usual process_* names, read at each scrape. */
#include "metrics.h"

#include "clock.h"
#include "log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* The second number of statm counts the resident pages. */
static double resident_bytes(void)
{
    char line[256] = "";
    FILE *statm = fopen("/proc/self/statm", "re");
    if (!statm)
        return 0;
    const char *read = fgets(line, sizeof line, statm);
    fclose(statm);
    if (!read)
        return 0;
    char *rest;
    strtoull(line, &rest, 10);
    return (double)strtoull(rest, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    int count = -3; /* ".", ".." and the folder's own descriptor */
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static void set(metrics_registry *r, metrics_type type, const char *name, const char *help, double value)
{
    metrics_set(metrics_with(metrics_register(r, type, name, "", help), NULL), value);
}

static void on_scrape(metrics_registry *r, void *arg)
{
    (void)arg;
    set(r, METRICS_GAUGE, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
    set(r, METRICS_COUNTER, "process_cpu_seconds_total", "User and system CPU time.", cpu_seconds());
    set(r, METRICS_GAUGE, "process_open_fds", "Open file descriptors.", open_descriptors());
    set(r, METRICS_COUNTER, "log_lost_lines_total", "Log lines that could not be written.", (double)log_lost_lines());
}

void metrics_register_process(metrics_registry *r)
{
    set(r, METRICS_GAUGE, "process_start_time_seconds", "Start of the process in seconds of the Unix epoch.",
        (double)clock_wall_us() / (double)CLOCK_US_PER_S);
    metrics_on_scrape(r, on_scrape, NULL);
}
