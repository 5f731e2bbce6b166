#include "router.h"

#include "log.h"
#include "route_bind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
    const char *segment; /* borrowed from the pattern; not ended there */
    size_t size;
    struct node *literals; /* children */
    struct node *next;     /* sibling */
    struct node *parameter;
    bound_route *routes[METHOD_COUNT];
    char allow[64];
} node;

struct router {
    node root;
    bound_route *bound;
    size_t count;
};

const char *route_method_name(route_method m)
{
    static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    return names[m];
}

const char *route_limit_name(route_limit l)
{
    static const char *const names[LIMIT_COUNT] = {"", "login", "register", "generate", "query"};
    return names[l];
}

/* ---- building ---- */

static node *new_node(const char *segment, size_t size)
{
    node *n = calloc(1, sizeof *n);
    if (!n)
        abort();
    n->segment = segment;
    n->size = size;
    return n;
}

static node *find_literal(const node *n, const char *segment, size_t size)
{
    for (node *child = n->literals; child; child = child->next)
        if (child->size == size && !memcmp(child->segment, segment, size))
            return child;
    return NULL;
}

static node *child_for(node *n, const char *segment, size_t size)
{
    if (*segment == '{') {
        if (!n->parameter)
            n->parameter = new_node(segment, size);
        return n->parameter;
    }
    node *child = find_literal(n, segment, size);
    if (child)
        return child;
    child = new_node(segment, size);
    child->next = n->literals;
    n->literals = child;
    return child;
}

static node *grow_path(node *root, const char *pattern)
{
    node *n = root;
    while (*pattern == '/') {
        size_t size = strcspn(++pattern, "/");
        n = child_for(n, pattern, size);
        pattern += size;
    }
    return n;
}

static void write_allow(node *n)
{
    char *out = n->allow;
    *out = '\0';
    for (int m = 0; m < METHOD_COUNT; m++) {
        if (!n->routes[m])
            continue;
        out = stpcpy(stpcpy(out, route_method_name((route_method)m)), ", ");
        if (m == METHOD_GET)
            out = stpcpy(out, "HEAD, ");
    }
    stpcpy(out, "OPTIONS");
}

static bool add(router *r, bound_route *bound)
{
    node *n = grow_path(&r->root, bound->pattern);
    if (n->routes[bound->spec->method]) {
        log_error("two routes for the same method and path", log_text("path", bound->pattern));
        return false;
    }
    n->routes[bound->spec->method] = bound;
    write_allow(n);
    return true;
}

router *router_create(const route_spec *routes, size_t count)
{
    router *r = calloc(1, sizeof *r);
    bound_route *bound = calloc(count, sizeof *bound);
    if (!r || !bound)
        abort();
    r->bound = bound;
    r->count = count;
    bool good = true;
    rpc_repeatabilities *methods = route_bind_methods();
    for (size_t i = 0; i < count; i++) {
        good &= route_bind(&routes[i], methods, &bound[i]);
        good &= add(r, &bound[i]);
    }
    rpc_repeatabilities_destroy(methods);
    if (good)
        return r;
    router_destroy(r);
    return NULL;
}

static void free_children(node *n)
{
    while (n->literals) {
        node *child = n->literals;
        n->literals = child->next;
        free_children(child);
        free(child);
    }
    if (n->parameter)
        free_children(n->parameter);
    free(n->parameter);
}

void router_destroy(router *r)
{
    if (!r)
        return;
    free_children(&r->root);
    for (size_t i = 0; i < r->count; i++)
        route_unbind(&r->bound[i]);
    free(r->bound);
    free(r);
}

size_t router_route_count(const router *r)
{
    return r->count;
}

bound_route *router_route(const router *r, size_t index)
{
    return &r->bound[index];
}

/* ---- finding ---- */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *router_decode(arena *a, const char *text, size_t size, bool plus_is_space)
{
    char *decoded = arena_alloc(a, size + 1);
    char *out = decoded;
    for (size_t i = 0; i < size && out; i++) {
        char c = text[i];
        if (c == '%') {
            int high = size - i > 2 ? hex_value(text[i + 1]) : -1;
            int low = high >= 0 ? hex_value(text[i + 2]) : -1;
            if (low < 0 || (high == 0 && low == 0))
                return NULL;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        *out++ = c;
    }
    if (out)
        *out = '\0';
    return decoded;
}

static int method_of(const char *name)
{
    if (!strcmp(name, "HEAD"))
        return METHOD_GET;
    for (int m = 0; m < METHOD_COUNT; m++)
        if (!strcmp(name, route_method_name((route_method)m)))
            return m;
    return -1;
}

/* Walks down the tree; parameters are noted raw and decoded by the caller once the route is known. */
typedef struct walk {
    const char *raw[ROUTE_PARAMETERS_MAX];
    size_t sizes[ROUTE_PARAMETERS_MAX];
    size_t count;
} walk;

static const node *descend(const node *n, const char *path, walk *w)
{
    while (n && *path == '/') {
        const char *segment = ++path;
        size_t size = strcspn(segment, "/");
        path += size;
        const node *literal = find_literal(n, segment, size);
        if (literal) {
            n = literal;
            continue;
        }
        n = size ? n->parameter : NULL;
        if (n) { /* patterns have at most ROUTE_PARAMETERS_MAX of them */
            w->raw[w->count] = segment;
            w->sizes[w->count++] = size;
        }
    }
    return n && n->allow[0] ? n : NULL;
}

route_match router_find(const router *r, arena *a, const char *method, const char *path)
{
    walk w = {.count = 0};
    const node *n = descend(&r->root, path, &w);
    if (!n)
        return (route_match){.verdict = ROUTE_UNKNOWN};
    int m = method_of(method);
    route_match match = {.verdict = ROUTE_WRONG_METHOD, .allow = n->allow};
    if (m < 0 || !n->routes[m])
        return match;
    match.verdict = ROUTE_FOUND;
    match.route = n->routes[m];
    for (size_t i = 0; i < w.count; i++) {
        match.parameters[i] = router_decode(a, w.raw[i], w.sizes[i], false);
        if (!match.parameters[i])
            match.verdict = ROUTE_BAD_ESCAPE;
    }
    return match;
}
