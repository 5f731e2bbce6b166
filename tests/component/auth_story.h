/*
 * The stage for stories of auth: a database, one or two replicas of the real program, and what a learner does there.
 */
#pragma once

#include "auth.pb-c.h"
#include "rpc_story.h"
#include "token.h"

#include <criterion/criterion.h>

/* The texts that must never reach a log. */
#define ADDRESS  "Marker.Address@Example.com"
#define PASSWORD "marker password \xc3\xa4 correct horse"
#define NAME     "Marker Name"

#define AUTH(NAME) SICAL__AUTH__V1__##NAME##__INIT

typedef Sical__Auth__V1__TokenPair token_pair;

extern test_postgres *pg;
extern story_program replicas[2];
extern rpc_client *client;  /* of the first replica */
extern rpc_client *clients; /* of all */

/* Runs story on a fiber while so many replicas serve. */
void auth_play(void (*story)(void), size_t replica_count);

#define STORY(SUITE, NAME, REPLICAS)                                                                                   \
    static void NAME##_story(void);                                                                                    \
    Test(SUITE, NAME)                                                                                                  \
    {                                                                                                                  \
        auth_play(NAME##_story, REPLICAS);                                                                             \
    }                                                                                                                  \
    static void NAME##_story(void)

/* Calls answer with their code; reply may be NULL. */
int call(rpc_client *c, const char *method, const rpc_metadata *metadata, const void *request, void *answer,
         rpc_reply *reply);
int register_user(const char *email, const char *password, const char *name, rpc_reply *reply);
int login(const char *email, const char *password, token_pair **pair, rpc_reply *reply);
int refresh_at(rpc_client *c, const char *token, token_pair **pair);
int refresh(const char *token, token_pair **pair);
int logout(const rpc_metadata *caller);
int get_me(const rpc_metadata *caller, Sical__Auth__V1__User **me);

/* Registers ADDRESS and logs it in; refreshes. Both fail the test when they cannot. */
token_pair *logged_in(void);
token_pair *refreshed(const char *token);

/* What the access token says, after verification. */
token_claims claims_of(const token_pair *pair);
/* The caller as the gateway would name it. */
rpc_metadata *as_caller(const token_pair *pair);

long long count_tokens(void);
/* Warnings of a replica's log that a used token was presented again. */
long long count_warnings(size_t replica);
