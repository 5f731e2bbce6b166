/*
 * plan and progress as metrics knows them, played by the test itself: a feed to which the test appends, and a table of
 * zones. They listen on ports chosen before the program under test starts, on the loop of the running story.
 */
#pragma once

#include "rpc_server.h"

enum { FAKE_EVENTS_MAX = 20000, FAKE_USERS_MAX = 64 };

typedef struct fake_event {
    unsigned user; /* fake_user_id of it */
    const char *occurred_at;
    bool is_review;
    int seconds;
} fake_event;

typedef struct fake_peers {
    unsigned plan_port, progress_port;
    rpc_server *plan, *progress;

    fake_event events[FAKE_EVENTS_MAX];
    size_t event_count;
    const char *zones[FAKE_USERS_MAX]; /* by user; NULL = none set */
    size_t page_limit;                 /* events of a page at most, besides what is asked for */
    unsigned pulls;                    /* pages asked for so far */

    /* Called before a page is answered, on the call's fiber. May be NULL. */
    void (*on_pull)(const char *cursor);
} fake_peers;

extern fake_peers peers;

void fake_peers_choose_ports(void);
void fake_plan_open(void);
void fake_plan_close(void);
void fake_progress_open(void);
void fake_progress_close(void);

void fake_feed_append(unsigned user, const char *occurred_at, bool is_review, int seconds);

/* A constant id of the user's number, lower case. */
const char *fake_user_id(unsigned user);

/* What GetSummary answers, for every learner. */
enum { FAKE_TOPICS_STARTED = 12, FAKE_TOPICS_MASTERED = 5, FAKE_REVIEWS_DUE = 3 };
