/* REST calls for stories: one blocking HTTP exchange each, JSON in and out. A client is not thread-safe: one per
 * thread. */
#pragma once

#include <jansson.h>
#include <stddef.h>

typedef struct rest_client rest_client;

/* base_url without a slash at its end; copied. Ends the test when libcurl cannot start. */
rest_client *rest_create(const char *base_url);
void rest_destroy(rest_client *c);

/* Sent as "Authorization: Bearer TOKEN" from now on; NULL = none. Copied. */
void rest_set_token(rest_client *c, const char *token);
const char *rest_token(const rest_client *c); /* NULL when there is none */

/* A further header line of all requests from now on, "Idempotency-Key: k"; NULL = none. Copied. */
void rest_set_header(rest_client *c, const char *line);

typedef struct rest_answer {
    int status;       /* HTTP status; 0 = no answer (refused, reset, timed out) */
    json_t *json;     /* the body when it is JSON, else NULL; valid until the client's next call */
    const char *body; /* the raw body, NUL-terminated; valid until the next call */
    size_t size;
    const char *content_type; /* "" when absent; valid until the next call */
    const char *etag;         /* likewise */
    double seconds;
} rest_answer;

/* path begins with '/'. body: NULL = none, sent as application/json. */
rest_answer rest_send(rest_client *c, const char *method, const char *path, const char *body, size_t size);
rest_answer rest_get(rest_client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes over the reference to body (may be NULL). */
rest_answer rest_post(rest_client *c, const char *path, json_t *body);
rest_answer rest_put(rest_client *c, const char *path, json_t *body);

/* The member at a path of names and indexes, "certificate.topics.0.minutes"; NULL when there is none. */
json_t *rest_at(json_t *json, const char *path);
/* "" and -1 stand for what is absent. */
const char *rest_text(json_t *json, const char *path);
long long rest_number(json_t *json, const char *path);
