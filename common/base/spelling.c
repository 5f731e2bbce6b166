#include "spelling.h"

#include <string.h>
#include <strings.h>

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* One row of the table at a time. */
unsigned spelling_distance(const char *a, const char *b)
{
    unsigned row[SPELLING_LENGTH_MAX + 1];
    size_t width = strnlen(b, SPELLING_LENGTH_MAX + 1);
    if (strnlen(a, SPELLING_LENGTH_MAX + 1) > SPELLING_LENGTH_MAX || width > SPELLING_LENGTH_MAX)
        return SPELLING_LENGTH_MAX;
    for (unsigned i = 0; i <= width; i++)
        row[i] = i;
    for (unsigned left = 1; *a; a++, left++) {
        unsigned diagonal = row[0];
        row[0] = left;
        for (size_t i = 1; i <= width; i++) {
            unsigned above = row[i];
            row[i] = smallest(above + 1, row[i - 1] + 1, diagonal + (strncasecmp(a, b + i - 1, 1) != 0));
            diagonal = above;
        }
    }
    return row[width];
}
