/* The files are taken as they are but for what a machine chooses: ports, and where certificates and logs are. What is
 * to be replaced must be there, so that this cannot drift away from the files. */
#include "nginx_front.h"

#include "network.h"
#include "program.h"
#include "scratch_folder.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nginx_front front;

static char folder[TEST_FOLDER_SIZE];
static test_program *nginx;

/* The whole file; malloc'ed, "" when there is none. */
static char *read_file(const char *path)
{
    char *text = NULL;
    size_t capacity = 0;
    FILE *f = fopen(path, "re");
    if (!f || getdelim(&text, &capacity, '\0', f) < 0) {
        free(text);
        text = strdup("");
    }
    if (f)
        fclose(f);
    return text;
}

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    if (!f || fputs(text, f) < 0 || fclose(f))
        test_fail("%s cannot be written", path);
}

/* text with every old replaced; frees text. */
static char *replace(char *text, const char *old, const char *new)
{
    char *result = NULL, *at;
    size_t size;
    FILE *out = open_memstream(&result, &size);
    if (!strstr(text, old))
        test_fail("the files of nginx do not say \"%s\"", old);
    for (const char *rest = text; rest; rest = at ? at + strlen(old) : NULL) {
        at = strstr(rest, old);
        fprintf(out, "%.*s%s", at ? (int)(at - rest) : (int)strlen(rest), rest, at ? new : "");
    }
    fclose(out);
    free(text);
    return result;
}

static char *deployed(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/deploy/nginx/%s", test_source_dir(), name);
    return read_file(path);
}

static char *replace_port(char *text, const char *old, unsigned port, const char *rest)
{
    char new[128];
    snprintf(new, sizeof new, "listen 127.0.0.1:%u%s;", port, rest);
    return replace(text, old, new);
}

static void put(const char *name, char *text)
{
    write_file(name, text);
    free(text);
}

static void put_files(unsigned gateway_port, unsigned other_port)
{
    char gateways[128], tls[128], logs[128];
    snprintf(gateways, sizeof gateways, "server 127.0.0.1:%u", gateway_port);
    if (other_port)
        snprintf(gateways, sizeof gateways, "server 127.0.0.1:%u; server 127.0.0.1:%u", other_port, gateway_port);
    snprintf(tls, sizeof tls, "%s/", folder);
    snprintf(logs, sizeof logs, "%s/", folder);
    put("sical.conf", replace(deployed("sical.conf"), "server 127.0.0.1:8080", gateways));
    put("sical-http.conf", replace_port(deployed("sical-http.conf"), "listen 80 default_server;", front.http_port, ""));
    char *https = replace_port(deployed("sical-https.conf"), "listen 443 ssl http2 default_server;", front.https_port,
                               " ssl http2");
    https = replace_port(https, "listen 80 default_server;", front.redirect_port, "");
    put("sical-https.conf", replace(https, "/etc/nginx/tls/", tls));
    put("sical-server.inc", replace(deployed("sical-server.inc"), "/var/log/nginx/", logs));
}

/* One process: a worker would outlive a master that is killed with the test. */
static void put_main_file(void)
{
    char text[2048];
    snprintf(text, sizeof text,
             "daemon off; master_process off; pid %s/pid; events { worker_connections 512; }\n"
             "http { client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u;\n"
             "scgi_temp_path %s/s; include sical.conf; include sical-http.conf; include sical-https.conf; }\n",
             folder, folder, folder, folder, folder, folder);
    write_file("nginx.conf", text);
}

static void make_certificate(void)
{
    char key[128], certificate[128];
    snprintf(key, sizeof key, "%s/sical.key", folder);
    snprintf(certificate, sizeof certificate, "%s/sical.crt", folder);
    const char *const arguments[] = {
        "req",   "-x509",         "-newkey",   "ec",    "-pkeyopt", "ec_paramgen_curve:P-256",
        "-subj", "/CN=localhost", "-nodes",    "-days", "1",        "-keyout",
        key,     "-out",          certificate, NULL};
    char *errors;
    if (test_program_run(&(test_program_options){.name = "/usr/bin/openssl", .arguments = arguments}, NULL, &errors))
        test_fail("no certificate: %s", errors);
    free(errors);
}

void nginx_front_start(unsigned gateway_port, unsigned other_port)
{
    char main_file[128], log[128];
    test_folder_create(folder);
    front = (nginx_front){test_free_port(), test_free_port(), test_free_port()};
    put_files(gateway_port, other_port);
    put_main_file();
    make_certificate();
    snprintf(main_file, sizeof main_file, "%s/nginx.conf", folder);
    snprintf(log, sizeof log, "%s/start.log", folder);
    const char *const arguments[] = {"-c", main_file, "-e", log, NULL};
    nginx = test_program_start(&(test_program_options){.name = "/usr/sbin/nginx", .arguments = arguments});
    if (!test_wait_tcp(front.http_port, TEST_WAIT_MS) || !test_wait_tcp(front.https_port, TEST_WAIT_MS))
        test_fail("nginx did not come up: %s", test_program_errors(nginx));
}

void nginx_front_stop(void)
{
    test_program_signal(nginx, SIGQUIT);
    test_program_wait(nginx, TEST_WAIT_MS);
    test_program_destroy(nginx);
    test_folder_remove(folder);
}

static char *read_log(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_file(path);
}

char *nginx_front_log(void)
{
    return read_log("sical.log");
}

char *nginx_front_errors(void)
{
    return read_log("sical-error.log");
}
