#include "http_policy.h"

#include "log.h"

#include <stdio.h>

static const config_key keys[] = {
    {.name = "TRUSTED_PROXIES",
     .type = CONFIG_TEXT,
     .fallback = "",
     .high = 4096,
     .help = "Networks (10.0.0.0/8, ::1), separated by commas, whose Forwarded and X-Forwarded-For are believed"},
    {.name = "HTTP_CONNECTIONS_PER_ADDRESS",
     .type = CONFIG_INT,
     .fallback = "2048",
     .low = 0,
     .high = 60000,
     .help = "Connections of one address (of an IPv6 /64) at once, trusted proxies aside; 0 = no limit"},
    {.name = "HTTP_MIN_RATE",
     .type = CONFIG_SIZE_BYTES,
     .fallback = "16KiB",
     .low = 1,
     .high = 1 << 30,
     .help = "Bytes a second that a body must reach once HTTP_READ_TIMEOUT has passed"},
    {.name = "HTTP_WRITE_TIMEOUT",
     .type = CONFIG_DURATION_MS,
     .fallback = "30s",
     .low = 50,
     .high = 3600000,
     .help = "For taking a whole answer"},
    {.name = "CORS_ORIGINS",
     .type = CONFIG_TEXT,
     .fallback = "",
     .high = 4096,
     .help =
         "Origins (https://app.example.org), separated by commas, whose pages may use the API; * = all, empty = none"},
    {.name = "CORS_CREDENTIALS",
     .type = CONFIG_BOOL,
     .fallback = "false",
     .help = "Whether those pages may send cookies; access tokens need it not"},
    {.name = "CORS_MAX_AGE",
     .type = CONFIG_DURATION_MS,
     .fallback = "10m",
     .low = 0,
     .high = 86400000,
     .help = "How long a browser need not ask again"},
    {.name = "HSTS_MAX_AGE",
     .type = CONFIG_DURATION_MS,
     .fallback = "0s",
     .low = 0,
     .high = 63072000000,
     .help = "Strict-Transport-Security for clients that came by https, as a trusted proxy says; 0s = none"},
};
const config_table http_policy_config = {.title = "HTTP", .keys = keys, .count = sizeof keys / sizeof keys[0]};

enum { MS_PER_S = 1000 };

static bool fail(const char *key, const char *why)
{
    log_error("the configuration has a value that cannot be used", log_text("key", key), log_text("reason", why));
    return false;
}

bool http_policy_init(http_policy *p, const config *c)
{
    const char *why;
    *p = (http_policy){
        .connections_per_address = (unsigned)config_int(c, "HTTP_CONNECTIONS_PER_ADDRESS"),
        .body_rate = (size_t)config_int(c, "HTTP_MIN_RATE"),
        .write_timeout_ms = (uint32_t)config_int(c, "HTTP_WRITE_TIMEOUT"),
    };
    int64_t hsts_s = config_int(c, "HSTS_MAX_AGE") / MS_PER_S;
    if (hsts_s)
        snprintf(p->hsts, sizeof p->hsts, "max-age=%lld", (long long)hsts_s);
    if (!http_networks_parse(config_text(c, "TRUSTED_PROXIES"), &p->trusted_proxies, &why))
        return fail("TRUSTED_PROXIES", why);
    return cors_init(&p->cors, config_text(c, "CORS_ORIGINS"), config_bool(c, "CORS_CREDENTIALS"),
                     (uint32_t)(config_int(c, "CORS_MAX_AGE") / MS_PER_S), &why) ||
           fail("CORS_ORIGINS", why);
}

void http_policy_finish(http_policy *p)
{
    http_networks_finish(&p->trusted_proxies);
    cors_finish(&p->cors);
}
