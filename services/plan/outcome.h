/* What can happen to a call that is no fault of ours; rpc.c turns each into a wire code. */
#pragma once

enum plan_outcome {
    PLAN_INVALID_INPUT = 1, /* faults were added to the call */
    PLAN_NO_GRAPH,          /* none with this id that the caller may see */
    PLAN_NO_TOPIC,          /* the graph has no topic with this key */
    PLAN_NO_GOAL,
    PLAN_NO_AVAILABILITY, /* the caller has set none */
    PLAN_NO_EXCEPTION,
    PLAN_NO_BUSY_TIME,
    PLAN_NO_PLAN,
    PLAN_NO_SESSION,
    PLAN_ID_TAKEN,            /* the client's id belongs to something else */
    PLAN_GRAPH_IN_USE,        /* goals need it */
    PLAN_UNKNOWN_ZONE,        /* PostgreSQL knows no such time zone */
    PLAN_UNKNOWN_TARGETS,     /* some targets are not in the graph */
    PLAN_DATES_CROSSED,       /* not before the due date */
    PLAN_AVAILABILITY_NEEDED, /* nothing can be planned without it */
    PLAN_TOO_MUCH,            /* more goals or topics than one plan takes */
    PLAN_TOO_BUSY,            /* more busy times than a learner may have */
    PLAN_SESSION_OVER,        /* it has begun, or was started, completed or skipped */
    PLAN_NOTHING_TO_UNDO,     /* no plan before it is known, or it is an undo itself */
    PLAN_CANNOT_UNDO,         /* faults were added to the call */
    PLAN_OVERTAKEN,           /* another plan was saved or a session changed meanwhile */
    PLAN_ANOTHER_VERSION,     /* what was to be changed is not as the caller knows it */
};
