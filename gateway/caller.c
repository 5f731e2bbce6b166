#include "caller.h"

#include "clock.h"

#include <string.h>
#include <strings.h>

static const char *bearer_token(const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return NULL;
    return authorization + sizeof scheme - 1;
}

static bool refuse(request_job *job, const char *detail)
{
    problem p = problem_of_code(CODE_UNAUTHENTICATED, detail, NULL, 0);
    answer_problem(job, &p);
    return false;
}

bool caller_identify(request_job *job)
{
    const char *token = bearer_token(http_header(job->request, "Authorization"));
    if (!token)
        return refuse(job, "This needs an access token: Authorization: Bearer ...");
    const token_claims *claims;
    int64_t now_s = clock_wall_us() / CLOCK_US_PER_S;
    token_verdict v = token_memory_verify(job->gateway->token_memory, token, now_s, &claims);
    if (v != TOKEN_GOOD)
        return refuse(job, arena_printf(http_arena(job->request), "The access token is %s.", token_verdict_text(v)));
    job->caller = *claims;
    return true;
}
