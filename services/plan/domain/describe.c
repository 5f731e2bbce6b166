#include "describe.h"

#include <inttypes.h>
#include <stdio.h>

enum { MINUTES_OF_DAY = 1440 };

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Howard Hinnant's civil_from_days: years begin in March, eras have 146,097 days. */
static void civil(int64_t days, int *year, int *month, int *day)
{
    days += 719468;
    int64_t era = floor_divide(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;

    *day = (int)(day_of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

char *plan_format_local(int64_t instant, int32_t offset_minutes, char out[PLAN_LOCAL_TIME_SIZE])
{
    static const char *const weekdays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    const int64_t first = INT64_C(-719162) * MINUTES_OF_DAY, last = INT64_C(2932897) * MINUTES_OF_DAY;

    out[0] = '\0';
    if (instant < first || instant >= last || instant + offset_minutes < first || instant + offset_minutes >= last)
        return out;
    int64_t local = instant + offset_minutes;
    int64_t days = floor_divide(local, MINUTES_OF_DAY);
    int minute = (int)(local - days * MINUTES_OF_DAY);
    int year, month, day;
    civil(days, &year, &month, &day);
    snprintf(out, PLAN_LOCAL_TIME_SIZE, "%s %d %s %d %02d:%02d", weekdays[days - 7 * floor_divide(days, 7)], day,
             months[month - 1], year, minute / 60, minute % 60);
    return out;
}

char *plan_format_minutes(int64_t minutes, char out[PLAN_LOCAL_TIME_SIZE])
{
    if (minutes < 0)
        minutes = -minutes;
    if (minutes < 60)
        snprintf(out, PLAN_LOCAL_TIME_SIZE, "%" PRId64 " min", minutes);
    else if (minutes % 60 == 0)
        snprintf(out, PLAN_LOCAL_TIME_SIZE, "%" PRId64 " h", minutes / 60);
    else
        snprintf(out, PLAN_LOCAL_TIME_SIZE, "%" PRId64 " h %02" PRId64, minutes / 60, minutes % 60);
    return out;
}

char *plan_describe(const plan_certificate *c, const plan_words *words, char out[PLAN_WORDS_SIZE])
{
    char work[PLAN_LOCAL_TIME_SIZE], free[PLAN_LOCAL_TIME_SIZE], margin[PLAN_LOCAL_TIME_SIZE],
        gap[PLAN_LOCAL_TIME_SIZE];
    const char *topics = c->topic_count == 1 ? "topic" : "topics";
    int used;

    if (c->topic_count == 0) {
        snprintf(out, PLAN_WORDS_SIZE, "Nothing is left to learn: every goal is met.");
        return out;
    }
    plan_format_minutes(c->work_minutes, work);
    plan_format_minutes(c->free_minutes, free);
    plan_format_minutes(c->lateness, margin);
    if (words->due_passed)
        used = snprintf(out, PLAN_WORDS_SIZE, "%s of work on %zu %s was due by %s (%s), which has passed: %s late.",
                        work, c->topic_count, topics, words->due, words->zone, margin);
    else
        used = snprintf(out, PLAN_WORDS_SIZE,
                        "%s%s of work on %zu %s must fit between %s and %s (%s), where %s are free: %s %s.",
                        c->lateness > 0 ? "" : "Every goal can be met. Tightest: ", work, c->topic_count, topics,
                        words->release, words->due, words->zone, free, margin, c->lateness > 0 ? "short" : "to spare");
    if (c->gap > 0)
        snprintf(out + used, PLAN_WORDS_SIZE - (size_t)used,
                 " A plan that spreads the daily cap otherwise could be at most %s better.",
                 plan_format_minutes(c->gap, gap));
    return out;
}
