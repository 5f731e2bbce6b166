#include "rpc_internal.h"

#include "graph.h"

#include <string.h>

typedef Sical__Plan__V1__Graph wire_graph;
typedef Sical__Plan__V1__ImportGraphRequest import_request;

static wire_graph *to_graph(rpc_call *call, const graph_row *row)
{
    wire_graph *g = ARENA_NEW(call->arena, wire_graph);

    sical__plan__v1__graph__init(g);
    g->id = plan_wire_id(call, &row->id);
    g->title = (char *)row->title;
    g->source = (char *)row->source;
    g->license = (char *)row->license;
    g->visibility = (char *)row->visibility;
    g->version = row->version;
    g->topic_count = row->topic_count;
    g->edge_count = row->edge_count;
    g->default_minutes = row->default_minutes;
    g->topics_without_minutes = row->topics_without_minutes;
    g->total_minutes = row->total_minutes > INT32_MAX ? INT32_MAX : (int32_t)row->total_minutes;
    g->create_time = plan_wire_time(call, row->create_us);
    g->owned = row->owned;
    return g;
}

/* ---- import ---- */

static plan_graph from_wire(rpc_call *call, const import_request *request)
{
    plan_topic *topics = ARENA_ARRAY(call->arena, plan_topic, request->n_topics);
    plan_edge *edges = ARENA_ARRAY(call->arena, plan_edge, request->n_edges);

    for (size_t i = 0; i < request->n_topics; i++) {
        const Sical__Plan__V1__TopicInput *t = request->topics[i];
        topics[i] = (plan_topic){.key = t->key,
                                 .title = t->title,
                                 .summary = t->summary,
                                 .outcomes = (const char *const *)t->goals,
                                 .outcome_count = t->n_goals,
                                 .has_minutes = t->minutes != NULL,
                                 .minutes = t->minutes != NULL ? t->minutes->value : 0};
    }
    for (size_t i = 0; i < request->n_edges; i++) {
        const Sical__Plan__V1__EdgeInput *e = request->edges[i];
        edges[i] = (plan_edge){e->topic, e->prerequisite, e->strength, e->reason};
    }
    return (plan_graph){
        .title = request->title,
        .source = request->source,
        .license = request->license,
        .default_minutes = request->default_minutes != NULL ? request->default_minutes->value : PLAN_DEFAULT_MINUTES,
        .topics = topics,
        .topic_count = request->n_topics,
        .edges = edges,
        .edge_count = request->n_edges,
    };
}

/* Columns in the order of positions. Also counts into row what the graph says of itself. */
static graph_content to_content(rpc_call *call, const plan_graph *graph, const plan_graph_form *form, graph_row *row)
{
    arena *a = call->arena;
    size_t n = graph->topic_count, outcomes = 0, next = 0;

    for (size_t i = 0; i < n; i++)
        outcomes += graph->topics[i].outcome_count;
    const char **keys = ARENA_ARRAY(a, const char *, n), **titles = ARENA_ARRAY(a, const char *, n);
    const char **summaries = ARENA_ARRAY(a, const char *, n), **texts = ARENA_ARRAY(a, const char *, outcomes);
    int32_t *minutes = ARENA_ARRAY(a, int32_t, n), *outcome_topics = ARENA_ARRAY(a, int32_t, outcomes);
    bool *by_default = ARENA_ARRAY(a, bool, n);
    const char **reasons = ARENA_ARRAY(a, const char *, graph->edge_count);
    for (size_t position = 0; position < n; position++) {
        const plan_topic *t = &graph->topics[form->topic_at[position]];
        keys[position] = t->key;
        titles[position] = t->title[0] != '\0' ? t->title : t->key;
        summaries[position] = t->summary;
        by_default[position] = !t->has_minutes;
        minutes[position] = t->has_minutes ? t->minutes : graph->default_minutes;
        row->topics_without_minutes += !t->has_minutes;
        row->total_minutes += minutes[position];
        for (size_t k = 0; k < t->outcome_count; k++) {
            outcome_topics[next] = (int32_t)position;
            texts[next++] = t->outcomes[k];
        }
    }
    for (size_t i = 0; i < graph->edge_count; i++)
        reasons[i] = graph->edges[i].reason;
    return (graph_content){
        .keys = keys,
        .titles = titles,
        .summaries = summaries,
        .minutes = minutes,
        .by_default = by_default,
        .topic_count = n,
        .outcome_topics = outcome_topics,
        .outcomes = texts,
        .outcome_count = outcomes,
        .edge_topics = arena_memdup(a, form->topic, graph->edge_count * sizeof *form->topic),
        .edge_prerequisites = arena_memdup(a, form->prerequisite, graph->edge_count * sizeof *form->prerequisite),
        .edge_hard = arena_memdup(a, form->hard, graph->edge_count * sizeof *form->hard),
        .edge_reasons = reasons,
        .edge_count = graph->edge_count,
    };
}

