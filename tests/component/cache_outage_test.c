/* The cache and a Redis that is not there, dies, hangs, returns, or is something else; and its bounds. */
#include "cache_fixture.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- not there, and there again ---- */

static void down_from_the_start(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(misses("k"));
    cr_assert_eq(cache_increment(the_cache, "k", 1000), -1);
    test_redis_restart(redis);
    cr_assert(becomes(true));
    cr_assert_eq(cache_increment(the_cache, "k", 1000), 1);
    close_cache();
}

Test(cache, starts_before_redis_does, .init = start_redis, .fini = stop_redis)
{
    test_redis_kill(redis);
    run_on_fiber(down_from_the_start, NULL);
}

static void killed(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    for (int round = 0; round < 3; round++) {
        cr_assert(becomes(true));
        cache_set(the_cache, "k", "v", 1, 60000);
        cr_assert(holds("k", "v", 1));
        test_redis_kill(redis);
        cr_assert(misses("k"));
        cr_assert(becomes(false));
        cr_assert(misses("k"));
        test_redis_restart(redis);
    }
    cr_assert(becomes(true));
    close_cache();
}

Test(cache, survives_the_death_of_redis, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(killed, NULL);
}

static void frozen(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), HASTY_MS, 0);
    cr_assert(becomes(true));
    test_redis_freeze(redis);
    cr_assert(misses("k")); /* waits its time and goes; the answer comes when nobody waits */
    cr_assert(becomes(false));
    cr_assert(misses("k"));
    test_redis_thaw(redis);
    cr_assert(becomes(true));
    close_cache();
}

Test(cache, leaves_a_hanging_redis_alone, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(frozen, NULL);
}

static void writes_to_frozen(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), HASTY_MS, 8);
    cr_assert(becomes(true));
    test_redis_freeze(redis);
    for (int i = 0; i < 100; i++)
        cache_set(the_cache, "k", "v", 1, 1000); /* nobody waits for these, yet it is noticed */
    cr_assert(becomes(false));
    test_redis_thaw(redis);
    cr_assert(becomes(true));
    close_cache();
}

Test(cache, notices_a_hang_by_writes_alone, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(writes_to_frozen, NULL);
}

/* ---- bounds ---- */

static unsigned hits;

static void get_once(void *arg)
{
    (void)arg;
    hits += !misses("k");
}

static void commands_limit(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), PATIENT_MS, 3);
    cr_assert(becomes(true));
    cache_set(the_cache, "k", "v", 1, 60000);
    cr_assert(holds("k", "v", 1));
    for (int i = 0; i < 10; i++)
        fiber_spawn(loop_current(), "get", get_once, NULL);
    while (loop_fiber_count(loop_current()) > 1)
        fiber_sleep(1);
    cr_assert_eq(hits, 3, "%u of 10 at once were answered where 3 may be", hits);
    cr_assert(holds("k", "v", 1)); /* and it goes on */
    close_cache();
}

Test(cache, refuses_more_than_may_be_in_flight, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(commands_limit, NULL);
}

static void own_deadline(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    test_redis_freeze(redis);
    uint64_t old = fiber_limit_ms(20);
    cr_assert(misses("k"));
    cr_assert_eq(fiber_sleep(1000), STATUS_DEADLINE_EXCEEDED);
    fiber_set_deadline_ns(old);
    test_redis_thaw(redis);
    cache_set(the_cache, "k", "v", 1, 60000);
    cr_assert(holds("k", "v", 1)); /* the late answer met nobody */
    close_cache();
}

Test(cache, keeps_the_deadline_of_its_fiber, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(own_deadline, NULL);
}

static void destroyed(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    test_redis_freeze(redis);
    for (int i = 0; i < 10; i++)
        fiber_spawn(loop_current(), "get", get_once, NULL);
    fiber_sleep(5);
    cache_destroy(the_cache);
    while (loop_fiber_count(loop_current()) > 1)
        fiber_sleep(1);
    cr_assert_eq(hits, 0);
    metrics_destroy(metrics);
}

Test(cache, wakes_who_waits_when_it_is_destroyed, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(destroyed, NULL);
}

static void destroyed_early(void *arg)
{
    (void)arg;
    open_cache("redis://localhost:1", 0, 0); /* while the name is looked up */
    close_cache();
    open_cache("redis://127.0.0.1:1", 0, 0); /* while it connects */
    close_cache();
}

Test(cache, may_be_destroyed_at_any_moment)
{
    run_on_fiber(destroyed_early, NULL);
}

/* ---- something else on its port ---- */

typedef struct stranger {
    const char *bytes; /* sent to everyone who connects */
    size_t size;
    bool greets; /* answers the greeting as Redis does, first */
} stranger;

/* A server in a process of its own that dies with the test; returns its port. */
static unsigned start_stranger(const stranger *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 16), 0);
    getsockname(listener, (struct sockaddr *)&address, &size);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (char answer[512];;) {
            int client = accept(listener, NULL, NULL);
            if (recv(client, answer, sizeof answer, 0) > 0 && s->greets)
                send(client, "+PONG\r\n", 7, MSG_NOSIGNAL);
            if (s->greets)
                recv(client, answer, sizeof answer, 0);
            send(client, s->bytes, s->size, MSG_NOSIGNAL);
            while (recv(client, answer, sizeof answer, 0) > 0)
                ;
            close(client);
        }
    }
    close(listener);
    return ntohs(address.sin_port);
}

static void meet_stranger(void *arg)
{
    const stranger *s = arg;
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%u", start_stranger(s));
    open_cache(url, HASTY_MS, 0);
    if (s->greets)
        cr_assert(becomes(true));
    for (int i = 0; i < 5; i++) {
        cr_assert(misses("k"), "%s", s->bytes);
        cr_assert_eq(cache_increment(the_cache, "k", 1000), -1);
        fiber_sleep(20);
    }
    close_cache();
}

Test(cache, survives_what_is_no_redis)
{
    static const stranger strangers[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, false},
        {"-ERR no\r\n", 9, false},
        {"\x00\xff\xfe\r\n", 5, false},
        {"$5\r\nhel", 7, false},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, true},
        {"-LOADING Redis is loading the dataset in memory\r\n", 50, true},
        {"$999999999999999999\r\nx", 22, true},
        {"$-5\r\n", 5, true},
        {"*1000000000\r\n", 13, true},
        {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", 48, true},
        {"+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n", 30, true},
        {"$-1\r\n", 5, true},
    };
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        run_on_fiber(meet_stranger, (void *)&strangers[i]);
}
