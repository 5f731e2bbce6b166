/* Bytes from anywhere as the target of a request, "path?query". What is found has all its parameters, none of them
 * empty by accident; what path and query set can be packed. */
#include "fuzz.h"

#include "router.h"
#include "target_input.h"

#include <string.h>

static void read_input(arena *a, const route_match *found, const char *query)
{
    const bound_route *route = found->route;
    transcode_faults faults = {0};
    ProtobufCMessage *message = transcode_new_message(a, route->input);
    target_input_query(a, route, query, message, &faults);
    target_input_path(a, route, found->parameters, message, &faults);
    for (size_t i = 0; i < faults.count; i++)
        require(faults.list[i].field && *faults.list[i].message);
    size_t size;
    const uint8_t *packed = rpc_message_pack(a, message, &size);
    require(packed && (faults.count || rpc_message_unpack(a, route->input, packed, size, NULL)));
}

static void find(const router *routes, arena *a, const char *method, const char *path, const char *query)
{
    route_match found = router_find(routes, a, method, path);
    require((found.verdict == ROUTE_UNKNOWN) == (found.allow == NULL));
    if (found.verdict != ROUTE_FOUND)
        return;
    for (size_t i = 0; i < found.route->parameter_count; i++)
        require(found.parameters[i] && *found.parameters[i]);
    read_input(a, &found, query);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static router *routes;
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"};
    if (!routes)
        routes = router_create(gateway_routes, gateway_route_count);
    arena a;
    arena_init(&a, 0);
    char *path = strndup((const char *)bytes, size), *query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++)
        find(routes, &a, methods[m], path, query ? query : "");
    const char *decoded = router_decode(&a, path, strlen(path), true);
    require(!decoded || strlen(decoded) <= strlen(path));
    free(path);
    arena_finish(&a);
    return 0;
}
