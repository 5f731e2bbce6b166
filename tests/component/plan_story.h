/*
 * sical-plan on a stage: the real program over a private PostgreSQL, with progress played by the test. Requests are
 * written as JSON-free C: each function makes one call and gives the code; what came back is in the arguments.
 */
#pragma once

#include "clock.h"
#include "fiber.h"
#include "plan.pb-c.h"
#include "rpc_story.h"

#include <criterion/criterion.h>

typedef Google__Protobuf__Timestamp wire_time;
typedef Sical__Plan__V1__Graph wire_graph;
typedef Sical__Plan__V1__Goal wire_goal;
typedef Sical__Plan__V1__Plan wire_plan;
typedef Sical__Plan__V1__Session wire_session;
typedef Sical__Plan__V1__TopicInput topic_input;
typedef Sical__Plan__V1__EdgeInput edge_input;
typedef Sical__Plan__V1__ImportGraphRequest import_request;

/* ---- the stage ---- */

typedef struct played_review {
    const char *graph, *key;
    wire_time *due;
    double stability_days; /* last reviewed so many days before it is due */
} played_review;

typedef struct plan_stage {
    test_postgres *pg;
    story_program program;
    rpc_client *client;

    /* progress, played by the test */
    unsigned progress_port;
    rpc_server *progress;
    const char *const *mastered; /* keys, NULL at the end; NULL = none */
    unsigned asked;              /* how often it was asked */
    const played_review *reviews;
    size_t review_count;
    int32_t minutes_a_review; /* 0: five */
} plan_stage;

extern plan_stage stage;

/* Runs a story on the stage; it begins with progress there. */
void plan_play(void (*story)(void));
void plan_progress_close(void);

/* Waits on the story's fiber until condition holds. */
void plan_wait(bool (*condition)(void), const char *what);

#define PLAN_STORY(SUITE, NAME)                                                                                        \
    static void NAME##_story(void);                                                                                    \
    Test(SUITE, NAME)                                                                                                  \
    {                                                                                                                  \
        plan_play(NAME##_story);                                                                                       \
    }                                                                                                                  \
    static void NAME##_story(void)

/* ---- calls ---- */

/* Learners; "" calls as a peer. */
#define ADA  "01890000-0000-7000-8000-00000000ada0"
#define BOB  "01890000-0000-7000-8000-00000000b0b0"
#define PEER ""

/* The last reply, for its message and faults. */
extern rpc_reply last_reply;

/* Calls a method as a user; the code. answer: pointer to a message pointer. */
int plan_call(const char *user, const char *method, const void *request, void *answer);

/* Whether the last reply has a fault of this field whose message contains text. */
bool plan_has_fault(const char *field, const char *text);

wire_time *plan_time(const char *rfc3339);
/* days from now, at the present time of the day */
wire_time *plan_days_from_now(double days);
int64_t plan_time_us(const wire_time *t);
Google__Protobuf__Int32Value *plan_int32(int32_t value);

/* Appends to a request; texts are borrowed. minutes < 0: none stated. */
void plan_add_topic(import_request *r, const char *key, int minutes);
void plan_add_edge(import_request *r, const char *topic, const char *prerequisite, const char *strength);
import_request *plan_import_request(void);

/* A chain a <- b <- c of 60, 90 and 120 minutes and a lone topic d of 30. NULL id: made there. */
const char *plan_import_chain(const char *user, const char *id, const char *visibility);

/* A goal for one target; the code, and the goal's id in *id where it is not NULL. */
int plan_add_goal(const char *user, const char *graph, const char *target, wire_time *due, char **id);

/* Windows as "MON 18:00-20:00", NULL at the end. cap 0 = none. */
int plan_set_hours(const char *user, const char *zone, int cap, const char *const *windows);
/* Every day from 08:00 to 10:00, UTC. */
void plan_set_mornings(const char *user);

int plan_create(const char *user, const char *id, wire_plan **plan);
