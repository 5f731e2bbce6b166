#include "email.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { LOCAL_BYTES_MAX = 64, LABEL_BYTES_MAX = 63 };

/* ctype.h depends on the locale; an address must not. */
static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alphanumeric(char c)
{
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_atom_char(char c)
{
    return is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+/=?^_`{|}~-", c) != NULL);
}

/* Atoms separated by single dots. */
static bool is_local_part(const char *s, size_t size)
{
    if (size == 0 || size > LOCAL_BYTES_MAX)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool inner_dot = s[i] == '.' && i > 0 && i + 1 < size && s[i - 1] != '.';
        if (!is_atom_char(s[i]) && !inner_dot)
            return false;
    }
    return true;
}

static bool is_label(const char *s, size_t size)
{
    if (size == 0 || size > LABEL_BYTES_MAX || s[0] == '-' || s[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_alphanumeric(s[i]) && s[i] != '-')
            return false;
    return true;
}

static bool is_domain(const char *s, size_t size)
{
    size_t labels = 0;
    const char *end = s + size;
    for (const char *label = s;; labels++) {
        const char *dot = memchr(label, '.', (size_t)(end - label));
        const char *stop = dot ? dot : end;
        if (!is_label(label, (size_t)(stop - label)))
            return false;
        if (!dot)
            return labels >= 1;
        label = dot + 1;
    }
}

const char *email_parse(const char *s, email *out)
{
    while (is_blank(*s))
        s++;
    size_t size = strlen(s);
    while (size > 0 && is_blank(s[size - 1]))
        size--;
    if (size == 0)
        return "is required";
    if (size > EMAIL_BYTES_MAX)
        return "is longer than 254 bytes";
    const char *at = memchr(s, '@', size);
    if (!at || !is_local_part(s, (size_t)(at - s)) || !is_domain(at + 1, size - (size_t)(at - s) - 1))
        return "is not an e-mail address like name@example.com";
    for (size_t i = 0; i < size; i++) {
        out->address[i] = s[i];
        out->key[i] = lower(s[i]);
    }
    out->address[size] = out->key[size] = '\0';
    return NULL;
}
