/* UUIDs (RFC 9562). Ids of sical are version 7: sorted by time, made by us or by the client. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { UUID_TEXT_SIZE = 37 };

typedef struct uuid {
    uint8_t bytes[16];
} uuid;

/* A new version 7 UUID: 48 bits of milliseconds, then 74 bits from the kernel's random source. Ends the program when
 * that source fails. */
uuid uuid_make(void);

/* Reads the 36-character form, upper or lower case, any version. false when s is none (also for NULL). */
bool uuid_parse(const char *s, uuid *out);

/* Writes the lower-case form with its NUL; returns out. */
char *uuid_format(const uuid *u, char out[UUID_TEXT_SIZE]);
