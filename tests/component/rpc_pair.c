#include "rpc_pair.h"

#include <criterion/criterion.h>

echo_pair pair;

void start_pair(void)
{
    echo_pair_start(&pair, NULL, NULL);
}

void stop_pair(void)
{
    echo_pair_stop(&pair);
}

status call_method(const char *method, const char *key, rpc_reply *reply)
{
    Sical__Plan__V1__Topic *answer;
    status s = echo_call(pair.client, method, key, "20", NULL, &answer, reply);
    if (s == STATUS_OK)
        cr_assert_str_eq(answer->key, key);
    return s;
}

status hold_one(void *arg)
{
    rpc_reply reply;
    return call_method("Hold", arg ? arg : "held", &reply);
}

void call_once(void *arg)
{
    (void)arg;
    Sical__Plan__V1__Topic *answer;
    rpc_reply reply;
    cr_assert_eq(echo_call(pair.client, "Echo", "linear_algebra", "g1", NULL, &answer, &reply), STATUS_OK);
    cr_assert_str_eq(answer->key, "linear_algebra");
    cr_assert_str_eq(answer->summary, "g1");
    cr_assert_eq(reply.code, CODE_OK);
    cr_assert_str_eq(reply.message, "");
}
