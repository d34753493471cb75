/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-woocommerce-private.h"

#include <string.h>

#include "core/ls-error.h"

/* English, as they are exported unless the shop was told otherwise. */
static const char *const headings[] = {
  [LS_WOO_ID] = "ID",
  [LS_WOO_TYPE] = "Type",
  [LS_WOO_SKU] = "SKU",
  [LS_WOO_NAME] = "Name",
  [LS_WOO_PUBLISHED] = "Published",
  [LS_WOO_SHORT_DESCRIPTION] = "Short description",
  [LS_WOO_DESCRIPTION] = "Description",
  [LS_WOO_TAX_CLASS] = "Tax class",
  [LS_WOO_IN_STOCK] = "In stock?",
  [LS_WOO_STOCK] = "Stock",
  [LS_WOO_LOW_STOCK] = "Low stock amount",
  [LS_WOO_SALE_PRICE] = "Sale price",
  [LS_WOO_REGULAR_PRICE] = "Regular price",
  [LS_WOO_CATEGORIES] = "Categories",
  [LS_WOO_TAGS] = "Tags",
  [LS_WOO_IMAGES] = "Images",
  [LS_WOO_DOWNLOAD_LIMIT] = "Download limit",
  [LS_WOO_PARENT] = "Parent",
  [LS_WOO_POSITION] = "Position",
};

/**
 * LsImportWoocommerce:
 *
 * The products that WooCommerce exports as comma-separated values. A line is a product or, of type
 * variation, a variant of the one that `Parent` names by id or SKU, which may stand anywhere in the
 * file; with it come the categories it is in, its images and its files. Keys are `woo:ID`, or
 * `sku:SKU` in a file without ids.
 *
 * Amounts are in the shop's currency: the file does not say theirs.
 */
G_DEFINE_FINAL_TYPE (LsImportWoocommerce, ls_import_woocommerce, LS_TYPE_IMPORT_READER)

/* A heading of the form "Download 3 URL", or 0. */
static int
download_number (const char *name,
                 const char *suffix)
{
  g_autofree char *number = NULL;
  gint64 found = 0;

  if (!g_str_has_prefix (name, "Download ") || !g_str_has_suffix (name, suffix) ||
      strlen (name) <= strlen ("Download ") + strlen (suffix))
    return 0;
  number = g_strndup (name + strlen ("Download "),
                      strlen (name) - strlen ("Download ") - strlen (suffix));
  if (!g_ascii_string_to_signed (number, 10, 1, LS_WOO_MAX_DOWNLOADS, &found, NULL))
    return 0;
  return (int) found;
}

static bool
take_heading (LsImportWoocommerce *self,
              const char          *name,
              int                  index)
{
  int number;

  for (size_t i = 0; i < LS_WOO_N_COLUMNS; i++)
    if (g_ascii_strcasecmp (headings[i], name) == 0 && self->columns[i] < 0)
      {
        self->columns[i] = index;
        return true;
      }
  if ((number = download_number (name, " name")) > 0)
    self->download_names[number] = index;
  else if ((number = download_number (name, " URL")) > 0)
    self->download_urls[number] = index;
  return number > 0;
}

/* The first record. */
static bool
read_headings (LsImportWoocommerce  *self,
               GError              **error)
{
  LsCsvStep step = ls_csv_read (self->csv, error);

  if (step == LS_CSV_FAILED)
    return false;
  self->names = g_ptr_array_new_with_free_func (g_free);
  for (unsigned i = 0; step == LS_CSV_RECORD && i < ls_csv_get_n_fields (self->csv); i++)
    {
      char *name = g_strstrip (g_strdup (ls_csv_get_field (self->csv, i)));

      g_ptr_array_add (self->names, name);
      take_heading (self, name, (int) i);
    }
  if (ls_woo_has (self, LS_WOO_TYPE) && ls_woo_has (self, LS_WOO_NAME) &&
      (ls_woo_has (self, LS_WOO_ID) || ls_woo_has (self, LS_WOO_SKU)))
    return true;
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
               "line 1: no columns Type, Name, and ID or SKU: not a list of products as "
               "WooCommerce exports it in English");
  return false;
}

const char *
ls_woo_heading (LsWooColumn column)
{
  return headings[column];
}

