/*
 * Where threads meet: the loop's fibers and the thread pool. A plain main(), because Criterion does not start under
 * ThreadSanitizer, which is what this is for; without it the sums must still be right.
 */
#include "on_fiber.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORKERS = 60, ROUNDS = 50, NUMBERS = 500 };

typedef struct job {
    int numbers[NUMBERS];
    int64_t sum;
} job;

static unsigned done, given_up, released, failures;
static fiber_semaphore slots;
static int64_t total;

static void add_up(void *arg)
{
    job *j = arg;
    for (int i = 0; i < NUMBERS; i++)
        j->sum += j->numbers[i];
}

static void release(void *arg)
{
    released++;
    free(arg);
}

static job *make_job(int start)
{
    job *j = malloc(sizeof *j);
    if (!j)
        abort();
    j->sum = 0;
    for (int i = 0; i < NUMBERS; i++)
        j->numbers[i] = start + i;
    return j;
}

static void take_result(job *j, int start)
{
    int64_t expected = (int64_t)NUMBERS * start + (int64_t)NUMBERS * (NUMBERS - 1) / 2;
    failures += j->sum != expected;
    total += j->sum;
    done++;
    free(j);
}

static void work(void *arg)
{
    int worker = (int)(intptr_t)arg;
    for (int round = 0; round < ROUNDS; round++) {
        job *j = make_job(worker + round);
        if (round % 10 == 9)
            fiber_limit_ms((uint32_t)(worker % 3)); /* some are given up at every stage */
        else if (fiber_semaphore_acquire(&slots) != STATUS_OK)
            abort();
        status s = fiber_offload(add_up, j, release);
        if (round % 10 != 9)
            fiber_semaphore_release(&slots);
        fiber_set_deadline_ns(FIBER_NO_DEADLINE);
        if (s == STATUS_OK)
            take_result(j, worker + round);
        else if (s == STATUS_RESOURCE_EXHAUSTED)
            free(j);
        else
            given_up++;
    }
}

static void spawn_workers(void *arg)
{
    (void)arg;
    fiber_semaphore_init(&slots, 8);
    for (intptr_t i = 0; i < WORKERS; i++)
        fiber_spawn(loop_current(), "worker", work, (void *)i);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        test_on_fiber(spawn_workers, NULL);
    bool right = failures == 0 && released == given_up && done >= 3 * WORKERS * ROUNDS * 9 / 10 && total > 0;
    printf("done %u, given up %u, released %u, wrong %u\n", done, given_up, released, failures);
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
