/*
 * Giving back the pages that only the start needed.
 *
 * A program of the suite maps some forty libraries (libpq alone brings Kerberos, LDAP and two TLS libraries). The
 * loader walks all of their symbol tables, and each page fault maps 64 KiB around it; so most of what is resident at
 * the end of the start is code and tables that are never looked at again. These pages belong to files: dropping them
 * loses nothing, costs a minor fault for what is used after all, and takes them out of the working set that a cluster's
 * scheduler counts.
 *
 * Only mappings that cannot be written and hold no page of our own are touched: what the loader has relocated (RELRO)
 * has such pages, so it is left alone.
 */
#include "service_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct mapping {
    char *start, *end;
    bool from_file;
    bool writable;
} mapping;

/* "7f51e2a00000-7f51e2a28000 r--p 00000000 fe:00 1835 /usr/lib/...": the line that begins a mapping. */
static bool read_mapping(const char *line, mapping *m)
{
    void *start, *end;
    char rights[8], path[2] = "";
    if (sscanf(line, "%p-%p %7s %*s %*s %*s %1s", &start, &end, rights, path) < 3)
        return false;
    *m = (mapping){.start = start, .end = end, .from_file = path[0] == '/', .writable = rights[1] == 'w'};
    return true;
}

void service_footprint_trim(void)
{
    FILE *in = fopen("/proc/self/smaps", "re");
    if (!in)
        return;
    static const char own_pages[] = "Anonymous:";
    char line[512];
    mapping m = {0}, found;
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, own_pages, sizeof own_pages - 1) == 0) {
            if (m.from_file && !m.writable && strtoul(line + sizeof own_pages - 1, NULL, 10) == 0)
                madvise(m.start, (size_t)(m.end - m.start), MADV_DONTNEED);
        } else if (read_mapping(line, &found)) {
            m = found;
        }
    }
    fclose(in);
}
