#include "cors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* scheme://host[:port] in lower case and nothing after it: what a browser sends, compared byte by byte. */
static const char *fault_of(const char *origin)
{
    const char *host = strstr(origin, "://");
    if (!host || (strncmp(origin, "https://", 8) != 0 && strncmp(origin, "http://", 7) != 0))
        return "an origin does not begin with https:// or http://";
    host += 3;
    if (!*host || strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]") != strlen(host))
        return "an origin is not scheme://host or scheme://host:port in lower case";
    return NULL;
}

static void add(cors_policy *p, const char *origin)
{
    p->origins = realloc(p->origins, (p->count + 1) * sizeof *p->origins);
    if (!p->origins)
        abort();
    p->origins[p->count++] = origin;
}

bool cors_init(cors_policy *p, const char *origins, bool credentials, uint32_t max_age_s, const char **why)
{
    *p = (cors_policy){.text = strdup(origins), .credentials = credentials};
    if (!p->text)
        abort();
    snprintf(p->max_age_s, sizeof p->max_age_s, "%u", max_age_s);
    *why = NULL;
    char *rest = NULL;
    for (char *o = strtok_r(p->text, ", ", &rest); o && !*why; o = strtok_r(NULL, ", ", &rest)) {
        p->any |= !strcmp(o, "*");
        *why = strcmp(o, "*") != 0 ? fault_of(o) : NULL;
        add(p, o);
    }
    if (!*why && p->any && (p->count > 1 || p->credentials))
        *why = "* goes with no other origin and not with credentials";
    return !*why;
}

void cors_finish(cors_policy *p)
{
    free(p->origins);
    free(p->text);
    *p = (cors_policy){0};
}

const char *cors_allowed_origin(const cors_policy *p, const char *origin)
{
    if (!origin || !p->count)
        return NULL;
    if (p->any)
        return "*";
    for (size_t i = 0; i < p->count; i++)
        if (!strcmp(p->origins[i], origin))
            return p->origins[i];
    return NULL;
}
