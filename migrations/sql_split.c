#include "migration.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Each of the skip functions stands on the first byte of its thing and returns the byte behind it; what never ends
 * runs to the end of the file, where PostgreSQL will say so. */

static const char *skip_line_comment(const char *p)
{
    return p + strcspn(p, "\n");
}

static const char *skip_block_comment(const char *p)
{
    int depth = 0;
    while (*p) {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p += 2;
        } else if (p[0] == '*' && p[1] == '/') {
            p += 2;
            if (--depth == 0)
                return p;
        } else {
            p++;
        }
    }
    return p;
}

/* A doubled quote is two quoted pieces in a row, which ends at the same place. */
static const char *skip_quoted(const char *p, bool backslash_escapes)
{
    char quote = *p++;
    while (*p && *p != quote) {
        if (backslash_escapes && p[0] == '\\' && p[1])
            p++;
        p++;
    }
    return *p ? p + 1 : p;
}

/* $$ ... $$ or $tag$ ... $tag$; a $1 is not one and is skipped as a single byte. */
static const char *skip_dollar(const char *p)
{
    size_t tag = 1;
    if (!isdigit((unsigned char)p[1]))
        while (is_word(p[tag]))
            tag++;
    if (p[tag] != '$')
        return p + 1;
    tag++;
    for (const char *end = p + tag; (end = strchr(end, '$')); end++)
        if (strncmp(end, p, tag) == 0)
            return end + tag;
    return p + strlen(p);
}

static const char *skip_word(const char *p)
{
    if ((p[0] == 'e' || p[0] == 'E') && p[1] == '\'')
        return skip_quoted(p + 1, true);
    while (is_word(*p) || *p == '$')
        p++;
    return p;
}

/* One token, blank or comment. */
static const char *skip_one(const char *p)
{
    if (p[0] == '-' && p[1] == '-')
        return skip_line_comment(p);
    if (p[0] == '/' && p[1] == '*')
        return skip_block_comment(p);
    if (*p == '\'' || *p == '"')
        return skip_quoted(p, false);
    if (*p == '$')
        return skip_dollar(p);
    if (is_word(*p))
        return skip_word(p);
    return p + 1;
}

static bool is_blank_or_comment(const char *p)
{
    return isspace((unsigned char)*p) || *p == ';' || strncmp(p, "--", 2) == 0 || strncmp(p, "/*", 2) == 0;
}

static int count_lines(const char *from, const char *to)
{
    int lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

bool sql_next_statement(const char **cursor, int *line, sql_statement *out)
{
    const char *p = *cursor;
    while (*p && is_blank_or_comment(p))
        p = skip_one(p);
    *line += count_lines(*cursor, p);
    *out = (sql_statement){.start = p, .line = *line};
    *cursor = p;
    if (!*p)
        return false;
    int depth = 0;
    while (*p && !(*p == ';' && depth <= 0)) {
        depth += (*p == '(') - (*p == ')');
        p = skip_one(p);
    }
    out->length = (size_t)(p - out->start);
    *line += count_lines(*cursor, p);
    *cursor = p;
    return true;
}

static bool begins_with(const sql_statement *s, const char *word)
{
    size_t length = strlen(word);
    return s->length >= length && strncasecmp(s->start, word, length) == 0 && !is_word(s->start[length]);
}

bool sql_controls_transaction(const sql_statement *s)
{
    static const char *const words[] = {"BEGIN", "COMMIT",    "END",     "ROLLBACK",
                                        "ABORT", "SAVEPOINT", "RELEASE", "PREPARE TRANSACTION",
                                        "START"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (begins_with(s, words[i]))
            return true;
    return false;
}
