/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-ndjson.h"

#include <string.h>


#include "core/ls-change.h"
#include "core/ls-json-guard.h"
#include "core/ls-message-rows.h"
#include "core/ls-message.h"
#include "server/import/ls-line-reader.h"

#define MAX_LINE_BYTES ((size_t) LS_MAX_SERVER_MESSAGE)
#define MAX_FIELD_NAME 64

/**
 * LsImportNdjson:
 *
 * One row a line, `{"k":"p-1","d":{"name":"Drums","price":1990}}`: what `lockstepd export` and a
 * snapshot write. The collection is that of the file, or of the last line
 * `{"t":"rows","c":"products"}` before it; a snapshot's first and last lines say nothing here. A
 * field that is left out has no value. Derived fields and collections are passed over, and so is
 * the row of another shop: the server computes those, and a shop's id does not change.
 */
struct _LsImportNdjson {
  LsImportReader parent_instance;

  /* owned */
  LsLineReader *lines;

  /* borrowed */
  const LsImportTarget *target;

  /* state */
  const LsCollection *collection;
};

G_DEFINE_FINAL_TYPE (LsImportNdjson, ls_import_ndjson, LS_TYPE_IMPORT_READER)

/* The place of an error, "d.price: why" or "$.d.price: why", as field and reason. */
static void
set_from_error (LsImportProblem *problem,
                int64_t          line,
                const GError    *error)
{
  const char *why = strstr (error->message, ": ");
  const char *path = error->message;
  g_autofree char *field = NULL;

  if (why == NULL)
    {
      ls_import_problem_set (problem, line, NULL, "%s", error->message);
      return;
    }
  if (g_str_has_prefix (path, "$"))
    path++;
  if (*path == '.')
    path++;
  if (g_str_has_prefix (path, "d."))
    path += 2;
  if (path < why && why - path <= MAX_FIELD_NAME)
    field = g_strndup (path, (size_t) (why - path));
  ls_import_problem_set (problem, line, field, "%s", why + 2);
}

/* A line that says which collection follows, or begins or ends a snapshot. */
static LsImportStep
read_control (LsImportNdjson   *self,
              LsJsonReader     *reader,
              const LsJsonNode *object,
              LsImportProblem  *problem)
{
  static const char *const types[] = { "snapshot", "rows", "end" };
  int type = ls_json_reader_choice (reader, object, "t", types, G_N_ELEMENTS (types));
  g_autofree char *name = NULL;

  if (reader->error != NULL || type != 1)
    return LS_IMPORT_PASSED;
  name = ls_json_reader_text (reader, object, "c", LS_JSON_REQUIRED, LS_KEY_MAX_BYTES);
  self->collection = name != NULL ? ls_schema_find_collection (name) : NULL;
  if (self->collection == NULL)
    ls_json_reader_fail (reader, "c", "there is no such collection");
  return LS_IMPORT_PASSED;
}

static void
take_record (const LsChange *change,
             LsImportRow    *row)
{
  const LsCollection *collection = change->collection;

  row->record = ls_record_new (collection, change->key);
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!(collection->fields[edit->field].flags & LS_FIELD_DERIVED))
        ls_record_take (row->record, edit->field, ls_value_copy (&edit->set));
    }
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (!(collection->fields[i].flags & LS_FIELD_DERIVED))
      row->fields |= UINT64_C (1) << i;
}

static LsImportStep
read_row (LsImportNdjson   *self,
          LsJsonReader     *reader,
          const LsJsonNode *object,
          LsImportRow      *row,
          LsImportProblem  *problem)
{
  g_autoptr (LsChange) change = NULL;

  if (self->collection == NULL)
    {
      ls_json_reader_fail (reader, NULL,
                           "of which collection? Name the file after it, or put a line "
                           "{\"t\":\"rows\",\"c\":\"…\"} before");
      return LS_IMPORT_BAD;
    }
  change = ls_json_reader_row (reader, object, self->collection, LS_UNKNOWN_FAIL);
  if (change == NULL)
    return LS_IMPORT_BAD;
  if ((self->collection->flags & LS_COLLECTION_DERIVED) ||
      (self->collection->id == LS_SHOPS && !g_str_equal (change->key, self->target->shop)))
    return LS_IMPORT_PASSED;
  take_record (change, row);
  return LS_IMPORT_ROW;
}

