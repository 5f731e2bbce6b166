/* The commands, and what they share. All of it runs on one fiber. */
#pragma once

#include "command.h"
#include "contract.h"
#include "dynamic_descriptors.h"
#include "metrics.h"
#include "rpc_client.h"

#include <jansson.h>

struct rpc_tls;

typedef struct run {
    loop *loop;
    const command *command;
    struct rpc_tls *tls; /* made when the first address wants it */
    int exit_code;
} run;

/* Runs a command; its exit code. */
int run_command(const command *c);

int run_list(run *r);
int run_call(run *r);
int run_health(run *r);
int run_bench(run *r);

/* ---- servers ---- */

/* One place to ask: one known service's addresses, or what --address says. */
typedef struct server {
    const char *name;
    const char *addresses;
} server;

/* Every single address, in the fiber's arena; *count of them. target: a service's name to choose the known one, NULL =
 * all. NULL after saying that nobody is known for it. */
const server *run_servers(run *r, const char *target, size_t *count);

/* The server for calls to target: all addresses of it as replicas. false after saying that nobody is known for it. */
bool run_server_of(run *r, const char *target, server *s);

/* NULL after saying that an address is none. metrics may be NULL. The caller destroys it. */
rpc_client *run_connect(run *r, const server *s, metrics_registry *metrics);

/* Says how a call failed, with its faults by the names that JSON gives the fields; the exit code for it. */
int run_report(const char *what, const rpc_reply *reply);

/* ---- what a server says of itself ---- */

typedef struct reflection {
    const dynamic_services *services;
    contract *contract; /* comments and rules */
} reflection;

/* STATUS_OK, or an exit code after saying why. The contract is the caller's to destroy. */
int run_reflect(rpc_client *c, const char *address, reflection *out);

/* ---- methods by their names ---- */

typedef struct method_found {
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method; /* NULL when only a service was asked for */
} method_found;

/* "plan.PlanService/GetGoal", or without "/..." a service. false after saying that there is none, and which is near. */
bool lookup_method(const dynamic_services *services, const char *target, method_found *out);

/* ---- describing ---- */

/* Prints what a method takes and answers, for people. */
void describe_method(const reflection *reflected, const method_found *found);
/* The same as JSON. */
json_t *describe_method_as_json(const reflection *reflected, const method_found *found);
/* "read", "may be repeated" or "". level: of MethodOptions. */
const char *describe_repeatability(const reflection *reflected, const char *full_name);

/* Prints and frees it. */
void run_print_json(json_t *json);

/* The input of a call, packed in the arena. NULL after saying what is wrong with it. */
const uint8_t *run_input(const command *c, const ProtobufCMessageDescriptor *type, size_t *size);
