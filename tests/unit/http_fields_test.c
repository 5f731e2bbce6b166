/* Header fields: what clients take, what they know already, where they come from. */
#include "cors.h"
#include "entity_tag.h"
#include "idempotency_key.h"
#include "negotiation.h"
#include "traceparent.h"

#include <criterion/criterion.h>
#include <string.h>

typedef struct header_case {
    const char *value;
    bool expected;
} header_case;

#define EXPECT_EACH(CASES, FUNCTION)                                                                                   \
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES)[0]; i++)                                                      \
    cr_expect_eq(FUNCTION((CASES)[i].value), (CASES)[i].expected, "%s", (CASES)[i].value ? (CASES)[i].value : "NULL")

/* ---- negotiation ---- */

Test(negotiation, accept_leaves_room_for_json_or_does_not)
{
    static const header_case cases[] = {
        {NULL, true},
        {"", true},
        {"*/*", true},
        {"application/json", true},
        {"APPLICATION/JSON", true},
        {"application/*", true},
        {"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", true},
        {"application/json;charset=utf-8", true},
        {"application/json; charset=\"utf-8\" ;q=0.001", true},
        {"text/html;level=1, application/json", true},
        {"text/html", false},
        {"text/*, image/png;q=0.5", false},
        {"application/json;q=0", false},
        {"application/json;q=0.000", false},
        {"application/json;q=0, */*", false},
        {"*/*, application/*;q=0", false},
        {"*/*;q=0, application/json", true},
        {"application/json;q=0, application/json", true},
        {"application/jsonp", false},
        {"application/problem+json", false},
        {"text/html;q=7", true},
        {"text/html;q=0.1234", true},
        {"text/html;q=", true},
        {"text/html;x=\"", true},
        {"text/html;x=\"a,b\"", false},
        {"text/html;x=\"\\\"\", image/png", false},
        {", ,text/html,", false},
        {"text/html application/json", true},
    };
    EXPECT_EACH(cases, negotiation_takes_json);
}

Test(negotiation, gzip_is_wanted_or_not)
{
    static const header_case cases[] = {
        {NULL, false},
        {"", false},
        {"gzip", true},
        {"GZIP", true},
        {"x-gzip", true},
        {"gzip, deflate, br", true},
        {"deflate,gzip;q=0.5", true},
        {"*", true},
        {"*;q=0", false},
        {"br, *;q=0.1", true},
        {"gzip;q=0", false},
        {"gzip;q=0, *", false},
        {"gzip;q=0.5, identity", false},
        {"gzip;q=0.5, identity;q=0.5", true},
        {"identity;q=0, gzip;q=0.001", true},
        {"identity", false},
        {"deflate, br", false},
        {"gzip;q=x", false},
        {"gzipped", false},
    };
    EXPECT_EACH(cases, negotiation_wants_gzip);
}

Test(negotiation, bodies_are_json_in_utf8)
{
    static const header_case cases[] = {
        {NULL, false},
        {"", false},
        {"application/json", true},
        {"Application/JSON", true},
        {"application/json; charset=utf-8", true},
        {"application/json;charset=\"UTF-8\" ", true},
        {"application/json ; charset=UTF8", true},
        {"application/json; version=2", true},
        {"application/json; version=2; charset=latin1", false},
        {"application/json; charset=iso-8859-1", false},
        {"application/json; charset=utf-16", false},
        {"application/json; charset=", false},
        {"application/json; charset=\"utf-8", false},
        {"application/json, text/html", false},
        {"application/json x", false},
        {"application/jsonp", false},
        {"application/merge-patch+json", false},
        {"text/json", false},
    };
    EXPECT_EACH(cases, negotiation_is_json);
}

Test(negotiation, bodies_are_not_encoded)
{
    static const header_case cases[] = {
        {NULL, true}, {"", true}, {"Identity", true}, {"gzip", false}, {"identity, gzip", false}};
    EXPECT_EACH(cases, negotiation_is_identity);
}

/* ---- entity tags ---- */

