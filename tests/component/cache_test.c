/* The cache against a real Redis that is there: values, counters, the ways to it. */
#include "cache_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool metrics_say(const char *line)
{
    size_t size;
    char *text = metrics_render(metrics, &size);
    bool found = strstr(text, line) != NULL;
    free(text);
    return found;
}

/* ---- there ---- */

static void any_bytes(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    cache_set(the_cache, "all bytes", bytes, sizeof bytes, 60000);
    cr_assert(holds("all bytes", bytes, sizeof bytes));
    cache_set(the_cache, "nothing", "", 0, 60000);
    cr_assert(holds("nothing", "", 0));
    cache_set(the_cache, "%s %b\r\n\"*1\r\n", "odd key", 7, 60000);
    cr_assert(holds("%s %b\r\n\"*1\r\n", "odd key", 7));
    cr_assert(misses("all bytes "));
    cache_delete(the_cache, "all bytes");
    cr_assert(misses("all bytes"));
    cr_assert(metrics_say("cache_hits_total{cache_type=\"thing\"} 3\n"));
    cr_assert(metrics_say("cache_misses_total{cache_type=\"thing\"} 2\n"));
    close_cache();
}

Test(cache, keeps_any_bytes, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(any_bytes, NULL);
}

static void value_limit(void *arg)
{
    (void)arg;
    const size_t limit = 1 << 20;
    char *value = malloc(limit + 1);
    memset(value, 'x', limit + 1);
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    cache_set(the_cache, "largest", value, limit, 60000);
    cache_set(the_cache, "too large", value, limit + 1, 60000);
    cr_assert(holds("largest", value, limit));
    cr_assert(misses("too large"));
    close_cache();
    free(value);
}

Test(cache, stores_at_most_a_mebibyte, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(value_limit, NULL);
}

static void expiry(void *arg)
{
    (void)arg;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    cr_assert_eq(cache_increment(the_cache, "counter", 600000), 1);
    cr_assert_eq(cache_increment(the_cache, "counter", 600000), 2);
    cr_assert_eq(cache_increment(the_cache, "counter", 600000), 3);
    cr_assert_eq(cache_increment(the_cache, "short", 20), 1);
    cache_set(the_cache, "short value", "v", 1, 20);
    fiber_limit_ms(PATIENT_MS);
    while (!misses("short value"))
        cr_assert_eq(fiber_sleep(5), STATUS_OK, "a value outlived its end");
    /* Each look renews nothing: the counter ends 20 ms after its first increment. */
    while (cache_increment(the_cache, "short", 20) != 1)
        cr_assert_eq(fiber_sleep(5), STATUS_OK, "a counter outlived its end");
    cache_set(the_cache, "text", "no number", 9, 60000);
    cr_assert_eq(cache_increment(the_cache, "text", 60000), -1);
    close_cache();
}

Test(cache, counts_and_forgets, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(expiry, NULL);
}

/* Random commands give what a table gives. */
static void against_model(void *arg)
{
    (void)arg;
    enum { KEYS = 20, STEPS = 3000 };
    char model[KEYS][16] = {{0}};
    int64_t counters[KEYS] = {0};
    uint32_t seed = 20260308;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned k = seed >> 8 & 0xffff;
        char key[16], counter[16];
        snprintf(key, sizeof key, "k%u", k % KEYS);
        snprintf(counter, sizeof counter, "c%u", k % KEYS);
        switch (seed >> 28 & 3) {
        case 0:
            snprintf(model[k % KEYS], sizeof model[0], "v%d", step);
            cache_set(the_cache, key, model[k % KEYS], strlen(model[k % KEYS]), 600000);
            break;
        case 1:
            model[k % KEYS][0] = '\0';
            cache_delete(the_cache, key);
            break;
        case 2:
            cr_assert_eq(cache_increment(the_cache, counter, 600000), ++counters[k % KEYS]);
            break;
        default:
            cr_assert(model[k % KEYS][0] ? holds(key, model[k % KEYS], strlen(model[k % KEYS])) : misses(key));
        }
    }
    close_cache();
}

Test(cache, agrees_with_a_model, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(against_model, NULL);
}

/* ---- the ways to it ---- */

static const char *url_under_test;

static void reachable(void *arg)
{
    (void)arg;
    open_cache(url_under_test, PATIENT_MS, 0);
    cr_assert(becomes(true));
    cache_set(the_cache, "k", "v", 1, 60000);
    cr_assert(holds("k", "v", 1));
    close_cache();
}

Test(cache, takes_every_form_of_url)
{
    redis = test_redis_start("p@ss:w/rd");
    char url[256];
    static const struct {
        const char *before_port, *after_port;
    } forms[] = {{":p%40ss:w%2Frd@127.0.0.1", ""},
                 {":p%40ss%3aw%2frd@localhost", "/7"},
                 {"default:p@ss:w%2Frd@127.0.0.1", "/"}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        snprintf(url, sizeof url, "redis://%s:%u%s", forms[i].before_port, test_redis_port(redis), forms[i].after_port);
        url_under_test = url;
        run_on_fiber(reachable, NULL);
    }
    stop_redis();
    redis = test_redis_start(NULL);
    url_under_test = test_redis_unix_url(redis);
    run_on_fiber(reachable, NULL);
    stop_redis();
}

