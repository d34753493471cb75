/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-snapshot"

#include "config.h"

#include "core/ls-snapshot.h"

#include <string.h>

#include "core/ls-digest.h"
#include "core/ls-error.h"
#include "core/ls-json-guard.h"
#include "core/ls-json-reader.h"
#include "core/ls-message.h"

#define MAX_LINE_BYTES LS_MAX_SERVER_MESSAGE
#define MAX_SUMS (LS_N_COLLECTIONS * 4)
#define CONTROL_PREFIX "{\"t\":"

typedef enum {
  EXPECT_HEADER,
  EXPECT_ROWS,
  FINISHED,
} State;

struct _LsSnapshotReader {
  char *shop;
  State state;
  int64_t n_line;
  GString *partial; /* a line whose end has not come */

  /* What the first line said. */
  LsPosition position;
  uint64_t view;

  /* What the rows were so far. */
  const LsCollection *collection; /* NULL for one that this program does not know */
  bool in_collection;
  uint32_t begun;
  int64_t rows;
  LsDigestSum sums[LS_N_COLLECTIONS];
  GPtrArray *records;
};

static LsJsonDocument *
parse_line (const char *line,
            size_t      length,
            GError    **error)
{
  static const LsJsonLimits limits = { .max_bytes = MAX_LINE_BYTES };
  g_autoptr (LsJsonDocument) document = ls_json_document_new (line, length, &limits, error);

  if (document == NULL || ls_json_document_get_object (document) != NULL)
    return g_steal_pointer (&document);
  g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL, "not a JSON object");
  return NULL;
}

static void
read_header (LsSnapshotReader *self,
             LsJsonReader     *reader,
             const LsJsonNode *object)
{
  g_autofree char *shop =
      ls_json_reader_text (reader, object, "shop", LS_JSON_REQUIRED, LS_KEY_MAX_BYTES);
  g_autofree char *epoch =
      ls_json_reader_text (reader, object, "epoch", LS_JSON_REQUIRED, LS_EPOCH_BYTES - 1);

  self->position.version =
      ls_json_reader_integer (reader, object, "version", LS_JSON_REQUIRED, 0);
  self->position.check = ls_json_reader_hash (reader, object, "check");
  self->view = ls_json_reader_hash (reader, object, "view");
  if (reader->error != NULL)
    return;
  if (!g_str_equal (shop, self->shop))
    ls_json_reader_fail (reader, "shop", "another shop than the one asked for");
  else if (strspn (epoch, "0123456789abcdef") != strlen (epoch))
    ls_json_reader_fail (reader, "epoch", "not hex digits");
  g_strlcpy (self->position.epoch, epoch, sizeof self->position.epoch);
  self->state = EXPECT_ROWS;
}

static void
read_collection (LsSnapshotReader *self,
                 LsJsonReader     *reader,
                 const LsJsonNode *object)
{
  g_autofree char *name =
      ls_json_reader_text (reader, object, "c", LS_JSON_REQUIRED, LS_KEY_MAX_BYTES);

  if (name == NULL)
    return;
  self->in_collection = true;
  self->collection = ls_schema_find_collection (name);
  if (self->collection == NULL)
    return;
  if (self->begun & (UINT32_C (1) << self->collection->id))
    ls_json_reader_fail (reader, "c", "a collection that was there before");
  self->begun |= UINT32_C (1) << self->collection->id;
}

static void
check_sum (LsSnapshotReader *self,
           LsJsonReader     *reader,
           const LsJsonNode *object,
           uint32_t         *summed)
{
  g_autofree char *name =
      ls_json_reader_text (reader, object, "c", LS_JSON_REQUIRED, LS_KEY_MAX_BYTES);
  LsDigestSum sum = {
    .count = ls_json_reader_integer (reader, object, "count", LS_JSON_REQUIRED, 0),
    .hash = ls_json_reader_hash (reader, object, "hash"),
  };
  const LsCollection *collection = name != NULL ? ls_schema_find_collection (name) : NULL;

  if (reader->error != NULL || collection == NULL)
    return;
  *summed |= UINT32_C (1) << collection->id;
  if (sum.count != self->sums[collection->id].count || sum.hash != self->sums[collection->id].hash)
    ls_json_reader_fail (reader, name, "the rows that came do not add up to the sum");
}

