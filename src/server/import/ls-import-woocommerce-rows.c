/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-woocommerce-private.h"

#include <string.h>

#include "server/import/ls-import-convert.h"

/* From a line of WooCommerce's list to a product or variant, and what follows from it. */

void
ls_woo_queued_row_free (gpointer data)
{
  ls_import_row_clear (data);
  g_free (data);
}

bool
ls_woo_is_variation (const char *type)
{
  g_auto (GStrv) words = g_strsplit (type, ",", LS_WOO_MAX_LIST);

  for (size_t i = 0; words[i] != NULL; i++)
    if (g_str_has_suffix (g_strstrip (words[i]), "variation"))
      return true;
  return false;
}

static bool
has_word (const char *type,
          const char *word)
{
  g_auto (GStrv) words = g_strsplit (type, ",", LS_WOO_MAX_LIST);

  for (size_t i = 0; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (g_strstrip (words[i]), word) == 0)
      return true;
  return false;
}

/* A list with commas; one that belongs to an element is written as \, */
static GPtrArray *
split_list (const char *text)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (g_free);
  GString *element = g_string_new (NULL);

  for (const char *at = text;; at++)
    {
      if (*at == '\\' && at[1] == ',')
        {
          g_string_append_c (element, *++at);
          continue;
        }
      if (*at != ',' && *at != '\0')
        {
          g_string_append_c (element, *at);
          continue;
        }
      g_strstrip (element->str);
      if (*element->str != '\0' && list->len < LS_WOO_MAX_LIST)
        g_ptr_array_add (list, g_strdup (element->str));
      g_string_truncate (element, 0);
      if (*at == '\0')
        break;
    }
  g_string_free (element, TRUE);
  return list;
}

/* WooCommerce writes the end of a line as \n, and a backslash before an n as \\n. */
static char *
unescape_lines (const char *text)
{
  GString *plain = g_string_new (NULL);

  for (; *text != '\0'; text++)
    {
      if (text[0] == '\\' && text[1] == '\\' && text[2] == 'n')
        {
          g_string_append (plain, "\\n");
          text += 2;
        }
      else if (text[0] == '\\' && text[1] == 'n')
        {
          g_string_append_c (plain, '\n');
          text++;
        }
      else
        g_string_append_c (plain, *text);
    }
  return g_string_free (plain, FALSE);
}

/* The key of the line, or NULL with a problem. */
static char *
line_key (LsImportWoocommerce *self,
          LsImportProblem     *problem)
{
  g_autofree char *id = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_ID)));
  g_autofree char *sku = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_SKU)));
  gint64 number;

  if (*id == '\0' && *sku == '\0')
    {
      ls_import_problem_set (problem, ls_csv_get_line (self->csv), "ID",
                             "neither an ID nor an SKU: a row needs one");
      return NULL;
    }
  if (*id == '\0')
    return ls_import_make_key ("sku:", sku);
  if (g_ascii_string_to_signed (id, 10, 1, G_MAXINT64, &number, NULL))
    return g_strconcat ("woo:", id, NULL);
  ls_import_problem_set (problem, ls_csv_get_line (self->csv), "ID", "“%.40s” is not an ID", id);
  return NULL;
}

static char *
parent_key (LsImportWoocommerce *self,
            LsImportProblem     *problem)
{
  g_autofree char *parent = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_PARENT)));
  const char *key = g_hash_table_lookup (self->keys, parent);

  if (*parent == '\0')
    {
      ls_import_problem_set (problem, ls_csv_get_line (self->csv), "Parent",
                             "a variation without a parent");
      return NULL;
    }
  if (g_str_has_prefix (parent, "id:"))
    return ls_import_make_key ("woo:", parent + strlen ("id:"));
  return key != NULL ? g_strdup (key) : ls_import_make_key ("sku:", parent);
}

/* Fills a field from a text, under the name of its column. */
static bool
fill_text (LsImportWoocommerce *self,
           LsImportRow         *row,
           const char          *name,
           const char          *heading,
           const char          *text,
           LsImportProblem     *problem)
{
  const LsCollection *collection = ls_record_get_collection (row->record);
  unsigned field = (unsigned) ls_collection_field (collection, name);
  const LsImportConversion conversion = { .currency = self->target->currency };
  g_autoptr (GError) error = NULL;
  LsValue value = LS_VALUE_INIT;

  if (!ls_import_convert (&collection->fields[field], &conversion, text, &value, &error))
    {
      ls_import_problem_set (problem, row->line, heading, "%s", error->message);
      return false;
    }
  ls_record_take (row->record, field, value);
  row->fields |= UINT64_C (1) << field;
  return true;
}

