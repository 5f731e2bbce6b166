/* Who the client is: every form that proxies send, and what attackers send to look like another. */
#include "http_crowd.h"
#include "http_forwarded.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static http_networks networks_of(const char *text)
{
    http_networks n;
    const char *why;
    cr_assert(http_networks_parse(text, &n, &why), "%s: %s", text, why);
    return n;
}

static http_address address_of(const char *text)
{
    http_address a;
    cr_assert(http_address_parse(text, strlen(text), &a), "%s", text);
    return a;
}

/* "" = nothing known. */
static const char *text_of(bool found, const http_origin *origin)
{
    static char text[HTTP_ADDRESS_TEXT_SIZE + 8];
    *text = '\0';
    if (found) {
        http_address_format(&origin->address, text);
        strcat(text, origin->secure ? " https" : "");
    }
    return text;
}

typedef struct forwarded_case {
    const char *value, *client;
} forwarded_case;

#define PROXIES "10.0.0.0/8, 2001:db8:1::/48"

Test(http_forwarded, forwarded_is_walked_from_the_right)
{
    static const forwarded_case cases[] = {
        {"for=192.0.2.60", "192.0.2.60"},
        {"For=192.0.2.60;Proto=HTTPS;by=203.0.113.43", "192.0.2.60 https"},
        {"for=192.0.2.60;proto=http", "192.0.2.60"},
        {"for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
        {"for=\"[2001:DB8:CAFE:0::17]\"", "2001:db8:cafe::17"},
        {"for=\"192.0.2.60:80\"", "192.0.2.60"},
        {"for=\"[::ffff:192.0.2.60]\"", "192.0.2.60"},
        {"for=\"192.0.2.\\60\"", "192.0.2.60"},
        {"for=1.1.1.1, for=192.0.2.60", "192.0.2.60"},
        {"for=1.1.1.1, for=192.0.2.60, for=10.1.1.1", "192.0.2.60"},
        {"for=1.1.1.1;proto=http, for=192.0.2.60;proto=https, for=10.1.1.1;proto=http", "192.0.2.60 https"},
        {"for=192.0.2.60, for=\"[2001:db8:1::9]\", for=10.1.1.1", "192.0.2.60"},
        {"for=10.3.3.3, for=10.2.2.2, for=10.1.1.1", "10.3.3.3"},
        {"for=10.1.1.1", "10.1.1.1"},
        {"for=192.0.2.60, for=unknown, for=10.1.1.1", "10.1.1.1"},
        {"for=192.0.2.60, for=_hidden, for=10.1.1.1", "10.1.1.1"},
        {"for=192.0.2.60, by=10.0.0.1, for=10.1.1.1", "10.1.1.1"},
        {"for=192.0.2.60, for=unknown", ""},
        {"for=\"_secret:80\"", ""},
        {"proto=https", ""},
        {"", ""},
        {" , ,", ""},
        {", for=192.0.2.60 ,,", "192.0.2.60"},
        {" for=192.0.2.60 ; proto=https ", "192.0.2.60 https"},
        {";;for=192.0.2.60;", "192.0.2.60"},
        {"secret=\"a, for=1.1.1.1\";for=192.0.2.60", "192.0.2.60"},
        {"for=\"1.1.1.1", ""},
        {"for=\", for=192.0.2.60", ""},
        {"for=\"a\\\", for=192.0.2.60", ""},
        {"for=\"\\", ""},
        {"for=192.0.2.60;for=192.0.2.61", ""},
        {"proto=http;proto=https;for=192.0.2.60", ""},
        {"for=192.0.2.60:80", ""},
        {"for=[2001:db8::1]", ""},
        {"for =192.0.2.60", ""},
        {"for= 192.0.2.60", ""},
        {"for", ""},
        {"for=", ""},
        {"=192.0.2.60", ""},
        {"for=\"192.0.2.60\"x", ""},
        {"for=\"192.0.2.60:\"", ""},
        {"for=\"192.0.2.60:123456\"", ""},
        {"for=\"192.0.2.60:x\"", ""},
        {"for=\"[192.0.2.60]\"", ""},
        {"for=\"[2001:db8::1\"", ""},
        {"for=\"[2001:db8::1]80\"", ""},
        {"for=\"2001:db8::1\"", ""},
        {"for=\"\"", ""},
        {"for=192.0.2", ""},
        {"for=192.0.2.256", ""},
        {"for=0x7f.1", ""},
        {"for=192.0.2.060", ""},
    };
    http_networks trusted = networks_of(PROXIES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_origin origin;
        bool found = http_forwarded_read(cases[i].value, &trusted, &origin);
        cr_expect_str_eq(text_of(found, &origin), cases[i].client, "%s", cases[i].value);
    }
    http_networks_finish(&trusted);
}

Test(http_forwarded, x_forwarded_for_is_walked_from_the_right)
{
    static const forwarded_case cases[] = {
        {"192.0.2.60", "192.0.2.60"},
        {"2001:db8::17", "2001:db8::17"},
        {"[2001:db8::17]:443", "2001:db8::17"},
        {"192.0.2.60:8080", "192.0.2.60"},
        {"1.1.1.1, 192.0.2.60", "192.0.2.60"},
        {"1.1.1.1,192.0.2.60 , 10.0.0.1,2001:db8:1::1", "192.0.2.60"},
        {"10.2.2.2, 10.1.1.1", "10.2.2.2"},
        {"nonsense, 192.0.2.60, 10.1.1.1", "192.0.2.60"},
        {"192.0.2.60, nonsense, 10.1.1.1", "10.1.1.1"},
        {"192.0.2.60, unknown", ""},
        {"192.0.2.60, ", "192.0.2.60"},
        {"\"192.0.2.60", ""},
        {"192.0.2.60 1.1.1.1", ""},
        {"", ""},
        {"\t", ""},
    };
    http_networks trusted = networks_of(PROXIES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_origin origin;
        bool found = http_x_forwarded_for_read(cases[i].value, &trusted, &origin);
        cr_expect_str_eq(text_of(found, &origin), cases[i].client, "%s", cases[i].value);
    }
    http_networks_finish(&trusted);
}

/* A client may prepend whatever it likes: what a trusted proxy appends decides, or nothing does. */
Test(http_forwarded, nothing_before_the_proxys_word_chooses_the_client)
{
    static const char characters[] = "for=1.2;,\"\\[]:_ \tproto\x01\xff";
    http_networks trusted = networks_of(PROXIES);
    unsigned seed = 11;
    for (int round = 0; round < 200000; round++) {
        char value[128];
        size_t size = (size_t)rand_r(&seed) % 40;
        for (size_t i = 0; i < size; i++)
            value[i] = characters[(size_t)rand_r(&seed) % (sizeof characters - 1)];
        strcpy(value + size, ", for=192.0.2.60, for=10.1.1.1");
        http_origin origin;
        bool found = http_forwarded_read(value, &trusted, &origin);
        const char *client = text_of(found, &origin);
        cr_assert(!strcmp(client, "") || !strcmp(client, "192.0.2.60"), "%s gave %s", value, client);
    }
    http_networks_finish(&trusted);
}

Test(http_networks, contain_exactly_what_their_prefix_says)
{
    static const struct {
        const char *networks, *address;
        bool inside;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "9.255.255.255", false},
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"192.168.4.128/25", "192.168.4.127", false},
        {"0.0.0.0/0", "255.1.2.3", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "10.0.0.1", true},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"127.0.0.1", "::ffff:127.0.0.1", true},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {" 10.0.0.0/8 ,2001:db8::/32,, ", "2001:db8::5", true},
        {"", "10.0.0.1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_networks n = networks_of(cases[i].networks);
        http_address a = address_of(cases[i].address);
        cr_expect_eq(http_networks_contain(&n, &a), cases[i].inside, "%s in %s", cases[i].address, cases[i].networks);
        http_networks_finish(&n);
    }
}

