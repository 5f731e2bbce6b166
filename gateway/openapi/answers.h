/* What a route may answer besides its success: problems, as shared components of the document. */
#pragma once

#include "contract.h"
#include "route.h"

#include <jansson.h>

/* "components/responses", "components/headers" and the schema of a problem; new references. */
json_t *answers_components(void);
json_t *answers_headers(void);
json_t *answers_problem_schema(void);

/* Adds to responses, by status, what this route may answer when it does not succeed. */
void answers_add_problems(json_t *responses, const bound_route *route, const Sical__Api__MethodRules *rules);

/* The headers of every answer, and these more; NULL-ended names of answers_headers. A new reference. */
json_t *answers_header_references(const char *const *more);
