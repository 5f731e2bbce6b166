#include "rpc_internal.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *plan_page_token(rpc_call *call, const void *key, size_t key_size)
{
    const uint8_t *in = key;
    char *token = arena_alloc(call->arena, (key_size * 8 + 5) / 6 + 1);
    char *out = token;
    uint32_t bits = 0;
    int count = 0;

    for (size_t i = 0; i < key_size; i++) {
        bits = bits << 8 | in[i];
        for (count += 8; count >= 6; count -= 6)
            *out++ = alphabet[bits >> (count - 6) & 63];
    }
    if (count > 0)
        *out++ = alphabet[bits << (6 - count) & 63];
    *out = '\0';
    return token;
}

/* Exactly size bytes, with no bits left over. */
static bool decode(const char *token, uint8_t *out, size_t size)
{
    uint32_t bits = 0;
    size_t written = 0;
    int count = 0;

    if (strlen(token) != (size * 8 + 5) / 6)
        return false;
    for (; *token != '\0'; token++) {
        const char *at = strchr(alphabet, *token);
        if (at == NULL)
            return false;
        bits = bits << 6 | (uint32_t)(at - alphabet);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[written++] = (uint8_t)(bits >> count);
        }
    }
    return written == size && (bits & ((1u << count) - 1)) == 0;
}

bool plan_take_page(rpc_call *call, int32_t page_size, const char *page_token, size_t key_size, list_page *page)
{
    bool good = true;

    *page = (list_page){.size = page_size > 0 ? page_size : PAGE_SIZE_DEFAULT, .first = page_token[0] == '\0'};
    if (page_size < 0 || page_size > PAGE_SIZE_LIMIT) {
        rpc_add_fault(call, "page_size", "a page has 1 to %d entries", PAGE_SIZE_LIMIT);
        good = false;
    }
    if (!page->first && !decode(page_token, page->key, key_size)) {
        rpc_add_fault(call, "page_token", "is none that this list has given");
        good = false;
    }
    return good;
}

void plan_put_int64(uint8_t out[8], int64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

int64_t plan_get_int64(const uint8_t in[8])
{
    uint64_t value = 0;

    for (int i = 0; i < 8; i++)
        value = value << 8 | in[i];
    return (int64_t)value;
}
