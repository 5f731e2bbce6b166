/*
 * Who the client is behind proxies: the walk from the peer back through what each hop says it was asked by. It goes on
 * as long as the hop is one of the trusted networks; the first that is not is the client, for what stands further left
 * was sent by it and proves nothing. A hop that names no address ("unknown", "_hidden", nonsense) ends the walk too:
 * the client is then the last hop that is known. All hops trusted: the client is the leftmost. Pure: no I/O, any
 * thread, time linear in the length.
 */
#pragma once

#include "http_address.h"

typedef struct http_origin {
    http_address address;
    bool secure; /* the client spoke https to the first trusted proxy; only Forwarded can tell */
} http_origin;

/* A Forwarded header (RFC 7239; several lines joined by commas). false: it breaks the grammar anywhere (an open quote
 * could hide what a proxy has appended), or its last hop names no address; the peer is then all that is known. */
bool http_forwarded_read(const char *value, const http_networks *trusted, http_origin *origin);

/* The same of X-Forwarded-For: addresses separated by commas, each may have a port ("192.0.2.1:80", "[::1]:80"). */
bool http_x_forwarded_for_read(const char *value, const http_networks *trusted, http_origin *origin);
