/*
 * What each fuzzer is: one function over one input. With clang and -DSICAL_FUZZ=ON libFuzzer calls it with inputs that
 * it invents; in every other build replay.c calls it with those of tests/fuzz/corpus.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What must hold whatever the input is. */
static inline void require(bool condition)
{
    if (!condition)
        abort();
}
