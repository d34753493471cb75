/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-csv.h"

#include <string.h>

#include "core/ls-error.h"

/* A piece of a template: literal text, then maybe a column. */
typedef struct {
  char *literal;
  int column; /* -1 for none */
} Piece;

/* A field map whose columns were found. */
typedef struct {
  const LsImportFieldMap *map;
  GArray *pieces;
} Filler;

/**
 * LsImportCsv:
 *
 * Rows of one collection out of comma-separated values, as a mapping says.
 */
struct _LsImportCsv {
  LsImportReader parent_instance;

  /* owned */
  LsCsv *csv;
  GSeekable *encoded; /* the file, when what is read is not what stands in it */
  GPtrArray *columns; /* names, or NULL as long as the first record was not read */
  GArray *key;        /* Piece */
  GPtrArray *fillers;

  /* borrowed */
  LsImportMapping *mapping;
  const LsImportTarget *target;

  /* state */
  bool *used; /* by column */
  bool compiled;
};

G_DEFINE_FINAL_TYPE (LsImportCsv, ls_import_csv, LS_TYPE_IMPORT_READER)

static void
piece_clear (gpointer data)
{
  g_free (((Piece *) data)->literal);
}

static void
filler_free (gpointer data)
{
  Filler *filler = data;

  g_clear_pointer (&filler->pieces, g_array_unref);
  g_free (filler);
}

/* -1 when there is none, -2 when there are several. */
static int
find_column (LsImportCsv *self,
             const char  *name)
{
  int found = -1;

  for (unsigned i = 0; i < self->columns->len; i++)
    if (g_str_equal (g_ptr_array_index (self->columns, i), name))
      {
        if (found >= 0)
          return -2;
        found = (int) i;
      }
  return found;
}

static bool
fail_column (const char  *name,
             int          found,
             GError     **error)
{
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s “%s”, which the mapping names",
               found == -1 ? "there is no column" : "there is more than one column", name);
  return false;
}

static bool
compile (LsImportCsv  *self,
         const char   *template,
         GArray      **ret_pieces,
         GError      **error)
{
  g_autoptr (GArray) pieces = g_array_new (FALSE, TRUE, sizeof (Piece));

  g_array_set_clear_func (pieces, piece_clear);
  while (*template != '\0')
    {
      const char *open = strchr (template, '{');
      const char *end = open != NULL ? strchr (open, '}') : NULL;
      Piece piece = { NULL, -1 };

      if (end == NULL)
        {
          piece.literal = g_strdup (template);
          g_array_append_val (pieces, piece);
          break;
        }
      piece.literal = g_strndup (template, (size_t) (open - template));
      g_array_append_val (pieces, piece);
      {
        g_autofree char *name = g_strndup (open + 1, (size_t) (end - open - 1));
        int column = find_column (self, name);

        if (column < 0)
          return fail_column (name, column, error);
        g_array_index (pieces, Piece, pieces->len - 1).column = column;
        self->used[column] = true;
      }
      template = end + 1;
    }
  *ret_pieces = g_steal_pointer (&pieces);
  return true;
}

static bool
add_filler (LsImportCsv             *self,
            const LsImportFieldMap  *map,
            GError                 **error)
{
  Filler *filler = g_new0 (Filler, 1);

  filler->map = map;
  g_ptr_array_add (self->fillers, filler);
  return compile (self, map->source.template, &filler->pieces, error);
}

/* The row's currency comes first: money is read in it. */
static bool
compile_all (LsImportCsv  *self,
             GError      **error)
{
  int currency = self->mapping->collection->currency_field;

  self->compiled = true;
  self->used = g_new0 (bool, self->columns->len + 1);
  if (!compile (self, self->mapping->key.template, &self->key, error))
    return false;
  for (int pass = 0; pass < 2; pass++)
    for (unsigned i = 0; i < self->mapping->fields->len; i++)
      {
        const LsImportFieldMap *map = g_ptr_array_index (self->mapping->fields, i);

        if (((int) map->field == currency) == (pass == 0) && !add_filler (self, map, error))
          return false;
      }
  return true;
}

