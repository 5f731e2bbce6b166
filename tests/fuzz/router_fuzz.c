/* Bytes from anywhere as the path of a request. What is found must have all its parameters, none of them empty by
 * accident. */
#include "router.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static router *routes;
    if (!routes)
        routes = router_create(gateway_routes, gateway_route_count);
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"};
    arena a;
    arena_init(&a, 0);
    char *path = strndup((const char *)bytes, size);
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        route_match found = router_find(routes, &a, methods[m], path);
        for (size_t i = 0; found.verdict == ROUTE_FOUND && i < found.route->parameter_count; i++)
            if (!found.parameters[i] || !*found.parameters[i])
                abort();
        if ((found.verdict == ROUTE_UNKNOWN) != (found.allow == NULL))
            abort();
    }
    char *decoded = router_decode(&a, path, strlen(path), true);
    if (decoded && strlen(decoded) > strlen(path))
        abort();
    free(path);
    arena_finish(&a);
    return 0;
}
