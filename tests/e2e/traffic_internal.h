#pragma once

#include "traffic.h"

struct traffic {
    suite *suite;
    learner learner;
    load *load;
    unsigned serial; /* tells its writes from those of another traffic of this suite */
    char graph[37], goal[37];
};

/* traffic_account.c: fails the test when a write is missing or stands twice. */
void traffic_account(traffic *t);
