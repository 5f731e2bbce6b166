#include "describe.h"

#include <stdarg.h>
#include <stdio.h>

/* A text that grows; what finds no room is left out, whole characters or not: sizes are such that all of it has room.
 */
typedef struct text {
    char *out;
    size_t size, used;
} text;

__attribute__((format(printf, 2, 3))) static void add(text *t, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(t->out + t->used, t->size - t->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        t->used = t->used + (size_t)length < t->size ? t->used + (size_t)length : t->size - 1;
}

/* How many bytes of a title are shown: never a part of a character. */
static int shown_bytes(const char *title)
{
    int length = 0;

    while (length < PLAN_TITLE_BYTES && title[length] != '\0')
        length++;
    while (length > 0 && ((unsigned char)title[length] & 0xC0) == 0x80)
        length--;
    return length;
}

static void add_move(text *t, bool chinese, const char *title, const char *date)
{
    int bytes = shown_bytes(title);

    if (date != NULL)
        add(t, chinese ? "“%.*s”改到 %s" : "“%.*s” to %s", bytes, title, date);
    else
        add(t,
            chinese ? "“%.*s”不设期限（已知时间内排不下）"
                    : "“%.*s” to no date at all (its work has no place inside the known hours)",
            bytes, title);
}

static void add_dates(text *t, bool chinese, const plan_repair *r, const plan_repair_words *words)
{
    add(t, chinese ? "调整期限（%s）：" : "Move dates (%s): ", words->zone);
    for (size_t i = 0; i < r->date_count && i < PLAN_DATES_TOLD; i++) {
        if (i > 0)
            add(t, chinese ? "，" : ", ");
        add_move(t, chinese, words->titles[i], words->dates[i]);
    }
    if (r->date_count > PLAN_DATES_TOLD)
        add(t, chinese ? "，另有 %zu 个" : ", and %zu more", r->date_count - PLAN_DATES_TOLD);
    add(t, chinese ? "。" : ".");
}

static void add_date(text *t, bool chinese, const plan_repair *r, const plan_repair_words *words)
{
    int bytes = shown_bytes(words->titles[0]);

    if (r->possible)
        add(t, chinese ? "只需把“%.*s”的期限改到 %s（%s）。" : "It is enough to move “%.*s” to %s (%s).", bytes,
            words->titles[0], words->dates[0], words->zone);
    else
        add(t, chinese ? "只改“%.*s”的期限，无论改到何时都不够。" : "No later date of “%.*s” is enough alone.", bytes,
            words->titles[0]);
}

static void add_minutes(text *t, plan_language language, const plan_repair *r)
{
    bool chinese = language == PLAN_CHINESE;
    char minutes[PLAN_LOCAL_TIME_SIZE];

    if (r->possible)
        add(t, chinese ? "在每个有空的日子多学 %s。" : "Study %s more on each day that has free hours.",
            plan_format_minutes(language, r->extra_minutes, minutes));
    else
        add(t, chinese ? "只延长每天的学习时间是不够的。" : "Longer days alone are not enough.");
}

static void add_topics(text *t, plan_language language, const plan_repair *r)
{
    bool chinese = language == PLAN_CHINESE;
    char minutes[PLAN_LOCAL_TIME_SIZE];

    if (!r->possible)
        add(t, chinese ? "只省去辅助性的主题是不够的。" : "Leaving out the topics that only help is not enough.");
    else if (chinese)
        add(t, "省去 %zu 个辅助性的主题（%s）。", r->topic_count, plan_format_minutes(language, r->cost, minutes));
    else
        add(t, "Leave out %zu %s (%s).", r->topic_count,
            r->topic_count == 1 ? "topic that only helps" : "topics that only help",
            plan_format_minutes(language, r->cost, minutes));
}

static void add_retention(text *t, plan_language language, const plan_repair *r)
{
    bool chinese = language == PLAN_CHINESE;
    char minutes[PLAN_LOCAL_TIME_SIZE];

    if (r->possible)
        add(t,
            chinese ? "把考试当天的记忆目标降到 %d%%（少复习 %s）。"
                    : "Be content with a recall of %d %% on the date (%s of reviews less).",
            r->retention_percent, plan_format_minutes(language, r->cost, minutes));
    else
        add(t, chinese ? "只降低考试当天的记忆目标是不够的。" : "To want less recall on the date is not enough alone.");
}

char *plan_describe_repair(plan_language language, const plan_repair *r, const plan_repair_words *words,
                           char out[PLAN_REPAIR_WORDS_SIZE])
{
    bool chinese = language == PLAN_CHINESE;
    text t = {.out = out, .size = PLAN_REPAIR_WORDS_SIZE};

    out[0] = '\0';
    switch (r->kind) {
    case PLAN_REPAIR_DATES:
        add_dates(&t, chinese, r, words);
        break;
    case PLAN_REPAIR_DATE:
        add_date(&t, chinese, r, words);
        break;
    case PLAN_REPAIR_MINUTES:
        add_minutes(&t, language, r);
        break;
    case PLAN_REPAIR_TOPICS:
        add_topics(&t, language, r);
        break;
    case PLAN_REPAIR_RETENTION:
        add_retention(&t, language, r);
        break;
    }
    if (r->possible && !r->least)
        add(&t, chinese ? "也许更少也够：计算被提前结束。" : " Less may be enough too: the search was cut short.");
    return out;
}
