/* What a client takes and what it sends: Accept, Accept-Encoding, Content-Type (RFC 9110). Pure. NULL = absent. A
 * header that breaks its grammar says nothing. */
#pragma once

#include <stdbool.h>

/* Whether Accept leaves room for application/json: the most specific range decides. */
bool negotiation_takes_json(const char *accept);

/* Whether Accept-Encoding names gzip (or *), with no less weight than identity. */
bool negotiation_wants_gzip(const char *accept_encoding);

/* Whether Content-Type is application/json, in UTF-8 if it says so; other parameters are ignored. */
bool negotiation_is_json(const char *content_type);

/* Whether Content-Encoding is none at all. */
bool negotiation_is_identity(const char *content_encoding);
