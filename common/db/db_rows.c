#include "db_internal.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

#define EPOCH_DAYS 10957 /* 2000-01-01 */
#define EPOCH_US   (EPOCH_DAYS * INT64_C(86400000000))

struct db_rows {
    PGresult *result; /* NULL once released */
    const char *statement_name;
    arena arena; /* decoded arrays */
};

static void release(void *arg)
{
    db_rows *r = arg;
    PQclear(r->result);
    r->result = NULL;
    arena_finish(&r->arena);
}

db_rows *db_rows_create(PGresult *result, const char *statement_name)
{
    db_rows *r = ARENA_NEW(fiber_arena(), db_rows);
    *r = (db_rows){.result = result, .statement_name = statement_name};
    arena_init(&r->arena, 0);
    fiber_defer(release, r);
    return r;
}

void db_rows_release(db_rows *r)
{
    if (r)
        release(r);
}

size_t db_row_count(const db_rows *r)
{
    return (size_t)PQntuples(r->result);
}

size_t db_affected_count(const db_rows *r)
{
    return strtoull(PQcmdTuples(r->result), NULL, 10);
}

/* ---- cells ---- */

static void die(const db_rows *r, const char *what, size_t column)
{
    log_error(what, log_text("statement", r->statement_name), log_int("column", column));
    abort();
}

typedef struct cell {
    const char *bytes; /* NULL = SQL NULL */
    size_t size;
    Oid type;
} cell;

static cell cell_at(const db_rows *r, size_t row, size_t column)
{
    if (row >= db_row_count(r) || column >= (size_t)PQnfields(r->result))
        die(r, "a row or column outside of the result was read", column);
    int i = (int)row, j = (int)column;
    cell c = {.type = PQftype(r->result, j)};
    if (!PQgetisnull(r->result, i, j)) {
        c.bytes = PQgetvalue(r->result, i, j);
        c.size = (size_t)PQgetlength(r->result, i, j);
    }
    return c;
}

static void expect(const db_rows *r, const cell *c, size_t column, const Oid *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c->type == types[i])
            return;
    die(r, "a column of another type was read", column);
}
#define EXPECT(R, C, COLUMN, ...)                                                                                      \
    expect((R), (C), (COLUMN), (const Oid[]){__VA_ARGS__}, sizeof((const Oid[]){__VA_ARGS__}) / sizeof(Oid))

static int64_t integer(const char *bytes, size_t size)
{
    uint64_t value = size && (bytes[0] & 0x80) ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (uint8_t)bytes[i];
    return (int64_t)value;
}

bool db_is_null(const db_rows *r, size_t row, size_t column)
{
    return !cell_at(r, row, column).bytes;
}

bool db_get_bool(const db_rows *r, size_t row, size_t column)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 16);
    return c.bytes && c.bytes[0];
}

int32_t db_get_int4(const db_rows *r, size_t row, size_t column)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 23, 21);
    return c.bytes ? (int32_t)integer(c.bytes, c.size) : 0;
}

int64_t db_get_int8(const db_rows *r, size_t row, size_t column)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 20, 23, 21, 5069);
    return c.bytes ? integer(c.bytes, c.size) : 0;
}

double db_get_float8(const db_rows *r, size_t row, size_t column)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 701, 700);
    if (!c.bytes)
        return 0;
    if (c.type == 700) {
        uint32_t bits = (uint32_t)integer(c.bytes, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    uint64_t bits = (uint64_t)integer(c.bytes, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

const char *db_get_text(const db_rows *r, size_t row, size_t column)
{
    enum { JSONB = 3802, FIRST_USER_TYPE = 16384 }; /* enums are made by users */
    cell c = cell_at(r, row, column);
    if (c.type < FIRST_USER_TYPE)
        EXPECT(r, &c, column, 25, 1043, 1042, 19, 114, JSONB);
    return c.bytes && c.type == JSONB ? c.bytes + 1 : c.bytes; /* its version stands before it */
}

const void *db_get_bytes(const db_rows *r, size_t row, size_t column, size_t *size)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 17);
    *size = c.size;
    return c.bytes;
}

uuid db_get_uuid(const db_rows *r, size_t row, size_t column)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 2950);
    uuid id = {{0}};
    if (c.bytes)
        memcpy(id.bytes, c.bytes, sizeof id.bytes);
    return id;
}

int64_t db_get_timestamp(const db_rows *r, size_t row, size_t column)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 1184);
    if (!c.bytes)
        return 0;
    int64_t value = integer(c.bytes, 8);
    return value == INT64_MIN || value == INT64_MAX ? value : value + EPOCH_US; /* the ends are the infinities */
}

int64_t db_get_date(const db_rows *r, size_t row, size_t column)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 1082);
    if (!c.bytes)
        return 0;
    int64_t value = integer(c.bytes, 4);
    if (value == INT32_MIN || value == INT32_MAX)
        return value == INT32_MIN ? INT64_MIN : INT64_MAX;
    return value + EPOCH_DAYS;
}

/* ---- arrays ---- */

/* Walks over an array of one dimension. */
typedef struct array_walk {
    const char *next;
    size_t count;
} array_walk;

static array_walk array_at(const db_rows *r, const cell *c, size_t column)
{
    if (!c->bytes)
        return (array_walk){0};
    int64_t dimensions = integer(c->bytes, 4);
    if (dimensions > 1)
        die(r, "an array of several dimensions was read", column);
    if (dimensions == 0)
        return (array_walk){0};
    return (array_walk){.next = c->bytes + 20, .count = (size_t)integer(c->bytes + 12, 4)};
}

static const char *next_element(array_walk *walk, size_t *size)
{
    int64_t length = integer(walk->next, 4);
    const char *bytes = length < 0 ? NULL : walk->next + 4;
    *size = length < 0 ? 0 : (size_t)length;
    walk->next += 4 + *size;
    return bytes;
}

size_t db_get_text_array(const db_rows *r, size_t row, size_t column, const char *const **elements)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 1009, 1015);
    array_walk walk = array_at(r, &c, column);
    arena *a = &((db_rows *)r)->arena;
    const char **texts = ARENA_ARRAY(a, const char *, walk.count);
    for (size_t i = 0; i < walk.count; i++) {
        size_t size;
        const char *bytes = next_element(&walk, &size);
        texts[i] = bytes ? arena_strndup(a, bytes, size) : NULL;
    }
    *elements = texts;
    return walk.count;
}

size_t db_get_int4_array(const db_rows *r, size_t row, size_t column, const int32_t **elements)
{
    cell c = cell_at(r, row, column);
    EXPECT(r, &c, column, 1007);
    array_walk walk = array_at(r, &c, column);
    int32_t *numbers = ARENA_ARRAY(&((db_rows *)r)->arena, int32_t, walk.count);
    for (size_t i = 0; i < walk.count; i++) {
        size_t size;
        const char *bytes = next_element(&walk, &size);
        numbers[i] = bytes ? (int32_t)integer(bytes, size) : 0;
    }
    *elements = numbers;
    return walk.count;
}
