#include "census.h"

#include "network.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Whether each program has reached all its peers: a connection that was late is no leak. */
static bool is_connected(void *arg)
{
    static const char *const away[] = {"rpc_client_replicas{service=\"auth\",state=\"away\"}",
                                       "rpc_client_replicas{service=\"plan\",state=\"away\"}",
                                       "rpc_client_replicas{service=\"progress\",state=\"away\"}",
                                       "rpc_client_replicas{service=\"metrics\",state=\"away\"}"};
    const suite *s = arg;
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++)
        for (unsigned i = 0; i < suite_replicas(s, which); i++)
            for (size_t k = 0; k < sizeof away / sizeof *away; k++)
                if (suite_metric(s, which, i, away[k]) != 0)
                    return false;
    return true;
}

static census look(const suite *s)
{
    census c = {0};
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++)
        for (unsigned i = 0; i < suite_replicas(s, which); i++) {
            c.of[which][i].descriptors = suite_descriptors(s, which, i); /* first: asking opens one */
            c.of[which][i].fibers = (unsigned)suite_metric(s, which, i, "fibers");
            c.of[which][i].connections = (unsigned)suite_metric(s, which, i, "db_connections");
        }
    return c;
}

census census_take(const suite *s)
{
    cr_assert(test_wait_until(is_connected, (void *)s, TEST_WAIT_MS), "a program does not reach its peers");
    return look(s);
}

typedef struct comparison {
    const suite *suite;
    const census *before;
    char difference[256]; /* of the last look */
} comparison;

static bool is_back(void *arg)
{
    comparison *c = arg;
    census now = look(c->suite);
    for (suite_program which = 0; which < SUITE_PROGRAMS; which++)
        for (unsigned i = 0; i < suite_replicas(c->suite, which); i++) {
            const __typeof__(now.of[0][0]) *had = &c->before->of[which][i], *has = &now.of[which][i];
            snprintf(c->difference, sizeof c->difference,
                     "%s %u: %u descriptors (before: %u), %u fibers (%u), %u connections to PostgreSQL (%u)",
                     suite_program_name(which), i, has->descriptors, had->descriptors, has->fibers, had->fibers,
                     has->connections, had->connections);
            if (has->descriptors > had->descriptors || has->fibers > had->fibers || has->connections > had->connections)
                return false;
        }
    return true;
}

void census_expect_back(const suite *s, const census *before)
{
    comparison c = {.suite = s, .before = before};
    cr_expect(test_wait_until(is_back, &c, TEST_WAIT_MS), "something is left behind: %s", c.difference);
}
