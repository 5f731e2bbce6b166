/* Who asks: the access token of a request. */
#pragma once

#include "gateway_internal.h"

/* Fills job->caller. false after answering 401. */
bool caller_identify(request_job *job);
