#include "load_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The value of a header between head and end; NULL when it is not there. */
static const char *find_header(const char *head, const char *end, const char *name)
{
    size_t size = strlen(name);
    for (const char *line = head; line && line < end; line = strstr(line, "\r\n")) {
        line += line == head ? 0 : 2;
        if (!strncasecmp(line, name, size) && line[size] == ':')
            return line + size + 1 + strspn(line + size + 1, " ");
    }
    return NULL;
}

int load_read_answer(wire *w, load_answer *out)
{
    w->answer[w->answer_size] = '\0';
    const char *end = strstr(w->answer, "\r\n\r\n");
    if (!end)
        return w->answer_size >= ANSWER_BYTES - 1 ? -1 : 0;
    *out = (load_answer){.body = end + 4};
    if (sscanf(w->answer, "HTTP/1.%*c %d", &out->status) != 1 || out->status < 200 || out->status > 599)
        return -1;
    const char *length = find_header(w->answer, end, "Content-Length");
    const char *connection = find_header(w->answer, end, "Connection");
    size_t size = length ? strtoul(length, NULL, 10) : 0;
    size_t head_size = (size_t)(out->body - w->answer);
    if ((!length && out->status != 204) || head_size + size >= ANSWER_BYTES)
        return -1;
    out->closes = connection && !strncasecmp(connection, "close", 5);
    if (w->answer_size > head_size + size)
        return -1;
    return w->answer_size == head_size + size;
}
