#include "person_name.h"

#include "text.h"

const char *person_name_check(const char *s)
{
    if (text_count_characters(s) > PERSON_NAME_CHARACTERS_MAX)
        return "has more than 100 characters";
    for (const unsigned char *c = (const unsigned char *)s; *c; c++)
        if (*c < 0x20 || *c == 0x7F || (c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0))
            return "has control characters";
    return NULL;
}
