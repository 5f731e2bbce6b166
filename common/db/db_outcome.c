/* From the server's SQLSTATE to what the caller is told. The server's message may hold values and is never logged,
 * but for class 42, which speaks of the statement's own text. */
#include "db_internal.h"

#include "log.h"

#include <stdio.h>
#include <string.h>

static const char *field(const PGresult *error, int code)
{
    const char *text = PQresultErrorField(error, code);
    return text ? text : "";
}

static bool has_state(const PGresult *error, const char *const *states)
{
    const char *state = field(error, PG_DIAG_SQLSTATE);
    for (; *states; states++)
        if (strcmp(state, *states) == 0)
            return true;
    return false;
}

/* restrict, foreign key, unique, check, exclusion */
static const char *const conflicts[] = {"23001", "23503", "23505", "23514", "23P01", NULL};
/* serialization failure, deadlock, lock_timeout */
static const char *const locks[] = {"40001", "40P01", "55P03", NULL};
/* lock_timeout, statement_timeout or a cancel request: a neighbour's locks are the statement's own, and it has used up
 * its time already */
static const char *const owns[] = {"55P03", "57014", NULL};

bool db_outcome_is_own(const PGresult *error)
{
    return has_state(error, owns);
}

bool db_outcome_forgotten(const PGresult *error)
{
    static const char *const unknown_name[] = {"26000", NULL}, *const unsupported[] = {"0A000", NULL};
    /* "cached plan must not change result type" has no SQLSTATE of its own and its text is translated */
    return has_state(error, unknown_name) ||
           (has_state(error, unsupported) &&
            strcmp(field(error, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0);
}

bool db_outcome_is_fatal(const PGresult *error)
{
    const char *severity = field(error, PG_DIAG_SEVERITY_NONLOCALIZED);
    return strcmp(severity, "ERROR") != 0;
}

static void count_error(db *d, const char *state)
{
    char class[3];
    snprintf(class, sizeof class, "%s", state);
    metrics_add(METRICS_WITH(d->errors, class), 1);
}

void db_outcome_judge(db *d, db_call *c, size_t step, const PGresult *error)
{
    const char *state = field(error, PG_DIAG_SQLSTATE), *name = c->steps[step].known->statement->name;
    count_error(d, state);
    if (has_state(error, conflicts)) {
        snprintf(c->constraint, sizeof c->constraint, "%s", field(error, PG_DIAG_CONSTRAINT_NAME));
        db_call_finish(d, c, DB_CONFLICT);
    } else if (has_state(error, locks) || (c->role != DB_CALL_WHOLE && db_outcome_forgotten(error))) {
        log_info("a statement lost against others", log_text("statement", name), log_text("sqlstate", state));
        db_call_finish(d, c, DB_LOCKED);
    } else {
        bool about_text = strncmp(state, "42", 2) == 0;
        log_error("a statement failed", log_text("statement", name), log_text("sqlstate", state),
                  log_text("routine", field(error, PG_DIAG_SOURCE_FUNCTION)),
                  log_text("reason", about_text ? field(error, PG_DIAG_MESSAGE_PRIMARY) : ""));
        db_call_finish(d, c, STATUS_INTERNAL);
    }
}
