/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-json-reader.h"
#include "core/ls-message.h"

G_BEGIN_DECLS

/* ls-message-decode.c */
unsigned ls_message_length_of        (const LsJsonNode *array);
char    *ls_message_required_text    (LsJsonReader     *reader,
                                      const LsJsonNode *object,
                                      const char       *name,
                                      size_t            max_bytes);
int64_t  ls_message_required_integer (LsJsonReader     *reader,
                                      const LsJsonNode *object,
                                      const char       *name);
char    *ls_message_shop_id          (LsJsonReader     *reader,
                                      const LsJsonNode *object);

/* ls-message-decode-proof.c */
void     ls_message_read_digest      (LsJsonReader     *reader,
                                      const LsJsonNode *object,
                                      LsDigestMessage  *digest);
void     ls_message_read_verify      (LsJsonReader     *reader,
                                      const LsJsonNode *object,
                                      LsVerify         *verify);
void     ls_message_read_rows        (LsJsonReader     *reader,
                                      const LsJsonNode *object,
                                      LsRowsMessage    *rows);

/* ls-message-reason.c */
char   **ls_message_read_reason      (LsJsonReader     *reader,
                                      const LsJsonNode *object);

G_END_DECLS
