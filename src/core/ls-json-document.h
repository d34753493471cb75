/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-json-guard.h"

G_BEGIN_DECLS

/**
 * LsJsonKind:
 * @LS_JSON_NULL: null
 * @LS_JSON_BOOLEAN: true or false
 * @LS_JSON_INTEGER: a number
 * @LS_JSON_TEXT: a string
 * @LS_JSON_ARRAY: an array
 * @LS_JSON_OBJECT: an object
 *
 * What a value is.
 */
typedef enum {
  LS_JSON_NULL,
  LS_JSON_BOOLEAN,
  LS_JSON_INTEGER,
  LS_JSON_TEXT,
  LS_JSON_ARRAY,
  LS_JSON_OBJECT,
} LsJsonKind;

/**
 * LsJsonNode:
 * @kind: what it is
 * @length: elements of an array, members of an object
 * @name: (nullable): its name, when it is a member of an object
 * @next: (nullable): the member after it
 * @integer: the number, or whether it is true
 * @text: the string, UTF-8 without a NUL inside
 * @first: (nullable): the first member
 * @elements: (array length=length): the elements
 *
 * One value of a document, which owns it. Read-only.
 */
typedef struct _LsJsonNode LsJsonNode;

struct _LsJsonNode {
  LsJsonKind kind;
  unsigned length;
  const char *name;
  const LsJsonNode *next;
  union {
    int64_t integer;
    const char *text;
    const LsJsonNode *first;
    const LsJsonNode **elements;
  };
};

/**
 * LsJsonDocument:
 *
 * A text of JSON, read. Immutable; one thread at a time frees it.
 */
typedef struct _LsJsonDocument LsJsonDocument;

LsJsonDocument   *ls_json_document_new      (const char           *text,
                                             size_t                length,
                                             const LsJsonLimits   *limits,
                                             GError              **error);
void              ls_json_document_free     (LsJsonDocument       *document);
const LsJsonNode *ls_json_document_get_root (const LsJsonDocument *document);
const LsJsonNode *ls_json_document_get_object (const LsJsonDocument *document);
const LsJsonNode *ls_json_node_get_member   (const LsJsonNode     *object,
                                             const char           *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsJsonDocument, ls_json_document_free)

G_END_DECLS
