/* What the tests of RPC share: one server and client, `pair`, in each test. */
#pragma once

#include "rpc_echo.h"

#include "fiber.h"

extern echo_pair pair;

/* With the options of every day; for .init and .fini. */
void start_pair(void);
void stop_pair(void);

/* Lets the loop turn until the condition holds; the test's own limit ends it otherwise. */
#define WAIT_UNTIL(CONDITION)                                                                                          \
    while (!(CONDITION))                                                                                               \
    cr_assert_eq(fiber_sleep(1), STATUS_OK)

/* An answer must be that of this key. */
status call_method(const char *method, const char *key, rpc_reply *reply);

/* For fiber_group_spawn: a call with the key arg (NULL = any) that stays open until echo_release. */
status hold_one(void *arg);

/* A call of Echo that must be answered in full. */
void call_once(void *arg);
