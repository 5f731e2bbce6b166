/* How a line of the log is built: what log.c, log_line.c and log_redact.c know of each other. */
#pragma once

#include "log.h"

/* A line that is being built. Past end only what closes it is written: a quote, CUT_MARK, "}\n". */
typedef struct line {
    char *at, *end;
    bool cut;
} line;

/* Each writes whole what it is given, or marks the line as cut; only a string is written as far as it fits. */
void line_put_raw(line *l, const char *bytes, size_t size);
void line_put_constant(line *l, const char *s);
void line_put_integer(line *l, int64_t value);
void line_put_real(line *l, double value);
void line_put_string(line *l, const char *text);

/* ,"name":value, redacted when it may be a secret. */
void line_put_field(line *l, const log_field *field);

/* Whether a field of this name is not to be shown whatever it holds. */
bool log_name_says_secret(const char *name);

/* Whether text holds a JWT (its first two parts are enough), a Bearer or an e-mail address, as it is or in a URL. */
bool log_value_looks_secret(const char *text);
