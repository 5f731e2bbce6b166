#include "idempotency.h"

#include "idempotency_store.h"

#include <sodium.h>
#include <string.h>

static bool is_key(const char *key)
{
    const char *p = key;
    while (*p >= ' ' && *p <= '~')
        p++;
    return !*p && p - key <= IDEMPOTENCY_KEY_BYTES;
}

static status refuse(rpc_keyed_call *k, enum code code, const char *fault, const char *message)
{
    if (fault)
        rpc_add_fault(k->call, IDEMPOTENCY_FIELD, "%s", fault);
    k->code = code;
    k->message = message;
    return 1;
}

/* ---- the second time ---- */

static status answer_again(rpc_keyed_call *k, const idempotency_row *asked, const idempotency_row *kept)
{
    if (strcmp(asked->method, kept->method) != 0 ||
        memcmp(asked->request_hash, kept->request_hash, sizeof asked->request_hash) != 0)
        return refuse(k, CODE_FAILED_PRECONDITION, "came with another request before: choose a new one",
                      "The idempotency key belongs to another request.");
    if (!kept->answer)
        return refuse(k, CODE_ALREADY_EXISTS, NULL,
                      "The request was carried out before; its answer was too large to be kept.");
    k->answer = kept->answer;
    k->answer_size = kept->answer_size;
    return STATUS_OK;
}

/* ---- the first time ---- */

static void pack(rpc_keyed_call *k, idempotency_row *row)
{
    k->answer = rpc_message_pack(k->call->arena, k->reply, &k->answer_size);
    if (k->answer_size > IDEMPOTENCY_ANSWER_BYTES)
        return;
    row->answer = k->answer;
    row->answer_size = k->answer_size;
}

static status carry_out(const idempotency *i, rpc_keyed_call *k, idempotency_row *row)
{
    db_transaction_begin(i->database);
    status s = rpc_keyed_call_run(k);
    if (s != STATUS_OK || !k->reply) {
        db_transaction_rollback(i->database);
        return s;
    }
    pack(k, row);
    return idempotency_store_keep(i, &k->call->user, k->call->metadata.idempotency_key, row);
}

status idempotency_intercept(void *arg, rpc_keyed_call *k)
{
    const idempotency *i = arg;
    const char *key = k->call->metadata.idempotency_key;
    if (!is_key(key))
        return refuse(k, CODE_INVALID_ARGUMENT, "must be 1 to 255 characters of printable ASCII",
                      "The idempotency key is malformed.");
    idempotency_row asked = {.method = k->method}, kept;
    crypto_generichash(asked.request_hash, sizeof asked.request_hash, k->request, k->request_size, NULL, 0);
    status found = idempotency_store_find(i, &k->call->user, key, &kept);
    if (found == STATUS_OK)
        return answer_again(k, &asked, &kept);
    if (found != IDEMPOTENCY_UNKNOWN)
        return found;
    status s = carry_out(i, k, &asked);
    if (s <= 0)
        return s;
    /* It may have failed because the same call was carried out meanwhile: deleted what this one did not find. */
    found = idempotency_store_find(i, &k->call->user, key, &kept);
    if (found == STATUS_OK)
        return answer_again(k, &asked, &kept);
    return found < 0 ? found : s;
}
