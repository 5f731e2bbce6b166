#include "transcode.h"

#include "every_type.pb-c.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static arena memory;

static void finish(void)
{
    arena_finish(&memory);
}

TestSuite(transcode, .fini = finish);

#define TYPE (&sical__test__every_type__descriptor)

static Sical__Test__EveryType *read_good(const char *json)
{
    transcode_faults faults = {0};
    ProtobufCMessage *m = transcode_read(&memory, TYPE, json, strlen(json), &faults);
    cr_assert(m, "%s: %s: %s", json, faults.count ? faults.list[0].field : "",
              faults.count ? faults.list[0].message : "");
    return (Sical__Test__EveryType *)m;
}

/* All faults as "field: message\n". */
static const char *faults_of(const char *json, size_t size)
{
    transcode_faults faults = {0};
    cr_assert_null(transcode_read(&memory, TYPE, json, size, &faults), "%s", json);
    const char *all = "";
    for (size_t i = 0; i < faults.count; i++)
        all = arena_printf(&memory, "%s%s: %s\n", all, faults.list[i].field, faults.list[i].message);
    return all;
}

static void expect_fault(const char *json, const char *expected)
{
    const char *all = faults_of(json, strlen(json));
    cr_expect_str_eq(all, expected, "%s gave %s", json, all);
}

static const char *written(const ProtobufCMessage *m)
{
    size_t size;
    char *json = transcode_write(&memory, m, NULL, &size);
    cr_assert_eq(strlen(json), size);
    return json;
}

/* ---- writing ---- */

Test(transcode, every_scalar_is_written_though_it_is_the_default)
{
    Sical__Test__EveryType m = SICAL__TEST__EVERY_TYPE__INIT;
    cr_assert_str_eq(
        written(&m.base),
        "{\"anInt32\":0,\"aSint32\":0,\"aSfixed32\":0,\"aUint32\":0,\"aFixed32\":0,\"anInt64\":\"0\","
        "\"aSint64\":\"0\",\"aSfixed64\":\"0\",\"aUint64\":\"0\",\"aFixed64\":\"0\",\"aFloat\":0,"
        "\"aDouble\":0,\"aBool\":false,\"aColour\":\"COLOUR_UNSPECIFIED\",\"aString\":\"\",\"someBytes\":\"\","
        "\"int32s\":[],\"uint64s\":[],\"doubles\":[],\"bools\":[],\"colours\":[],\"strings\":[],"
        "\"byteStrings\":[],\"messages\":[],\"times\":[]}");
}

Test(transcode, extremes_are_written_exactly)
{
    Sical__Test__EveryType m = SICAL__TEST__EVERY_TYPE__INIT;
    m.an_int32 = INT32_MIN;
    m.a_uint32 = UINT32_MAX;
    m.an_int64 = INT64_MIN;
    m.a_uint64 = UINT64_MAX;
    m.a_float = 0.1f;
    m.a_double = 0.1;
    m.a_colour = SICAL__TEST__EVERY_TYPE__COLOUR__DEEP_BLUE;
    const char *json = written(&m.base);
    static const char *const parts[] = {"\"anInt32\":-2147483648,",
                                        "\"aUint32\":4294967295,",
                                        "\"anInt64\":\"-9223372036854775808\",",
                                        "\"aUint64\":\"18446744073709551615\",",
                                        "\"aFloat\":0.1,",
                                        "\"aDouble\":0.1,",
                                        "\"aColour\":\"DEEP_BLUE\""};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_expect(strstr(json, parts[i]), "%s not in %s", parts[i], json);
}

Test(transcode, an_unknown_enum_number_stays_a_number)
{
    Sical__Test__EveryType m = SICAL__TEST__EVERY_TYPE__INIT;
    m.a_colour = 99;
    cr_expect(strstr(written(&m.base), "\"aColour\":99,"));
}

Test(transcode, strings_are_escaped)
{
    Sical__Test__EveryType m = SICAL__TEST__EVERY_TYPE__INIT;
    m.a_string = (char *)"\"\\/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9\xf0\x9f\x98\x80";
    cr_expect(
        strstr(written(&m.base), "\"aString\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\xf0\x9f\x98\x80\""));
}

Test(transcode, a_list_is_shown_as_items_with_a_cursor)
{
    Sical__Test__EveryType m = SICAL__TEST__EVERY_TYPE__INIT;
    size_t size;
    int32_t numbers[] = {1, 2};
    m.n_int32s = 2;
    m.int32s = numbers;
    const char *json = transcode_write(&memory, &m.base, &(transcode_options){.list = true}, &size);
    cr_expect(strstr(json, "\"items\":[1,2]"));
    cr_expect_null(strstr(json, "\"int32s\""));
}

