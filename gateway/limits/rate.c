#include "rate.h"

#include <stddef.h>
#include <string.h>

static const int64_t us_per_s = 1000000;

static const struct {
    const char *name;
    uint32_t seconds;
} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"day", 86400}};

bool rate_parse(const char *text, rate *out)
{
    if (strcmp(text, "off") == 0) {
        *out = (rate){0};
        return true;
    }
    uint32_t count = 0;
    for (; *text >= '0' && *text <= '9' && count <= RATE_COUNT_MAX; text++)
        count = count * 10 + (uint32_t)(*text - '0');
    if (count == 0 || count > RATE_COUNT_MAX || *text != '/')
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(text + 1, units[i].name) != 0)
            continue;
        *out = (rate){count, units[i].seconds};
        return true;
    }
    return false;
}

int64_t rate_interval_us(const rate *r)
{
    return r->window_s * us_per_s / r->count;
}

/* Not the window itself, which an interval that was rounded down may fit into once more. */
int64_t rate_burst_us(const rate *r)
{
    return rate_interval_us(r) * r->count;
}

int64_t rate_take(const rate *r, int64_t *arrival_us, int64_t now_us)
{
    int64_t interval = rate_interval_us(r), burst = rate_burst_us(r);
    int64_t ahead = *arrival_us - now_us;
    if (ahead < 0)
        ahead = 0;
    if (ahead > burst)
        ahead = burst;
    int64_t after = ahead + interval;
    if (after > burst)
        return burst - after;
    *arrival_us = now_us + after;
    return after;
}

int64_t rate_arrival_of(const rate *r, int64_t level_us, int64_t now_us)
{
    return now_us + (level_us >= 0 ? level_us : rate_burst_us(r) - rate_interval_us(r) - level_us);
}

static uint32_t seconds_up(int64_t us)
{
    return (uint32_t)((us + us_per_s - 1) / us_per_s);
}

rate_verdict rate_verdict_of(const rate *r, int64_t level_us)
{
    if (level_us < 0)
        return (rate_verdict){.next_in_s = seconds_up(-level_us)};
    int64_t interval = rate_interval_us(r);
    int64_t used = (level_us + interval - 1) / interval; /* one of which a part is given back is not there yet */
    return (rate_verdict){
        .allowed = true,
        .remaining = r->count - (uint32_t)used,
        .next_in_s = used ? seconds_up(level_us - (used - 1) * interval) : 0,
    };
}
