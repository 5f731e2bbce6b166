#include "redis.h"

#include "network.h"
#include "program.h"
#include "scratch_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct test_redis {
    char folder[TEST_FOLDER_SIZE];
    char socket[TEST_FOLDER_SIZE + 16];
    char password[64];
    char url[128];
    char unix_url[128];
    unsigned port;
    test_program *program;
};

static void launch(test_redis *r)
{
    char port[16];
    snprintf(port, sizeof port, "%u", r->port);
    const char *arguments[] = {"--port",        port,        "--bind", "127.0.0.1", "--unixsocket", r->socket,
                               "--save",        "",          "--dir",  r->folder,   "--appendonly", "no",
                               "--requirepass", r->password, NULL};
    r->program = test_program_start(&(test_program_options){.name = "/usr/bin/redis-server", .arguments = arguments});
}

/* Over its own socket: on the port another server might answer. */
static bool listens_or_ended(void *arg)
{
    const test_redis *r = arg;
    return test_accepts_unix(r->socket) || test_program_wait(r->program, 0) >= 0;
}

static bool try_start(test_redis *r)
{
    launch(r);
    if (test_wait_until(listens_or_ended, r, TEST_WAIT_MS) && test_program_wait(r->program, 0) < 0)
        return true;
    test_program_destroy(r->program);
    r->program = NULL;
    return false;
}

test_redis *test_redis_start(const char *password)
{
    test_redis *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    test_folder_create(r->folder);
    snprintf(r->socket, sizeof r->socket, "%s/redis.sock", r->folder);
    snprintf(r->unix_url, sizeof r->unix_url, "unix://%s", r->socket);
    snprintf(r->password, sizeof r->password, "%s", password ? password : "");
    for (int attempt = 0; attempt < 5 && !r->program; attempt++) { /* somebody else may take the port first */
        r->port = test_free_port();
        try_start(r);
    }
    if (!r->program)
        test_fail("redis-server does not start");
    snprintf(r->url, sizeof r->url, "redis://%s%s%s127.0.0.1:%u", password ? ":" : "", r->password, password ? "@" : "",
             r->port);
    return r;
}

void test_redis_stop(test_redis *r)
{
    if (!r)
        return;
    test_program_destroy(r->program);
    test_folder_remove(r->folder);
    free(r);
}

const char *test_redis_url(const test_redis *r)
{
    return r->url;
}

const char *test_redis_unix_url(const test_redis *r)
{
    return r->unix_url;
}

unsigned test_redis_port(const test_redis *r)
{
    return r->port;
}

void test_redis_kill(test_redis *r)
{
    test_program_destroy(r->program);
    r->program = NULL;
    unlink(r->socket);
}

void test_redis_restart(test_redis *r)
{
    if (!try_start(r))
        test_fail("redis-server does not start again");
}

void test_redis_freeze(test_redis *r)
{
    test_program_signal(r->program, SIGSTOP);
}

void test_redis_thaw(test_redis *r)
{
    test_program_signal(r->program, SIGCONT);
}
