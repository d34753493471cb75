/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"
#include "core/ls-types.h"
#include "core/ls-value.h"

G_BEGIN_DECLS

#define LS_TYPE_RECORD (ls_record_get_type ())

GType               ls_record_get_type       (void);
LsRecord           *ls_record_new            (const LsCollection *collection,
                                              const char         *key);
LsRecord           *ls_record_copy           (const LsRecord     *record);
LsRecord           *ls_record_ref            (LsRecord           *record);
void                ls_record_unref          (LsRecord           *record);
const LsCollection *ls_record_get_collection (const LsRecord     *record);
const char         *ls_record_get_key        (const LsRecord     *record);
const LsValue      *ls_record_get            (const LsRecord     *record,
                                              unsigned            field);
int64_t             ls_record_get_integer    (const LsRecord     *record,
                                              unsigned            field,
                                              int64_t             fallback);
const char         *ls_record_get_text       (const LsRecord     *record,
                                              unsigned            field);
void                ls_record_take           (LsRecord           *record,
                                              unsigned            field,
                                              LsValue             value);
void                ls_record_set_integer    (LsRecord           *record,
                                              unsigned            field,
                                              int64_t             integer);
void                ls_record_set_text       (LsRecord           *record,
                                              unsigned            field,
                                              const char         *text);
bool                ls_record_equal          (const LsRecord     *a,
                                              const LsRecord     *b);
uint64_t            ls_record_diff           (const LsRecord     *a,
                                              const LsRecord     *b);
bool                ls_record_validate       (const LsRecord     *record,
                                              GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsRecord, ls_record_unref)

G_END_DECLS
