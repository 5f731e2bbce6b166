#include "faults.h"

#include <stdarg.h>
#include <stdio.h>

static void report(plan_faults *faults, const char *field, const char *format, va_list args)
{
    size_t limit = faults->limit > 0 ? faults->limit : PLAN_FAULTS_LIMIT;

    if (faults->count++ >= limit)
        return;
    char message[PLAN_FAULT_MESSAGE_BYTES];
    vsnprintf(message, sizeof message, format, args);
    faults->report(faults->arg, field, message);
}

void plan_fault(plan_faults *faults, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(faults, field, format, args);
    va_end(args);
}

void plan_fault_at(plan_faults *faults, const char *list, size_t index, const char *member, const char *format, ...)
{
    char field[PLAN_FAULT_FIELD_BYTES];
    va_list args;

    snprintf(field, sizeof field, "%s[%zu]%s%s", list, index, member[0] != '\0' ? "." : "", member);
    va_start(args, format);
    report(faults, field, format, args);
    va_end(args);
}
