#include "log_line.h"

#include <string.h>
#include <strings.h>

/* The shortest part of a JWT worth fearing: {"alg":1} takes as much. */
enum { TOKEN_PART = 12 };

bool log_name_says_secret(const char *name)
{
    static const char *const words[] = {"password", "token", "secret", "authorization", "cookie", "email"};
    for (; *name; name++)
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if ((name[0] | 0x20) == words[i][0] && (name[1] | 0x20) == words[i][1] &&
                !strncasecmp(name, words[i], strlen(words[i])))
                return true;
    return false;
}

static bool is_base64url(char c)
{
    static const bool known[256] = {
        ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['-'] = true, ['_'] = true};
    return known[(unsigned char)c];
}

static bool is_word(char c)
{
    return is_base64url(c) || (unsigned char)c >= 0x80;
}

static bool begins_bearer(const char *s)
{
    return (s[0] | 0x20) == 'b' && !strncasecmp(s, "bearer", 6) && s[6] && !is_base64url(s[6]);
}

bool log_value_looks_secret(const char *text)
{
    size_t parts = 0; /* of a JWT up to here */
    for (const char *s = text; *s; s++) {
        const char *run = s; /* of base64url characters */
        while (is_base64url(*s))
            s++;
        if (s > run && begins_bearer(run))
            return true;
        size_t at_size = *s == '@' ? 1 : *s == '%' && s[1] == '4' && s[2] == '0' ? 3 : 0;
        if (at_size && s > text && (unsigned char)s[-1] > ' ' && is_word(s[at_size]))
            return true;
        parts = *s == '.' && s - run >= TOKEN_PART ? parts + 1 : 0;
        if (parts == 2)
            return true;
        if (!*s)
            break;
    }
    return false;
}
