#include "router.h"

#include "log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static arena memory;

static void finish(void)
{
    arena_finish(&memory);
}

TestSuite(router, .fini = finish);

static router *whole_table(void)
{
    router *r = router_create(gateway_routes, gateway_route_count);
    cr_assert_not_null(r);
    return r;
}

Test(router, every_route_of_the_table_is_found_by_its_own_path)
{
    router *r = whole_table();
    for (size_t i = 0; i < router_route_count(r); i++) {
        bound_route *route = router_route(r, i);
        char path[200];
        char *out = path;
        for (const char *p = route->pattern; *p; p++) {
            if (*p == '{') {
                out = stpcpy(out, "value-1");
                p = strchr(p, '}');
            } else {
                *out++ = *p;
            }
        }
        *out = '\0';
        route_match m = router_find(r, &memory, route_method_name(route->spec->method), path);
        cr_assert_eq(m.verdict, ROUTE_FOUND, "%s", path);
        cr_expect_eq(m.route, route, "%s", path);
        for (size_t p = 0; p < route->parameter_count; p++)
            cr_expect_str_eq(m.parameters[p], "value-1");
    }
    router_destroy(r);
}

static route_match find(const router *r, const char *method, const char *path)
{
    return router_find(r, &memory, method, path);
}

Test(router, a_literal_wins_over_a_parameter)
{
    router *r = whole_table();
    cr_expect_str_eq(find(r, "POST", "/api/v1/graphs/import").route->pattern, "/api/v1/graphs/import");
    cr_expect_str_eq(find(r, "GET", "/api/v1/graphs/imports").route->pattern, "/api/v1/graphs/{id}");
    cr_expect_eq(find(r, "GET", "/api/v1/graphs/import").verdict, ROUTE_WRONG_METHOD);
    router_destroy(r);
}

Test(router, parameters_are_decoded)
{
    router *r = whole_table();
    route_match m = find(r, "GET", "/api/v1/graphs/a%2Fb/topics/caf%c3%A9+x");
    cr_assert_eq(m.verdict, ROUTE_FOUND);
    cr_expect_str_eq(m.parameters[0], "a/b");
    cr_expect_str_eq(m.parameters[1], "caf\xc3\xa9+x");
    static const char *const broken[] = {"%", "%4", "%zz", "%4z", "a%", "%00"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char path[100];
        snprintf(path, sizeof path, "/api/v1/graphs/%s", broken[i]);
        cr_expect_eq(find(r, "GET", path).verdict, ROUTE_BAD_ESCAPE, "%s", path);
    }
    router_destroy(r);
}

Test(router, methods)
{
    router *r = whole_table();
    route_match m = find(r, "HEAD", "/api/v1/goals");
    cr_expect_eq(m.verdict, ROUTE_FOUND);
    cr_expect_eq(m.route->spec->method, METHOD_GET);
    cr_expect_str_eq(m.allow, "GET, HEAD, POST, OPTIONS");
    static const char *const others[] = {"PUT", "OPTIONS", "get", "", "GETX"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_eq(find(r, others[i], "/api/v1/goals").verdict, ROUTE_WRONG_METHOD, "%s", others[i]);
    cr_expect_str_eq(find(r, "GET", "/api/v1/auth/login").allow, "POST, OPTIONS");
    router_destroy(r);
}

Test(router, other_paths_are_unknown)
{
    router *r = whole_table();
    static const char *const paths[] = {"",
                                        "/",
                                        "*",
                                        "api/v1/goals",
                                        "/api",
                                        "/api/v1",
                                        "/api/v1/",
                                        "/api/v1/goals/",
                                        "/api//v1/goals",
                                        "/api/v1/goals/x/y",
                                        "/api/v1/graphs//topics",
                                        "/api/v1/sessions/x/y",
                                        "/api/v1/goals?x"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        cr_expect_eq(find(r, "GET", paths[i]).verdict, ROUTE_UNKNOWN, "%s", paths[i]);
    router_destroy(r);
}

Test(router, what_is_wrong_with_a_route_fails_the_start)
{
    static const struct {
        const char *what;
        route_spec spec;
    } cases[] = {
        {"no access",
         {METHOD_GET, "/x", PEER_PLAN, "PlanService/GetPlan", .access = ACCESS_UNSTATED, .limit = LIMIT_QUERY}},
        {"no limit", {METHOD_GET, "/x", PEER_PLAN, "PlanService/GetPlan", .access = ACCESS_USER}},
        {"no such RPC",
         {METHOD_GET, "/x", PEER_PLAN, "PlanService/GetMoon", .access = ACCESS_USER, .limit = LIMIT_QUERY}},
        {"of another service",
         {METHOD_GET, "/x", PEER_AUTH, "PlanService/GetPlan", .access = ACCESS_USER, .limit = LIMIT_QUERY}},
        {"no slash", {METHOD_GET, "/x", PEER_PLAN, "GetPlan", .access = ACCESS_USER, .limit = LIMIT_QUERY}},
        {"no such parameter",
         {METHOD_GET, "/x/{key}", PEER_PLAN, "PlanService/GetGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY}},
        {"parameter of a parameter",
         {METHOD_GET, "/x/{id.x}", PEER_PLAN, "PlanService/GetGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY}},
        {"open parameter",
         {METHOD_GET, "/x/{id", PEER_PLAN, "PlanService/GetGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY}},
        {"no such body",
         {METHOD_POST, "/x", PEER_PLAN, "PlanService/CreateGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY,
          .body = "goal"}},
        {"body is no message",
         {METHOD_POST, "/x", PEER_PLAN, "PlanService/CreateGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY,
          .body = "title"}},
        {"partial without mask",
         {METHOD_PUT, "/x", PEER_PLAN, "PlanService/SetAvailability", .access = ACCESS_USER, .limit = LIMIT_QUERY,
          .body = "availability", .partial = true}},
    };
    log_init("test", LOG_ERROR, open("/dev/null", O_WRONLY));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_null(router_create(&cases[i].spec, 1), "%s", cases[i].what);
}

Test(router, the_same_path_twice_fails_the_start)
{
    static const route_spec twice[] = {
        {METHOD_GET, "/goals/{id}", PEER_PLAN, "PlanService/GetGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY},
        {METHOD_GET, "/goals/{id}", PEER_PLAN, "PlanService/GetGraph", .access = ACCESS_USER, .limit = LIMIT_QUERY},
    };
    log_init("test", LOG_ERROR, open("/dev/null", O_WRONLY));
    cr_expect_null(router_create(twice, 2));
}

Test(router, queries_are_decoded)
{
    cr_expect_str_eq(router_decode(&memory, "a+b%20c%2B", 10, true), "a b c+");
    cr_expect_str_eq(router_decode(&memory, "abcdef", 3, true), "abc");
    cr_expect_str_eq(router_decode(&memory, "", 0, true), "");
    cr_expect_null(router_decode(&memory, "%41", 2, true), "the escape reaches past the end");
}
