#include "describe.h"

#include <stdio.h>
#include <string.h>

/* The numbers of a certificate as texts. */
typedef struct told {
    char work[PLAN_LOCAL_TIME_SIZE], free[PLAN_LOCAL_TIME_SIZE], margin[PLAN_LOCAL_TIME_SIZE];
} told;

static void tell_numbers(plan_language language, const plan_certificate *c, told *t)
{
    plan_format_minutes(language, c->work_minutes, t->work);
    plan_format_minutes(language, c->free_minutes, t->free);
    plan_format_minutes(language, c->lateness, t->margin);
}

static void in_english(const plan_certificate *c, const plan_words *words, const told *t, char *out)
{
    const char *topics = c->topic_count == 1 ? "topic" : "topics";

    if (words->due_passed)
        snprintf(out, PLAN_WORDS_SIZE, "%s of work on %zu %s was due by %s (%s), which has passed: %s late.", t->work,
                 c->topic_count, topics, words->due, words->zone, t->margin);
    else
        snprintf(out, PLAN_WORDS_SIZE,
                 "%s%s of work on %zu %s must fit between %s and %s (%s), where %s are free: %s %s.",
                 c->lateness > 0 ? "" : "Every goal can be met. Tightest: ", t->work, c->topic_count, topics,
                 words->release, words->due, words->zone, t->free, t->margin, c->lateness > 0 ? "short" : "to spare");
}

static void in_chinese(const plan_certificate *c, const plan_words *words, const told *t, char *out)
{
    if (words->due_passed)
        snprintf(out, PLAN_WORDS_SIZE, "%zu 个主题共 %s的学习应在 %s（%s）之前完成，而这一时间已过：迟了 %s。",
                 c->topic_count, t->work, words->due, words->zone, t->margin);
    else
        snprintf(out, PLAN_WORDS_SIZE, "%s%zu 个主题共 %s的学习必须安排在 %s 至 %s（%s）之间，其间有 %s可用：%s %s。",
                 c->lateness > 0 ? "" : "所有目标都能按时达成。最紧的是：", c->topic_count, t->work, words->release,
                 words->due, words->zone, t->free, c->lateness > 0 ? "还缺" : "还余", t->margin);
}

/* Appends a sentence about some minutes, unless there are none. */
static void add_minutes(plan_language language, char *out, const char *before, int64_t minutes, const char *after)
{
    char text[PLAN_LOCAL_TIME_SIZE];
    size_t used = strlen(out);

    if (minutes > 0)
        snprintf(out + used, PLAN_WORDS_SIZE - used, "%s%s%s", before, plan_format_minutes(language, minutes, text),
                 after);
}

static void add_english(const plan_certificate *c, const plan_words *words, char *out)
{
    add_minutes(PLAN_ENGLISH, out, " Reviews have another ", words->reserved_minutes, " of that time.");
    add_minutes(PLAN_ENGLISH, out, " A plan that spreads the daily cap otherwise could be at most ", c->gap,
                " better.");
    add_minutes(PLAN_ENGLISH, out, " As sessions are not to be too short, this plan is ", c->session_gap,
                " later than that.");
}

static void add_chinese(const plan_certificate *c, const plan_words *words, char *out)
{
    add_minutes(PLAN_CHINESE, out, "此外已为复习预留 ", words->reserved_minutes, "。");
    add_minutes(PLAN_CHINESE, out, "若以别的方式使用每日上限，最多还能提前 ", c->gap, "。");
    add_minutes(PLAN_CHINESE, out, "由于学习时段不能太短，本计划比这晚 ", c->session_gap, "。");
}

char *plan_describe(plan_language language, const plan_certificate *c, const plan_words *words,
                    char out[PLAN_WORDS_SIZE])
{
    bool chinese = language == PLAN_CHINESE;
    told t;

    if (c->topic_count == 0) {
        snprintf(out, PLAN_WORDS_SIZE, "%s",
                 chinese ? "没有要学的内容了：所有目标都已达成。" : "Nothing is left to learn: every goal is met.");
        return out;
    }
    tell_numbers(language, c, &t);
    if (chinese) {
        in_chinese(c, words, &t, out);
        add_chinese(c, words, out);
    } else {
        in_english(c, words, &t, out);
        add_english(c, words, out);
    }
    return out;
}
