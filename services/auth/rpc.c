#include "auth_service.h"

#include "auth.pb-c.h"
#include "clock.h"
#include "domain/email.h"
#include "domain/password.h"
#include "domain/person_name.h"
#include "log.h"
#include "outcome.h"
#include "password_hasher.h"
#include "session.h"
#include "store.h"

#include <stdlib.h>

typedef Sical__Auth__V1__TokenPair token_pair;

struct auth_service {
    db *database;
    session_settings sessions;
    password_hasher *hasher;
};

auth_service *auth_service_create(const auth_options *options)
{
    auth_service *a = calloc(1, sizeof *a);
    if (!a)
        abort();
    a->database = options->database;
    a->sessions = (session_settings){.database = options->database,
                                     .tokens = options->tokens,
                                     .access_life_s = options->access_life_s,
                                     .refresh_life_ms = options->refresh_life_ms};
    a->hasher = password_hasher_create(options->hashes_at_once);
    if (!a->hasher) {
        auth_service_destroy(a);
        return NULL;
    }
    return a;
}

void auth_service_destroy(auth_service *a)
{
    if (!a)
        return;
    password_hasher_destroy(a->hasher);
    token_authority_destroy(a->sessions.tokens);
    free(a);
}

/* ---- accounts ---- */

static void add_fault(rpc_call *call, const char *field, const char *fault)
{
    if (fault)
        rpc_add_fault(call, field, "%s", fault);
}

static status register_user(rpc_call *call, const Sical__Auth__V1__RegisterUserRequest *request,
                            Sical__Auth__V1__RegisterUserResponse **reply)
{
    auth_service *a = call->service;
    email address = {0};
    add_fault(call, "email", email_parse(request->email, &address));
    const char *password = password_normalise(request->password);
    add_fault(call, "password", password ? password_check(password, address.key) : "has more than 128 characters");
    add_fault(call, "name", person_name_check(request->name));
    if (rpc_fault_count(call) > 0)
        return AUTH_INVALID_INPUT;

    char hash[PASSWORD_HASH_SIZE];
    status s = password_hash(a->hasher, password, hash);
    if (s != STATUS_OK)
        return s;
    user_row user = {.id = uuid_make(), .email = address.address, .name = request->name, .password_hash = hash};
    s = auth_store_add_user(a->database, &user, address.key);
    if (s != STATUS_OK)
        return s;
    *reply = ARENA_NEW(call->arena, Sical__Auth__V1__RegisterUserResponse);
    sical__auth__v1__register_user_response__init(*reply);
    return STATUS_OK;
}

static status get_me(rpc_call *call, const Sical__Auth__V1__GetMeRequest *request, Sical__Auth__V1__User **reply)
{
    (void)request;
    auth_service *a = call->service;
    user_row user;
    status s = auth_store_get_user(a->database, &call->user, &user);
    if (s != STATUS_OK)
        return s;
    Sical__Auth__V1__User *me = ARENA_NEW(call->arena, Sical__Auth__V1__User);
    sical__auth__v1__user__init(me);
    me->id = uuid_format(&user.id, arena_alloc(call->arena, UUID_TEXT_SIZE));
    me->email = (char *)user.email;
    me->name = (char *)user.name;
    me->role = (char *)user.role;
    me->create_time = ARENA_NEW(call->arena, Google__Protobuf__Timestamp);
    google__protobuf__timestamp__init(me->create_time);
    me->create_time->seconds = user.created_us / CLOCK_US_PER_S;
    me->create_time->nanos = (int32_t)(user.created_us % CLOCK_US_PER_S * 1000);
    *reply = me;
    return STATUS_OK;
}

/* ---- sessions ---- */

static status to_pair(rpc_call *call, const session_tokens *tokens, token_pair **reply)
{
    const auth_service *a = call->service;
    token_pair *pair = ARENA_NEW(call->arena, token_pair);
    sical__auth__v1__token_pair__init(pair);
    pair->access_token = tokens->access;
    pair->token_type = "Bearer";
    pair->expires_in = (int32_t)a->sessions.access_life_s;
    pair->refresh_token = arena_strdup(call->arena, tokens->refresh);
    pair->session_id = arena_strdup(call->arena, tokens->session_id);
    *reply = pair;
    return STATUS_OK;
}

/* A password that matched is hashed again where its hash is weaker than today's. Log-in succeeds without it too. */
static void renew_hash(auth_service *a, const user_row *user, const char *password)
{
    char hash[PASSWORD_HASH_SIZE];
    if (!password_hash_is_outdated(user->password_hash) || password_hash(a->hasher, password, hash) != STATUS_OK)
        return;
    if (auth_store_replace_hash(a->database, &user->id, user->password_hash, hash) == STATUS_OK)
        log_info("password hash renewed");
}