static bool
fill (LsImportWoocommerce *self,
      LsImportRow         *row,
      const char          *name,
      LsWooColumn          column,
      LsImportProblem     *problem)
{
  return !ls_woo_has (self, column) ||
         fill_text (self, row, name, ls_woo_heading (column), ls_woo_get (self, column), problem);
}

static bool
fill_description (LsImportWoocommerce *self,
                  LsImportRow         *row,
                  LsImportProblem     *problem)
{
  const char *text = ls_woo_get (self, LS_WOO_DESCRIPTION);
  g_autofree char *plain =
      unescape_lines (*text != '\0' ? text : ls_woo_get (self, LS_WOO_SHORT_DESCRIPTION));

  return !ls_woo_has (self, LS_WOO_DESCRIPTION) ||
         fill_text (self, row, "description", ls_woo_heading (LS_WOO_DESCRIPTION), plain, problem);
}

/* What is not counted has no number; what is out of stock has none left. */
static bool
fill_stock (LsImportWoocommerce *self,
            LsImportRow         *row,
            LsImportProblem     *problem)
{
  g_autofree char *stock = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_STOCK)));
  g_autofree char *in_stock = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_IN_STOCK)));
  const char *text = stock;

  if (!ls_woo_has (self, LS_WOO_STOCK) && !ls_woo_has (self, LS_WOO_IN_STOCK))
    return true;
  if (g_str_equal (stock, "parent"))
    text = "";
  else if (*stock == '\0' && g_str_equal (in_stock, "0"))
    text = "0";
  return fill_text (self, row, "stock", ls_woo_heading (LS_WOO_STOCK), text, problem);
}

static bool
fill_status (LsImportWoocommerce *self,
             LsImportRow         *row,
             LsImportProblem     *problem)
{
  g_autofree char *published = g_strstrip (g_strdup (ls_woo_get (self, LS_WOO_PUBLISHED)));
  const char *status = "active";

  if (g_str_equal (published, "0") || g_str_equal (published, "-1"))
    status = "draft";
  else if (*published != '\0' && !g_str_equal (published, "1"))
    {
      ls_import_problem_set (problem, row->line, ls_woo_heading (LS_WOO_PUBLISHED),
                             "“%.40s” is none of 1, 0 and -1", published);
      return false;
    }
  if (!fill_text (self, row, "status", ls_woo_heading (LS_WOO_PUBLISHED), status, problem))
    return false;
  /* A file without the column says nothing of a product that is there already. */
  if (!ls_woo_has (self, LS_WOO_PUBLISHED))
    row->fields &= ~(UINT64_C (1) << ls_collection_field (ls_record_get_collection (row->record),
                                                          "status"));
  return true;
}

/* Only of a new product: WooCommerce does not tell a beat from a pack, an admin may have. */
static void
set_kind (LsImportRow *row,
          const char  *type)
{
  const LsCollection *collection = ls_record_get_collection (row->record);
  const char *kind = "physical";

  if (has_word (type, "grouped"))
    kind = "bundle";
  else if (has_word (type, "downloadable"))
    kind = "download";
  else if (has_word (type, "virtual"))
    kind = "service";
  ls_record_set_text (row->record, (unsigned) ls_collection_field (collection, "kind"), kind);
}

static LsImportRow *
queue_row (LsImportWoocommerce *self,
           LsCollectionId       collection,
           const char          *key,
           bool                 implied)
{
  LsImportRow *row = g_new0 (LsImportRow, 1);

  row->record = ls_record_new (ls_schema_collection (collection), key);
  row->line = ls_csv_get_line (self->csv);
  row->implied = implied;
  g_queue_push_tail (&self->rows, row);
  return row;
}

