#include "peers.h"

#include "spelling.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static peer peers[PEER_COUNT] = {
    {"auth", "tcp://127.0.0.1:7101"},
    {"plan", "tcp://127.0.0.1:7102"},
    {"progress", "tcp://127.0.0.1:7103"},
    {"metrics", "tcp://127.0.0.1:7104"},
};

const peer *peers_all(void)
{
    for (peer *p = peers; p < peers + PEER_COUNT; p++) {
        char key[32];
        snprintf(key, sizeof key, "%s_ADDRESS", p->name);
        for (char *c = key; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        const char *address = getenv(key);
        if (address && address[0])
            p->address = address;
    }
    return peers;
}

/* Whether the service's package has a part called name, or the service itself is called NameService. */
static bool fits(const char *service, const char *name)
{
    size_t length = strlen(name);
    for (const char *part = service; part; part = strchr(part, '.')) {
        part += *part == '.';
        bool last = !strchr(part, '.');
        if (strncasecmp(part, name, length) == 0 &&
            (last ? strcmp(part + length, "Service") == 0 : part[length] == '.'))
            return true;
    }
    return false;
}

const peer *peers_find(const char *service)
{
    const peer *all = peers_all();
    for (const peer *p = all; p < all + PEER_COUNT; p++)
        if (fits(service, p->name))
            return p;
    return NULL;
}

const char *peers_suggest(const char *service)
{
    static const char *const names[] = {"auth.AuthService", "plan.PlanService", "progress.ProgressService",
                                        "metrics.MetricsService"};
    const char *dot = strrchr(service, '.'), *given = dot ? dot + 1 : service, *nearest = NULL;
    unsigned least = (unsigned)strlen(given) / 3 + 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned distance = spelling_distance(given, strchr(names[i], '.') + 1);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}
