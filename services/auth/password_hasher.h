/*
 * Password hashes: argon2id with 19 MiB and two passes (OWASP), about 20 ms each, made on the thread pool. At most
 * `parallel` run at once, so that a storm of log-ins leaves a thread of the pool to the rest of the program; the next
 * PASSWORD_WAITING_MAX wait their turn within their deadline, and more are refused.
 */
#pragma once

#include "status.h"

#include <stdbool.h>

enum { PASSWORD_HASH_SIZE = 128, PASSWORD_WAITING_MAX = 64, PASSWORD_BYTES_MAX = 4096 };

typedef struct password_hasher password_hasher;

/* parallel >= 1. NULL when libsodium cannot start. */
password_hasher *password_hasher_create(unsigned parallel);
/* Hashes that are still running, because their caller gave up, end by themselves. NULL is allowed. */
void password_hasher_destroy(password_hasher *h);

/* The password in NFKC, valid until the running fiber ends and wiped then; the original is wiped at once. NULL when it
 * has more than PASSWORD_BYTES_MAX bytes. password: valid UTF-8. */
const char *password_normalise(char *password);

/* Both: STATUS_OK; STATUS_RESOURCE_EXHAUSTED, STATUS_DEADLINE_EXCEEDED, STATUS_CANCELLED; STATUS_INTERNAL when there is
 * no memory for it. */
status password_hash(password_hasher *h, const char *normalised, char hash[PASSWORD_HASH_SIZE]);
/* hash NULL: takes as long as with one and never matches. */
status password_verify(password_hasher *h, const char *normalised, const char *hash, bool *matches);

/* Whether hash was made with other parameters than today's. */
bool password_hash_is_outdated(const char *hash);
