/* How the gateway treats clients over HTTP, from the configuration: whom it believes, what it bears, what it lets
 * browsers do. */
#pragma once

#include "config.h"
#include "cors.h"
#include "http_address.h"

typedef struct http_policy {
    http_networks trusted_proxies;
    unsigned connections_per_address; /* 0 = no limit */
    size_t body_rate;                 /* bytes a second */
    uint32_t write_timeout_ms;
    cors_policy cors;
    char hsts[32]; /* of Strict-Transport-Security; "": not sent */
} http_policy;

extern const config_table http_policy_config;

/* false after a line in the log that names the key and the fault; *p is to be finished either way. */
bool http_policy_init(http_policy *p, const config *c);
void http_policy_finish(http_policy *p);
