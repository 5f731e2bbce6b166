/* What tests of the log share: lines go to a file in memory, at a fixed time. */
#pragma once

#include <jansson.h>

enum { LOG_LINE_LIMIT = 8192 };

extern int log_file; /* where lines go */

void log_file_start(void);

/* Everything written so far; malloc'ed. */
char *log_file_text(void);

/* The last line, which must be one JSON object; the caller releases it. */
json_t *log_file_last_line(void);

/* "(none)" when the object has no such text. */
const char *log_text_of(json_t *object, const char *name);
