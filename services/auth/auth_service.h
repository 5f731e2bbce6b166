/*
 * The service sical.auth.v1.AuthService: accounts, log-in and sessions.
 *
 * Passwords are hashed off the loop (password_hasher.h); refresh tokens rotate as domain/rotation.h decides; access
 * tokens are signed here and verified by whoever has the keys. Unknown address and wrong password give one answer after
 * the same work, and so do a new and a known address at registration.
 */
#pragma once

#include "db.h"
#include "rpc_server.h"
#include "token.h"

typedef struct auth_service auth_service;

typedef struct auth_options {
    db *database;            /* borrowed */
    token_authority *tokens; /* owned by the service from here on */
    int64_t access_life_s;
    int64_t refresh_life_ms;
    unsigned hashes_at_once; /* threads of the pool for passwords, >= 1 */
} auth_options;

/* NULL when libsodium cannot start; tokens is freed then too. */
auth_service *auth_service_create(const auth_options *options);
/* No call may be running. NULL is allowed. */
void auth_service_destroy(auth_service *a);

/* For rpc_server_add, with the auth_service as state. */
extern const rpc_service auth_rpc;
