/* What the files of the configuration know of each other. */
#pragma once

#include "config.h"

/* Room for a number with its unit, or for the sentence that says what a value must be. */
enum { CONFIG_NUMBER_SIZE = 32, CONFIG_RULE_SIZE = 256 };

/* Whether text is a value of key; *number is what config_int and config_bool return (the length of a text). */
bool config_value_parse(const config_key *key, const char *text, int64_t *number);

/* "an integer between 1 and 64", "one of debug|info"; returns rule. */
char *config_value_rule(const config_key *key, char rule[CONFIG_RULE_SIZE]);
