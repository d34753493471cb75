/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-csv.h"
#include "server/import/ls-import-woocommerce.h"

G_BEGIN_DECLS

/* More images, tags or categories than this in one product are no product's. */
#define LS_WOO_MAX_LIST 200
#define LS_WOO_MAX_DOWNLOADS 50

/* The columns that something is done with, by their English headings. */
typedef enum {
  LS_WOO_ID,
  LS_WOO_TYPE,
  LS_WOO_SKU,
  LS_WOO_NAME,
  LS_WOO_PUBLISHED,
  LS_WOO_SHORT_DESCRIPTION,
  LS_WOO_DESCRIPTION,
  LS_WOO_TAX_CLASS,
  LS_WOO_IN_STOCK,
  LS_WOO_STOCK,
  LS_WOO_LOW_STOCK,
  LS_WOO_SALE_PRICE,
  LS_WOO_REGULAR_PRICE,
  LS_WOO_CATEGORIES,
  LS_WOO_TAGS,
  LS_WOO_IMAGES,
  LS_WOO_DOWNLOAD_LIMIT,
  LS_WOO_PARENT,
  LS_WOO_POSITION,
} LsWooColumn;

#define LS_WOO_N_COLUMNS (LS_WOO_POSITION + 1)

struct _LsImportWoocommerce {
  LsImportReader parent_instance;

  /* owned */
  LsCsv *csv;
  GPtrArray *names;       /* the headings as they stand */
  GHashTable *keys;       /* SKU to key of the products that have both id and SKU */
  GHashTable *categories; /* paths that were told of */
  GQueue rows;            /* LsImportRow that follow from the last line */

  /* borrowed */
  const LsImportTarget *target;

  /* state */
  int columns[LS_WOO_N_COLUMNS];                /* -1 where the file has none */
  int download_names[LS_WOO_MAX_DOWNLOADS + 1]; /* likewise, from 1 */
  int download_urls[LS_WOO_MAX_DOWNLOADS + 1];
};

const char   *ls_woo_heading        (LsWooColumn           column);
bool          ls_woo_is_variation   (const char           *type);
LsImportStep  ls_woo_make_rows      (LsImportWoocommerce  *self,
                                     LsImportRow          *row,
                                     LsImportProblem      *problem);
void          ls_woo_queued_row_free (gpointer             data);

static inline bool
ls_woo_has (LsImportWoocommerce *self,
            LsWooColumn          column)
{
  return self->columns[column] >= 0;
}

static inline const char *
ls_woo_get (LsImportWoocommerce *self,
            LsWooColumn          column)
{
  return ls_woo_has (self, column)
             ? ls_csv_get_field (self->csv, (unsigned) self->columns[column])
             : "";
}

G_END_DECLS
