#include "limited.h"

#include <string.h>

enum { HOST_BITS_BYTES = 8 };

/* A subscriber has a whole /64 of IPv6: its addresses are one client. */
static const char *network_of(const request_job *job, char out[HTTP_ADDRESS_TEXT_SIZE])
{
    const char *text = http_client_address(job->request);
    http_address address;
    if (!strchr(text, ':') || !http_address_parse(text, strlen(text), &address))
        return text;
    memset(address.bytes + HTTP_ADDRESS_BYTES - HOST_BITS_BYTES, 0, HOST_BITS_BYTES);
    http_address_format(&address, out);
    return out;
}

static char *put_number(char *out, uint32_t n)
{
    char digits[10];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + n % 10);
    while (n /= 10);
    while (count)
        *out++ = digits[--count];
    *out = '\0';
    return out;
}

void limited_write_field(const request_job *job, char out[LIMITED_FIELD_SIZE])
{
    const rate_verdict *v = &job->rate;
    out = stpcpy(stpcpy(stpcpy(out, "\""), route_limit_name(job->match.route->spec->limit)), "\";r=");
    put_number(stpcpy(put_number(out, v->remaining), ";t="), v->next_in_s);
}

static bool tell(request_job *job)
{
    job->limited = true;
    if (job->rate.allowed)
        return true;
    job->shed = true;
    problem p = problem_of_code(CODE_RESOURCE_EXHAUSTED, "These are too many requests; see RateLimit and Retry-After.",
                                NULL, 0);
    answer_problem(job, &p);
    return false;
}

static bool is_limited(const request_job *job)
{
    return request_limit_policy(job->gateway->limits, job->match.route->spec->limit) != NULL;
}

bool limited_may_take(request_job *job)
{
    const route_spec *route = job->match.route->spec;
    request_limits *limits = job->gateway->limits;
    if (!is_limited(job))
        return true;
    char network[HTTP_ADDRESS_TEXT_SIZE];
    const char *subject = route->access == ACCESS_USER ? job->caller.user_id : network_of(job, network);
    request_limit_find(limits, route->limit, subject, &job->count);
    return !request_limit_is_over(limits, &job->count, &job->rate) || tell(job);
}

bool limited_take(request_job *job)
{
    if (!is_limited(job))
        return true;
    job->rate = request_limit_take(job->gateway->limits, &job->count);
    return tell(job);
}
