#include "rpc_page.h"

#include "base64.h"

#include <sodium.h>
#include <string.h>

#define LATEST_INSTANT (INT64_C(253402300799) * 1000000) /* the end of the year 9999 */

enum {
    VERSION = '1',
    HEAD_BYTES = 2, /* version and list */
    NUMBER_BYTES = 8,
    KEY_BYTES = NUMBER_BYTES + sizeof(uuid), /* its text follows */
    TOKEN_LENGTH = 400,
};

/* ---- tokens of any place ---- */

char *rpc_place_token_make(arena *a, char list, const void *place, size_t size)
{
    size_t token_size = sodium_base64_encoded_len(HEAD_BYTES + size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    unsigned char *bytes = arena_alloc(a, HEAD_BYTES + size);

    bytes[0] = VERSION;
    bytes[1] = (unsigned char)list;
    memcpy(bytes + HEAD_BYTES, place, size);
    return sodium_bin2base64(arena_alloc(a, token_size), token_size, bytes, HEAD_BYTES + size,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

char *rpc_place_token_read(arena *a, char list, const char *token, size_t *size)
{
    size_t length = strlen(token), decoded;

    if (length > TOKEN_LENGTH || !base64_is_text(token, length))
        return NULL;
    unsigned char *bytes = arena_zalloc(a, length + 1, 1);
    if (sodium_base642bin(bytes, length, token, length, NULL, &decoded, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return NULL;
    if (decoded < HEAD_BYTES || bytes[0] != VERSION || bytes[1] != (unsigned char)list)
        return NULL;
    *size = decoded - HEAD_BYTES;
    return (char *)bytes + HEAD_BYTES;
}

/* ---- tokens of a key ---- */

char *rpc_page_token_make(arena *a, char list, const rpc_page_key *key)
{
    const char *text = key->text ? key->text : "";
    size_t size = KEY_BYTES + strlen(text);
    uint8_t *place = arena_alloc(a, size);

    for (int i = 0; i < NUMBER_BYTES; i++)
        place[i] = (uint8_t)((uint64_t)key->number >> (56 - 8 * i));
    memcpy(place + NUMBER_BYTES, &key->id, sizeof key->id);
    memcpy(place + KEY_BYTES, text, size - KEY_BYTES);
    return rpc_place_token_make(a, list, place, size);
}

bool rpc_page_token_read(arena *a, char list, const char *token, rpc_page_key *key)
{
    size_t size;
    const char *place = rpc_place_token_read(a, list, token, &size);
    uint64_t number = 0;

    if (!place || size < KEY_BYTES || strlen(place + KEY_BYTES) != size - KEY_BYTES)
        return false;
    for (int i = 0; i < NUMBER_BYTES; i++)
        number = number << 8 | (uint8_t)place[i];
    if (number > LATEST_INSTANT)
        return false;
    key->number = (int64_t)number;
    memcpy(&key->id, place + NUMBER_BYTES, sizeof key->id);
    key->text = place + KEY_BYTES;
    return true;
}

/* ---- requests ---- */

int32_t rpc_take_page_size(rpc_call *call, int32_t page_size, int32_t fallback, int32_t highest)
{
    if (page_size < 0 || page_size > highest)
        rpc_add_fault(call, "page_size", "must be 0 to %d; 0 means %d", highest, fallback);
    return page_size == 0 ? fallback : page_size;
}

bool rpc_take_page(rpc_call *call, char list, int32_t page_size, const char *page_token, rpc_page *page)
{
    size_t faults = rpc_fault_count(call);

    *page = (rpc_page){
        .size = rpc_take_page_size(call, page_size, RPC_PAGE_SIZE_DEFAULT, RPC_PAGE_SIZE_LIMIT),
        .first = page_token[0] == '\0',
        .after.text = "",
    };
    if (!page->first && !rpc_page_token_read(call->arena, list, page_token, &page->after))
        rpc_add_fault(call, "page_token", "is no token of this list: pass next_page_token as it came, or nothing");
    return rpc_fault_count(call) == faults;
}