static void
read_end (LsSnapshotReader *self,
          LsJsonReader     *reader,
          const LsJsonNode *object)
{
  int64_t rows = ls_json_reader_integer (reader, object, "rows", LS_JSON_REQUIRED, 0);
  const LsJsonNode *sums = ls_json_reader_array (reader, object, "sums", LS_JSON_REQUIRED, MAX_SUMS);
  uint32_t summed = 0;

  if (reader->error == NULL && rows != self->rows)
    ls_json_reader_fail (reader, "rows", "%" G_GINT64_FORMAT " came", self->rows);
  for (unsigned i = 0; sums != NULL && i < sums->length; i++)
    {
      size_t mark = ls_json_reader_enter (reader, "sums", (int) i);
      const LsJsonNode *element = ls_json_reader_element (reader, sums, i);

      if (element != NULL)
        check_sum (self, reader, element, &summed);
      ls_json_reader_leave (reader, mark);
    }
  if (reader->error == NULL && summed != self->begun)
    ls_json_reader_fail (reader, "sums", "not those of the collections that came");
  self->state = FINISHED;
}

static bool
read_control (LsSnapshotReader *self,
              const char       *line,
              size_t            length,
              GError          **error)
{
  static const char *const types[] = { "snapshot", "rows", "end" };
  g_autoptr (LsJsonDocument) document = parse_line (line, length, error);
  g_auto (LsJsonReader) reader = { NULL, NULL };
  const LsJsonNode *object;
  int type;

  if (document == NULL)
    return false;
  object = ls_json_document_get_object (document);
  ls_json_reader_init (&reader);
  type = ls_json_reader_choice (&reader, object, "t", types, G_N_ELEMENTS (types));
  if (reader.error == NULL && (type == 0) != (self->state == EXPECT_HEADER))
    ls_json_reader_fail (&reader, "t", "%s does not belong here", types[type]);
  if (reader.error == NULL)
    {
      if (type == 0)
        read_header (self, &reader, object);
      else if (type == 1)
        read_collection (self, &reader, object);
      else
        read_end (self, &reader, object);
    }
  if (reader.error == NULL)
    return true;
  g_propagate_error (error, g_steal_pointer (&reader.error));
  return false;
}

static bool
read_row (LsSnapshotReader *self,
          const char       *line,
          size_t            length,
          GError          **error)
{
  LsRecord *record;

  if (self->state != EXPECT_ROWS || !self->in_collection)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL,
                           "a row that belongs to no collection");
      return false;
    }
  self->rows++;
  if (self->collection == NULL)
    return true;
  record = ls_record_decode (self->collection, line, length, error);
  if (record == NULL)
    return false;
  self->sums[self->collection->id].count++;
  self->sums[self->collection->id].hash ^= ls_digest_record (record, UINT64_MAX);
  g_ptr_array_add (self->records, record);
  return true;
}

static bool
read_line (LsSnapshotReader *self,
           const char       *line,
           size_t            length,
           GError          **error)
{
  bool ok;

  self->n_line++;
  if (self->state == FINISHED)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL, "something after the end");
      ok = false;
    }
  else if (length >= strlen (CONTROL_PREFIX) &&
           memcmp (line, CONTROL_PREFIX, strlen (CONTROL_PREFIX)) == 0)
    ok = read_control (self, line, length, error);
  else
    ok = read_row (self, line, length, error);
  if (!ok)
    g_prefix_error (error, "line %" G_GINT64_FORMAT " of the snapshot: ", self->n_line);
  return ok;
}

static bool
keep_partial (LsSnapshotReader *self,
              const char       *text,
              size_t            length,
              GError          **error)
{
  if (self->partial->len + length > MAX_LINE_BYTES)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL,
                   "line %" G_GINT64_FORMAT " of the snapshot: longer than %d bytes",
                   self->n_line + 1, MAX_LINE_BYTES);
      return false;
    }
  g_string_append_len (self->partial, text, (gssize) length);
  return true;
}

