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
    k->answer = kept->answer;
    k->answer_size = kept->answer_size;
    return STATUS_OK;
}

/* ---- the first time ---- */

/* IDEMPOTENCY_TAKEN in *kept: another call with this key was faster. */
static status carry_out(const idempotency *i, rpc_keyed_call *k, idempotency_row *row, status *kept)
{
    db_transaction_begin(i->database);
    status s = rpc_keyed_call_run(k);
    if (s != STATUS_OK || !k->reply) {
        db_transaction_rollback(i->database);
        return s;
    }
    row->answer = k->answer = rpc_message_pack(k->call->arena, k->reply, &k->answer_size);
    row->answer_size = k->answer_size;
    if (k->answer_size > k->answer_limit) {
        db_transaction_rollback(i->database);
        return refuse(k, CODE_RESOURCE_EXHAUSTED, NULL, "The answer is too large; nothing was done: ask for less.");
    }
    *kept = idempotency_store_keep(i, &k->call->user, k->call->metadata.idempotency_key, row);
    return *kept < 0 ? *kept : STATUS_OK;
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
    status taken = STATUS_OK, s = carry_out(i, k, &asked, &taken);
    if (s < 0 || (s == STATUS_OK && taken == STATUS_OK))
        return s;
    /* It may have failed because the same call was carried out meanwhile: deleted what this one did not find. */
    found = idempotency_store_find(i, &k->call->user, key, &kept);
    if (found == STATUS_OK)
        return answer_again(k, &asked, &kept);
    if (found < 0)
        return found;
    return s ? s : refuse(k, CODE_ABORTED, NULL, "The same request is being carried out: try again.");
}
