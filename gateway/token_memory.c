#include "token_memory.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { WAYS = 4, HASH_BYTES = 32 };

typedef struct remembered {
    unsigned char hash[HASH_BYTES];
    token_claims claims; /* expires_s 0: the place is empty */
} remembered;

struct token_memory {
    const token_authority *authority;
    size_t sets;
    uint64_t hits;
    unsigned char key[HASH_BYTES];
    remembered places[];
};

token_memory *token_memory_create(const token_authority *authority, size_t capacity)
{
    token_memory *m = calloc(1, sizeof *m + capacity * sizeof m->places[0]);
    if (!m || sodium_init() < 0)
        abort();
    m->authority = authority;
    m->sets = capacity / WAYS;
    randombytes_buf(m->key, sizeof m->key);
    return m;
}

void token_memory_destroy(token_memory *m)
{
    free(m);
}

uint64_t token_memory_hits(const token_memory *m)
{
    return m->hits;
}

token_verdict token_memory_verify(token_memory *m, const char *token, int64_t now_s, const token_claims **claims)
{
    unsigned char hash[HASH_BYTES];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)token, strlen(token), m->key, sizeof m->key);
    size_t set;
    memcpy(&set, hash, sizeof set);
    remembered *places = &m->places[(set & (m->sets - 1)) * WAYS];
    remembered *soonest = places;
    for (int i = 0; i < WAYS; i++) {
        if (places[i].claims.expires_s > now_s && !memcmp(places[i].hash, hash, sizeof hash)) {
            m->hits++;
            *claims = &places[i].claims;
            return TOKEN_GOOD;
        }
        if (places[i].claims.expires_s < soonest->claims.expires_s)
            soonest = &places[i];
    }
    token_claims fresh;
    token_verdict v = token_verify(m->authority, token, now_s, &fresh);
    if (v != TOKEN_GOOD)
        return v;
    memcpy(soonest->hash, hash, sizeof hash);
    soonest->claims = fresh;
    *claims = &soonest->claims;
    return TOKEN_GOOD;
}