static LsImportStep
read_line (LsImportNdjson  *self,
           const char      *line,
           size_t           length,
           LsImportRow     *row,
           LsImportProblem *problem)
{
  int64_t number = ls_line_reader_get_line (self->lines);
  g_autoptr (GError) error = NULL;
  static const LsJsonLimits limits = { .max_bytes = MAX_LINE_BYTES };
  g_autoptr (LsJsonDocument) document = ls_json_document_new (line, length, &limits, &error);
  const LsJsonNode *object;
  g_auto (LsJsonReader) reader = { NULL, NULL };
  LsImportStep step = LS_IMPORT_BAD;

  if (document == NULL)
    {
      set_from_error (problem, number, error);
      return LS_IMPORT_BAD;
    }
  object = ls_json_document_get_object (document);
  ls_json_reader_init (&reader);
  if (object == NULL)
    ls_json_reader_fail (&reader, NULL, "not an object");
  else if (ls_json_node_get_member (object, "t") != NULL)
    step = read_control (self, &reader, object, problem);
  else
    step = read_row (self, &reader, object, row, problem);
  if (reader.error != NULL)
    {
      set_from_error (problem, number, reader.error);
      return LS_IMPORT_BAD;
    }
  row->line = number;
  if (step == LS_IMPORT_ROW && !ls_import_check_record (row->record, number, problem))
    {
      ls_import_row_clear (row);
      return LS_IMPORT_BAD;
    }
  return step;
}

static LsImportStep
ls_import_ndjson_next (LsImportReader   *reader,
                       LsImportRow      *row,
                       LsImportProblem  *problem,
                       GError          **error)
{
  LsImportNdjson *self = LS_IMPORT_NDJSON (reader);
  const char *line = NULL;
  size_t length = 0;

  for (;;)
    {
      switch (ls_line_reader_read (self->lines, &line, &length, error))
        {
        case LS_LINE_READ:
          if (length == 0)
            continue;
          return read_line (self, line, length, row, problem);
        case LS_LINE_TOO_LONG:
          ls_import_problem_set (problem, ls_line_reader_get_line (self->lines), NULL,
                                 "longer than %zu bytes", MAX_LINE_BYTES);
          return LS_IMPORT_BAD;
        case LS_LINE_FAILED:
          return LS_IMPORT_FAILED;
        case LS_LINE_END:
        default:
          return LS_IMPORT_END;
        }
    }
}

static int64_t
ls_import_ndjson_get_offset (LsImportReader *reader)
{
  return ls_line_reader_get_offset (LS_IMPORT_NDJSON (reader)->lines);
}

static void
ls_import_ndjson_finalize (GObject *object)
{
  g_clear_pointer (&LS_IMPORT_NDJSON (object)->lines, ls_line_reader_free);
  G_OBJECT_CLASS (ls_import_ndjson_parent_class)->finalize (object);
}

static void
ls_import_ndjson_class_init (LsImportNdjsonClass *klass)
{
  LsImportReaderClass *reader_class = LS_IMPORT_READER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_import_ndjson_finalize;
  reader_class->next = ls_import_ndjson_next;
  reader_class->get_offset = ls_import_ndjson_get_offset;
}

static void
ls_import_ndjson_init (LsImportNdjson *self)
{
}

/**
 * ls_import_ndjson_new:
 * @stream: the file
 * @collection: (nullable): what its rows are of, until a line says otherwise
 * @target: (transfer none): the shop; must outlive the reader
 *
 * Returns: (transfer full): a reader
 */
LsImportReader *
ls_import_ndjson_new (GInputStream         *stream,
                      const LsCollection   *collection,
                      const LsImportTarget *target)
{
  LsImportNdjson *self = g_object_new (LS_TYPE_IMPORT_NDJSON, NULL);

  self->lines = ls_line_reader_new (stream, MAX_LINE_BYTES);
  self->collection = collection;
  self->target = target;
  return LS_IMPORT_READER (self);
}
