#include "password_hasher.h"

#include "fiber.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utf8proc.h>

enum { NICENESS = 10 };

static const unsigned long long passes = 2;
static const size_t memory_bytes = 19456 * 1024;

/* Verified where there is no account, so that it takes the same time: today's parameters, a salt and a hash of zeros,
 * which is the hash of no password that anybody will find. */
static const char decoy[PASSWORD_HASH_SIZE] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                                              "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct password_hasher {
    fiber_semaphore slots;
    unsigned running;
    unsigned waiting;
    bool abandoned; /* destroyed; the last job that runs frees it */
};

/* Everything a thread of the pool needs, on the heap: it may outlive the fiber that asked. */
typedef struct hash_job {
    password_hasher *hasher;
    char *password;
    char hash[PASSWORD_HASH_SIZE];
    bool verify;
    bool succeeded;
} hash_job;

password_hasher *password_hasher_create(unsigned parallel)
{
    if (sodium_init() < 0)
        return NULL;
    if (password_hash_is_outdated(decoy))
        abort(); /* the parameters were raised and the decoy forgotten: it would tell accounts apart */
    password_hasher *h = calloc(1, sizeof *h);
    if (!h)
        abort();
    fiber_semaphore_init(&h->slots, parallel);
    return h;
}

void password_hasher_destroy(password_hasher *h)
{
    if (!h)
        return;
    h->abandoned = true;
    if (h->running == 0)
        free(h);
}

static void wipe(void *text)
{
    sodium_memzero(text, strlen(text));
    free(text);
}

const char *password_normalise(char *password)
{
    size_t size = strlen(password);
    char *normalised = NULL;
    if (size <= PASSWORD_BYTES_MAX)
        normalised = (char *)utf8proc_NFKC((const utf8proc_uint8_t *)password);
    if (normalised)
        fiber_defer(wipe, normalised);
    sodium_memzero(password, size);
    return normalised;
}

/* A flood of log-ins shall slow log-ins and nothing else: beside work of the usual priority hashing gets a tenth of
 * what it would, and all that is left over. The threads of this program's pool do nothing else. */
static void give_way(void)
{
    static _Thread_local bool gives_way;
    if (!gives_way)
        setpriority(PRIO_PROCESS, (id_t)gettid(), NICENESS); /* when it is refused we already run so */
    gives_way = true;
}

static void run_job(void *arg)
{
    hash_job *job = arg;
    give_way();
    size_t size = strlen(job->password);
    if (job->verify)
        job->succeeded = crypto_pwhash_str_verify(job->hash, job->password, size) == 0;
    else
        job->succeeded = crypto_pwhash_str_alg(job->hash, job->password, size, passes, memory_bytes,
                                               crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* On the loop when the work is over, whoever still waits for it: only then is its slot free. */
static void release_job(void *arg)
{
    hash_job *job = arg;
    password_hasher *h = job->hasher;
    wipe(job->password);
    sodium_memzero(job, sizeof *job);
    free(job);
    fiber_semaphore_release(&h->slots);
    if (--h->running == 0 && h->abandoned)
        free(h);
}

static status take_slot(password_hasher *h)
{
    if (h->slots.free == 0 && h->waiting >= PASSWORD_WAITING_MAX)
        return STATUS_RESOURCE_EXHAUSTED;
    h->waiting++;
    status s = fiber_semaphore_acquire(&h->slots);
    h->waiting--;
    return s;
}

/* hash: what to verify against, or NULL to make one. On STATUS_OK *done is the caller's, to be given to release_job. */
static status run(password_hasher *h, const char *normalised, const char *hash, hash_job **done)
{
    status s = take_slot(h);
    if (s != STATUS_OK)
        return s;
    hash_job *job = calloc(1, sizeof *job);
    if (!job || !(job->password = strdup(normalised)))
        abort();
    job->hasher = h;
    job->verify = hash != NULL;
    if (hash)
        strncpy(job->hash, hash, sizeof job->hash - 1);
    h->running++;
    s = fiber_offload(run_job, job, release_job);
    if (s == STATUS_OK)
        *done = job;
    else if (s == STATUS_RESOURCE_EXHAUSTED)
        release_job(job); /* it never began */
    return s;
}

status password_hash(password_hasher *h, const char *normalised, char hash[PASSWORD_HASH_SIZE])
{
    hash_job *job;
    status s = run(h, normalised, NULL, &job);
    if (s != STATUS_OK)
        return s;
    s = job->succeeded ? STATUS_OK : STATUS_INTERNAL;
    memcpy(hash, job->hash, PASSWORD_HASH_SIZE);
    release_job(job);
    return s;
}

status password_verify(password_hasher *h, const char *normalised, const char *hash, bool *matches)
{
    hash_job *job;
    status s = run(h, normalised, hash ? hash : decoy, &job);
    if (s != STATUS_OK)
        return s;
    *matches = hash && job->succeeded;
    release_job(job);
    return STATUS_OK;
}

bool password_hash_is_outdated(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, passes, memory_bytes) != 0;
}
