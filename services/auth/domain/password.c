#include "password.h"

#include "text.h"

#include <stdbool.h>

static bool equals_without_case(const char *s, const char *lower_case)
{
    for (; *s && *lower_case; s++, lower_case++) {
        char c = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
        if (c != *lower_case)
            return false;
    }
    return *s == *lower_case;
}

const char *password_check(const char *normalised, const char *email_key)
{
    size_t characters = text_count_characters(normalised);
    if (characters == 0)
        return "is required";
    if (characters < PASSWORD_CHARACTERS_MIN)
        return "has fewer than 15 characters";
    if (characters > PASSWORD_CHARACTERS_MAX)
        return "has more than 128 characters";
    if (equals_without_case(normalised, email_key))
        return "must not be the e-mail address";
    return NULL;
}