static void
take_columns (LsImportCsv *self)
{
  self->columns = g_ptr_array_new_with_free_func (g_free);
  for (unsigned i = 0; i < ls_csv_get_n_fields (self->csv); i++)
    g_ptr_array_add (self->columns,
                     self->mapping->header
                         ? g_strstrip (g_strdup (ls_csv_get_field (self->csv, i)))
                         : g_strdup_printf ("%u", i + 1));
}

static char *
expand (LsImportCsv *self,
        GArray      *pieces,
        bool         is_key)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *prefix = "";
  bool columns = false;
  bool any = false;

  for (unsigned i = 0; i < pieces->len; i++)
    {
      const Piece *piece = &g_array_index (pieces, Piece, i);
      const char *field = piece->column >= 0
                              ? ls_csv_get_field (self->csv, (unsigned) piece->column)
                              : "";

      if (i == 0 && is_key)
        prefix = piece->literal;
      else
        g_string_append (text, piece->literal);
      g_string_append (text, field);
      columns = columns || piece->column >= 0;
      any = any || *field != '\0';
    }
  g_strstrip (text->str);
  text->len = strlen (text->str);
  /* Literals alone say nothing when all their columns are empty. */
  if (columns && !any)
    return g_strdup ("");
  return is_key ? ls_import_make_key (prefix, text->str) : g_strdup (text->str);
}

static bool
fill_field (LsImportCsv     *self,
            const Filler    *filler,
            LsImportRow     *row,
            LsImportProblem *problem)
{
  const LsImportFieldMap *map = filler->map;
  const LsCollection *collection = self->mapping->collection;
  const LsField *field = &collection->fields[map->field];
  LsImportConversion conversion = map->conversion;
  g_autofree char *text = expand (self, filler->pieces, map->source.is_key);
  const char *from = *text == '\0' && map->fallback != NULL ? map->fallback : text;
  g_autoptr (GError) error = NULL;
  LsValue value = LS_VALUE_INIT;

  if (conversion.currency == NULL && collection->currency_field >= 0)
    conversion.currency = ls_record_get_text (row->record, (unsigned) collection->currency_field);
  if (conversion.currency == NULL)
    conversion.currency = self->target->currency;
  if (conversion.zone == NULL)
    conversion.zone = self->target->zone;
  if (!ls_import_convert (field, &conversion, from, &value, &error))
    {
      ls_import_problem_set (problem, ls_csv_get_line (self->csv), field->name, "%s",
                             error->message);
      return false;
    }
  ls_record_take (row->record, map->field, value);
  row->fields |= UINT64_C (1) << map->field;
  return true;
}

static LsImportStep
make_row (LsImportCsv     *self,
          LsImportRow     *row,
          LsImportProblem *problem)
{
  int64_t line = ls_csv_get_line (self->csv);
  g_autofree char *key = NULL;

  if (ls_csv_get_n_fields (self->csv) != self->columns->len)
    {
      ls_import_problem_set (problem, line, NULL, "%u fields where there are %u columns",
                             ls_csv_get_n_fields (self->csv), self->columns->len);
      return LS_IMPORT_BAD;
    }
  key = expand (self, self->key, true);
  if (*key == '\0')
    {
      ls_import_problem_set (problem, line, "key", "the columns that make the key are empty");
      return LS_IMPORT_BAD;
    }
  row->record = ls_record_new (self->mapping->collection, key);
  row->line = line;
  for (unsigned i = 0; i < self->fillers->len; i++)
    if (!fill_field (self, g_ptr_array_index (self->fillers, i), row, problem))
      break;
  if (problem->message == NULL && ls_import_check_record (row->record, line, problem))
    return LS_IMPORT_ROW;
  ls_import_row_clear (row);
  return LS_IMPORT_BAD;
}