/* "A > B" is in the category B, whose parent is A. */
static bool
queue_category (LsImportWoocommerce *self,
                const char          *path,
                LsImportProblem     *problem)
{
  const char *heading = ls_woo_heading (LS_WOO_CATEGORIES);
  g_auto (GStrv) names = g_strsplit (path, ">", LS_WOO_MAX_LIST);
  g_autoptr (GString) joined = g_string_new (NULL);
  g_autofree char *parent = NULL;

  for (size_t i = 0; names[i] != NULL; i++)
    {
      g_autofree char *key = NULL;
      LsImportRow *row;

      g_strstrip (names[i]);
      if (*names[i] == '\0')
        continue;
      g_string_append_printf (joined, "%s%s", joined->len > 0 ? ">" : "", names[i]);
      key = ls_import_make_key ("category:", joined->str);
      if (g_hash_table_add (self->categories, g_strdup (joined->str)))
        {
          row = queue_row (self, LS_CATEGORIES, key, true);
          if (!fill_text (self, row, "name", heading, names[i], problem) ||
              !fill_text (self, row, "parent", heading, parent != NULL ? parent : "", problem))
            return false;
        }
      g_free (parent);
      parent = g_steal_pointer (&key);
    }
  return true;
}

static bool
take_categories (LsImportWoocommerce *self,
                 LsImportRow         *row,
                 LsImportProblem     *problem)
{
  g_autoptr (GPtrArray) paths = split_list (ls_woo_get (self, LS_WOO_CATEGORIES));

  for (unsigned i = 0; i < paths->len; i++)
    if (!queue_category (self, g_ptr_array_index (paths, i), problem))
      return false;
  return !ls_woo_has (self, LS_WOO_CATEGORIES) ||
         fill_text (self, row, "category", ls_woo_heading (LS_WOO_CATEGORIES),
                    paths->len > 0 ? g_ptr_array_index (paths, 0) : "", problem);
}

static bool
queue_images (LsImportWoocommerce *self,
              const char          *key,
              const char          *product,
              GPtrArray           *urls,
              LsImportProblem     *problem)
{
  for (unsigned i = 0; i < urls->len; i++)
    {
      g_autofree char *own = g_strdup_printf ("%s/%u", key, i + 1);
      g_autofree char *image = ls_import_make_key ("image:", own);
      g_autofree char *position = g_strdup_printf ("%u", i);
      LsImportRow *row = queue_row (self, LS_IMAGES, image, false);

      if (!fill_text (self, row, "product", ls_woo_heading (LS_WOO_IMAGES), product, problem) ||
          !fill_text (self, row, "url", ls_woo_heading (LS_WOO_IMAGES), g_ptr_array_index (urls, i),
                      problem) ||
          !fill (self, row, "alt", LS_WOO_NAME, problem) ||
          !fill_text (self, row, "position", ls_woo_heading (LS_WOO_IMAGES), position, problem))
        return false;
    }
  return true;
}

static const char *
column_text (LsImportWoocommerce *self,
             int                  column)
{
  return column >= 0 ? ls_csv_get_field (self->csv, (unsigned) column) : "";
}

/* The files of a product; customers who bought it have rows of their own. */
static bool
queue_downloads (LsImportWoocommerce *self,
                 const char          *key,
                 const char          *product,
                 LsImportProblem     *problem)
{
  for (int i = 1; i <= LS_WOO_MAX_DOWNLOADS; i++)
    {
      const char *url = column_text (self, self->download_urls[i]);
      const char *name = column_text (self, self->download_names[i]);
      g_autofree char *base = g_path_get_basename (url);
      g_autofree char *own = g_strdup_printf ("%s/%d", key, i);
      g_autofree char *file = ls_import_make_key ("file:", own);
      LsImportRow *row;

      if (*url == '\0' && *name == '\0')
        continue;
      row = queue_row (self, LS_DOWNLOADS, file, false);
      if (!fill_text (self, row, "product", ls_woo_heading (LS_WOO_SKU), product, problem) ||
          !fill_text (self, row, "file", *name != '\0' ? "Download name" : "Download URL",
                      *name != '\0' ? name : base, problem) ||
          !fill (self, row, "limit", LS_WOO_DOWNLOAD_LIMIT, problem))
        return false;
    }
  return true;
}

