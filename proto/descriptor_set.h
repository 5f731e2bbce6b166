/* The FileDescriptorSet of all contracts, with imports and comments: what Reflection answers and what names, options
 * and comments are read from. */
#pragma once

#include <stdint.h>

extern const uint8_t sical_descriptor_set[];
extern const uint8_t sical_descriptor_set_end[]; /* one past the last byte */
