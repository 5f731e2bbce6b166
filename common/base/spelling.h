/* How near two names are, to tell somebody what he may have meant. */
#pragma once

enum { SPELLING_LENGTH_MAX = 64 };

/* Levenshtein's distance without regard to case; SPELLING_LENGTH_MAX when one of them is longer than that. */
unsigned spelling_distance(const char *a, const char *b);
