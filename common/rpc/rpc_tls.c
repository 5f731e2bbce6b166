/*
 * The material that is in use, and its renewal: every few seconds the thread pool looks whether a file has changed;
 * when one has, it reads and tries all of them, and the loop puts them to use and tells the sockets.
 */
#include "rpc_tls_internal.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

enum { POLL_MS = 5000, FILES = 3 };

/* What tells one version of a file from the next. */
typedef struct file_version {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
} file_version;

typedef struct versions {
    file_version of[FILES];
} versions;

struct rpc_tls {
    rpc_tls_options options; /* its texts are owned */
    tls_material material;
    nng_tls_config *server, *probe;
    versions seen;
    rpc_tls_user *users;
    uv_loop_t *uv;
    uv_timer_t *timer;
    bool from_files;
    struct look *looking; /* NULL when the pool is not at it */
};

/* One look at the files. It owns what it needs, so that rpc_tls may go meanwhile. */
typedef struct look {
    uv_work_t work;
    rpc_tls *tls; /* NULL when it has gone */
    rpc_tls_options options;
    versions seen;
    bool changed;
    bool good;
    tls_material material;
    tls_fault fault;
} look;

/* ---- options ---- */

static char *copy(const char *text)
{
    char *c = text ? strdup(text) : NULL;
    if (text && !c)
        abort();
    return c;
}

static rpc_tls_options copy_options(const rpc_tls_options *o)
{
    return (rpc_tls_options){.ca = copy(o->ca),
                             .certificate = copy(o->certificate),
                             .key = copy(o->key),
                             .server_name = copy(o->server_name),
                             .poll_ms = o->poll_ms ? o->poll_ms : POLL_MS};
}

static void free_options(rpc_tls_options *o)
{
    free((char *)o->ca);
    free((char *)o->certificate);
    free((char *)o->key);
    free((char *)o->server_name);
}

/* ---- files ---- */

/* Of what is no file, all is zero, always. */
static versions look_at_files(const rpc_tls_options *o)
{
    const char *const paths[FILES] = {o->ca, o->certificate, o->key};
    versions v;
    memset(&v, 0, sizeof v); /* padding too: versions are compared as bytes */
    for (int i = 0; i < FILES; i++) {
        struct stat s;
        if (!paths[i] || stat(paths[i], &s))
            continue;
        v.of[i].device = s.st_dev;
        v.of[i].inode = s.st_ino;
        v.of[i].size = s.st_size;
        v.of[i].modified = s.st_mtim;
    }
    return v;
}