/* Does the same work whether the account exists or not. */
static status check_credentials(rpc_call *call, const Sical__Auth__V1__LoginRequest *request, user_row *user)
{
    auth_service *a = call->service;
    email address = {0};
    email_parse(request->email, &address); /* what is no address has no account: its key stays "" */
    const char *password = password_normalise(request->password);
    status s = auth_store_find_user(a->database, address.key, user);
    if (s != STATUS_OK && s != AUTH_NO_USER)
        return s;
    const char *hash = s == STATUS_OK ? user->password_hash : NULL;
    bool matches = false;
    s = password_verify(a->hasher, password ? password : "", password ? hash : NULL, &matches);
    if (s != STATUS_OK)
        return s;
    if (!matches)
        return AUTH_WRONG_CREDENTIALS;
    renew_hash(a, user, password);
    return STATUS_OK;
}

static status login(rpc_call *call, const Sical__Auth__V1__LoginRequest *request, token_pair **reply)
{
    auth_service *a = call->service;
    add_fault(call, "email", *request->email ? NULL : "is required");
    add_fault(call, "password", *request->password ? NULL : "is required");
    if (rpc_fault_count(call) > 0)
        return AUTH_INVALID_INPUT;
    user_row user;
    status s = check_credentials(call, request, &user);
    if (s != STATUS_OK)
        return s;
    session_tokens tokens;
    s = session_begin(&a->sessions, call->arena, &user.id, user.role, &tokens);
    if (s == AUTH_NO_USER)
        return AUTH_WRONG_CREDENTIALS; /* deleted while its password was checked */
    return s == STATUS_OK ? to_pair(call, &tokens, reply) : s;
}

static status refresh(rpc_call *call, const Sical__Auth__V1__RefreshRequest *request, token_pair **reply)
{
    const auth_service *a = call->service;
    session_tokens tokens;
    status s = session_refresh(&a->sessions, call->arena, request->refresh_token, &tokens);
    return s == STATUS_OK ? to_pair(call, &tokens, reply) : s;
}

static status logout(rpc_call *call, const Sical__Auth__V1__LogoutRequest *request,
                     Sical__Auth__V1__LogoutResponse **reply)
{
    (void)request;
    auth_service *a = call->service;
    uuid session_id;
    if (!uuid_parse(call->metadata.session_id, &session_id))
        return AUTH_NO_SESSION;
    status s = auth_store_revoke_session(a->database, &session_id, &call->user);
    if (s != STATUS_OK)
        return s;
    *reply = ARENA_NEW(call->arena, Sical__Auth__V1__LogoutResponse);
    sical__auth__v1__logout_response__init(*reply);
    return STATUS_OK;
}

/* ---- the service ---- */

RPC_HANDLER(register_user, Sical__Auth__V1__RegisterUserRequest, Sical__Auth__V1__RegisterUserResponse)
RPC_HANDLER(login, Sical__Auth__V1__LoginRequest, token_pair)
RPC_HANDLER(refresh, Sical__Auth__V1__RefreshRequest, token_pair)
RPC_HANDLER(logout, Sical__Auth__V1__LogoutRequest, Sical__Auth__V1__LogoutResponse)
RPC_HANDLER(get_me, Sical__Auth__V1__GetMeRequest, Sical__Auth__V1__User)

static const rpc_method methods[] = {
    {"RegisterUser", RPC_PUBLIC, register_user_rpc},
    {"Login", RPC_PUBLIC, login_rpc},
    {"Refresh", RPC_PUBLIC, refresh_rpc},
    {"Logout", RPC_USER, logout_rpc},
    {"GetMe", RPC_USER, get_me_rpc},
};

static enum code to_code(status outcome, const char **message)
{
    switch ((enum auth_outcome)outcome) {
    case AUTH_INVALID_INPUT:
        *message = "the input has faults";
        return CODE_INVALID_ARGUMENT;
    case AUTH_WRONG_CREDENTIALS:
        *message = "no account has this address and password";
        return CODE_UNAUTHENTICATED;
    case AUTH_TOKEN_REFUSED:
        *message = "the refresh token is not valid: log in again";
        return CODE_UNAUTHENTICATED;
    case AUTH_NO_SESSION:
        *message = "the call belongs to no session";
        return CODE_UNAUTHENTICATED;
    case AUTH_NO_USER:
        *message = "no such user";
        return CODE_NOT_FOUND;
    }
    *message = "unexpected outcome";
    return CODE_INTERNAL;
}

const rpc_service auth_rpc = {
    .descriptor = &sical__auth__v1__auth_service__descriptor,
    .methods = methods,
    .method_count = sizeof methods / sizeof methods[0],
    .outcome = to_code,
};
