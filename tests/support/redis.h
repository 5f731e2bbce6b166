/* A private Redis for tests. */
#pragma once

typedef struct test_redis test_redis;

/* password: NULL = none. Returns when it accepts connections; ends the test when it cannot. */
test_redis *test_redis_start(const char *password);

/* Stops it and removes its folder. NULL is allowed. */
void test_redis_stop(test_redis *r);

const char *test_redis_url(const test_redis *r);      /* "redis://[:password@]127.0.0.1:port" */
const char *test_redis_unix_url(const test_redis *r); /* "unix:///path" */
unsigned test_redis_port(const test_redis *r);

void test_redis_kill(test_redis *r);    /* kill -9, reaped */
void test_redis_restart(test_redis *r); /* after kill: the same port, empty */
void test_redis_freeze(test_redis *r);  /* SIGSTOP */
void test_redis_thaw(test_redis *r);    /* SIGCONT */
