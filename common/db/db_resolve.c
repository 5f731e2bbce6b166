/*
 * PQconnectStart would resolve host names itself, and block the loop meanwhile. So names are resolved on libuv's pool
 * first, one after another, and libpq gets hostaddr beside host. A name with several addresses becomes several hosts:
 * libpq tries them in order.
 */
#include "db_internal.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_SIZE = 2048 };

struct db_resolution {
    uv_getaddrinfo_t request;
    db_connection *connection; /* NULL once cancelled */
    db_resolved *done;
    char *hosts, *ports;         /* as configured; the cursors below cut them */
    char *next_host, *next_port; /* NULL after the last; a single port is for all hosts */
    char *host, *port;           /* being resolved */
    char host_list[LIST_SIZE], address_list[LIST_SIZE], port_list[LIST_SIZE];
    unsigned found;
};

static void next_host(db_resolution *r);

static void append(char *list, const char *text, bool first)
{
    size_t used = strlen(list);
    snprintf(list + used, LIST_SIZE - used, "%s%s", first ? "" : ",", text);
}

static void add(db_resolution *r, const char *address)
{
    append(r->host_list, r->host, r->found == 0);
    append(r->address_list, address, r->found == 0);
    append(r->port_list, r->port, r->found == 0);
    r->found++;
}

static bool is_socket(const char *host)
{
    return !*host || *host == '/' || *host == '@';
}

static bool is_address(const char *host)
{
    struct in6_addr buffer;
    return inet_pton(AF_INET, host, &buffer) == 1 || inet_pton(AF_INET6, host, &buffer) == 1;
}

static void destroy(db_resolution *r)
{
    free(r->hosts);
    free(r->ports);
    free(r);
}

static void finish(db_resolution *r)
{
    db_connection *c = r->connection;
    c->resolution = NULL;
    r->done(c, r->found ? r->host_list : NULL, r->address_list, r->port_list);
    destroy(r);
}

static void on_addresses(uv_getaddrinfo_t *request, int error, struct addrinfo *addresses)
{
    db_resolution *r = request->data;
    if (!r->connection) {
        uv_freeaddrinfo(addresses);
        destroy(r);
        return;
    }
    for (const struct addrinfo *a = error ? NULL : addresses; a; a = a->ai_next) {
        char text[64];
        if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST) == 0)
            add(r, text);
    }
    uv_freeaddrinfo(addresses);
    next_host(r);
}

static void next_host(db_resolution *r)
{
    while (r->next_host) {
        r->host = strsep(&r->next_host, ",");
        if (r->next_port)
            r->port = strsep(&r->next_port, ",");
        if (is_socket(r->host) || is_address(r->host)) {
            add(r, is_socket(r->host) ? "" : r->host);
            continue;
        }
        const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
        if (uv_getaddrinfo(loop_uv(r->connection->db->loop), &r->request, on_addresses, r->host, NULL, &hints) == 0)
            return;
    }
    finish(r);
}

static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    return "";
}

static bool has_name(const char *hosts)
{
    char *copy = strdup(hosts), *next = copy;
    bool found = false;
    if (!copy)
        abort();
    for (char *host; (host = strsep(&next, ","));)
        found = found || !(is_socket(host) || is_address(host));
    free(copy);
    return found;
}

bool db_resolve_start(db_connection *c, const PQconninfoOption *options, db_resolved *done)
{
    const char *hosts = option(options, "host");
    if (*option(options, "hostaddr") || !has_name(hosts))
        return false;
    db_resolution *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->connection = c;
    r->done = done;
    r->request.data = r;
    r->hosts = r->next_host = strdup(hosts);
    r->ports = r->next_port = strdup(option(options, "port"));
    if (!r->hosts || !r->ports)
        abort();
    c->resolution = r;
    next_host(r);
    return true;
}

void db_resolve_cancel(db_resolution *r)
{
    if (!r)
        return;
    r->connection->resolution = NULL;
    r->connection = NULL;
    uv_cancel((uv_req_t *)&r->request); /* when it runs already, its end finds nobody waiting */
}
