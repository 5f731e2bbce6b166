/* sical call, and how an input is read. */
#include "fiber.h"
#include "run.h"
#include "transcode.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { INPUT_LIMIT_BYTES = 16 * 1024 * 1024 };

/* ---- the input ---- */

static const char *read_all(FILE *f, const char *name)
{
    char *text = arena_alloc(fiber_arena(), INPUT_LIMIT_BYTES + 1);
    size_t size = fread(text, 1, INPUT_LIMIT_BYTES + 1, f);
    if (ferror(f)) {
        fprintf(stderr, "sical: %s: %s\n", name, strerror(errno));
        return NULL;
    }
    if (size > INPUT_LIMIT_BYTES) {
        fprintf(stderr, "sical: %s is larger than 16 MiB\n", name);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

/* As text: from the command line, standard input or a file. NULL after saying why not. */
static const char *input_text(const char *json)
{
    if (!json)
        return "{}";
    if (strcmp(json, "-") == 0)
        return read_all(stdin, "standard input");
    if (json[0] != '@')
        return json;
    FILE *f = fopen(json + 1, "re");
    if (!f) {
        fprintf(stderr, "sical: %s: %s\n", json + 1, strerror(errno));
        return NULL;
    }
    const char *text = read_all(f, json + 1);
    fclose(f);
    return text;
}

const uint8_t *run_input(const command *c, const ProtobufCMessageDescriptor *type, size_t *size)
{
    arena *a = fiber_arena();
    const char *text = input_text(c->json);
    if (!text)
        return NULL;
    transcode_faults faults = {0};
    ProtobufCMessage *request = transcode_read(a, type, text, strlen(text), &faults);
    if (request)
        return rpc_message_pack(a, request, size);
    fprintf(stderr, "sical: the input is no %s\n", type->short_name);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "  %s%s%s\n", faults.list[i].field, *faults.list[i].field ? ": " : "", faults.list[i].message);
    return NULL;
}

/* ---- the call ---- */

static int call_method(run *r, rpc_client *c, const method_found *found)
{
    arena *a = fiber_arena();
    size_t size;
    const uint8_t *payload = run_input(r->command, found->method->input, &size);
    if (!payload)
        return EXIT_USAGE;
    const char *name = arena_printf(a, "/%s/%s", found->service->name, found->method->name), *why;
    rpc_reply reply;
    if (rpc_call_bytes(c, name, &r->command->metadata, payload, size, &reply)) {
        int code = run_report(name + 1, &reply);
        if (reply.code == CODE_UNAUTHENTICATED && !r->command->metadata.user_id)
            fprintf(stderr, "  say on whose behalf: --user UUID\n");
        return code;
    }
    ProtobufCMessage *answer = rpc_message_unpack(a, found->method->output, reply.payload, reply.payload_size, &why);
    if (!answer) {
        fprintf(stderr, "%s: the answer cannot be read: %s\n", name + 1, why);
        return EXIT_FAILED;
    }
    puts(transcode_write(a, answer, &(transcode_options){.indent = 2}, &size));
    return EXIT_OK;
}

int run_call(run *r)
{
    server s;
    reflection reflected = {0};
    method_found found;
    rpc_client *c = run_server_of(r, r->command->target, &s) ? run_connect(r, &s, NULL) : NULL;
    if (!c)
        return EXIT_USAGE;
    int code = run_reflect(c, s.addresses, &reflected);
    if (code == EXIT_OK)
        code = lookup_method(reflected.services, r->command->target, &found) ? call_method(r, c, &found) : EXIT_USAGE;
    contract_destroy(reflected.contract);
    rpc_client_destroy(c);
    return code;
}
