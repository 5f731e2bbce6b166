/* What can come of a call to progress besides success; rpc.c turns these into wire codes. */
#pragma once

enum progress_outcome {
    PROGRESS_INVALID_INPUT = 1, /* the call holds the faults */
    PROGRESS_CONTENDED = 2,     /* locks of others were in the way each time it was tried */
    PROGRESS_TOO_MANY = 3,      /* more topics than fit into one answer */
    PROGRESS_NO_PLACEMENT = 4,
    PROGRESS_NO_GRAPH = 5,       /* none that the learner may see */
    PROGRESS_OTHER_QUESTION = 6, /* the answer is not to the question that was asked last */
};
