#include "rpc_tls_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 20 };

static const char pem_begin[] = "-----BEGIN";
static const char crl_begin[] = "-----BEGIN X509 CRL-----";

static bool refuse(tls_fault *fault, const char *name, const char *reason)
{
    *fault = (tls_fault){.name = name, .reason = reason};
    return false;
}

static char *read_file(const char *path, const char **reason)
{
    FILE *f = fopen(path, "re");
    *reason = strerror(errno);
    if (!f)
        return NULL;
    char *text = malloc(FILE_BYTES_MAX + 1);
    if (!text)
        abort();
    size_t size = fread(text, 1, FILE_BYTES_MAX + 1, f);
    bool whole = !ferror(f) && size <= FILE_BYTES_MAX;
    *reason = ferror(f) ? strerror(errno) : "the file is too large";
    fclose(f);
    char *fitting = whole ? strndup(text, size) : NULL;
    explicit_bzero(text, size);
    free(text);
    return fitting;
}

static bool read_text(const char *value, const char *name, char **out, tls_fault *fault)
{
    const char *reason = "it is not set";
    if (value && strncmp(value, pem_begin, sizeof pem_begin - 1) == 0)
        *out = strdup(value);
    else
        *out = value && *value ? read_file(value, &reason) : NULL;
    return *out || refuse(fault, name, reason);
}

bool tls_material_read(const rpc_tls_options *options, tls_material *out, tls_fault *fault)
{
    *out = (tls_material){0};
    if (read_text(options->ca, "RPC_TLS_CA", &out->ca, fault) &&
        read_text(options->certificate, "RPC_TLS_CERT", &out->certificate, fault) &&
        read_text(options->key, "RPC_TLS_KEY", &out->key, fault))
        return true;
    tls_material_finish(out);
    return false;
}

void tls_material_finish(tls_material *m)
{
    free(m->ca);
    free(m->certificate);
    if (m->key)
        explicit_bzero(m->key, strlen(m->key));
    free(m->key);
    *m = (tls_material){0};
}

/* nng reports certificate and key together: which of the two it is, the certificate taken as a CA's tells. */
static bool is_certificate(const char *pem)
{
    nng_tls_config *c;
    if (nng_tls_config_alloc(&c, NNG_TLS_MODE_CLIENT))
        return false;
    bool good = nng_tls_config_ca_chain(c, pem, NULL) == 0;
    nng_tls_config_free(c);
    return good;
}

static bool fill(nng_tls_config *c, const tls_material *m, const char *server_name, tls_fault *fault)
{
    const char *revoked = strstr(m->ca, crl_begin) ? m->ca : NULL;
    if (nng_tls_config_ca_chain(c, m->ca, revoked))
        return refuse(fault, "RPC_TLS_CA", "it is no list of certificates in PEM");
    if (nng_tls_config_own_cert(c, m->certificate, m->key, NULL)) {
        if (is_certificate(m->certificate))
            return refuse(fault, "RPC_TLS_KEY", "it is no private key in PEM, or is encrypted");
        return refuse(fault, "RPC_TLS_CERT", "it is no certificate in PEM");
    }
    if (nng_tls_config_auth_mode(c, NNG_TLS_AUTH_MODE_REQUIRED) ||
        nng_tls_config_version(c, NNG_TLS_1_2, NNG_TLS_1_3) ||
        (server_name && nng_tls_config_server_name(c, server_name)))
        return refuse(fault, "RPC_TLS_SERVER_NAME", "TLS cannot be set up");
    return true;
}

nng_tls_config *tls_material_config(const tls_material *m, nng_tls_mode mode, const char *server_name, tls_fault *fault)
{
    nng_tls_config *c;
    if (nng_tls_config_alloc(&c, mode)) {
        refuse(fault, "RPC_TLS_CA", "nng was built without TLS");
        return NULL;
    }
    if (fill(c, m, server_name, fault))
        return c;
    nng_tls_config_free(c);
    return NULL;
}