static const char *graph_title(const plan_graph *graph)
{
    if (graph->title[0] != '\0')
        return graph->title;
    return graph->source[0] != '\0' ? graph->source : "Imported graph";
}

status plan_import_graph(rpc_call *call, const import_request *request, wire_graph **reply)
{
    plan_graph graph = from_wire(call, request);
    plan_faults faults = plan_faults_to(call);
    plan_graph_form form;
    graph_row row = {.title = graph_title(&graph),
                     .source = graph.source,
                     .license = graph.license,
                     .visibility = request->visibility[0] != '\0' ? request->visibility : "private",
                     .topic_count = (int32_t)graph.topic_count,
                     .edge_count = (int32_t)graph.edge_count,
                     .default_minutes = graph.default_minutes};

    plan_take_new_id(call, "id", request->id, &row.id);
    if (strcmp(row.visibility, "private") != 0 && strcmp(row.visibility, "public") != 0)
        rpc_add_fault(call, "visibility", "is \"private\" or \"public\"");
    if (!plan_graph_check(&graph, &faults, &form))
        return PLAN_INVALID_INPUT;
    graph_content content = to_content(call, &graph, &form, &row);
    plan_graph_form_finish(&form);
    if (rpc_fault_count(call) > 0)
        return PLAN_INVALID_INPUT;
    status s = plan_store_add_graph(plan_database(call), &call->user, &row, &content);
    if (s == STATUS_OK)
        *reply = to_graph(call, &row);
    return s;
}

/* ---- graphs ---- */

status plan_get_graph(rpc_call *call, const Sical__Plan__V1__GetGraphRequest *request, wire_graph **reply)
{
    uuid id;
    graph_row row;

    if (!plan_take_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    status s = plan_store_get_graph(plan_database(call), &call->user, &id, &row);
    if (s == STATUS_OK)
        *reply = to_graph(call, &row);
    return s;
}

status plan_list_graphs(rpc_call *call, const Sical__Plan__V1__ListGraphsRequest *request,
                        Sical__Plan__V1__ListGraphsResponse **reply)
{
    rpc_page page;
    const graph_row *rows;
    size_t count;

    if (!rpc_take_page(call, LIST_OF_GRAPHS, request->page_size, request->page_token, &page))
        return PLAN_INVALID_INPUT;
    uuid before = plan_page_before(&page);
    status s = plan_store_list_graphs(plan_database(call), &call->user, &before, page.size + 1, &rows, &count);
    if (s != STATUS_OK)
        return s;
    Sical__Plan__V1__ListGraphsResponse *r = ARENA_NEW(call->arena, Sical__Plan__V1__ListGraphsResponse);
    sical__plan__v1__list_graphs_response__init(r);
    r->n_graphs = count > (size_t)page.size ? (size_t)page.size : count;
    r->graphs = ARENA_ARRAY(call->arena, wire_graph *, r->n_graphs);
    for (size_t i = 0; i < r->n_graphs; i++)
        r->graphs[i] = to_graph(call, &rows[i]);
    if (count > r->n_graphs)
        r->next_page_token =
            rpc_page_token_make(call->arena, LIST_OF_GRAPHS, &(rpc_page_key){.id = rows[r->n_graphs - 1].id});
    *reply = r;
    return STATUS_OK;
}

status plan_delete_graph(rpc_call *call, const Sical__Plan__V1__DeleteGraphRequest *request,
                         Sical__Plan__V1__DeleteGraphResponse **reply)
{
    uuid id;

    if (!plan_take_id(call, "id", request->id, &id))
        return PLAN_INVALID_INPUT;
    *reply = ARENA_NEW(call->arena, Sical__Plan__V1__DeleteGraphResponse);
    sical__plan__v1__delete_graph_response__init(*reply);
    return plan_store_delete_graph(plan_database(call), &call->user, &id);
}
