#include "tls_world.h"

#include "fiber.h"
#include "network.h"
#include "program.h"
#include "scratch_folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[TEST_FOLDER_SIZE];

const char *tls_path(char out[TLS_PATH_SIZE], const char *name)
{
    snprintf(out, TLS_PATH_SIZE, "%s/%s", folder, name);
    return out;
}

void tls_issue(const char *name_of_folder, const char *days, const char *name)
{
    char script[TLS_PATH_SIZE], where[TLS_PATH_SIZE];
    snprintf(script, sizeof script, "%s/tools/certs", test_source_dir());
    const char *arguments[] = {"--days", days, tls_path(where, name_of_folder), name, NULL};
    char *errors;
    int code = test_program_run(&(test_program_options){.name = script, .arguments = arguments}, NULL, &errors);
    cr_assert_eq(code, 0, "%s", errors);
    free(errors);
}

void tls_revoke(const char *name_of_folder, const char *name)
{
    static const char script[] = "set -e; cd \"$0\"; : >index; echo 01 >number\n"
                                 "printf "
                                 "'[ca]\\ndefault_ca=c\\n[c]\\ndatabase=index\\ncrlnumber=number\\ndefault_md="
                                 "sha256\\ndefault_crl_days=1\\n' >conf\n"
                                 "openssl ca -config conf -keyfile ca.key -cert ca.pem -revoke \"$1.pem\"\n"
                                 "openssl ca -config conf -keyfile ca.key -cert ca.pem -gencrl -out list.pem\n"
                                 "cat ca.pem list.pem >revoking.pem";
    char where[TLS_PATH_SIZE];
    const char *arguments[] = {"-c", script, tls_path(where, name_of_folder), name, NULL};
    char *errors;
    int code = test_program_run(&(test_program_options){.name = "/bin/sh", .arguments = arguments}, NULL, &errors);
    cr_assert_eq(code, 0, "%s", errors);
    free(errors);
}

void tls_make_certificates(void)
{
    test_folder_create(folder);
    tls_issue("ours", "1", "echo");
    tls_issue("ours", "1", "other");
    tls_issue("ours", "-1", "expired");
    tls_issue("theirs", "1", "echo");
}

static void transfer(const char *from, const char *to, const char *mode)
{
    char path[TLS_PATH_SIZE], text[8192];
    FILE *in = fopen(tls_path(path, from), "r"), *out = fopen(tls_path(path, to), mode);
    cr_assert(in && out, "%s to %s", from, to);
    size_t size = fread(text, 1, sizeof text, in);
    cr_assert(size > 0 && fwrite(text, 1, size, out) == size);
    fclose(in);
    cr_assert_eq(fclose(out), 0);
}

void tls_copy(const char *from, const char *to)
{
    transfer(from, to, "w");
}

void tls_append(const char *from, const char *to)
{
    transfer(from, to, "a");
}

rpc_tls *tls_use(loop *l, const char *ca, const char *certificate, const char *key, const char *server_name)
{
    char paths[3][TLS_PATH_SIZE];
    return rpc_tls_create(l, &(rpc_tls_options){.ca = tls_path(paths[0], ca),
                                                .certificate = tls_path(paths[1], certificate),
                                                .key = tls_path(paths[2], key),
                                                .server_name = server_name,
                                                .poll_ms = 10});
}

rpc_server *tls_serve_again(loop *l, rpc_tls *tls, echo_state *state, const char *address)
{
    rpc_server *s = rpc_server_create(l, &(rpc_server_options){.address = address, .tls = tls});
    cr_assert(rpc_server_add(s, &echo_service, state));
    cr_assert_eq(rpc_server_listen(s), STATUS_OK);
    return s;
}

rpc_server *tls_serve(loop *l, rpc_tls *tls, echo_state *state, char address[64])
{
    snprintf(address, 64, "%stcp://127.0.0.1:%u", tls ? "tls+" : "", test_free_port());
    return tls_serve_again(l, tls, state, address);
}

rpc_client *tls_connect(loop *l, rpc_tls *tls, const char *addresses)
{
    rpc_client *c = rpc_client_create(l, &(rpc_client_options){.service = "echo", .addresses = addresses, .tls = tls});
    cr_assert_not_null(c);
    return c;
}

status tls_call(rpc_client *client, unsigned patience_ms)
{
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    uint64_t old = fiber_limit_ms(patience_ms);
    status s = echo_call(client, "Echo", "key", "graph", NULL, &answer, &reply);
    cr_assert(s != STATUS_OK || strcmp(answer->key, "key") == 0);
    fiber_set_deadline_ns(old);
    return s;
}
