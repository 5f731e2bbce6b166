/*
 * Where a check tells what is wrong with an input. A check never stops at the first fault: whoever sent the input
 * learns all of them, each with its place ("edges[12].prerequisite").
 */
#pragma once

#include <stddef.h>

typedef struct plan_faults {
    /* Both texts are valid only during the call. */
    void (*report)(void *arg, const char *field, const char *message);
    void *arg;
    size_t count;
    size_t limit; /* reported at most; further ones are only counted. 0 = 100 */
} plan_faults;

enum { PLAN_FAULTS_LIMIT = 100, PLAN_FAULT_FIELD_BYTES = 200, PLAN_FAULT_MESSAGE_BYTES = 1000 };

/* Reports one fault of a field; texts are cut at the bounds above. plan_fault_at makes the field "list[index].member",
 * or "list[index]" when member is "". */
void plan_fault(plan_faults *faults, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));
void plan_fault_at(plan_faults *faults, const char *list, size_t index, const char *member, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
