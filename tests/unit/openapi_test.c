/* The document is what transcode does: each type as it is read and written, the rules and comments of the contract. */
#include "descriptor_set.h"
#include "openapi.h"
#include "schema.h"

#include "every_type.pb-c.h"
#include "plan.pb-c.h"
#include "progress.pb-c.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static schemas made;

static void start(void)
{
    const char *why;
    made = (schemas){.contract = contract_create(sical_descriptor_set,
                                                 (size_t)(sical_descriptor_set_end - sical_descriptor_set), &why),
                     .components = json_object()};
}

static void finish(void)
{
    json_decref(made.components);
    contract_destroy(made.contract);
}

TestSuite(openapi, .init = start, .fini = finish);

/* The component of a message. */
static json_t *component(const ProtobufCMessageDescriptor *type, const schema_view *view)
{
    json_t *reference = schema_of_message(&made, type, view);
    const char *name = strrchr(json_string_value(json_object_get(reference, "$ref")), '/') + 1;
    json_t *schema = json_object_get(made.components, name);
    cr_assert_not_null(schema, "%s", name);
    json_decref(reference);
    return schema;
}

static json_t *use(const ProtobufCMessageDescriptor *type, schema_use how)
{
    return component(type, &(schema_view){.use = how});
}

/* Compares with JSON written with ' for ". */
static void expect_json(json_t *actual, const char *expected)
{
    char *text = strdup(expected);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *wanted = json_loads(text, JSON_DECODE_ANY, NULL);
    char *shown = actual ? json_dumps(actual, JSON_ENCODE_ANY) : strdup("nothing");
    cr_assert_not_null(wanted, "%s", text);
    cr_expect(json_equal(actual, wanted), "%s instead of %s", shown, text);
    json_decref(wanted);
    free(shown);
    free(text);
}

static void expect_property(json_t *schema, const char *name, const char *expected)
{
    json_t *property = json_object_get(json_object_get(schema, "properties"), name);
    cr_assert_not_null(property, "%s", name);
    expect_json(property, expected);
}

static bool lists(json_t *schema, const char *keyword, const char *text)
{
    size_t i;
    json_t *value;
    json_array_foreach(json_object_get(schema, keyword), i,
                       value) if (json_is_string(value) && !strcmp(json_string_value(value), text)) return true;
    return false;
}

static const ProtobufCMessageDescriptor *every_type(void)
{
    return &sical__test__every_type__descriptor;
}

Test(openapi, an_answer_shows_each_type_as_it_is_written)
{
    json_t *s = use(every_type(), SCHEMA_OF_ANSWER);
    expect_property(s, "anInt32", "{'type':'integer','format':'int32','minimum':-2147483648,'maximum':2147483647}");
    expect_property(s, "aUint32", "{'type':'integer','format':'uint32','minimum':0,'maximum':4294967295}");
    expect_property(s, "aSint64", "{'type':'string','format':'int64','pattern':'^-?[0-9]{1,19}$'}");
    expect_property(s, "aFixed64", "{'type':'string','format':'uint64','pattern':'^[0-9]{1,20}$'}");
    expect_property(s, "aDouble",
                    "{'anyOf':[{'type':'number','format':'double'},{'enum':['NaN','Infinity','-Infinity']}]}");
    expect_property(s, "aBool", "{'type':'boolean'}");
    expect_property(s, "aColour", "{'type':'string','enum':['COLOUR_UNSPECIFIED','RED','DEEP_BLUE']}");
    expect_property(s, "aString", "{'type':'string'}");
    expect_property(s, "someBytes", "{'type':'string','contentEncoding':'base64'}");
    expect_property(s, "aTime", "{'type':'string','format':'date-time'}");
    expect_property(s, "maybeUint64", "{'type':'string','format':'uint64','pattern':'^[0-9]{1,20}$'}");
    expect_property(s, "times", "{'type':'array','items':{'type':'string','format':'date-time'}}");
    expect_json(json_object_get(s, "additionalProperties"), "false");
}

