#include "store_internal.h"

status plan_run(db *d, const db_statement *statement, const db_value *values, size_t count, db_rows **rows)
{
    status s = db_query(d, statement, values, count, rows);

    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    return s == DB_CONFLICT ? STATUS_INTERNAL : s;
}

db_value plan_condition_value(const row_condition *c)
{
    return c->exists && !c->any ? db_int8_array(c->versions, c->count) : db_null();
}
