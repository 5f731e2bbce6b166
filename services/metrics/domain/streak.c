#include "streak.h"

streak streak_of(activity a, int64_t today)
{
    streak s = {0};
    int32_t run = 0;
    for (size_t i = 0; i < a.count; i++) {
        int64_t day = a.days[i].day;
        run = i > 0 && a.days[i - 1].day == day - 1 ? run + 1 : 1;
        if (run > s.longest_days)
            s.longest_days = run;
        if (day >= today - 1 && day <= today + 1)
            s.current_days = run;
        if (day == today || day == today + 1)
            s.studied_today = true;
    }
    s.ever = a.count > 0;
    s.last_day = s.ever ? a.days[a.count - 1].day : 0;
    return s;
}
