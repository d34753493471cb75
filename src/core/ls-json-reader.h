/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once


#include "core/ls-json-document.h"

G_BEGIN_DECLS

/**
 * LsJsonReader:
 * @path: where in the message the reader stands, such as `changes[3].set`
 * @error: (nullable): the first thing that did not fit, with its place
 *
 * Reads a parsed message with types, lengths and counts checked. The first failure is kept, later
 * calls do nothing, so that a decoder reads straight through and looks at @error once. Plain struct
 * on the stack; ls_json_reader_clear() at the end.
 */
typedef struct {
  GString *path;
  GError *error;
} LsJsonReader;

/**
 * LsJsonPresence:
 * @LS_JSON_OPTIONAL: the member may be missing
 * @LS_JSON_REQUIRED: it may not
 */
typedef enum {
  LS_JSON_OPTIONAL,
  LS_JSON_REQUIRED,
} LsJsonPresence;

void              ls_json_reader_init    (LsJsonReader *reader);
void              ls_json_reader_clear   (LsJsonReader *reader);
void              ls_json_reader_fail    (LsJsonReader *reader,
                                          const char   *name,
                                          const char   *format,
                                          ...) G_GNUC_PRINTF (3, 4);
size_t            ls_json_reader_enter   (LsJsonReader *reader,
                                          const char   *name,
                                          int           index);
void              ls_json_reader_leave   (LsJsonReader *reader,
                                          size_t        mark);
char             *ls_json_reader_text    (LsJsonReader     *reader,
                                          const LsJsonNode *object,
                                          const char       *name,
                                          LsJsonPresence    presence,
                                          size_t            max_bytes);
int64_t           ls_json_reader_integer (LsJsonReader     *reader,
                                          const LsJsonNode *object,
                                          const char       *name,
                                          LsJsonPresence    presence,
                                          int64_t           fallback);
bool              ls_json_reader_boolean (LsJsonReader     *reader,
                                          const LsJsonNode *object,
                                          const char       *name,
                                          bool              fallback);
uint64_t          ls_json_reader_hash    (LsJsonReader     *reader,
                                          const LsJsonNode *object,
                                          const char       *name);
int               ls_json_reader_choice  (LsJsonReader      *reader,
                                          const LsJsonNode  *object,
                                          const char        *name,
                                          const char *const *choices,
                                          size_t             n_choices);
const LsJsonNode *ls_json_reader_array   (LsJsonReader     *reader,
                                          const LsJsonNode *object,
                                          const char       *name,
                                          LsJsonPresence    presence,
                                          unsigned          max_length);
const LsJsonNode *ls_json_reader_object  (LsJsonReader     *reader,
                                          const LsJsonNode *object,
                                          const char       *name,
                                          LsJsonPresence    presence);
const LsJsonNode *ls_json_reader_element (LsJsonReader     *reader,
                                          const LsJsonNode *array,
                                          unsigned          index);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsJsonReader, ls_json_reader_clear)

G_END_DECLS