static void wrong_password(void *arg)
{
    (void)arg;
    char url[128];
    snprintf(url, sizeof url, "redis://:wrong@127.0.0.1:%u", test_redis_port(redis));
    open_cache(url, PATIENT_MS, 0);
    fiber_sleep(300); /* long enough for several greetings */
    cr_assert_not(cache_ready(the_cache));
    cr_assert(misses("k"));
    close_cache();
}

Test(cache, is_not_there_with_a_wrong_password)
{
    redis = test_redis_start("right");
    run_on_fiber(wrong_password, NULL);
    stop_redis();
}

static void malformed(void *arg)
{
    (void)arg;
    static const char *const urls[] = {"",
                                       "redis://",
                                       "redis://:6379",
                                       "http://127.0.0.1",
                                       "redis://h:0",
                                       "redis://h:65536",
                                       "redis://h:6x",
                                       "redis://h/x",
                                       "redis://h/-1",
                                       "redis://h:",
                                       "redis://password@h",
                                       "redis://:a%0@h",
                                       "redis://:a%00@h",
                                       "redis://[::1",
                                       "redis://[::1]6379",
                                       "unix://relative",
                                       "unix://",
                                       "127.0.0.1:6379"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        open_cache(urls[i], 0, 0);
        fiber_yield();
        cr_assert_not(cache_ready(the_cache));
        cr_assert(misses("k"));
        cr_assert_eq(cache_increment(the_cache, "k", 1000), -1);
        cache_set(the_cache, "k", "v", 1, 1000);
        cache_delete(the_cache, "k");
        close_cache();
    }
}

Test(cache, without_redis_everything_misses)
{
    run_on_fiber(malformed, NULL);
}

/* ---- scripts ---- */

static void run_scripts(void *arg)
{
    (void)arg;
    static const char lua[] = "return redis.call('INCRBY', KEYS[1], ARGV[1]) + ARGV[2]";
    static const char *const sha1[] = {"c0933774c9a8cd2693ee5e6b334df296524afa64",
                                       "0000000000000000000000000000000000000000"};
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    for (size_t i = 0; i < 2; i++) { /* a wrong checksum costs a second command and nothing else */
        cache_script *s = cache_script_create(the_cache, lua, sha1[i], (const char *const[]){"3", "1000"}, 2);
        char longest[CACHE_SCRIPT_KEY_BYTES + 2] = "k";
        int64_t answer;
        for (size_t size = 1; size <= CACHE_SCRIPT_KEY_BYTES; size *= 2) {
            memset(longest, (int)('a' + i), size);
            longest[size] = '\0';
            for (int times = 1; times <= 3; times++) {
                cr_assert_eq(cache_run_script(the_cache, s, longest, PATIENT_MS, &answer), STATUS_OK);
                cr_expect_eq(answer, 1000 + 3 * times);
            }
        }
        memset(longest, 'a', CACHE_SCRIPT_KEY_BYTES + 1);
        longest[CACHE_SCRIPT_KEY_BYTES + 1] = '\0';
        cr_expect_eq(cache_run_script(the_cache, s, longest, PATIENT_MS, &answer), STATUS_UNAVAILABLE);
        cache_set(the_cache, "text", "word", 4, 60000);
        cr_expect_eq(cache_run_script(the_cache, s, "text", PATIENT_MS, &answer), STATUS_UNAVAILABLE, "its error");
        cache_script_destroy(s);
    }
    cache_script_destroy(NULL);
    close_cache();
}

Test(cache, a_script_answers_whether_redis_knows_it_or_not, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(run_scripts, NULL);
}

static void run_late_script(void *arg)
{
    (void)arg;
    int64_t answer;
    open_cache(test_redis_url(redis), PATIENT_MS, 0);
    cr_assert(becomes(true));
    cache_script *s = cache_script_create(the_cache, "return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", NULL, 0);
    test_redis_freeze(redis);
    cr_expect_eq(cache_run_script(the_cache, s, "key", 5, &answer), STATUS_DEADLINE_EXCEEDED);
    test_redis_thaw(redis);
    cr_expect_eq(cache_run_script(the_cache, s, "key", PATIENT_MS, &answer), STATUS_OK);
    test_redis_kill(redis);
    cr_assert(becomes(false));
    cr_expect_eq(cache_run_script(the_cache, s, "key", PATIENT_MS, &answer), STATUS_UNAVAILABLE);
    cache_script_destroy(s);
    close_cache();
}

Test(cache, a_script_is_waited_for_no_longer_than_it_says, .init = start_redis, .fini = stop_redis)
{
    run_on_fiber(run_late_script, NULL);
}