Test(openapi, an_answer_has_all_fields_but_messages_that_are_not_set_and_choices_not_chosen)
{
    json_t *s = use(every_type(), SCHEMA_OF_ANSWER);
    static const char *const always[] = {"anInt32", "anInt64", "aBool", "aColour", "aString", "someBytes", "messages"};
    static const char *const sometimes[] = {"aMessage", "aTime", "maybeInt32", "chosenString", "chosenInt32"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        cr_expect(lists(s, "required", always[i]), "%s", always[i]);
    for (size_t i = 0; i < sizeof sometimes / sizeof *sometimes; i++)
        cr_expect_not(lists(s, "required", sometimes[i]), "%s", sometimes[i]);
}

Test(openapi, a_message_that_holds_itself_refers_to_itself)
{
    json_t *s = use(every_type(), SCHEMA_OF_ANSWER);
    expect_property(s, "aMessage", "{'$ref':'#/components/schemas/sical.test.EveryType'}");
    expect_property(s, "messages", "{'type':'array','items':{'$ref':'#/components/schemas/sical.test.EveryType'}}");
}

Test(openapi, a_body_may_leave_out_what_is_not_required_or_send_null)
{
    json_t *s = use(every_type(), SCHEMA_OF_BODY);
    cr_expect_null(json_object_get(s, "required"));
    expect_property(s, "aBool", "{'type':['boolean','null']}");
    expect_property(s, "maybeBool", "{'type':['boolean','null']}");
    expect_property(s, "aColour", "{'type':['string','null'],'enum':['COLOUR_UNSPECIFIED','RED','DEEP_BLUE',null]}");
    expect_property(s, "aMessage",
                    "{'anyOf':[{'$ref':'#/components/schemas/sical.test.EveryTypeInput'},{'type':'null'}]}");
    expect_property(s, "strings", "{'type':['array','null'],'items':{'type':'string'}}");
    expect_property(s, "aMask", "{'type':['string','null'],'pattern':'^([a-z][a-zA-Z0-9.]*(,[a-z][a-zA-Z0-9.]*)*)?$'}");
}

Test(openapi, rules_of_the_contract_bound_a_body)
{
    json_t *s = use(&sical__plan__v1__create_goal_request__descriptor, SCHEMA_OF_BODY);
    expect_json(json_object_get(s, "required"), "['graphId','title','targets','due']");
    expect_property(s, "title",
                    "{'type':'string','minLength':1,'maxLength':200,'examples':['Write a network service']}");
    expect_property(s, "weight",
                    "{'type':['integer','null'],'format':'int32','minimum':1,'maximum':100,'default':10,"
                    "'description':'Decides between equal dates.'}");
    expect_property(s, "targets",
                    "{'type':'array','minItems':1,'maxItems':100,'description':'Keys of topics of the graph, each "
                    "once.','items':{'type':'string','minLength':1,'maxLength':100,'pattern':'^[a-z0-9_.-]+$'}}");
    expect_property(s, "id",
                    "{'type':['string','null'],'anyOf':[{'maxLength':0},{'format':'uuid'}],'description':'Chosen by "
                    "the client, optional: the same id again answers with the same goal.'}");
}

Test(openapi, a_change_has_no_fields_that_cannot_be_changed)
{
    json_t *s =
        component(&sical__plan__v1__goal__descriptor,
                  &(schema_view){.use = SCHEMA_OF_CHANGE, .omitted = (const char *[]){"id"}, .omitted_count = 1});
    json_t *properties = json_object_get(s, "properties");
    static const char *const fixed[] = {"id", "graphId", "createTime", "updateTime"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        cr_expect_null(json_object_get(properties, fixed[i]), "%s", fixed[i]);
    cr_expect_null(json_object_get(s, "required"));
    expect_json(json_object_get(s, "minProperties"), "1");
    expect_property(s, "status", "{'type':'string','enum':['ACTIVE','PAUSED','DONE']}");
    expect_property(s, "description", "{'type':['string','null'],'maxLength':10000}");
}

Test(openapi, a_rule_of_several_fields_stands_with_the_message)
{
    json_t *s = use(&sical__progress__v1__study_event__descriptor, SCHEMA_OF_BODY);
    expect_json(json_object_get(s, "anyOf"),
                "[{'properties':{'kind':{'const':'LESSON'}}},"
                "{'properties':{'grade':{'enum':['AGAIN','HARD','GOOD','EASY']}},'required':['grade']}]");
    cr_expect_str_eq(json_string_value(json_object_get(s, "description")),
                     "One act of study. The log of events is append-only; everything else is derived from it.");
}

Test(openapi, a_list_has_items_and_a_cursor)
{
    json_t *s = component(&sical__plan__v1__list_goals_response__descriptor,
                          &(schema_view){.use = SCHEMA_OF_ANSWER, .list = true});
    expect_json(json_object_get(s, "required"), "['items','nextCursor']");
}

/* ---- the document ---- */

static json_t *document(void)
{
    size_t size;
    router *r = router_create(gateway_routes, gateway_route_count);
    char *text = openapi_make(r, "1.2.3", &size);
    json_t *d = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    cr_assert_not_null(d);
    cr_assert_eq(strlen(text), size);
    free(text);
    router_destroy(r);
    return d;
}

static json_t *at(json_t *json, const char *const *path)
{
    for (; *path; path++)
        json = json_object_get(json, *path);
    return json;
}
#define AT(JSON, ...) at((JSON), (const char *const[]){__VA_ARGS__, NULL})

Test(openapi, every_route_is_an_operation_of_its_own)
{
    json_t *d = document(), *item, *operation;
    const char *path, *method;
    size_t operations = 0;
    json_object_foreach(json_object_get(d, "paths"), path, item) json_object_foreach(item, method, operation)
    {
        operations++;
        cr_expect(json_object_get(operation, "summary"), "%s %s: its RPC has no comment", method, path);
        cr_expect(AT(operation, "responses", "400"), "%s %s", method, path);
    }
    cr_expect_eq(operations, gateway_route_count);
    cr_expect_str_eq(json_string_value(AT(d, "info", "version")), "1.2.3");
    json_decref(d);
}

Test(openapi, an_operation_tells_parameters_answers_and_access)
{
    json_t *d = document(), *o = AT(d, "paths", "/graphs/{graphId}/topics/{key}", "get");
    cr_expect_str_eq(json_string_value(json_object_get(o, "operationId")), "getTopic");
    expect_json(json_object_get(o, "security"), "[{'accessToken':[]}]");
    expect_json(json_array_get(json_object_get(o, "parameters"), 0), "{'name':'graphId','in':'path','required':true,"
                                                                     "'schema':{'type':'string','format':'uuid'}}");
    expect_json(AT(o, "responses", "404"), "{'$ref':'#/components/responses/NotFound'}");
    cr_expect_null(json_object_get(o, "requestBody"));
    expect_json(AT(o, "responses", "304", "headers", "ETag"), "{'$ref':'#/components/headers/ETag'}");
    expect_json(AT(d, "components", "headers", "ETag", "required"), "true");
    expect_json(AT(d, "components", "headers", "RateLimit", "required"), "false");
    cr_expect_null(AT(d, "paths", "/goals", "post", "responses", "304"));
    expect_json(AT(d, "paths", "/auth/login", "post", "security"), "[]");
    expect_json(AT(d, "paths", "/auth/login", "post", "requestBody", "required"), "true");
    expect_json(AT(d, "paths", "/plan", "post", "requestBody", "required"), "false");
    cr_expect_null(AT(d, "paths", "/goals/{id}", "delete", "responses", "204", "content"));
    json_decref(d);
}
