/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

LsJsonWriter *ls_json_writer_new          (void);
void          ls_json_writer_free         (LsJsonWriter *writer);
void          ls_json_writer_begin_object (LsJsonWriter *writer);
void          ls_json_writer_end_object   (LsJsonWriter *writer);
void          ls_json_writer_begin_array  (LsJsonWriter *writer);
void          ls_json_writer_end_array    (LsJsonWriter *writer);
void          ls_json_writer_name         (LsJsonWriter *writer,
                                           const char   *name);
void          ls_json_writer_text         (LsJsonWriter *writer,
                                           const char   *text);
void          ls_json_writer_integer      (LsJsonWriter *writer,
                                           int64_t       integer);
void          ls_json_writer_boolean      (LsJsonWriter *writer,
                                           bool          boolean);
void          ls_json_writer_null         (LsJsonWriter *writer);
void          ls_json_writer_hash         (LsJsonWriter *writer,
                                           uint64_t      hash);
void          ls_json_writer_raw          (LsJsonWriter *writer,
                                           const char   *json,
                                           size_t        length);
size_t        ls_json_writer_get_length   (LsJsonWriter *writer);
void          ls_json_writer_truncate     (LsJsonWriter *writer,
                                           size_t        length);
char         *ls_json_writer_finish       (LsJsonWriter *writer,
                                           size_t       *ret_length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsJsonWriter, ls_json_writer_free)

G_END_DECLS
