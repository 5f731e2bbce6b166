/* Memory of the planner's working arrays. Running out of it ends the program, as in the arena. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* count zeroed elements, never NULL; free() them. */
static inline void *plan_allocate(size_t count, size_t size)
{
    void *p = calloc(count > 0 ? count : 1, size);

    if (p == NULL)
        abort();
    return p;
}

/* Room for count elements, those that were there kept, further ones not zeroed. */
static inline void *plan_reallocate(void *old, size_t count, size_t size)
{
    void *p = count <= SIZE_MAX / size ? realloc(old, count * size) : NULL;

    if (p == NULL)
        abort();
    return p;
}

#define PLAN_ARRAY(type, count) ((type *)plan_allocate((count), sizeof(type)))
