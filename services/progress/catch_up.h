/* Brings the states of a learner's topics up to their log. */
#pragma once

#include "progress_service.h"
#include "uuid.h"

/* When it returns STATUS_OK, every event that was recorded before the call is in the stored states. One statement when
 * nothing is new, three for what is. PROGRESS_CONTENDED: locks of others were in the way
 * each time. A fatal status otherwise. What was stored until then is kept, the next call goes on from there. */
status progress_catch_up(const progress_service *service, const uuid *user);
