/* The types of configuration values: how each is read, and what is said when one is not right. */
#include "config_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct unit {
    const char *name;
    int64_t factor;
} unit;

/* From the largest, so that the first that divides a number shows it shortest. */
static const unit plain_units[] = {{"", 1}, {NULL, 0}};
static const unit duration_units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0}};
static const unit size_units[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}, {NULL, 0}};

static const unit *units_of(config_type type)
{
    return type == CONFIG_DURATION_MS ? duration_units : type == CONFIG_SIZE_BYTES ? size_units : plain_units;
}

static bool parse_number(const char *text, const unit *units, int64_t *number)
{
    if (*text != '-' && (*text < '0' || *text > '9'))
        return false; /* strtoll would skip spaces and take a plus */
    char *rest;
    errno = 0;
    int64_t value = strtoll(text, &rest, 10);
    if (errno || rest == text)
        return false;
    if (value == 0 && !*rest) { /* zero needs no unit */
        *number = 0;
        return true;
    }
    for (; units->name; units++)
        if (strcmp(rest, units->name) == 0)
            return !__builtin_mul_overflow(value, units->factor, number);
    return false;
}

static bool parse_bool(const char *text, int64_t *number)
{
    static const char *const words[] = {"false", "true", "0", "1", "no", "yes"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *number = i % 2;
            return true;
        }
    }
    return false;
}

static bool parse_choice(const char *choices, const char *text)
{
    size_t size = strlen(text);
    for (const char *c = choices; size; c += strcspn(c, "|") + 1) {
        if (strcspn(c, "|") == size && memcmp(c, text, size) == 0)
            return true;
        if (!c[strcspn(c, "|")])
            break;
    }
    return false;
}

bool config_value_parse(const config_key *key, const char *text, int64_t *number)
{
    *number = 0;
    switch (key->type) {
    case CONFIG_BOOL:
        return parse_bool(text, number);
    case CONFIG_CHOICE:
        return parse_choice(key->choices, text);
    case CONFIG_TEXT:
        *number = (int64_t)strlen(text);
        break;
    case CONFIG_INT:
    case CONFIG_DURATION_MS:
    case CONFIG_SIZE_BYTES:
        if (!parse_number(text, units_of(key->type), number))
            return false;
    }
    bool any = key->low == 0 && key->high == 0;
    return any || (*number >= key->low && *number <= key->high);
}

static const char *format_number(config_type type, int64_t number, char out[CONFIG_NUMBER_SIZE])
{
    const unit *u = units_of(type);
    while (number % u->factor || (number == 0 && u->factor != 1))
        u++;
    snprintf(out, CONFIG_NUMBER_SIZE, "%" PRId64 "%s", number / u->factor, u->name);
    return out;
}

char *config_value_rule(const config_key *key, char rule[CONFIG_RULE_SIZE])
{
    static const char *const names[] = {
        [CONFIG_TEXT] = "text",
        [CONFIG_INT] = "an integer",
        [CONFIG_BOOL] = "true or false",
        [CONFIG_DURATION_MS] = "a duration such as 250ms, 5s, 15m, 2h, 7d",
        [CONFIG_SIZE_BYTES] = "a size such as 4096, 64KiB, 16MiB",
        [CONFIG_CHOICE] = "one of ",
    };
    char low[CONFIG_NUMBER_SIZE], high[CONFIG_NUMBER_SIZE];
    format_number(key->type, key->low, low);
    format_number(key->type, key->high, high);
    if (key->type == CONFIG_CHOICE)
        snprintf(rule, CONFIG_RULE_SIZE, "%s%s", names[key->type], key->choices);
    else if (key->type == CONFIG_BOOL || (key->low == 0 && key->high == 0))
        snprintf(rule, CONFIG_RULE_SIZE, "%s", names[key->type]);
    else
        snprintf(rule, CONFIG_RULE_SIZE, key->type == CONFIG_TEXT ? "%s of %s to %s bytes" : "%s between %s and %s",
                 names[key->type], low, high);
    return rule;
}