static bool same(const versions *a, const versions *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static bool comes_from_files(const rpc_tls_options *o)
{
    versions none, v = look_at_files(o);
    memset(&none, 0, sizeof none);
    return !same(&v, &none);
}

/* Reads and tries; *server is then fit for use. false with *fault. */
static bool load(const rpc_tls_options *options, tls_material *material, nng_tls_config **server, tls_fault *fault)
{
    if (!tls_material_read(options, material, fault))
        return false;
    *server = tls_material_config(material, NNG_TLS_MODE_SERVER, NULL, fault);
    if (*server && tls_handshake_try(material, *server, fault))
        return true;
    if (*server)
        nng_tls_config_free(*server);
    tls_material_finish(material);
    return false;
}

/* ---- renewal ---- */

static void look_in_pool(uv_work_t *work)
{
    look *l = work->data;
    versions v = look_at_files(&l->options);
    l->changed = !same(&v, &l->seen);
    l->seen = v;
    nng_tls_config *server;
    l->good = l->changed && load(&l->options, &l->material, &server, &l->fault);
    if (l->good)
        nng_tls_config_free(server); /* a listener keeps what it has */
}

static void take(rpc_tls *t, look *l)
{
    t->seen = l->seen;
    tls_material old = t->material;
    t->material = l->material;
    l->material = old;
    log_info("new certificates are in use");
    for (rpc_tls_user *user = t->users; user; user = user->next)
        user->renewed(user->arg);
}

static void on_look_done(uv_work_t *work, int cancelled)
{
    look *l = work->data;
    rpc_tls *t = l->tls;
    if (t && !cancelled) {
        t->looking = NULL;
        if (l->good)
            take(t, l);
        else if (l->changed) /* not seen: it is tried again at the next look */
            log_warn("new certificates are not taken", log_text("variable", l->fault.name),
                     log_text("reason", l->fault.reason));
    }
    if (l->good)
        tls_material_finish(&l->material);
    free_options(&l->options);
    free(l);
}

static void on_timer(uv_timer_t *timer)
{
    rpc_tls *t = timer->data;
    for (rpc_tls_user *user = t->users; user; user = user->next)
        user->look(user->arg);
    if (t->looking || !t->from_files)
        return;
    look *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->tls = t;
    l->options = copy_options(&t->options);
    l->seen = t->seen;
    l->work.data = l;
    t->looking = l;
    uv_queue_work(t->uv, &l->work, look_in_pool, on_look_done);
}

/* ---- for the sockets ---- */

void rpc_tls_add_user(rpc_tls *t, rpc_tls_user *user)
{
    user->next = t->users;
    user->link = &t->users;
    if (user->next)
        user->next->link = &user->next;
    t->users = user;
}

void rpc_tls_remove_user(rpc_tls_user *user)
{
    if (!user->link)
        return;
    *user->link = user->next;
    if (user->next)
        user->next->link = user->link;
    user->link = NULL;
}

nng_tls_config *rpc_tls_server_config(rpc_tls *t)
{
    nng_tls_config_hold(t->server);
    return t->server;
}

nng_tls_config *rpc_tls_client_config(rpc_tls *t, const char *host)
{
    bool fixed = t->options.server_name && *t->options.server_name;
    tls_fault fault;
    nng_tls_config *c =
        tls_material_config(&t->material, NNG_TLS_MODE_CLIENT, fixed ? t->options.server_name : host, &fault);
    if (!c)
        abort(); /* it was tried: only memory can be out */
    return c;
}

nng_tls_config *rpc_tls_probe_config(rpc_tls *t)
{
    nng_tls_config_hold(t->probe);
    return t->probe;
}

static nng_tls_config *make_probe_config(const tls_material *m)
{
    tls_fault fault;
    nng_tls_config *c = tls_material_config(m, NNG_TLS_MODE_CLIENT, NULL, &fault);
    if (!c || nng_tls_config_auth_mode(c, NNG_TLS_AUTH_MODE_NONE))
        abort(); /* it was tried: only memory can be out */
    return c;
}

/* ---- life ---- */

rpc_tls *rpc_tls_create(loop *l, const rpc_tls_options *options)
{
    rpc_tls *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    t->uv = loop_uv(l);
    t->options = copy_options(options);
    t->seen = look_at_files(&t->options); /* before they are read: a change in between is found */
    tls_fault fault;
    if (!load(&t->options, &t->material, &t->server, &fault)) {
        log_error("TLS cannot be used", log_text("variable", fault.name), log_text("reason", fault.reason));
        free_options(&t->options);
        free(t);
        return NULL;
    }
    t->probe = make_probe_config(&t->material);
    t->from_files = comes_from_files(&t->options);
    t->timer = calloc(1, sizeof *t->timer);
    if (!t->timer)
        abort();
    uv_timer_init(t->uv, t->timer);
    t->timer->data = t;
    uv_timer_start(t->timer, on_timer, t->options.poll_ms, t->options.poll_ms);
    uv_unref((uv_handle_t *)t->timer);
    return t;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle);
}

void rpc_tls_destroy(rpc_tls *t)
{
    if (!t)
        return;
    uv_close((uv_handle_t *)t->timer, on_timer_closed);
    if (t->looking)
        t->looking->tls = NULL;
    nng_tls_config_free(t->server);
    nng_tls_config_free(t->probe);
    tls_material_finish(&t->material);
    free_options(&t->options);
    free(t);
}
