/*
 * Addresses of hosts, and lists of networks ("10.0.0.0/8, 2001:db8::/32, ::1"). An IPv4 address stands as its
 * IPv4-mapped IPv6 form, so that both are of one kind and a client is the same one on a socket of either.
 * Pure: no I/O, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

enum { HTTP_ADDRESS_BYTES = 16, HTTP_ADDRESS_TEXT_SIZE = 46 };

typedef struct http_address {
    uint8_t bytes[HTTP_ADDRESS_BYTES];
} http_address;

typedef struct http_network {
    http_address address; /* no bit set beyond the prefix */
    unsigned prefix_bits; /* of 128 */
} http_network;

typedef struct http_networks {
    http_network *list;
    size_t count;
} http_networks;

/* "192.0.2.1" or "2001:db8::1": size bytes, without port, brackets or zone. false when it is none. */
bool http_address_parse(const char *text, size_t size, http_address *out);

/* All zeros for a family that is neither AF_INET nor AF_INET6. */
http_address http_address_of_socket(const struct sockaddr *address);

/* The canonical text with its NUL: dotted for IPv4. */
void http_address_format(const http_address *address, char out[HTTP_ADDRESS_TEXT_SIZE]);

bool http_address_equal(const http_address *a, const http_address *b);

/* Networks separated by commas; without /prefix a single host; "" is an empty list. false with *why pointing to a
 * constant text: an address or prefix that is none, or bits beyond the prefix. *out is to be finished either way. */
bool http_networks_parse(const char *text, http_networks *out, const char **why);
void http_networks_finish(http_networks *n);
bool http_networks_contain(const http_networks *n, const http_address *address);
