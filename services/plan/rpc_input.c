#include "rpc_internal.h"

#include "clock.h"
#include "graph.h"

#include <string.h>

/* Dates outside are typing errors (1970, 9999), not goals. */
static const char century[] = "must lie between 2000-01-01 and 2100-01-01";
static const char hex_digits[] = "0123456789abcdef";
static const int64_t century_first_day = 10957, century_end_day = 47482;

bool plan_take_id(rpc_call *call, const char *field, const char *text, uuid *id)
{
    if (uuid_parse(text, id))
        return true;
    rpc_add_fault(call, field, "%s", text[0] == '\0' ? "is required" : "is not a UUID");
    return false;
}

bool plan_take_new_id(rpc_call *call, const char *field, const char *text, uuid *id)
{
    if (text[0] != '\0')
        return plan_take_id(call, field, text, id);
    *id = uuid_make();
    return true;
}

/* Hexadecimal, as plan_wire_etag writes it. */
static bool read_version(const char *text, size_t size, int64_t *version)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) {
        const char *digit = strchr(hex_digits, text[i]);
        if (!text[i] || !digit)
            return false;
        value = value << 4 | (uint64_t)(digit - hex_digits);
    }
    *version = (int64_t)value;
    return size > 0 && size < PLAN_ETAG_SIZE;
}

row_condition plan_take_etag(rpc_call *call, const char *etag)
{
    row_condition c = {.exists = *etag, .any = !strcmp(etag, "*")};
    int64_t *versions = ARENA_ARRAY(call->arena, int64_t, strlen(etag) / 2 + 1);
    for (const char *p = etag; *p; p += strspn(p, ",")) {
        size_t size = strcspn(p, ",");
        c.count += read_version(p, size, &versions[c.count]);
        p += size;
    }
    c.versions = versions;
    return c;
}

status plan_tell_another_version(rpc_call *call, const char *field)
{
    rpc_add_fault(call, field, "is not that of now");
    return PLAN_ANOTHER_VERSION;
}

bool plan_condition_holds(const row_condition *c, int64_t version)
{
    if (!c->exists || c->any)
        return true;
    for (size_t i = 0; i < c->count; i++)
        if (c->versions[i] == version)
            return true;
    return false;
}

bool plan_take_time(rpc_call *call, const char *field, const wire_timestamp *t, int64_t *us)
{
    if (t == NULL) {
        rpc_add_fault(call, field, "is required");
        return false;
    }
    if (t->seconds < century_first_day * 86400 || t->seconds >= century_end_day * 86400) {
        rpc_add_fault(call, field, "%s", century);
        return false;
    }
    if (t->nanos < 0 || t->nanos > 999999999) {
        rpc_add_fault(call, field, "nanos are 0 to 999,999,999");
        return false;
    }
    *us = t->seconds * CLOCK_US_PER_S + t->nanos / 1000;
    return true;
}

bool plan_take_text(rpc_call *call, const char *field, const char *text, size_t limit, bool required)
{
    if (required && text[0] == '\0')
        rpc_add_fault(call, field, "is required");
    else if (plan_text_length(text) > limit)
        rpc_add_fault(call, field, "at most %zu characters, this has %zu", limit, plan_text_length(text));
    else
        return true;
    return false;
}

bool plan_take_date(rpc_call *call, const char *field, const char *text, int64_t *days)
{
    if (clock_parse_date(text, days) != 0)
        rpc_add_fault(call, field, "a date such as \"2026-12-24\" is needed");
    else if (*days < century_first_day || *days >= century_end_day)
        rpc_add_fault(call, field, "%s", century);
    else
        return true;
    return false;
}

uuid plan_page_before(const rpc_page *page)
{
    uuid highest;

    memset(&highest, 0xFF, sizeof highest);
    return page->first ? highest : page->after.id;
}

static void add_fault(void *arg, const char *field, const char *message)
{
    rpc_add_fault(arg, field, "%s", message);
}

plan_faults plan_faults_to(rpc_call *call)
{
    return (plan_faults){.report = add_fault, .arg = call};
}
