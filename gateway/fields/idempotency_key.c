#include "idempotency_key.h"

#include <stddef.h>

static bool append(char key[IDEMPOTENCY_KEY_SIZE], size_t *size, char c)
{
    if (*size == IDEMPOTENCY_KEY_SIZE - 1)
        return false;
    key[(*size)++] = c;
    return true;
}

static bool read_bare(const char *p, char key[IDEMPOTENCY_KEY_SIZE], size_t *size)
{
    for (; *p; p++)
        if (*p <= ' ' || *p > '~' || !append(key, size, *p))
            return false;
    return true;
}

/* Behind the opening quote. */
static bool read_quoted(const char *p, char key[IDEMPOTENCY_KEY_SIZE], size_t *size)
{
    for (; *p != '"'; p++) {
        if (*p == '\\' && *++p != '"' && *p != '\\')
            return false;
        if (*p < ' ' || *p > '~' || !append(key, size, *p))
            return false;
    }
    return !p[1];
}

bool idempotency_key_read(const char *header, char key[IDEMPOTENCY_KEY_SIZE])
{
    size_t size = 0;
    bool good = *header == '"' ? read_quoted(header + 1, key, &size) : read_bare(header, key, &size);
    key[size] = '\0';
    return good && size;
}