/**
 * ls_snapshot_reader_new:
 * @shop: the shop that was asked for
 *
 * Returns: (transfer full): a reader before the first byte
 */
LsSnapshotReader *
ls_snapshot_reader_new (const char *shop)
{
  LsSnapshotReader *self;

  g_return_val_if_fail (shop != NULL, NULL);

  self = g_new0 (LsSnapshotReader, 1);
  self->shop = g_strdup (shop);
  self->partial = g_string_new (NULL);
  self->records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  return self;
}

/**
 * ls_snapshot_reader_free:
 * @reader: (transfer full): a reader
 *
 * Frees it with the rows that were not taken.
 */
void
ls_snapshot_reader_free (LsSnapshotReader *reader)
{
  g_free (reader->shop);
  g_string_free (reader->partial, TRUE);
  g_ptr_array_unref (reader->records);
  g_free (reader);
}

/**
 * ls_snapshot_reader_feed:
 * @reader: a reader that has not failed
 * @text: what came
 * @length: its bytes
 * @error: where to put why not, %LS_ERROR_PROTOCOL; its message begins with the line
 *
 * Reads on. Complete rows are to be taken by ls_snapshot_reader_take_records().
 *
 * Returns: whether all is well so far
 */
bool
ls_snapshot_reader_feed (LsSnapshotReader *reader,
                         const char       *text,
                         size_t            length,
                         GError          **error)
{
  const char *end = text + length;

  while (text < end)
    {
      const char *newline = memchr (text, '\n', (size_t) (end - text));
      bool ok;

      if (newline == NULL)
        return keep_partial (reader, text, (size_t) (end - text), error);
      if (reader->partial->len == 0)
        ok = read_line (reader, text, (size_t) (newline - text), error);
      else
        {
          ok = keep_partial (reader, text, (size_t) (newline - text), error) &&
               read_line (reader, reader->partial->str, reader->partial->len, error);
          g_string_truncate (reader->partial, 0);
        }
      if (!ok)
        return false;
      text = newline + 1;
    }
  return true;
}

/**
 * ls_snapshot_reader_end:
 * @reader: a reader that has not failed
 * @error: where to put why not, %LS_ERROR_PROTOCOL
 *
 * Says that no more comes.
 *
 * Returns: whether the snapshot was whole, and its rows added up to its sums
 */
bool
ls_snapshot_reader_end (LsSnapshotReader *reader,
                        GError          **error)
{
  if (reader->state == FINISHED && reader->partial->len == 0)
    return true;
  g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL,
               "line %" G_GINT64_FORMAT " of the snapshot: it ends in the middle",
               reader->n_line + 1);
  return false;
}

/**
 * ls_snapshot_reader_get_position:
 * @reader: a reader
 *
 * Returns: (transfer none) (nullable): the position that the rows stand at, %NULL before it came
 */
const LsPosition *
ls_snapshot_reader_get_position (LsSnapshotReader *reader)
{
  return reader->state != EXPECT_HEADER ? &reader->position : NULL;
}

/**
 * ls_snapshot_reader_get_view:
 * @reader: a reader
 *
 * Returns: the hash of the view that the rows have, 0 before it came
 */
uint64_t
ls_snapshot_reader_get_view (LsSnapshotReader *reader)
{
  return reader->view;
}

/**
 * ls_snapshot_reader_get_collections:
 * @reader: a reader
 *
 * Returns: a mask of the collections that came so far, indexed by #LsCollectionId
 */
uint32_t
ls_snapshot_reader_get_collections (LsSnapshotReader *reader)
{
  return reader->begun;
}

/**
 * ls_snapshot_reader_get_rows:
 * @reader: a reader
 *
 * Returns: how many rows came so far
 */
int64_t
ls_snapshot_reader_get_rows (LsSnapshotReader *reader)
{
  return reader->rows;
}

/**
 * ls_snapshot_reader_take_records:
 * @reader: a reader
 *
 * Hands out the rows that came since the last call.
 *
 * Returns: (transfer full) (element-type LsRecord): the rows, maybe none
 */
GPtrArray *
ls_snapshot_reader_take_records (LsSnapshotReader *reader)
{
  GPtrArray *records = reader->records;

  reader->records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);
  return records;
}
