/* E-mail addresses: what is accepted, and when two are the same account. Pure. */
#pragma once

enum { EMAIL_BYTES_MAX = 254, EMAIL_SIZE = EMAIL_BYTES_MAX + 1 };

typedef struct email {
    char address[EMAIL_SIZE]; /* as given, without the blanks around it */
    char key[EMAIL_SIZE];     /* lower case: equal keys are one account */
} email;

/* Trims s and checks it: the dot-atom form of RFC 5322 in ASCII, a local part of at most 64 bytes, a domain of at least
 * two labels of letters, digits and inner hyphens, EMAIL_BYTES_MAX bytes in all. Quoted local parts, address literals
 * and non-ASCII addresses are refused. Returns NULL and fills *out; else a constant sentence that holds no part of s.
 */
const char *email_parse(const char *s, email *out);
