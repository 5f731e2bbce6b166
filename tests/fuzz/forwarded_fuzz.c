/* Bytes from anywhere as Forwarded, X-Forwarded-For and a list of networks. Whatever stands before what a trusted proxy
 * appends, the client is the one that the proxy names, or unknown. */
#include "fuzz.h"
#include "http_forwarded.h"

#include <stdlib.h>
#include <string.h>

static const http_network loopback = {.address = {{[15] = 1}}, .prefix_bits = 128}; /* ::1 */

static bool is_documentation_address(const http_origin *origin)
{
    char text[HTTP_ADDRESS_TEXT_SIZE];
    http_address_format(&origin->address, text);
    return !strcmp(text, "2001:db8::7");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char appended[] = ",for=\"[2001:db8::7]\"", also_appended[] = ",2001:db8::7";
    http_networks trusted = {.list = (http_network *)(uintptr_t)&loopback, .count = 1}, parsed;
    http_origin origin;
    const char *why;
    char *text = calloc(1, size + sizeof appended);
    memcpy(text, bytes, size);
    http_forwarded_read(text, &trusted, &origin);
    http_x_forwarded_for_read(text, &trusted, &origin);
    http_networks_parse(text, &parsed, &why);
    http_networks_finish(&parsed);
    size_t length = strlen(text);
    strcpy(text + length, appended);
    require(!http_forwarded_read(text, &trusted, &origin) || is_documentation_address(&origin));
    strcpy(text + length, also_appended);
    require(http_x_forwarded_for_read(text, &trusted, &origin) && is_documentation_address(&origin));
    free(text);
    return 0;
}
