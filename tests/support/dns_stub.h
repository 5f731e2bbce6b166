/* A DNS server of a test's own, on a free UDP port of 127.0.0.1 and a thread of its own. Whatever is asked for, it
 * answers what the test has last told it. */
#pragma once

typedef struct test_dns test_dns;

typedef enum test_dns_mood {
    TEST_DNS_ANSWERS,
    TEST_DNS_NO_SUCH_NAME,
    TEST_DNS_SERVER_FAILURE,
    TEST_DNS_SILENCE,
    TEST_DNS_GARBAGE,   /* an answer whose records make no sense */
    TEST_DNS_TRUNCATED, /* "ask by TCP", where nobody listens */
} test_dns_mood;

/* Knows no address at first. */
test_dns *test_dns_start(void);
void test_dns_stop(test_dns *d);

/* "127.0.0.1:PORT", as RPC_DNS_SERVERS wants it. */
const char *test_dns_servers(const test_dns *d);

/* addresses: "127.0.0.2 127.0.0.3 ::1"; IPv4 ones for questions of type A, IPv6 ones for AAAA. */
void test_dns_set(test_dns *d, const char *addresses, unsigned ttl_s);
void test_dns_set_mood(test_dns *d, test_dns_mood mood);

/* How many questions came so far. */
unsigned test_dns_questions(test_dns *d);