static LsImportStep
ls_import_csv_next (LsImportReader   *reader,
                    LsImportRow      *row,
                    LsImportProblem  *problem,
                    GError          **error)
{
  LsImportCsv *self = LS_IMPORT_CSV (reader);

  for (;;)
    {
      LsCsvStep step = ls_csv_read (self->csv, error);

      if (step == LS_CSV_FAILED)
        return LS_IMPORT_FAILED;
      if (step == LS_CSV_END)
        return LS_IMPORT_END;
      if (step == LS_CSV_BAD)
        {
          const LsCsvProblem *found = ls_csv_get_problem (self->csv);
          g_autofree char *column = g_strdup_printf ("column %u", found->field);

          ls_import_problem_set (problem, found->line, column, "%s", found->message);
          return LS_IMPORT_BAD;
        }
      if (self->columns == NULL)
        take_columns (self);
      if (!self->compiled)
        {
          if (!compile_all (self, error))
            return LS_IMPORT_FAILED;
          if (self->mapping->header)
            continue;
        }
      return make_row (self, row, problem);
    }
}

/* In bytes of the file: in UTF-8 a text has more of them, or fewer. What waits to be decoded counts
 * as read. */
static int64_t
ls_import_csv_get_offset (LsImportReader *reader)
{
  LsImportCsv *self = LS_IMPORT_CSV (reader);

  return self->encoded != NULL ? g_seekable_tell (self->encoded) : ls_csv_get_offset (self->csv);
}

static GPtrArray *
ls_import_csv_list_ignored (LsImportReader *reader)
{
  LsImportCsv *self = LS_IMPORT_CSV (reader);
  GPtrArray *ignored = g_ptr_array_new_with_free_func (g_free);

  for (unsigned i = 0; self->compiled && i < self->columns->len; i++)
    if (!self->used[i])
      g_ptr_array_add (ignored, g_strdup (g_ptr_array_index (self->columns, i)));
  return ignored;
}

static void
ls_import_csv_finalize (GObject *object)
{
  LsImportCsv *self = LS_IMPORT_CSV (object);

  g_clear_pointer (&self->csv, ls_csv_free);
  g_clear_object (&self->encoded);
  g_clear_pointer (&self->columns, g_ptr_array_unref);
  g_clear_pointer (&self->key, g_array_unref);
  g_clear_pointer (&self->fillers, g_ptr_array_unref);
  g_free (self->used);
  G_OBJECT_CLASS (ls_import_csv_parent_class)->finalize (object);
}

static void
ls_import_csv_class_init (LsImportCsvClass *klass)
{
  LsImportReaderClass *reader_class = LS_IMPORT_READER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_import_csv_finalize;
  reader_class->next = ls_import_csv_next;
  reader_class->get_offset = ls_import_csv_get_offset;
  reader_class->list_ignored = ls_import_csv_list_ignored;
}

static void
ls_import_csv_init (LsImportCsv *self)
{
  self->fillers = g_ptr_array_new_with_free_func (filler_free);
}

/**
 * ls_import_csv_new:
 * @stream: the file
 * @mapping: (transfer none): what its columns are; must outlive the reader
 * @target: (transfer none): the shop; likewise
 * @error: where to put why not: an encoding that is not known
 *
 * Returns: (transfer full) (nullable): a reader
 */
LsImportReader *
ls_import_csv_new (GInputStream          *stream,
                   LsImportMapping       *mapping,
                   const LsImportTarget  *target,
                   GError               **error)
{
  g_autoptr (GInputStream) decoded = g_object_ref (stream);
  LsImportCsv *self;

  if (mapping->encoding != NULL)
    {
      g_autoptr (GCharsetConverter) converter =
          g_charset_converter_new ("UTF-8", mapping->encoding, error);

      if (converter == NULL)
        return NULL;
      g_object_unref (decoded);
      decoded = g_converter_input_stream_new (stream, G_CONVERTER (converter));
    }
  self = g_object_new (LS_TYPE_IMPORT_CSV, NULL);
  self->csv = ls_csv_new (decoded, &mapping->csv);
  if (decoded != stream && G_IS_SEEKABLE (stream))
    self->encoded = G_SEEKABLE (g_object_ref (stream));
  self->mapping = mapping;
  self->target = target;
  return LS_IMPORT_READER (self);
}
