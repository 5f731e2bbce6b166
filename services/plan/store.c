#include "store_internal.h"

status plan_run(db *d, const db_statement *statement, const db_value *values, size_t count, db_rows **rows)
{
    status s = db_query(d, statement, values, count, rows);

    if (s == DB_LOCKED)
        return STATUS_UNAVAILABLE;
    return s == DB_CONFLICT ? STATUS_INTERNAL : s;
}
