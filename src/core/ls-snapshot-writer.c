/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-snapshot"

#include "config.h"

#include "core/ls-snapshot.h"

#include "core/ls-digest.h"
#include "core/ls-json-writer.h"
#include "core/ls-message.h"

struct _LsSnapshotWriter {
  const LsView *view;
  GString *text;
  LsJsonWriter *line;

  /* State: the collection being written, those begun, what was written of each. */
  const LsCollection *collection;
  uint32_t begun;
  int64_t rows;
  LsDigestSum sums[LS_N_COLLECTIONS];
};

static void
begin_line (LsSnapshotWriter *writer,
            const char       *type)
{
  ls_json_writer_begin_object (writer->line);
  ls_json_writer_name (writer->line, "t");
  ls_json_writer_text (writer->line, type);
}

static void
end_line (LsSnapshotWriter *writer)
{
  size_t length;
  g_autofree char *line = NULL;

  ls_json_writer_end_object (writer->line);
  line = ls_json_writer_finish (writer->line, &length);
  g_string_append_len (writer->text, line, (gssize) length);
  g_string_append_c (writer->text, '\n');
}

static void
put_text (LsSnapshotWriter *writer,
          const char       *name,
          const char       *text)
{
  ls_json_writer_name (writer->line, name);
  ls_json_writer_text (writer->line, text);
}

static void
put_integer (LsSnapshotWriter *writer,
             const char       *name,
             int64_t           integer)
{
  ls_json_writer_name (writer->line, name);
  ls_json_writer_integer (writer->line, integer);
}

static void
put_hash (LsSnapshotWriter *writer,
          const char       *name,
          uint64_t          hash)
{
  ls_json_writer_name (writer->line, name);
  ls_json_writer_hash (writer->line, hash);
}

/**
 * ls_snapshot_writer_new:
 * @shop: whose rows
 * @position: the position that the rows to come stand at
 * @view: what the reader may see; other fields and collections are left out
 *
 * Starts a snapshot with its first line.
 *
 * Returns: (transfer full): a writer
 */
LsSnapshotWriter *
ls_snapshot_writer_new (const char       *shop,
                        const LsPosition *position,
                        const LsView     *view)
{
  LsSnapshotWriter *writer;

  g_return_val_if_fail (shop != NULL && position != NULL && view != NULL, NULL);

  writer = g_new0 (LsSnapshotWriter, 1);
  writer->view = view;
  writer->text = g_string_new (NULL);
  writer->line = ls_json_writer_new ();
  begin_line (writer, "snapshot");
  put_text (writer, "shop", shop);
  put_text (writer, "epoch", position->epoch);
  put_integer (writer, "version", position->version);
  put_hash (writer, "check", position->check);
  put_hash (writer, "view", ls_view_get_total_hash (view));
  end_line (writer);
  return writer;
}

/**
 * ls_snapshot_writer_free:
 * @writer: (transfer full): a writer
 *
 * Frees it with what was not taken.
 */
void
ls_snapshot_writer_free (LsSnapshotWriter *writer)
{
  g_string_free (writer->text, TRUE);
  ls_json_writer_free (writer->line);
  g_free (writer);
}

/**
 * ls_snapshot_writer_begin_collection:
 * @writer: a writer
 * @collection: whose rows come now; begun once
 *
 * Says which collection follows: also of one without rows, so that its reader knows it is empty.
 * Nothing is written of one that the view does not have.
 */
void
ls_snapshot_writer_begin_collection (LsSnapshotWriter   *writer,
                                     const LsCollection *collection)
{
  uint32_t bit = UINT32_C (1) << collection->id;

  g_return_if_fail (!(writer->begun & bit));

  writer->collection = collection;
  if (!ls_view_has_collection (writer->view, collection))
    return;
  writer->begun |= bit;
  begin_line (writer, "rows");
  put_text (writer, "c", collection->name);
  end_line (writer);
}

/**
 * ls_snapshot_writer_add:
 * @writer: a writer
 * @record: a row of the collection begun last
 *
 * Writes a row as the view shows it.
 */
void
ls_snapshot_writer_add (LsSnapshotWriter *writer,
                        const LsRecord   *record)
{
  const LsCollection *collection = ls_record_get_collection (record);
  LsDigestSum *sum = &writer->sums[collection->id];
  uint64_t fields = ls_view_get_fields (writer->view, collection);

  g_return_if_fail (collection == writer->collection);

  if (!ls_view_has_collection (writer->view, collection))
    return;
  ls_json_writer_begin_object (writer->line);
  put_text (writer, "k", ls_record_get_key (record));
  ls_json_writer_name (writer->line, "d");
  ls_record_encode (writer->line, record, fields);
  end_line (writer);
  sum->count++;
  sum->hash ^= ls_digest_record (record, fields);
  writer->rows++;
}

/**
 * ls_snapshot_writer_finish:
 * @writer: a writer
 *
 * Writes the last line, with the sums of the rows written.
 */
void
ls_snapshot_writer_finish (LsSnapshotWriter *writer)
{
  begin_line (writer, "end");
  put_integer (writer, "rows", writer->rows);
  ls_json_writer_name (writer->line, "sums");
  ls_json_writer_begin_array (writer->line);
  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    if (writer->begun & (UINT32_C (1) << id))
      {
        ls_json_writer_begin_object (writer->line);
        put_text (writer, "c", ls_schema_collection ((LsCollectionId) id)->name);
        put_integer (writer, "count", writer->sums[id].count);
        put_hash (writer, "hash", writer->sums[id].hash);
        ls_json_writer_end_object (writer->line);
      }
  ls_json_writer_end_array (writer->line);
  end_line (writer);
}

/**
 * ls_snapshot_writer_get_length:
 * @writer: a writer
 *
 * Returns: bytes written and not taken
 */
size_t
ls_snapshot_writer_get_length (LsSnapshotWriter *writer)
{
  return writer->text->len;
}

/**
 * ls_snapshot_writer_take_text:
 * @writer: a writer
 * @ret_length: (out) (optional): bytes of the text
 *
 * Hands out what was written since the last call, so that a snapshot of any size passes through in
 * pieces.
 *
 * Returns: (transfer full): the text
 */
char *
ls_snapshot_writer_take_text (LsSnapshotWriter *writer,
                              size_t           *ret_length)
{
  GString *text = writer->text;

  if (ret_length != NULL)
    *ret_length = text->len;
  writer->text = g_string_new (NULL);
  return g_string_free (text, FALSE);
}
