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

static void put_local(plan_language language, int64_t days, int minute, char *out)
{
    static const char *const weekdays[][7] = {{"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"},
                                              {"四", "五", "六", "日", "一", "二", "三"}};
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    const char *weekday = weekdays[language][days - 7 * floor_divide(days, 7)];
    int year, month, day;

    civil(days, &year, &month, &day);
    if (language == PLAN_CHINESE)
        snprintf(out, PLAN_LOCAL_TIME_SIZE, "%d年%d月%d日（周%s）%02d:%02d", year, month, day, weekday, minute / 60,
                 minute % 60);
    else
        snprintf(out, PLAN_LOCAL_TIME_SIZE, "%s %d %s %d %02d:%02d", weekday, day, months[month - 1], year, minute / 60,
                 minute % 60);
}

char *plan_format_local(plan_language language, int64_t instant, int32_t offset_minutes, char out[PLAN_LOCAL_TIME_SIZE])
{
    const int64_t first = INT64_C(-719162) * MINUTES_OF_DAY, last = INT64_C(2932897) * MINUTES_OF_DAY;

    out[0] = '\0';
    if (instant < first || instant >= last || instant + offset_minutes < first || instant + offset_minutes >= last)
        return out;
    int64_t local = instant + offset_minutes;
    int64_t days = floor_divide(local, MINUTES_OF_DAY);
    put_local(language, days, (int)(local - days * MINUTES_OF_DAY), out);
    return out;
}

char *plan_format_minutes(plan_language language, int64_t minutes, char out[PLAN_LOCAL_TIME_SIZE])
{
    bool chinese = language == PLAN_CHINESE;

    if (minutes < 0)
        minutes = -minutes;
    if (minutes < 60)
        snprintf(out, PLAN_LOCAL_TIME_SIZE, chinese ? "%" PRId64 " 分钟" : "%" PRId64 " min", minutes);
    else if (minutes % 60 == 0)
        snprintf(out, PLAN_LOCAL_TIME_SIZE, chinese ? "%" PRId64 " 小时" : "%" PRId64 " h", minutes / 60);
    else
        snprintf(out, PLAN_LOCAL_TIME_SIZE, chinese ? "%" PRId64 " 小时 %" PRId64 " 分钟" : "%" PRId64 " h %02" PRId64,
                 minutes / 60, minutes % 60);
    return out;
}
