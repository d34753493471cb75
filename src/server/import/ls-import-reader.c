/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-reader.h"

#include <string.h>

/* Hex digits of a hash that stands in a key for a text that can't. */
#define HASH_DIGITS 24

typedef struct {
  char *name;
} LsImportReaderPrivate;

/**
 * LsImportReader:
 *
 * Reads rows out of one file, one after another, and tells of each what it is or what is wrong with
 * it, with its place. Types and bounds have been checked when a row comes out; what it refers to
 * has not. One thread.
 */
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsImportReader, ls_import_reader, G_TYPE_OBJECT)

static int64_t
ls_import_reader_real_get_offset (LsImportReader *self)
{
  return 0;
}

static GPtrArray *
ls_import_reader_real_list_ignored (LsImportReader *self)
{
  return g_ptr_array_new_with_free_func (g_free);
}

static void
ls_import_reader_finalize (GObject *object)
{
  LsImportReaderPrivate *priv =
      ls_import_reader_get_instance_private (LS_IMPORT_READER (object));

  g_free (priv->name);
  G_OBJECT_CLASS (ls_import_reader_parent_class)->finalize (object);
}

static void
ls_import_reader_class_init (LsImportReaderClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_import_reader_finalize;
  klass->get_offset = ls_import_reader_real_get_offset;
  klass->list_ignored = ls_import_reader_real_list_ignored;
}

static void
ls_import_reader_init (LsImportReader *self)
{
}

/**
 * ls_import_reader_next:
 * @self: a reader
 * @row: (out caller-allocates): where to put a row
 * @problem: (out caller-allocates): where to put what is wrong
 * @error: where to put why nothing more can be read
 *
 * Reads on.
 *
 * Returns: what came
 */
LsImportStep
ls_import_reader_next (LsImportReader   *self,
                       LsImportRow      *row,
                       LsImportProblem  *problem,
                       GError          **error)
{
  LsImportStep step;

  *row = (LsImportRow) { NULL };
  *problem = (LsImportProblem) { NULL };
  step = LS_IMPORT_READER_GET_CLASS (self)->next (self, row, problem, error);
  if (step == LS_IMPORT_BAD && problem->file == NULL)
    problem->file = g_strdup (ls_import_reader_get_name (self));
  return step;
}

/**
 * ls_import_reader_get_name:
 * @self: a reader
 *
 * Returns: (transfer none): what its file is called in problems
 */
const char *
ls_import_reader_get_name (LsImportReader *self)
{
  LsImportReaderPrivate *priv = ls_import_reader_get_instance_private (self);

  return priv->name != NULL ? priv->name : "-";
}

/**
 * ls_import_reader_set_name:
 * @self: a reader
 * @name: what its file is called
 *
 * Sets how problems name the file.
 */
void
ls_import_reader_set_name (LsImportReader *self,
                           const char     *name)
{
  LsImportReaderPrivate *priv = ls_import_reader_get_instance_private (self);

  g_free (priv->name);
  priv->name = g_strdup (name);
}

/**
 * ls_import_reader_get_offset:
 * @self: a reader
 *
 * Returns: how many bytes of the file were read so far
 */
int64_t
ls_import_reader_get_offset (LsImportReader *self)
{
  return LS_IMPORT_READER_GET_CLASS (self)->get_offset (self);
}

/**
 * ls_import_reader_list_ignored:
 * @self: a reader that has read something
 *
 * Returns: (transfer full) (element-type utf8): the columns that nothing is done with
 */
GPtrArray *
ls_import_reader_list_ignored (LsImportReader *self)
{
  return LS_IMPORT_READER_GET_CLASS (self)->list_ignored (self);
}

/**
 * ls_import_row_clear:
 * @row: a row
 *
 * Empties it.
 */
void
ls_import_row_clear (LsImportRow *row)
{
  g_clear_pointer (&row->record, ls_record_unref);
  *row = (LsImportRow) { NULL };
}

/**
 * ls_import_problem_clear:
 * @problem: a problem
 *
 * Empties it.
 */
void
ls_import_problem_clear (LsImportProblem *problem)
{
  g_free (problem->file);
  g_free (problem->field);
  g_free (problem->message);
  *problem = (LsImportProblem) { NULL };
}

/**
 * ls_import_problem_set:
 * @problem: a problem
 * @line: where
 * @field: (nullable): in which column or field
 * @format: what is wrong
 * @...: its arguments
 *
 * Fills in what is wrong; the first one stays.
 */
void
ls_import_problem_set (LsImportProblem *problem,
                       int64_t          line,
                       const char      *field,
                       const char      *format,
                       ...)
{
  va_list args;

  if (problem->message != NULL)
    return;
  problem->line = line;
  problem->field = g_strdup (field);
  va_start (args, format);
  problem->message = g_strdup_vprintf (format, args);
  va_end (args);
}

/**
 * ls_import_check_record:
 * @record: a row
 * @line: where it came from
 * @problem: where to put what is wrong with it
 *
 * Checks key, types, bounds and required fields. Derived fields are not looked at: they are not
 * imported.
 *
 * Returns: whether the row is good
 */
bool
ls_import_check_record (const LsRecord  *record,
                        int64_t          line,
                        LsImportProblem *problem)
{
  const LsCollection *collection = ls_record_get_collection (record);

  if (!ls_key_is_valid (ls_record_get_key (record)))
    {
      ls_import_problem_set (problem, line, "key", "“%s” can't be a key: 1 to %d bytes of text",
                             ls_record_get_key (record), LS_KEY_MAX_BYTES);
      return false;
    }
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];
      const LsValue *value = ls_record_get (record, i);
      g_autoptr (GError) error = NULL;

      if (field->flags & LS_FIELD_DERIVED)
        continue;
      if (!ls_field_check_value (field, value, &error))
        {
          ls_import_problem_set (problem, line, field->name, "%s", error->message);
          return false;
        }
    }
  return true;
}

/**
 * ls_import_make_key:
 * @prefix: where the text comes from, such as `woo:`
 * @text: what names the row there
 *
 * Makes the key of a row from what it is called at its source: the two as they are when that is a
 * key, else @prefix and a hash of @text. The same always gives the same.
 *
 * Returns: (transfer full): a valid key
 */
char *
ls_import_make_key (const char *prefix,
                    const char *text)
{
  g_autofree char *plain = g_strconcat (prefix, text, NULL);
  g_autofree char *hash = NULL;

  if (*text != '\0' && text[0] != '#' && ls_key_is_valid (plain))
    return g_steal_pointer (&plain);
  hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  return g_strdup_printf ("%s#%.*s", prefix, HASH_DIGITS, hash);
}
