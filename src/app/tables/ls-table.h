/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/tables/ls-table-news.h"
#include "client/ls-live-query.h"

G_BEGIN_DECLS

/**
 * LsTableColumnFlags:
 * @LS_TABLE_COLUMN_NONE: shown only
 * @LS_TABLE_COLUMN_EDITABLE: edited in place, where the admin's role allows it
 * @LS_TABLE_COLUMN_EXPAND: takes the room that is left, and tells in a second line what a narrow table hides; not for a
 *   column that is edited
 * @LS_TABLE_COLUMN_WIDE: hidden while there is little room, the last of them first
 * @LS_TABLE_COLUMN_MEDIUM: hidden while there is hardly any room
 */
typedef enum {
  LS_TABLE_COLUMN_NONE = 0,
  LS_TABLE_COLUMN_EDITABLE = 1 << 0,
  LS_TABLE_COLUMN_EXPAND = 1 << 1,
  LS_TABLE_COLUMN_WIDE = 1 << 2,
  LS_TABLE_COLUMN_MEDIUM = 1 << 3,
} LsTableColumnFlags;

/**
 * LsTableColumn:
 * @field: name of a field of the table's collection
 * @width: its width in pixels at the normal text size, or its least width when it expands
 * @flags: its traits
 *
 * A column of a table. Heading, alignment and format follow from the schema.
 */
typedef struct {
  const char *field;
  int width;
  LsTableColumnFlags flags;
} LsTableColumn;

#define LS_TYPE_TABLE (ls_table_get_type ())
G_DECLARE_FINAL_TYPE (LsTable, ls_table, LS, TABLE, AdwBin)

void         ls_table_set_columns  (LsTable             *self,
                                    const LsCollection  *collection,
                                    const LsTableColumn *columns,
                                    size_t               n_columns);
void         ls_table_set_query    (LsTable             *self,
                                    LsLiveQuery         *query,
                                    const char          *currency,
                                    GTimeZone           *time_zone);
void         ls_table_set_news_words (LsTable           *self,
                                    LsTableNewsFunc      words);
void         ls_table_set_editable (LsTable             *self,
                                    gboolean             editable);
void         ls_table_sort_by      (LsTable             *self,
                                    const char          *field,
                                    GtkSortType          direction);
const char  *ls_table_get_currency (LsTable             *self);
GTimeZone   *ls_table_get_time_zone (LsTable            *self);
gboolean     ls_table_get_editable (LsTable             *self);
char        *ls_table_get_details  (LsTable             *self,
                                    LsRecord            *record);
LsRow       *ls_table_get_selected (LsTable             *self);
void         ls_table_select       (LsTable             *self,
                                    int64_t              id);
void         ls_table_emit_activated (LsTable           *self,
                                    LsRow               *row);
void         ls_table_emit_edited  (LsTable             *self,
                                    LsRow               *row,
                                    unsigned             field,
                                    LsValue              value);

G_END_DECLS
