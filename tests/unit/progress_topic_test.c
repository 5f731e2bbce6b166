#include "topic_progress.h"

#include <criterion/criterion.h>
#include <string.h>

#define DAY   (INT64_C(86400) * 1000000)
#define START (INT64_C(1700000000) * 1000000)

static uint64_t seed = 7;

static unsigned random_below(unsigned bound)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(seed >> 33) % bound;
}

static memory_model default_model(void)
{
    memory_model model;
    cr_assert_null(memory_model_init(&model, &memory_default_parameters));
    return model;
}

static topic_event random_event(void)
{
    topic_event e = {
        /* few instants, so that many events share one and the id decides */
        .occurred_at_us = START + (int64_t)random_below(40) * DAY / 3,
        .review = random_below(2),
        .grade = (int)random_below(5),
        .duration_seconds = (int32_t)random_below(4000),
    };
    for (size_t i = 0; i < sizeof e.id; i++)
        e.id[i] = (uint8_t)random_below(256);
    return e;
}

static void shuffle(topic_event *events, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = random_below((unsigned)i);
        topic_event swapped = events[i - 1];
        events[i - 1] = events[other];
        events[other] = swapped;
    }
}

Test(topic_progress, a_permuted_log_gives_the_same_bits)
{
    memory_model model = default_model();
    for (int round = 0; round < 300; round++) {
        topic_event log[60];
        size_t count = 1 + random_below(60);
        for (size_t i = 0; i < count; i++)
            log[i] = random_event();
        topic_progress first = {0};
        topic_progress_replay(&model, &first, "topic", log, count);
        for (int n = 0; n < 10; n++) {
            shuffle(log, count);
            topic_progress again = {0};
            topic_progress_replay(&model, &again, "topic", log, count);
            cr_assert_eq(memcmp(&first, &again, sizeof first), 0);
        }
    }
}

Test(topic_progress, a_log_in_two_parts_gives_the_same_bits)
{
    memory_model model = default_model();
    topic_event log[80];
    for (size_t i = 0; i < 80; i++) {
        log[i] = random_event();
        log[i].occurred_at_us = START + (int64_t)i * DAY / 3;
    }
    topic_progress whole = {0};
    topic_progress_replay(&model, &whole, "topic", log, 80);
    for (size_t cut = 0; cut <= 80; cut++) {
        topic_progress parts = {0};
        topic_progress_replay(&model, &parts, "topic", log, cut);
        topic_progress_replay(&model, &parts, "topic", log + cut, 80 - cut);
        cr_assert_eq(memcmp(&whole, &parts, sizeof whole), 0);
    }
}

Test(topic_progress, the_id_decides_between_events_of_one_instant)
{
    memory_model model = default_model();
    topic_event good = {.id = {1}, .occurred_at_us = START, .review = true, .grade = MEMORY_GOOD};
    topic_event again = {.id = {2}, .occurred_at_us = START, .review = true, .grade = MEMORY_AGAIN};
    topic_progress p = {0};
    topic_progress_replay(&model, &p, "topic", (topic_event[]){again, good}, 2);
    memory_state expected = {0};
    memory_review(&model, &expected, MEMORY_GOOD, START, "topic");
    memory_review(&model, &expected, MEMORY_AGAIN, START, "topic");
    cr_expect_eq(memcmp(&p.memory, &expected, sizeof expected), 0);
}

Test(topic_progress, counts)
{
    memory_model model = default_model();
    topic_event log[] = {
        {.id = {1}, .occurred_at_us = START, .duration_seconds = 3000},
        {.id = {2}, .occurred_at_us = START + 1, .review = true, .grade = MEMORY_AGAIN, .duration_seconds = 30},
        {.id = {3}, .occurred_at_us = START + 2, .grade = MEMORY_EASY, .duration_seconds = 600},
        {.id = {4}, .occurred_at_us = START + 20 * DAY, .review = true, .grade = MEMORY_AGAIN, .duration_seconds = 20},
        {.id = {5}, .occurred_at_us = START + 21 * DAY, .review = true, .grade = MEMORY_AGAIN},
        {.id = {6}, .occurred_at_us = START + 22 * DAY, .duration_seconds = 50},
    };
    topic_progress p = {0};
    topic_progress_replay(&model, &p, "topic", log, 1);
    cr_expect_eq(p.memory.phase, MEMORY_UNSEEN, "minutes alone say nothing about memory");
    topic_progress_replay(&model, &p, "topic", log + 1, 5);
    cr_expect_eq(p.studied_seconds, 3700);
    cr_expect_eq(p.review_count, 3);
    cr_expect_eq(p.lapse_count, 1, "only what was in review can lapse");
    cr_expect_eq(p.last_event_us, START + 22 * DAY);
    cr_expect_eq(p.memory.last_review_us, START + 21 * DAY);
}

Test(topic_progress, mastery_needs_review_and_recall)
{
    memory_model model = default_model();
    topic_progress p = {0};
    cr_expect_not(topic_is_mastered(&model, &p, START, 0.7), "never seen");
    topic_event good = {.occurred_at_us = START, .grade = MEMORY_GOOD};
    topic_progress_replay(&model, &p, "topic", &good, 1);
    cr_expect_not(topic_is_mastered(&model, &p, START, 0.7), "still being learned");
    good.occurred_at_us += 600 * INT64_C(1000000);
    topic_progress_replay(&model, &p, "topic", &good, 1);
    cr_expect(topic_is_mastered(&model, &p, START + DAY / 2, 0.7));
    cr_expect(topic_is_mastered(&model, &p, p.memory.due_us + 3 * DAY, 0.7), "overdue, not forgotten");
    cr_expect_not(topic_is_mastered(&model, &p, START + 60 * DAY, 0.7));
    cr_expect(topic_is_mastered(&model, &p, START + 60 * DAY, 0.5));
    topic_event lapse = {.occurred_at_us = START + 3 * DAY, .review = true, .grade = MEMORY_AGAIN};
    topic_progress_replay(&model, &p, "topic", &lapse, 1);
    cr_expect_not(topic_is_mastered(&model, &p, START + 3 * DAY, 0.7), "being relearned");
}
