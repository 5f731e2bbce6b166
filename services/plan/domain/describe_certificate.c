#include "describe.h"

#include <stdio.h>

/* The numbers of a certificate as texts. */
typedef struct told {
    char work[PLAN_LOCAL_TIME_SIZE], free[PLAN_LOCAL_TIME_SIZE], margin[PLAN_LOCAL_TIME_SIZE],
        gap[PLAN_LOCAL_TIME_SIZE], session_gap[PLAN_LOCAL_TIME_SIZE];
} told;

static void tell_numbers(plan_language language, const plan_certificate *c, told *t)
{
    plan_format_minutes(language, c->work_minutes, t->work);
    plan_format_minutes(language, c->free_minutes, t->free);
    plan_format_minutes(language, c->lateness, t->margin);
    plan_format_minutes(language, c->gap, t->gap);
    plan_format_minutes(language, c->session_gap, t->session_gap);
}

static int in_english(const plan_certificate *c, const plan_words *words, const told *t, char *out)
{
    const char *topics = c->topic_count == 1 ? "topic" : "topics";

    if (words->due_passed)
        return snprintf(out, PLAN_WORDS_SIZE, "%s of work on %zu %s was due by %s (%s), which has passed: %s late.",
                        t->work, c->topic_count, topics, words->due, words->zone, t->margin);
    return snprintf(out, PLAN_WORDS_SIZE,
                    "%s%s of work on %zu %s must fit between %s and %s (%s), where %s are free: %s %s.",
                    c->lateness > 0 ? "" : "Every goal can be met. Tightest: ", t->work, c->topic_count, topics,
                    words->release, words->due, words->zone, t->free, t->margin,
                    c->lateness > 0 ? "short" : "to spare");
}

static int in_chinese(const plan_certificate *c, const plan_words *words, const told *t, char *out)
{
    if (words->due_passed)
        return snprintf(out, PLAN_WORDS_SIZE, "%zu 个主题共 %s的学习应在 %s（%s）之前完成，而这一时间已过：迟了 %s。",
                        c->topic_count, t->work, words->due, words->zone, t->margin);
    return snprintf(out, PLAN_WORDS_SIZE,
                    "%s%zu 个主题共 %s的学习必须安排在 %s 至 %s（%s）之间，其间有 %s可用：%s %s。",
                    c->lateness > 0 ? "" : "所有目标都能按时达成。最紧的是：", c->topic_count, t->work, words->release,
                    words->due, words->zone, t->free, c->lateness > 0 ? "还缺" : "还余", t->margin);
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
    int used = chinese ? in_chinese(c, words, &t, out) : in_english(c, words, &t, out);
    if (c->gap > 0 && used > 0 && used < PLAN_WORDS_SIZE)
        used += snprintf(out + used, PLAN_WORDS_SIZE - (size_t)used,
                         chinese ? "若以别的方式使用每日上限，最多还能提前 %s。"
                                 : " A plan that spreads the daily cap otherwise could be at most %s better.",
                         t.gap);
    if (c->session_gap > 0 && used > 0 && used < PLAN_WORDS_SIZE)
        snprintf(out + used, PLAN_WORDS_SIZE - (size_t)used,
                 chinese ? "由于学习时段不能太短，本计划比这晚 %s。"
                         : " As sessions are not to be too short, this plan is %s later than that.",
                 t.session_gap);
    return out;
}
