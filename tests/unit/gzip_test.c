/* Making answers smaller: on the loop, on the pool, and not at all. */
#include "gzip.h"

#include "clock.h"
#include "on_fiber.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Like a list of goals. */
static char *make_json(size_t size)
{
    static const char row[] = "{\"id\":\"01890000-0000-7000-8000-000000000000\",\"title\":\"A goal\",\"weight\":10},";
    char *json = malloc(size);
    for (size_t i = 0; i < size; i++)
        json[i] = row[i % (sizeof row - 1)];
    return json;
}

static void expect_same(const char *encoded, size_t encoded_size, const char *plain, size_t size)
{
    char *out = malloc(size + 1);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)encoded,
                  .avail_in = (uInt)encoded_size,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)size + 1};
    inflateInit2(&z, 15 + 16);
    cr_expect_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    cr_expect_eq(z.total_out, size);
    cr_expect_eq(memcmp(out, plain, size), 0, "%zu bytes", size);
    inflateEnd(&z);
    free(out);
}

static void encode_each_size(void *arg)
{
    static const size_t sizes[] = {GZIP_WORTH_BYTES, 5000, 64 * 1024, 64 * 1024 + 1, 3000000, GZIP_WORTH_BYTES};
    gzip *g = arg;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *json = make_json(sizes[i]);
        const char *encoded;
        size_t size;
        cr_assert(gzip_encode(g, fiber_arena(), json, sizes[i], &encoded, &size), "%zu bytes", sizes[i]);
        cr_expect_lt(size, sizes[i] / 4);
        expect_same(encoded, size, json, sizes[i]);
        free(json);
    }
}

static void run_with_gzip(void (*body)(void *arg))
{
    gzip *g = gzip_create();
    test_on_fiber(body, g);
    gzip_destroy(g);
}

Test(gzip, answers_of_every_size_come_back_whole, .timeout = 60)
{
    run_with_gzip(encode_each_size);
}

/* After one that did not end, the kept state is as good as new. */
static void encode_noise(void *arg)
{
    gzip *g = arg;
    unsigned seed = 3;
    const char *encoded;
    size_t size;
    for (size_t noise_size = 2000; noise_size < 300000; noise_size *= 10) {
        char *noise = malloc(noise_size);
        for (size_t i = 0; i < noise_size; i++)
            noise[i] = (char)rand_r(&seed);
        cr_expect_not(gzip_encode(g, fiber_arena(), noise, noise_size, &encoded, &size), "%zu bytes", noise_size);
        free(noise);
    }
    encode_each_size(g);
}

Test(gzip, what_becomes_no_smaller_is_left_as_it_is, .timeout = 60)
{
    run_with_gzip(encode_noise);
}

static void encode_too_late(void *arg)
{
    const char *encoded;
    size_t size, large = 1 << 20;
    char *json = make_json(large);
    fiber_set_deadline_ns(clock_monotonic_ns());
    cr_expect_not(gzip_encode(arg, fiber_arena(), json, large, &encoded, &size));
    free(json); /* the pool has a copy of its own */
}

Test(gzip, past_the_deadline_nobody_waits_for_the_pool, .timeout = 60)
{
    run_with_gzip(encode_too_late);
}

Test(gzip, what_is_prepared_is_as_small_as_it_gets)
{
    size_t size = 100000, encoded_size;
    char *json = make_json(size);
    char *encoded = gzip_prepare(json, size, &encoded_size);
    cr_assert(encoded);
    expect_same(encoded, encoded_size, json, size);
    free(encoded);
    cr_expect_null(gzip_prepare("x", 1, &encoded_size));
    free(json);
}
