/* Ports and waiting for servers. All waits are bounded; nothing here needs a loop. */
#pragma once

#include <stdbool.h>

enum { TEST_WAIT_MS = 30000 }; /* how long tests wait for what takes milliseconds on a quiet machine */

/* A TCP port of 127.0.0.1 that nobody listened on a moment ago. */
unsigned test_free_port(void);

/* Whether something listens on this unix socket right now. */
bool test_accepts_unix(const char *path);

/* Waits until 127.0.0.1:port accepts a connection; false when timeout_ms passed. */
bool test_wait_tcp(unsigned port, unsigned timeout_ms);

/* Waits until GET path at 127.0.0.1:port answers with this HTTP status; false when timeout_ms passed. */
bool test_wait_http(unsigned port, const char *path, int http_status, unsigned timeout_ms);

/* Waits until condition(arg); false when timeout_ms passed. Looks every few milliseconds. */
bool test_wait_until(bool (*condition)(void *arg), void *arg, unsigned timeout_ms);
