/* Debian's nginx with the files of deploy/nginx in front of a gateway, on free ports of the loopback. */
#pragma once

typedef struct nginx_front {
    unsigned http_port, https_port, redirect_port; /* 127.0.0.1; the last one answers plain HTTP with the way to TLS */
} nginx_front;

extern nginx_front front;

/* Returns when it accepts connections. gateway_port: on 127.0.0.1; so is another one's port, 0 = there is only one. */
void nginx_front_start(unsigned gateway_port, unsigned other_port);
/* In order. */
void nginx_front_stop(void);

/* What its log of refusals holds by now; malloc'ed. */
char *nginx_front_log(void);
/* The same of its error log. */
char *nginx_front_errors(void);
