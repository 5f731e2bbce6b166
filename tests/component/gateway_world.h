/* The real sical-gateway in front of plan_peer, and requests to it. One world a test. */
#pragma once

#include "program.h"
#include "raw_http.h"

enum { WORLD_TOKEN_SIZE = 2048 };

typedef struct gateway_world {
    unsigned port, peer_port, second_port;
    test_program *gateway, *peer;
    test_program *second;         /* a gateway in front of the same peer; NULL = none */
    char token[WORLD_TOKEN_SIZE]; /* a good one of USER_ID */
} gateway_world;

extern gateway_world world;

#define USER_ID    "0190a000-0000-7000-8000-000000000001"
#define SESSION_ID "0190a000-0000-7000-8000-000000000002"
#define GOAL_ID    "01890000-0000-7000-8000-000000000007"
#define GOAL       "/api/v1/goals/" GOAL_ID
#define ID_SLOW    "00000000-0000-7000-8000-00000000510e"
#define ID_MISSING "00000000-0000-7000-8000-000000000404"
#define ID_BROKEN  "00000000-0000-7000-8000-000000000500"

enum { WORLD_SETTINGS_MAX = 8 };

/* Starts both and waits until a goal can be read. setting: a further "KEY=value" of the gateway; NULL = none. */
void world_start(const char *setting);

/* The same with several, NULL at the end. */
void world_start_with(const char *const *settings);
void world_start_second(const char *const *settings);
void world_stop(void);

/* A good one of another user. */
void world_make_token(const char *user_id, char out[WORLD_TOKEN_SIZE]);

/* The peer alone. */
void world_start_peer(void);
void world_kill_peer(void);

/* Sends "METHOD path" with the good token; body NULL = none, else as application/json. The answer is valid until the
 * next request. */
const raw_answer *ask(const char *method, const char *path, const char *body);

/* The same with an Authorization header of one's own ("" = none) and further header lines ("Name: value\r\n..."). */
const raw_answer *ask_as(const char *authorization, const char *method, const char *path, const char *headers,
                         const char *body);

/* The bytes of a request without a body, with the good token and further header lines; valid until the next one. */
char *request_for(const char *method, const char *path, const char *headers);

/* The text between "GET ... HTTP/1.1\r\nHost: x\r\n" and its end, sent as it is. */
const raw_answer *ask_raw(const char *bytes);

/* The same for an answer to this method: HEAD has no body. */
const raw_answer *ask_raw_as(const char *method, const char *bytes);