Test(http_networks, faults_are_told)
{
    static const char *const cases[] = {
        "10.0.0.1/8", "10.0.0.0/33",    "10.0.0.0/-1",   "10.0.0.0/",    "10.0.0.0/8x",       "::/129",
        "x",          "10.0.0",         "10.0.0.0/0008", "/8",           ",10.0.0.0/8",       "[::1]",
        "fe80::1%lo", "2001:db8::1/32", "10.0.0.0 /8",   "10.0.0.0/8;x", "::ffff:10.0.0.1/95"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_networks n;
        const char *why;
        cr_expect(!http_networks_parse(cases[i], &n, &why) && why, "%s", cases[i]);
        http_networks_finish(&n);
    }
}

Test(http_address, sockets_of_both_families_give_one_form)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0xc000023c)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    inet_pton(AF_INET6, "::ffff:192.0.2.60", &v6.sin6_addr);
    http_address a = http_address_of_socket((const struct sockaddr *)&v4);
    http_address b = http_address_of_socket((const struct sockaddr *)&v6);
    char text[HTTP_ADDRESS_TEXT_SIZE];
    http_address_format(&a, text);
    cr_expect(http_address_equal(&a, &b));
    cr_expect_str_eq(text, "192.0.2.60");
}

/* ---- connections by address ---- */

Test(http_crowd, an_address_is_full_at_its_limit_and_no_other_is)
{
    http_crowd *c = http_crowd_create(8, 2);
    http_address a = address_of("192.0.2.1"), b = address_of("192.0.2.2");
    for (int i = 0; i < 2; i++) {
        cr_expect_not(http_crowd_is_full(c, &a));
        http_crowd_enter(c, &a);
    }
    cr_expect(http_crowd_is_full(c, &a));
    cr_expect_not(http_crowd_is_full(c, &b));
    http_crowd_leave(c, &a);
    cr_expect_not(http_crowd_is_full(c, &a));
    http_crowd_destroy(c);
}

Test(http_crowd, an_ipv6_client_is_its_64_bit_network)
{
    http_crowd *c = http_crowd_create(8, 1);
    http_address a = address_of("2001:db8:0:1::1"), same = address_of("2001:db8:0:1:ffff::2");
    http_address other = address_of("2001:db8:0:2::1");
    http_crowd_enter(c, &a);
    cr_expect(http_crowd_is_full(c, &same));
    cr_expect_not(http_crowd_is_full(c, &other));
    http_crowd_leave(c, &same);
    cr_expect_not(http_crowd_is_full(c, &a));
    http_crowd_destroy(c);
}

/* Against plain counters, with as many addresses as the table is made for. */
Test(http_crowd, counts_right_whoever_comes_and_goes)
{
    enum { ADDRESSES = 64, ROUNDS = 200000, LIMIT = 3 };
    http_crowd *c = http_crowd_create(ADDRESSES, LIMIT);
    unsigned counts[ADDRESSES] = {0}, seed = 5;
    for (int round = 0; round < ROUNDS; round++) {
        unsigned i = (unsigned)rand_r(&seed) % ADDRESSES;
        http_address a = {{0xff, [3] = (uint8_t)i}};
        cr_assert_eq(http_crowd_is_full(c, &a), counts[i] >= LIMIT, "round %d", round);
        if (counts[i] && (counts[i] == LIMIT || rand_r(&seed) % 2)) {
            http_crowd_leave(c, &a);
            counts[i]--;
        } else {
            http_crowd_enter(c, &a);
            counts[i]++;
        }
    }
    http_crowd_destroy(c);
}