Test(transcode, indentation_changes_white_space_only)
{
    Sical__Test__EveryType *m = read_good("{\"messages\":[{},{\"anInt32\":5}],\"aMessage\":{},\"aMask\":\"aB,c\"}");
    size_t size;
    const char *indented = transcode_write(&memory, &m->base, &(transcode_options){.indent = 2}, &size);
    cr_expect(strstr(indented, "{\n  \"anInt32\": 0,\n"));
    cr_expect_str_eq(written(&read_good(indented)->base), written(&m->base));
}

/* ---- reading ---- */

Test(transcode, all_forms_of_numbers_are_read)
{
    Sical__Test__EveryType *m =
        read_good("{\"anInt32\":-2147483648,\"aUint32\":4294967295,\"aSint32\":3e2,\"aFixed32\":7.0,\"anInt64\":\"-"
                  "9223372036854775808\","
                  "\"aSint64\":5,\"aUint64\":\"18446744073709551615\",\"aFixed64\":9,\"aFloat\":1.5,\"aDouble\":-2}");
    cr_expect_eq(m->an_int32, INT32_MIN);
    cr_expect_eq(m->a_uint32, UINT32_MAX);
    cr_expect_eq(m->a_sint32, 300);
    cr_expect_eq(m->a_fixed32, 7);
    cr_expect_eq(m->an_int64, INT64_MIN);
    cr_expect_eq(m->a_sint64, 5);
    cr_expect_eq(m->a_uint64, UINT64_MAX);
    cr_expect_eq(m->a_fixed64, 9);
    cr_expect_eq(m->a_float, 1.5f);
    cr_expect_eq(m->a_double, -2.0);
}

Test(transcode, names_come_in_both_forms)
{
    cr_expect_eq(read_good("{\"anInt32\":4}")->an_int32, 4);
    cr_expect_eq(read_good("{\"an_int32\":4}")->an_int32, 4);
    expect_fault("{\"an_int32\":4,\"anInt32\":4}", "an_int32: stands twice, under both of its names\n");
    expect_fault("{\"AnInt32\":4}", "AnInt32: unknown field; did you mean 'anInt32'?\n");
}

Test(transcode, enums_are_read_by_name)
{
    cr_expect_eq(read_good("{\"aColour\":\"DEEP_BLUE\"}")->a_colour, SICAL__TEST__EVERY_TYPE__COLOUR__DEEP_BLUE);
    expect_fault("{\"aColour\":\"red\"}", "aColour: must be one of RED, DEEP_BLUE\n");
    expect_fault("{\"aColour\":1}", "aColour: must be one of RED, DEEP_BLUE\n");
}

Test(transcode, a_long_name_is_cut_between_characters)
{
    char name[100], json[120], fault[200];
    snprintf(name, sizeof name, "%063d", 0);
    snprintf(json, sizeof json, "{\"%s\u00e9x\":1}", name); /* two bytes on both sides of the 64th */
    snprintf(fault, sizeof fault, "%s: unknown field\n", name);
    expect_fault(json, fault);
    snprintf(json, sizeof json, "{\"%s\u00e9x\":1}", name + 1);
    snprintf(fault, sizeof fault, "%s\u00e9: unknown field\n", name + 1);
    expect_fault(json, fault);
}