static LsImportStep
ls_import_woocommerce_next (LsImportReader   *reader,
                            LsImportRow      *row,
                            LsImportProblem  *problem,
                            GError          **error)
{
  LsImportWoocommerce *self = LS_IMPORT_WOOCOMMERCE (reader);
  const LsCsvProblem *found;
  g_autofree char *column = NULL;

  if (!g_queue_is_empty (&self->rows))
    {
      g_autofree LsImportRow *queued = g_queue_pop_head (&self->rows);

      *row = *queued;
      return LS_IMPORT_ROW;
    }
  switch (ls_csv_read (self->csv, error))
    {
    case LS_CSV_RECORD:
      return ls_woo_make_rows (self, row, problem);
    case LS_CSV_BAD:
      found = ls_csv_get_problem (self->csv);
      column = found->field >= 1 && found->field <= self->names->len
                   ? g_strdup (g_ptr_array_index (self->names, found->field - 1))
                   : g_strdup_printf ("column %u", found->field);
      ls_import_problem_set (problem, found->line, column, "%s", found->message);
      return LS_IMPORT_BAD;
    case LS_CSV_FAILED:
      return LS_IMPORT_FAILED;
    case LS_CSV_END:
    default:
      return LS_IMPORT_END;
    }
}

static int64_t
ls_import_woocommerce_get_offset (LsImportReader *reader)
{
  return ls_csv_get_offset (LS_IMPORT_WOOCOMMERCE (reader)->csv);
}

static GPtrArray *
ls_import_woocommerce_list_ignored (LsImportReader *reader)
{
  LsImportWoocommerce *self = LS_IMPORT_WOOCOMMERCE (reader);
  GPtrArray *ignored = g_ptr_array_new_with_free_func (g_free);

  for (unsigned i = 0; i < self->names->len; i++)
    {
      const char *name = g_ptr_array_index (self->names, i);
      bool used = download_number (name, " name") > 0 || download_number (name, " URL") > 0;

      for (size_t column = 0; column < LS_WOO_N_COLUMNS; column++)
        used = used || self->columns[column] == (int) i;
      if (!used)
        g_ptr_array_add (ignored, g_strdup (name));
    }
  return ignored;
}

static void
ls_import_woocommerce_finalize (GObject *object)
{
  LsImportWoocommerce *self = LS_IMPORT_WOOCOMMERCE (object);

  g_clear_pointer (&self->csv, ls_csv_free);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_hash_table_unref (self->keys);
  g_hash_table_unref (self->categories);
  g_queue_clear_full (&self->rows, ls_woo_queued_row_free);
  G_OBJECT_CLASS (ls_import_woocommerce_parent_class)->finalize (object);
}

static void
ls_import_woocommerce_class_init (LsImportWoocommerceClass *klass)
{
  LsImportReaderClass *reader_class = LS_IMPORT_READER_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_import_woocommerce_finalize;
  reader_class->next = ls_import_woocommerce_next;
  reader_class->get_offset = ls_import_woocommerce_get_offset;
  reader_class->list_ignored = ls_import_woocommerce_list_ignored;
}

static void
ls_import_woocommerce_init (LsImportWoocommerce *self)
{
  self->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->categories = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->rows);
  for (size_t i = 0; i < LS_WOO_N_COLUMNS; i++)
    self->columns[i] = -1;
  for (int i = 0; i <= LS_WOO_MAX_DOWNLOADS; i++)
    self->download_names[i] = self->download_urls[i] = -1;
}

/* Which key a parent that is named by its SKU has: by its id, when the file has ids. */
static bool
learn_keys (LsImportWoocommerce  *self,
            GError              **error)
{
  LsCsvStep step;

  while ((step = ls_csv_read (self->csv, error)) != LS_CSV_END)
    {
      g_autofree char *id = NULL;
      g_autofree char *sku = NULL;

      if (step == LS_CSV_FAILED)
        return false;
      if (step != LS_CSV_RECORD || ls_woo_is_variation (ls_woo_get (self, LS_WOO_TYPE)))
        continue;
      id = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_ID)));
      sku = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_SKU)));
      if (*id != '\0' && *sku != '\0')
        g_hash_table_insert (self->keys, g_steal_pointer (&sku), g_strconcat ("woo:", id, NULL));
    }
  return true;
}

/**
 * ls_import_woocommerce_new:
 * @stream: the file, which is read twice: a #GSeekable
 * @target: (transfer none): the shop; must outlive the reader
 * @error: where to put why it is no such file
 *
 * Returns: (transfer full) (nullable): a reader
 */
LsImportReader *
ls_import_woocommerce_new (GInputStream          *stream,
                           const LsImportTarget  *target,
                           GError               **error)
{
  g_autoptr (LsImportWoocommerce) self = g_object_new (LS_TYPE_IMPORT_WOOCOMMERCE, NULL);

  g_return_val_if_fail (G_IS_SEEKABLE (stream), NULL);

  self->target = target;
  self->csv = ls_csv_new (stream, NULL);
  if (!read_headings (self, error) || !learn_keys (self, error) ||
      !g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, error))
    return NULL;
  ls_csv_free (self->csv);
  self->csv = ls_csv_new (stream, NULL);
  if (ls_csv_read (self->csv, error) == LS_CSV_FAILED)
    return NULL;
  return LS_IMPORT_READER (g_steal_pointer (&self));
}
