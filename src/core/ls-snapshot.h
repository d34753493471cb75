/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-edit-count.h"
#include "core/ls-position.h"
#include "core/ls-record.h"
#include "core/ls-schema.h"
#include "core/ls-types.h"
#include "core/ls-view.h"

G_BEGIN_DECLS

/**
 * LS_SNAPSHOT_CONTENT_TYPE:
 *
 * The media type of a snapshot. It travels gzipped, as a content encoding of HTTP.
 */
#define LS_SNAPSHOT_CONTENT_TYPE "application/x-ndjson"

/**
 * LS_SNAPSHOT_CLIENT_HEADER:
 *
 * The HTTP header in which a client names itself when it asks for a snapshot.
 */
#define LS_SNAPSHOT_CLIENT_HEADER "Lockstep-Client"

/**
 * LS_SNAPSHOT_DONE_HEADER:
 *
 * The HTTP header of the answer with the last n of that client that was decided at or before the
 * snapshot's version. The file itself is shared by everybody who has the view, so that it can't say
 * it.
 */
#define LS_SNAPSHOT_DONE_HEADER "Lockstep-Done"

/**
 * LS_SNAPSHOT_BEFORE_HEADER:
 *
 * The HTTP header of the answer with the same in the last epoch before that of the snapshot in which
 * that client edited, as an #LsEditCount. Who comes from that epoch counts so as yet.
 */
#define LS_SNAPSHOT_BEFORE_HEADER "Lockstep-Done-Before"

/**
 * LsSnapshotWriter:
 *
 * Writes the rows of a shop, as one view shows them, as NDJSON: the text of a snapshot.
 *
 * |[
 * {"t":"snapshot","shop":"music","epoch":"...","version":12,"check":"...","view":"..."}
 * {"t":"rows","c":"products"}
 * {"k":"a","d":{"name":"Drums","price":1990}}
 * {"t":"rows","c":"orders"}
 * {"t":"end","rows":1,"sums":[{"c":"products","count":1,"hash":"..."},{"c":"orders", ...}]}
 * ]|
 *
 * A row belongs to the collection of the last `rows` line before it. Lines that are not rows begin
 * with `{"t":`. The sums of the last line are computed from the rows written, so that a reader who
 * stored them can prove it. One thread at a time.
 */
typedef struct _LsSnapshotWriter LsSnapshotWriter;

LsSnapshotWriter   *ls_snapshot_writer_new              (const char             *shop,
                                                         const LsPosition       *position,
                                                         const LsView           *view);
void                ls_snapshot_writer_free             (LsSnapshotWriter       *writer);
void                ls_snapshot_writer_begin_collection (LsSnapshotWriter       *writer,
                                                         const LsCollection     *collection);
void                ls_snapshot_writer_add              (LsSnapshotWriter       *writer,
                                                         const LsRecord         *record);
void                ls_snapshot_writer_finish           (LsSnapshotWriter       *writer);
size_t              ls_snapshot_writer_get_length       (LsSnapshotWriter       *writer);
char               *ls_snapshot_writer_take_text        (LsSnapshotWriter       *writer,
                                                         size_t                 *ret_length);

/**
 * LsSnapshotReader:
 *
 * Reads such text as it comes, in pieces of any size, without ever holding more than a line and the
 * rows not yet taken. One thread at a time.
 */
typedef struct _LsSnapshotReader LsSnapshotReader;

LsSnapshotReader   *ls_snapshot_reader_new              (const char             *shop);
void                ls_snapshot_reader_free             (LsSnapshotReader       *reader);
bool                ls_snapshot_reader_feed             (LsSnapshotReader       *reader,
                                                         const char             *text,
                                                         size_t                  length,
                                                         GError                **error);
bool                ls_snapshot_reader_end              (LsSnapshotReader       *reader,
                                                         GError                **error);
const LsPosition   *ls_snapshot_reader_get_position     (LsSnapshotReader       *reader);
uint64_t            ls_snapshot_reader_get_view         (LsSnapshotReader       *reader);
uint32_t            ls_snapshot_reader_get_collections  (LsSnapshotReader       *reader);
int64_t             ls_snapshot_reader_get_rows         (LsSnapshotReader       *reader);
GPtrArray          *ls_snapshot_reader_take_records     (LsSnapshotReader       *reader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSnapshotWriter, ls_snapshot_writer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSnapshotReader, ls_snapshot_reader_free)

G_END_DECLS
