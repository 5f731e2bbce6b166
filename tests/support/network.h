/* Ports and waiting for servers. All waits are bounded; nothing here needs a loop. */
#pragma once

#include <stdbool.h>

enum { TEST_WAIT_MS = 30000 }; /* how long tests wait for what takes milliseconds on a quiet machine */

/* A TCP port that nobody listened on a moment ago, at any address of this machine; never the same twice. */
unsigned test_free_port(void);

/* Whether something listens on this unix socket right now. */
bool test_accepts_unix(const char *path);

/* Waits until 127.0.0.1:port accepts a connection; false when timeout_ms passed. */
bool test_wait_tcp(unsigned port, unsigned timeout_ms);

/* Waits until GET path at 127.0.0.1:port answers with this HTTP status; false when timeout_ms passed. */
bool test_wait_http(unsigned port, const char *path, int http_status, unsigned timeout_ms);

/* The same at another address: "127.0.0.2". */
bool test_wait_http_at(const char *address, unsigned port, const char *path, int http_status, unsigned timeout_ms);

/* GET path there: the whole answer, head and body, as text; "" when there is none. malloc'ed. */
char *test_http_get(const char *address, unsigned port, const char *path);

/* Waits until condition(arg); false when timeout_ms passed. Looks every few milliseconds. */
bool test_wait_until(bool (*condition)(void *arg), void *arg, unsigned timeout_ms);