Test(entity_tag, is_made_of_the_bytes)
{
    char a[ENTITY_TAG_SIZE], b[ENTITY_TAG_SIZE], c[ENTITY_TAG_SIZE];
    entity_tag_of_bytes("{\"a\":1}", 7, a);
    entity_tag_of_bytes("{\"a\":1}", 7, b);
    entity_tag_of_bytes("{\"a\":2}", 7, c);
    cr_expect_eq(strlen(a), 34);
    cr_expect_str_eq(a, b);
    cr_expect_str_neq(a, c);
    entity_tag_of_bytes("", 0, b);
    cr_expect_str_neq(a, b);
}

Test(entity_tag, is_made_of_a_version)
{
    char tag[ENTITY_TAG_SIZE], longest[ENTITY_TAG_CONTENT_MAX + 2];
    cr_expect(entity_tag_of_version("42", tag));
    cr_expect_str_eq(tag, "\"42\"");
    cr_expect(entity_tag_of_version("\"42\"", tag));
    cr_expect_str_eq(tag, "\"42\"");
    static const char *const none[] = {"", "\"\"", "a\"b", "a b", "a\nb", "\x7f"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        cr_expect_not(entity_tag_of_version(none[i], tag), "%s", none[i]);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    cr_expect_not(entity_tag_of_version(longest, tag));
    longest[ENTITY_TAG_CONTENT_MAX] = '\0';
    cr_expect(entity_tag_of_version(longest, tag));
    entity_tag_mark_gzip(tag);
    cr_expect_str_eq(tag + strlen(tag) - 7, "x-gzip\"");
}

static bool names_x(const char *if_none_match)
{
    return entity_tag_is_named(if_none_match, "\"x\"");
}

Test(entity_tag, is_found_in_if_none_match)
{
    static const header_case cases[] = {
        {"\"x\"", true},
        {"W/\"x\"", true},
        {"*", true},
        {" * ", true},
        {"\"a\", \"x\"", true},
        {"\"a\",W/\"x\" ", true},
        {",,\"x\"", true},
        {"\"\", \"x\"", true},
        {"\"a,b\",\"x\"", true},
        {"", false},
        {"\"X\"", false},
        {"x", false},
        {"\"xx\"", false},
        {"\"x", false},
        {"w/\"x\"", false},
        {"\"a\" x, \"x\"", false},
        {"*, \"a\"", false},
        {"\"a\"", false},
        {"\"x-gzip\"", false},
        {"\" x\"", false},
    };
    EXPECT_EACH(cases, names_x);
}

Test(entity_tag, is_read_from_if_match)
{
    static const struct {
        const char *header, *etag; /* NULL: malformed */
    } cases[] = {
        {"\"a1\"", "a1"},
        {" \"a1\" ", "a1"},
        {"\"a1\",\"b2\"", "a1,b2"},
        {"\"a1\" , ,\t\"b2\",", "a1,b2"},
        {"*", "*"},
        {" * ", "*"},
        {"\"a1-gzip\"", "a1"},
        {"\"-gzip\"", "-gzip"},
        {"W/\"a1\"", "W"},
        {"W/\"a1\", \"b2\"", "W,b2"},
        {"\"a,b\"", "W"},
        {"\"*\"", "W"},
        {"\"\"", "W"},
        {"", NULL},
        {",", NULL},
        {"a1", NULL},
        {"\"a1", NULL},
        {"\"a1\" \"b2\"", NULL},
        {"\"a1\"b2", NULL},
        {"w/\"a1\"", NULL},
        {"*, \"a1\"", NULL},
        {"\"a1\", *", NULL},
        {"\"a 1\"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char etag[64] = "";
        bool read = entity_tag_read_match(cases[i].header, etag);
        cr_expect_eq(read, cases[i].etag != NULL, "%s", cases[i].header);
        if (read && cases[i].etag)
            cr_expect_str_eq(etag, cases[i].etag, "%s: %s", cases[i].header, etag);
    }
}

/* ---- traceparent ---- */

#define TRACE "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"

Test(traceparent, is_passed_on_as_version_00)
{
    char out[TRACEPARENT_SIZE];
    cr_expect(traceparent_read("00-" TRACE "-01", out));
    cr_expect_str_eq(out, "00-" TRACE "-01");
    cr_expect(traceparent_read("cc-" TRACE "-01", out));
    cr_expect_str_eq(out, "00-" TRACE "-01");
    cr_expect(traceparent_read("cc-" TRACE "-01-what-the-future-adds", out));
    cr_expect_str_eq(out, "00-" TRACE "-01");
}

Test(traceparent, is_dropped_when_it_is_not_valid)
{
    static const char *const cases[] = {
        NULL,
        "",
        "00-" TRACE "-0",
        "00-" TRACE "-011",
        "00-" TRACE "-01-more",
        "cc-" TRACE "-01.more",
        "ff-" TRACE "-01",
        "0-" TRACE "-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    char out[TRACEPARENT_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_not(traceparent_read(cases[i], out), "%s", cases[i] ? cases[i] : "NULL");
}

/* ---- CORS ---- */

static const char *allowed(const char *origins, const char *origin)
{
    cors_policy p;
    const char *why;
    static char answer[128];
    cr_assert(cors_init(&p, origins, false, 600, &why), "%s: %s", origins, why);
    const char *found = cors_allowed_origin(&p, origin);
    strcpy(answer, found ? found : "");
    cors_finish(&p);
    return answer;
}

Test(cors, origins_are_compared_byte_by_byte)
{
    static const char *const both = "https://app.example.org, http://localhost:5173";
    cr_expect_str_eq(allowed(both, "https://app.example.org"), "https://app.example.org");
    cr_expect_str_eq(allowed(both, "http://localhost:5173"), "http://localhost:5173");
    static const char *const others[] = {"http://app.example.org",
                                         "https://app.example.org:443",
                                         "https://app.example.org.evil.example",
                                         "https://evil.example",
                                         "null",
                                         "",
                                         "https://APP.example.org",
                                         "https://app.example.or"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_str_eq(allowed(both, others[i]), "", "%s", others[i]);
    cr_expect_str_eq(allowed(both, NULL), "");
    cr_expect_str_eq(allowed("", "https://app.example.org"), "");
    cr_expect_str_eq(allowed("*", "https://app.example.org"), "*");
}

Test(cors, faults_are_told)
{
    static const char *const cases[] = {"app.example.org",
                                        "https://",
                                        "https://a.example/",
                                        "https://A.example",
                                        "null",
                                        "ftp://a",
                                        "https://a.example *",
                                        "https://*.example.org"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cors_policy p;
        const char *why;
        cr_expect(!cors_init(&p, cases[i], false, 0, &why) && why, "%s", cases[i]);
        cors_finish(&p);
    }
    cors_policy p;
    const char *why;
    cr_expect_not(cors_init(&p, "*", true, 0, &why), "any origin with credentials");
    cors_finish(&p);
}

/* ---- Idempotency-Key ---- */

Test(idempotency_key, a_key_is_read_with_and_without_quotes)
{
    static const struct {
        const char *header, *key;
    } cases[] = {
        {"k", "k"},
        {"8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"},
        {"\"k\"", "k"},
        {"\"a b\"", "a b"},
        {"\"a\\\"b\\\\c\"", "a\"b\\c"},
        {"a\"b", "a\"b"},
    };
    char key[IDEMPOTENCY_KEY_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect(idempotency_key_read(cases[i].header, key), "%s", cases[i].header);
        cr_expect_str_eq(key, cases[i].key);
    }
}

Test(idempotency_key, what_is_none_is_refused)
{
    static const char *const cases[] = {"",      "\"\"", "\"a",   "\"a\"b",   "\"a\" ",   "\"\\n\"",
                                        "\"a\\", "a b",  "a\x7f", "\xc3\xa4", "\"\x01\"", "\"a\";x"};
    char key[IDEMPOTENCY_KEY_SIZE];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_not(idempotency_key_read(cases[i], key), "%s", cases[i]);
}

Test(idempotency_key, it_has_at_most_255_characters)
{
    char header[260], key[IDEMPOTENCY_KEY_SIZE];
    memset(header, 'k', sizeof header);
    header[255] = '\0';
    cr_expect(idempotency_key_read(header, key));
    cr_expect_eq(strlen(key), 255u);
    header[255] = 'k';
    header[256] = '\0';
    cr_expect_not(idempotency_key_read(header, key));
    header[0] = header[256] = '"';
    header[257] = '\0';
    cr_expect(idempotency_key_read(header, key));
}
