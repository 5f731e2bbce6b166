#include "http_policy.h"

#include "log.h"

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
};
const config_table http_policy_config = {.title = "HTTP", .keys = keys, .count = sizeof keys / sizeof keys[0]};

bool http_policy_init(http_policy *p, const config *c)
{
    const char *why;
    *p = (http_policy){
        .connections_per_address = (unsigned)config_int(c, "HTTP_CONNECTIONS_PER_ADDRESS"),
        .body_rate = (size_t)config_int(c, "HTTP_MIN_RATE"),
        .write_timeout_ms = (uint32_t)config_int(c, "HTTP_WRITE_TIMEOUT"),
    };
    if (http_networks_parse(config_text(c, "TRUSTED_PROXIES"), &p->trusted_proxies, &why))
        return true;
    log_error("TRUSTED_PROXIES is no list of networks", log_text("reason", why));
    return false;
}

void http_policy_finish(http_policy *p)
{
    http_networks_finish(&p->trusted_proxies);
}
