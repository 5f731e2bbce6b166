#include "rest.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rest_client {
    CURL *curl;
    char *base_url;
    char *token;
    char *header;
    char *body;
    size_t size;
    json_t *json;
    char content_type[128];
    char etag[128];
};

static size_t collect(char *bytes, size_t size, size_t count, void *arg)
{
    rest_client *c = arg;
    size_t added = size * count;
    c->body = realloc(c->body, c->size + added + 1);
    if (!c->body)
        abort();
    memcpy(c->body + c->size, bytes, added);
    c->size += added;
    c->body[c->size] = '\0';
    return added;
}

rest_client *rest_create(const char *base_url)
{
    rest_client *c = calloc(1, sizeof *c);
    if (!c || !(c->curl = curl_easy_init()) || !(c->base_url = strdup(base_url)))
        abort();
    return c;
}

void rest_destroy(rest_client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->curl);
    json_decref(c->json);
    free(c->body);
    free(c->token);
    free(c->header);
    free(c->base_url);
    free(c);
}

void rest_set_token(rest_client *c, const char *token)
{
    free(c->token);
    c->token = token ? strdup(token) : NULL;
}

const char *rest_token(const rest_client *c)
{
    return c->token;
}

void rest_set_header(rest_client *c, const char *line)
{
    free(c->header);
    c->header = line ? strdup(line) : NULL;
}

static struct curl_slist *make_headers(const rest_client *c, bool with_body)
{
    struct curl_slist *headers = NULL;
    if (with_body)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    if (c->header)
        headers = curl_slist_append(headers, c->header);
    if (c->token) {
        char *line;
        if (asprintf(&line, "Authorization: Bearer %s", c->token) < 0)
            abort();
        headers = curl_slist_append(headers, line);
        free(line);
    }
    return headers;
}

static void read_etag(rest_client *c)
{
    struct curl_header *header;
    bool found = curl_easy_header(c->curl, "ETag", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
    snprintf(c->etag, sizeof c->etag, "%s", found ? header->value : "");
}

static rest_answer read_answer(rest_client *c)
{
    long status = 0;
    const char *type = NULL;
    rest_answer answer = {.body = c->body, .size = c->size};
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(c->curl, CURLINFO_TOTAL_TIME, &answer.seconds);
    snprintf(c->content_type, sizeof c->content_type, "%s", type ? type : "");
    answer.status = (int)status;
    answer.content_type = c->content_type;
    read_etag(c);
    answer.etag = c->etag;
    if (strstr(c->content_type, "json"))
        c->json = json_loadb(c->body, c->size, JSON_DECODE_ANY, NULL);
    answer.json = c->json;
    return answer;
}

rest_answer rest_send(rest_client *c, const char *method, const char *path, const char *body, size_t size)
{
    json_decref(c->json);
    c->json = NULL;
    c->body = realloc(c->body, 1);
    c->body[0] = '\0';
    c->size = 0;
    char *url;
    if (asprintf(&url, "%s%s", c->base_url, path) < 0)
        abort();
    struct curl_slist *headers = make_headers(c, body != NULL);
    curl_easy_reset(c->curl);
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
    if (body) {
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    }
    CURLcode code = curl_easy_perform(c->curl);
    rest_answer answer = read_answer(c);
    if (code != CURLE_OK && code != CURLE_SEND_ERROR)
        answer.status = 0;
    curl_slist_free_all(headers);
    free(url);
    return answer;
}

rest_answer rest_get(rest_client *c, const char *format, ...)
{
    char *path;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&path, format, args);
    va_end(args);
    if (length < 0)
        abort();
    rest_answer answer = rest_send(c, "GET", path, NULL, 0);
    free(path);
    return answer;
}

static rest_answer send_json(rest_client *c, const char *method, const char *path, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    rest_answer answer = rest_send(c, method, path, text, text ? strlen(text) : 0);
    free(text);
    json_decref(body);
    return answer;
}

rest_answer rest_post(rest_client *c, const char *path, json_t *body)
{
    return send_json(c, "POST", path, body);
}

rest_answer rest_put(rest_client *c, const char *path, json_t *body)
{
    return send_json(c, "PUT", path, body);
}

json_t *rest_at(json_t *json, const char *path)
{
    while (json && *path) {
        size_t length = strcspn(path, ".");
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10)) : json_object_get(json, name);
        path += length + (path[length] == '.');
    }
    return json;
}

const char *rest_text(json_t *json, const char *path)
{
    const char *text = json_string_value(rest_at(json, path));
    return text ? text : "";
}

long long rest_number(json_t *json, const char *path)
{
    json_t *value = rest_at(json, path);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}