static bool
make_product (LsImportWoocommerce *self,
              LsImportRow         *row,
              const char          *key,
              LsImportProblem     *problem)
{
  g_autoptr (GPtrArray) images = split_list (ls_woo_get (self, LS_WOO_IMAGES));
  g_autoptr (GPtrArray) tags = split_list (ls_woo_get (self, LS_WOO_TAGS));
  const char *type = ls_woo_get (self, LS_WOO_TYPE);
  g_autofree char *joined = NULL;

  g_ptr_array_add (tags, NULL);
  joined = g_strjoinv (", ", (char **) tags->pdata);
  row->record = ls_record_new (ls_schema_collection (LS_PRODUCTS), key);
  set_kind (row, type);
  return fill (self, row, "name", LS_WOO_NAME, problem) &&
         fill (self, row, "sku", LS_WOO_SKU, problem) && fill_status (self, row, problem) &&
         fill_description (self, row, problem) &&
         fill (self, row, "price", LS_WOO_REGULAR_PRICE, problem) &&
         fill (self, row, "sale_price", LS_WOO_SALE_PRICE, problem) &&
         fill_stock (self, row, problem) &&
         fill (self, row, "low_stock_at", LS_WOO_LOW_STOCK, problem) &&
         fill (self, row, "tax_class", LS_WOO_TAX_CLASS, problem) &&
         fill_text (self, row, "downloadable", ls_woo_heading (LS_WOO_TYPE),
                    has_word (type, "downloadable") ? "1" : "0", problem) &&
         (!ls_woo_has (self, LS_WOO_TAGS) ||
          fill_text (self, row, "tags", ls_woo_heading (LS_WOO_TAGS), joined, problem)) &&
         (!ls_woo_has (self, LS_WOO_IMAGES) ||
          fill_text (self, row, "image", ls_woo_heading (LS_WOO_IMAGES),
                     images->len > 0 ? g_ptr_array_index (images, 0) : "", problem)) &&
         take_categories (self, row, problem) && queue_images (self, key, key, images, problem) &&
         queue_downloads (self, key, key, problem);
}

static bool
make_variant (LsImportWoocommerce *self,
              LsImportRow         *row,
              const char          *key,
              LsImportProblem     *problem)
{
  g_autoptr (GPtrArray) images = split_list (ls_woo_get (self, LS_WOO_IMAGES));
  g_autofree char *product = parent_key (self, problem);

  if (product == NULL)
    return false;
  row->record = ls_record_new (ls_schema_collection (LS_VARIANTS), key);
  return fill_text (self, row, "product", ls_woo_heading (LS_WOO_PARENT), product, problem) &&
         fill (self, row, "name", LS_WOO_NAME, problem) &&
         fill (self, row, "sku", LS_WOO_SKU, problem) &&
         fill (self, row, "price", LS_WOO_REGULAR_PRICE, problem) &&
         fill (self, row, "sale_price", LS_WOO_SALE_PRICE, problem) &&
         fill_stock (self, row, problem) &&
         fill (self, row, "position", LS_WOO_POSITION, problem) &&
         queue_images (self, key, product, images, problem) &&
         queue_downloads (self, key, product, problem);
}

/* Checks what follows from a line as well, so that a line is good as a whole or not at all. */
static bool
check_queued (LsImportWoocommerce *self,
              LsImportProblem     *problem)
{
  for (GList *link = self->rows.head; link != NULL; link = link->next)
    {
      LsImportRow *row = link->data;

      if (!ls_import_check_record (row->record, row->line, problem))
        return false;
    }
  return true;
}

LsImportStep
ls_woo_make_rows (LsImportWoocommerce *self,
                  LsImportRow         *row,
                  LsImportProblem     *problem)
{
  g_autofree char *key = NULL;
  bool good;

  row->line = ls_csv_get_line (self->csv);
  if (ls_csv_get_n_fields (self->csv) != self->names->len)
    {
      ls_import_problem_set (problem, row->line, NULL, "%u fields where there are %u columns",
                             ls_csv_get_n_fields (self->csv), self->names->len);
      return LS_IMPORT_BAD;
    }
  key = line_key (self, problem);
  good = key != NULL && (ls_woo_is_variation (ls_woo_get (self, LS_WOO_TYPE))
                             ? make_variant (self, row, key, problem)
                             : make_product (self, row, key, problem));
  if (good && ls_import_check_record (row->record, row->line, problem) &&
      check_queued (self, problem))
    return LS_IMPORT_ROW;
  g_queue_clear_full (&self->rows, ls_woo_queued_row_free);
  ls_import_row_clear (row);
  return LS_IMPORT_BAD;
}

