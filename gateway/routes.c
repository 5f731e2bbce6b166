/* Every path that the gateway serves. A new route is a line here; what it names is checked at the start. */
#include "route.h"

#define LARGE_BODY ((size_t)10 * 1024 * 1024)

enum { LONG_TIMEOUT_MS = 30000 }; /* for what reads or computes much */

const route_spec gateway_routes[] = {
    /* accounts */
    {METHOD_POST, "/auth/register", PEER_AUTH, "AuthService/RegisterUser", .access = ACCESS_PUBLIC,
     .limit = LIMIT_REGISTER, .body = "*", .success = 202},
    {METHOD_POST, "/auth/login", PEER_AUTH, "AuthService/Login", .access = ACCESS_PUBLIC, .limit = LIMIT_LOGIN,
     .body = "*"},
    {METHOD_POST, "/auth/refresh", PEER_AUTH, "AuthService/Refresh", .access = ACCESS_PUBLIC, .limit = LIMIT_QUERY,
     .body = "*"},
    {METHOD_POST, "/auth/logout", PEER_AUTH, "AuthService/Logout", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .body = "*", .success = 204},
    {METHOD_GET, "/me", PEER_AUTH, "AuthService/GetMe", .access = ACCESS_USER, .limit = LIMIT_QUERY},

    /* graphs */
    {METHOD_GET, "/graphs", PEER_PLAN, "PlanService/ListGraphs", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .list = true},
    {METHOD_POST, "/graphs/import", PEER_PLAN, "PlanService/ImportGraph", .access = ACCESS_USER,
     .limit = LIMIT_GENERATE, .body = "*", .success = 201, .body_limit_bytes = LARGE_BODY,
     .timeout_ms = LONG_TIMEOUT_MS},
    {METHOD_GET, "/graphs/{id}", PEER_PLAN, "PlanService/GetGraph", .access = ACCESS_USER, .limit = LIMIT_QUERY},
    {METHOD_DELETE, "/graphs/{id}", PEER_PLAN, "PlanService/DeleteGraph", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .success = 204},
    {METHOD_GET, "/graphs/{graph_id}/topics", PEER_PLAN, "PlanService/ListTopics", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .list = true},
    {METHOD_GET, "/graphs/{graph_id}/topics/{key}", PEER_PLAN, "PlanService/GetTopic", .access = ACCESS_USER,
     .limit = LIMIT_QUERY},

    /* goals */
    {METHOD_GET, "/goals", PEER_PLAN, "PlanService/ListGoals", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .list = true},
    {METHOD_POST, "/goals", PEER_PLAN, "PlanService/CreateGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .body = "*", .success = 201},
    {METHOD_GET, "/goals/{id}", PEER_PLAN, "PlanService/GetGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY},
    {METHOD_PATCH, "/goals/{goal.id}", PEER_PLAN, "PlanService/UpdateGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .body = "goal", .partial = true},
    {METHOD_DELETE, "/goals/{id}", PEER_PLAN, "PlanService/DeleteGoal", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .success = 204},

    /* availability */
    {METHOD_GET, "/availability", PEER_PLAN, "PlanService/GetAvailability", .access = ACCESS_USER,
     .limit = LIMIT_QUERY},
    {METHOD_PUT, "/availability", PEER_PLAN, "PlanService/SetAvailability", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .body = "availability"},
    {METHOD_GET, "/availability/exceptions", PEER_PLAN, "PlanService/ListExceptions", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .list = true},
    {METHOD_POST, "/availability/exceptions", PEER_PLAN, "PlanService/CreateException", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .body = "exception", .success = 201},
    {METHOD_DELETE, "/availability/exceptions/{id}", PEER_PLAN, "PlanService/DeleteException", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .success = 204},
    {METHOD_GET, "/availability/busy", PEER_PLAN, "PlanService/ListBusyTimes", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .list = true},
    {METHOD_POST, "/availability/busy", PEER_PLAN, "PlanService/CreateBusyTime", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .body = "busy_time", .success = 201},
    {METHOD_DELETE, "/availability/busy/{id}", PEER_PLAN, "PlanService/DeleteBusyTime", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .success = 204},
    {METHOD_POST, "/availability/import-ics", PEER_PLAN, "PlanService/ImportCalendar", .access = ACCESS_USER,
     .limit = LIMIT_GENERATE, .body = "*", .body_limit_bytes = LARGE_BODY, .timeout_ms = LONG_TIMEOUT_MS},

    /* the plan and its sessions */
    {METHOD_GET, "/plan", PEER_PLAN, "PlanService/GetPlan", .access = ACCESS_USER, .limit = LIMIT_QUERY},
    {METHOD_POST, "/plan", PEER_PLAN, "PlanService/CreatePlan", .access = ACCESS_USER, .limit = LIMIT_GENERATE,
     .body = "*", .success = 201, .timeout_ms = LONG_TIMEOUT_MS},
    {METHOD_POST, "/plan/preview", PEER_PLAN, "PlanService/PreviewPlan", .access = ACCESS_USER, .limit = LIMIT_GENERATE,
     .body = "*", .timeout_ms = LONG_TIMEOUT_MS},
    {METHOD_GET, "/plan/feasibility", PEER_PLAN, "PlanService/GetFeasibility", .access = ACCESS_USER,
     .limit = LIMIT_GENERATE, .timeout_ms = LONG_TIMEOUT_MS},
    {METHOD_GET, "/plan/changes", PEER_PLAN, "PlanService/GetPlanChanges", .access = ACCESS_USER, .limit = LIMIT_QUERY},
    {METHOD_POST, "/plan/undo", PEER_PLAN, "PlanService/UndoPlan", .access = ACCESS_USER, .limit = LIMIT_GENERATE,
     .body = "*", .success = 201, .timeout_ms = LONG_TIMEOUT_MS},
    {METHOD_GET, "/plans", PEER_PLAN, "PlanService/ListPlans", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .list = true},
    {METHOD_GET, "/plans/{id}", PEER_PLAN, "PlanService/GetPastPlan", .access = ACCESS_USER, .limit = LIMIT_QUERY},
    {METHOD_GET, "/sessions", PEER_PLAN, "PlanService/ListSessions", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .list = true},
    {METHOD_PATCH, "/sessions/{session.id}", PEER_PLAN, "PlanService/UpdateSession", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .body = "session", .partial = true, .timeout_ms = LONG_TIMEOUT_MS},
    {METHOD_POST, "/sessions/{id}/start", PEER_PLAN, "PlanService/StartSession", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .body = "*"},
    {METHOD_POST, "/sessions/{id}/complete", PEER_PLAN, "PlanService/CompleteSession", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .body = "*"},
    {METHOD_POST, "/sessions/{id}/skip", PEER_PLAN, "PlanService/SkipSession", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .body = "*"},

    /* progress */
    {METHOD_POST, "/events", PEER_PROGRESS, "ProgressService/RecordEvents", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .body = "*"},
    {METHOD_GET, "/events", PEER_PROGRESS, "ProgressService/ListEvents", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .list = true},
    {METHOD_GET, "/mastery", PEER_PROGRESS, "ProgressService/ListMastery", .access = ACCESS_USER, .limit = LIMIT_QUERY,
     .list = true},
    {METHOD_GET, "/reviews/due", PEER_PROGRESS, "ProgressService/ListDueReviews", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .list = true},

    {METHOD_POST, "/placement", PEER_PROGRESS, "ProgressService/StartPlacement", .access = ACCESS_USER,
     .limit = LIMIT_GENERATE, .body = "*", .success = 201, .timeout_ms = LONG_TIMEOUT_MS},
    {METHOD_GET, "/placement/{id}", PEER_PROGRESS, "ProgressService/GetPlacement", .access = ACCESS_USER,
     .limit = LIMIT_QUERY},
    {METHOD_POST, "/placement/{id}/answers", PEER_PROGRESS, "ProgressService/AnswerPlacement", .access = ACCESS_USER,
     .limit = LIMIT_QUERY, .body = "*", .timeout_ms = LONG_TIMEOUT_MS},

    /* metrics of learning */
    {METHOD_GET, "/dashboard", PEER_METRICS, "MetricsService/GetDashboard", .access = ACCESS_USER,
     .limit = LIMIT_QUERY},
    {METHOD_GET, "/streak", PEER_METRICS, "MetricsService/GetStreak", .access = ACCESS_USER, .limit = LIMIT_QUERY},
    {METHOD_GET, "/heatmap", PEER_METRICS, "MetricsService/GetHeatmap", .access = ACCESS_USER, .limit = LIMIT_QUERY},
};

const size_t gateway_route_count = sizeof gateway_routes / sizeof gateway_routes[0];
