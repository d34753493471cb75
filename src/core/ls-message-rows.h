/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-change.h"
#include "core/ls-json-reader.h"

G_BEGIN_DECLS

/* Reading of changes, shared by the decoders of messages, of the outbox and of the log. */

/* What to do with a collection or a field that this version does not know. */
typedef enum {
  LS_UNKNOWN_SKIP,
  LS_UNKNOWN_FAIL,
} LsUnknown;

LsChange *ls_json_reader_mutation_change (LsJsonReader     *reader,
                                          const LsJsonNode *object,
                                          LsUnknown         unknown);
LsChange *ls_json_reader_delta_change    (LsJsonReader     *reader,
                                          const LsJsonNode *object);
/* A row as a snapshot and an export write it: `k` and `d`, as a PUT. */
LsChange *ls_json_reader_row             (LsJsonReader       *reader,
                                          const LsJsonNode   *object,
                                          const LsCollection *collection,
                                          LsUnknown           unknown);
void      ls_json_reader_changes         (LsJsonReader     *reader,
                                          const LsJsonNode *array,
                                          LsUnknown         unknown,
                                          GPtrArray        *changes);

G_END_DECLS
