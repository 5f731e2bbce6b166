/* Services and methods by the names that people type. */
#include "fiber.h"
#include "run.h"
#include "spelling.h"

#include <stdio.h>
#include <string.h>

/* "plan.PlanService" means sical.plan.v1.PlanService: the last parts are equal, the parts before occur in order. */
static bool means(const char *full, const char *given)
{
    const char *full_last = strrchr(full, '.'), *given_last = strrchr(given, '.');
    if (strcmp(full_last ? full_last + 1 : full, given_last ? given_last + 1 : given))
        return false;
    const char *at = full;
    for (const char *part = given; given_last && part < given_last; part = strchr(part, '.') + 1) {
        size_t length = strcspn(part, ".");
        while (at < full_last && (strcspn(at, ".") != length || strncmp(at, part, length)))
            at += strcspn(at, ".") + 1;
        if (at >= full_last)
            return false;
        at += length + 1;
    }
    return true;
}

/* ---- what was meant ---- */

typedef struct nearest {
    unsigned distance;
    const char *name; /* NULL: nothing is near */
} nearest;

/* Another in three letters, and at least two, may differ. */
static void consider(nearest *n, const char *given, const char *candidate, const char *shown)
{
    unsigned distance = spelling_distance(given, candidate), bound = (unsigned)strlen(given) / 3;
    if (distance <= (bound > 2 ? bound : 2) && (!n->name || distance < n->distance))
        *n = (nearest){distance, shown};
}

static const char *last_part(const char *service)
{
    const char *dot = strrchr(service, '.');
    return dot ? dot + 1 : service;
}

static void consider_methods(nearest *n, const ProtobufCServiceDescriptor *d, const char *method)
{
    for (unsigned m = 0; m < d->n_methods; m++)
        consider(n, method, d->methods[m].name, arena_printf(fiber_arena(), "%s/%s", d->name, d->methods[m].name));
}

static void complain(const dynamic_services *services, const char *target, const char *service, const char *method)
{
    nearest methods = {0}, known = {0};
    for (size_t i = 0; i < services->count; i++) {
        const ProtobufCServiceDescriptor *d = &services->list[i];
        bool right = means(d->name, service);
        if (method && (right || spelling_distance(last_part(service), d->short_name) <= 2))
            consider_methods(&methods, d, method);
        if (!right)
            consider(&known, last_part(service), d->short_name, d->name);
    }
    const char *near = methods.name ? methods.name : known.name;
    fprintf(stderr, "sical: there is no %s%s%s%s\n", target, near ? "; did you mean " : "", near ? near : "",
            near ? "?" : " (see sical list)");
}

/* ---- ---- */

static const ProtobufCMethodDescriptor *find_method(const ProtobufCServiceDescriptor *d, const char *name)
{
    for (unsigned m = 0; m < d->n_methods; m++)
        if (strcmp(d->methods[m].name, name) == 0)
            return &d->methods[m];
    return NULL;
}

bool lookup_method(const dynamic_services *services, const char *target, method_found *out)
{
    const char *slash = strrchr(target, '/');
    const char *service = slash ? arena_strndup(fiber_arena(), target, (size_t)(slash - target)) : target;
    service += *service == '/'; /* "/sical.plan.v1.PlanService/GetGoal" as on the wire */
    for (size_t i = 0; i < services->count; i++) {
        const ProtobufCServiceDescriptor *d = &services->list[i];
        if (!means(d->name, service))
            continue;
        *out = (method_found){.service = d, .method = slash ? find_method(d, slash + 1) : NULL};
        if (!slash || out->method)
            return true;
    }
    complain(services, target, service, slash ? slash + 1 : NULL);
    return false;
}
