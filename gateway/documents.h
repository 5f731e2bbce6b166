/*
 * What the gateway serves of itself, to anybody and below no /api/v1: /openapi.json, made once at the start, and /docs,
 * a page that shows it. Fixed bytes with a strong ETag: a client that has them already gets 304.
 */
#pragma once

#include "gateway_internal.h"

#include <stdio.h>

typedef struct documents documents;

documents *documents_create(const router *r);
void documents_destroy(documents *d); /* NULL is allowed */

/* Answers when the job's path is a document's: GET and HEAD with it, OPTIONS with Allow, other methods with 405. false
 * when it is none, with nothing answered. */
bool documents_answer(const documents *d, request_job *job);

/* The OpenAPI document of the route table, for the command line. */
void documents_print_openapi(FILE *out);