Test(transcode, times_are_read_and_written)
{
    Sical__Test__EveryType *m = read_good("{\"aTime\":\"2026-03-08T10:00:00.25+08:00\"}");
    cr_expect_eq(m->a_time->seconds, 1772935200);
    cr_expect_eq(m->a_time->nanos, 250000000);
    cr_expect(strstr(written(&m->base), "\"aTime\":\"2026-03-08T02:00:00.250000Z\""));
    m = read_good("{\"aTime\":\"1969-12-31T23:59:59.5Z\"}");
    cr_expect_eq(m->a_time->seconds, -1);
    cr_expect_eq(m->a_time->nanos, 500000000);
    static const char *const bad[] = {"\"\"",
                                      "\"2026-02-30T00:00:00Z\"",
                                      "\"2026-03-08\"",
                                      "1772935200",
                                      "{}",
                                      "\"0001-01-01T00:00:00+08:00\"",
                                      "\"9999-12-31T23:59:59-08:00\""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_fault(arena_printf(&memory, "{\"aTime\":%s}", bad[i]),
                     "aTime: must be a time as in RFC 3339, like \"2026-03-08T10:00:00Z\"\n");
}

Test(transcode, wrappers_tell_absent_from_zero)
{
    Sical__Test__EveryType *m = read_good("{\"maybeInt32\":0,\"maybeString\":\"\",\"maybeBool\":null}");
    cr_assert_not_null(m->maybe_int32);
    cr_assert_not_null(m->maybe_string);
    cr_expect_null(m->maybe_bool);
    cr_expect_null(m->maybe_double);
    const char *json = written(&m->base);
    cr_expect(strstr(json, "\"maybeInt32\":0"));
    cr_expect(strstr(json, "\"maybeString\":\"\""));
    cr_expect_null(strstr(json, "maybeBool"));
    expect_fault("{\"maybeInt32\":\"1\"}", "maybeInt32: must be a whole number from -2147483648 to 2147483647\n");
    cr_expect_eq(read_good("{\"maybeUint64\":\"18446744073709551615\"}")->maybe_uint64->value, UINT64_MAX);
}

Test(transcode, field_masks_join_names)
{
    Sical__Test__EveryType *m = read_good("{\"aMask\":\"anInt32,aMessage.aString,due\"}");
    cr_assert_eq(m->a_mask->n_paths, 3);
    cr_expect_str_eq(m->a_mask->paths[0], "an_int32");
    cr_expect_str_eq(m->a_mask->paths[1], "a_message.a_string");
    cr_expect(strstr(written(&m->base), "\"aMask\":\"anInt32,aMessage.aString,due\""));
    cr_expect_eq(read_good("{\"aMask\":\"\"}")->a_mask->n_paths, 0);
    static const char *const bad[] = {",", "a,", ",a", "a,,b", "a b", "a_b", "A", "1", ".a", "a,-b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_fault(arena_printf(&memory, "{\"aMask\":\"%s\"}", bad[i]),
                     "aMask: must be a string of field names joined by commas\n");
}

Test(transcode, bytes_are_base64_of_either_alphabet)
{
    static const char *const same[] = {"+/8=", "-_8=", "+/8", "-_8"};
    for (size_t i = 0; i < 4; i++) {
        Sical__Test__EveryType *m = read_good(arena_printf(&memory, "{\"someBytes\":\"%s\"}", same[i]));
        cr_assert_eq(m->some_bytes.len, 2);
        cr_expect_arr_eq(m->some_bytes.data, "\xfb\xff", 2);
        cr_expect(strstr(written(&m->base), "\"someBytes\":\"+/8=\""));
    }
    static const char *const bad[] = {"\"a\"", "\"ab!d\"", "\"=\"", "\"a===\"", "5", "\"abc=d\""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect_fault(arena_printf(&memory, "{\"someBytes\":%s}", bad[i]), "someBytes: must be a string in base64\n");
}

Test(transcode, a_oneof_holds_one)
{
    Sical__Test__EveryType *m = read_good("{\"chosenInt32\":0}");
    cr_expect_eq(m->choice_case, SICAL__TEST__EVERY_TYPE__CHOICE_CHOSEN_INT32);
    cr_expect(strstr(written(&m->base), "\"chosenInt32\":0"));
    expect_fault("{\"chosenInt32\":0,\"chosenString\":\"x\"}",
                 "chosenString: cannot stand together with another field of the same choice\n");
}

Test(transcode, null_means_unset)
{
    Sical__Test__EveryType *m = read_good("{\"anInt32\":null,\"aString\":null,\"aMessage\":null,\"messages\":null}");
    cr_expect_null(m->a_message);
    cr_expect_eq(m->n_messages, 0);
    expect_fault("{\"strings\":[\"a\",null]}", "strings[1]: must be a string\n");
    expect_fault("{\"messages\":[null]}", "messages[0]: must be an object\n");
}

/* ---- faults ---- */

Test(transcode, all_faults_come_at_once_with_their_places)
{
    expect_fault("{\"messages\":[{},{},{},{\"aStrin\":1,\"aBool\":1}],\"aMessage\":{\"aMessage\":{\"int32s\":[1,2.5]}},"
                 "\"zzz\":1,\"aUint32\":-1,\"aString\":7,\"strings\":{},\"aDouble\":\"x\"}",
                 "messages[3].aStrin: unknown field; did you mean 'aString'?\n"
                 "messages[3].aBool: must be true or false\n"
                 "aMessage.aMessage.int32s[1]: must be a whole number from -2147483648 to 2147483647\n"
                 "zzz: unknown field\n"
                 "aUint32: must be a whole number from 0 to 4294967295\n"
                 "aString: must be a string\n"
                 "strings: must be an array\n"
                 "aDouble: must be a number\n");
}

Test(transcode, numbers_out_of_range_are_refused)
{
    static const char *const bad[] = {"\"anInt32\":2147483648",
                                      "\"anInt32\":-2147483649",
                                      "\"anInt32\":1.5",
                                      "\"anInt32\":\"1\"",
                                      "\"anInt32\":true",
                                      "\"aUint32\":4294967296",
                                      "\"aUint64\":-1",
                                      "\"aUint64\":\"-1\"",
                                      "\"aUint64\":\"18446744073709551616\"",
                                      "\"anInt64\":\"9223372036854775808\"",
                                      "\"anInt64\":\"\"",
                                      "\"anInt64\":\"1x\"",
                                      "\"anInt64\":1e30",
                                      "\"aFloat\":1e39",
                                      "\"aDouble\":\"1\"",
                                      "\"aDouble\":\"nan\"",
                                      "\"aDouble\":true",
                                      "\"anInt64\":\" 1\""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *json = arena_printf(&memory, "{%s}", bad[i]);
        cr_expect(*faults_of(json, strlen(json)), "%s", json);
    }
}

Test(transcode, broken_json_is_one_fault_of_the_whole)
{
    static const struct {
        const char *json, *fault;
    } cases[] = {
        {"", ": ends too early (line 1, column 0)\n"},
        {"{", ": ends too early (line 1, column 1)\n"},
        {"[]", ": must be an object\n"},
        {"{} x", ": has text after its end (line 1, column 4)\n"},
        {"{\"a\":1,\"a\":2}", ": has a key that stands twice in one object (line 1, column 10)\n"},
        {"{\"aString\":\"\xff\"}", ": is not UTF-8 (line 1, column 12)\n"},
        {"{\"aString\":\"\\u0000\"}", ": has a NUL in a string (line 1, column 19)\n"},
        {"{\"aString\":\"\\ud800\"}", ": is not JSON (line 1, column 19)\n"},
        {"{\"anInt32\":99999999999999999999}",
         ": has a number that is too large; send 64-bit numbers as strings (line 1, column 31)\n"},
        {"{'a':1}", ": is not JSON (line 1, column 2)\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_fault(cases[i].json, cases[i].fault);
}

Test(transcode, faults_do_not_quote_the_input)
{
    cr_expect_null(strstr(faults_of("{\"aString\": hunter2 }", 21), "hunter2"));
    cr_expect_null(strstr(faults_of("{\"anInt32\":\"hunter2\"}", 21), "hunter2"));
}

Test(transcode, nesting_is_bounded)
{
    char deep[1024];
    for (int depth = 1; depth <= 40; depth++) {
        deep[0] = '\0';
        for (int i = 1; i < depth; i++)
            strcat(deep, "{\"aMessage\":");
        strcat(deep, "{");
        for (int i = 0; i < depth; i++)
            strcat(deep, "}");
        if (depth <= TRANSCODE_DEPTH_MAX)
            read_good(deep);
        else
            expect_fault(deep, ": is nested deeper than 32 levels\n");
    }
    read_good("{\"aString\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[\"}");
}

Test(transcode, at_most_a_hundred_faults_are_kept)
{
    char *json = arena_strdup(&memory, "{\"strings\":[0");
    for (int i = 0; i < 200; i++)
        json = arena_printf(&memory, "%s,%d", json, i);
    json = arena_printf(&memory, "%s]}", json);
    transcode_faults faults = {0};
    cr_assert_null(transcode_read(&memory, TYPE, json, strlen(json), &faults));
    cr_expect_eq(faults.count, TRANSCODE_FAULTS_MAX);
}

Test(transcode, what_was_present_is_told_in_order)
{
    static const char json[] = "{\"aString\":null,\"anInt32\":0,\"a_bool\":true}";
    transcode_faults faults = {0};
    const char **present;
    size_t count;
    cr_assert(transcode_read_present(&memory, TYPE, json, strlen(json), &faults, &present, &count));
    cr_assert_eq(count, 3);
    cr_expect_str_eq(present[0], "a_string");
    cr_expect_str_eq(present[1], "an_int32");
    cr_expect_str_eq(present[2], "a_bool");
}
