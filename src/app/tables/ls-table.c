/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-table"

#include "config.h"

#include "app/tables/ls-table.h"

#include <glib/gi18n.h>

#include "app/compat/ls-column-title.h"
#include "app/compat/ls-list-scroll.h"
#include "app/tables/ls-cell.h"
#include "app/tables/ls-table-fit.h"
#include "app/text/ls-format.h"

/**
 * LsTable:
 *
 * The one table of the app: a live query in a column view. Columns come from the schema; the query
 * sorts, the view only shows by which column. Selection is remembered by id, so that it survives a
 * new order.
 *
 * Signals: `row-selected` (row or %NULL); `row-activated` (row); `edited` (row, field, value) when the admin has changed a
 * cell: the owner makes the edit; `fitted` when others of the columns are hidden.
 */
struct _LsTable {
  AdwBin parent_instance;

  /* template children */
  GtkScrolledWindow *scrolled;
  GtkColumnView *view;
  LsTableNews *news;

  /* owned */
  LsLiveQuery *query;
  GtkSingleSelection *selection;
  GArray *columns; /* LsTableColumn */
  char *currency;
  GTimeZone *time_zone;

  /* state */
  const LsCollection *collection;
  gboolean editable;
  gboolean restoring;
  gboolean was_loading;
  LsTableNewsFunc news_words;
  int64_t selected_id; /* -1 for none */
  int sort_column;     /* -1 for the query's own order */
  gboolean sort_descending;
  uint32_t hidden; /* a bit for each column that is hidden for want of room */
  unsigned fit_source;
};

G_DEFINE_FINAL_TYPE (LsTable, ls_table, ADW_TYPE_BIN)

enum {
  ROW_SELECTED,
  ROW_ACTIVATED,
  EDITED,
  FITTED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

/* Set while ls_table finds out by which column the view sorts: the column whose sorter was asked
 * first. GTK 4.8 does not tell otherwise. */
typedef struct {
  int first_column;
} SortProbe;

static SortProbe *probe;

static int
probe_compare (gconstpointer a,
               gconstpointer b,
               gpointer      user_data)
{
  if (probe == NULL || probe->first_column >= 0)
    return 0;
  probe->first_column = GPOINTER_TO_INT (user_data);
  return -1;
}

static void
apply_order (LsTable *self)
{
  LsOrder order;

  if (self->query == NULL || self->sort_column < 0)
    return;
  order.field = (unsigned) ls_collection_field (
      self->collection, g_array_index (self->columns, LsTableColumn, self->sort_column).field);
  order.descending = self->sort_descending;
  ls_live_query_set_order (self->query, &order, 1);
}

static void
sorter_changed_cb (LsTable *self)
{
  SortProbe local = { -1 };
  g_autoptr (GObject) left = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GObject) right = g_object_new (G_TYPE_OBJECT, NULL);
  GtkOrdering ordering;

  probe = &local;
  ordering = gtk_sorter_compare (gtk_column_view_get_sorter (self->view), left, right);
  probe = NULL;
  if (local.first_column < 0)
    return;
  if (self->sort_column == local.first_column &&
      self->sort_descending == (ordering == GTK_ORDERING_LARGER))
    return;
  self->sort_column = local.first_column;
  self->sort_descending = ordering == GTK_ORDERING_LARGER;
  apply_order (self);
}

static void
selected_cb (LsTable *self)
{
  LsRow *row;

  if (self->restoring)
    return;
  row = gtk_single_selection_get_selected_item (self->selection);
  /* While a new order is loaded nothing is there; the selection comes back with it. */
  if (row == NULL && self->query != NULL && ls_live_query_get_loading (self->query))
    return;
  self->selected_id = row != NULL ? ls_row_get_id (row) : -1;
  g_signal_emit (self, signals[ROW_SELECTED], 0, row);
}

static void
restore_selection (LsTable *self)
{
  unsigned position;

  if (self->selected_id < 0 || gtk_single_selection_get_selected_item (self->selection) != NULL ||
      !ls_live_query_find (self->query, self->selected_id, &position))
    return;
  self->restoring = TRUE;
  gtk_single_selection_set_selected (self->selection, position);
  self->restoring = FALSE;
  g_signal_emit (self, signals[ROW_SELECTED], 0,
                 gtk_single_selection_get_selected_item (self->selection));
}

static void
activated_cb (LsTable *self,
              unsigned position)
{
  g_autoptr (LsRow) row = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  if (row != NULL)
    ls_table_emit_activated (self, row);
}

/* Tells the query which rows are in sight, so that it reads them before they are asked for. */
static void
update_viewport (LsTable *self)
{
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  double upper = gtk_adjustment_get_upper (adjustment);
  unsigned n_items;

  if (self->query == NULL || upper <= 0)
    return;
  n_items = g_list_model_get_n_items (G_LIST_MODEL (self->query));
  if (n_items == 0)
    return;
  ls_live_query_set_viewport (
      self->query, (unsigned) (gtk_adjustment_get_value (adjustment) / upper * n_items),
      MIN (n_items - 1, (unsigned) ((gtk_adjustment_get_value (adjustment) +
                                     gtk_adjustment_get_page_size (adjustment)) /
                                    upper * n_items)));
}

static void
query_changed_cb (LsTable *self)
{
  /* This comes last after a reading that was asked for, and with it what it brought is known. */
  gboolean loading = ls_live_query_get_loading (self->query);

  ls_table_news_pass (self->news, loading || self->was_loading);
  self->was_loading = loading;
  restore_selection (self);
  update_viewport (self);
}

static void
setup_cb (GtkListItemFactory *factory,
          GtkListItem        *item,
          gpointer            user_data)
{
  LsTable *self = user_data;
  unsigned column = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (factory), "ls-column"));
  const LsTableColumn *spec = &g_array_index (self->columns, LsTableColumn, column);

  unsigned field = (unsigned) ls_collection_field (self->collection, spec->field);

  gtk_list_item_set_child (item, ls_cell_new (self, self->collection, field, spec->flags));
}

static void
bind_cb (GtkListItemFactory *factory,
         GtkListItem        *item)
{
  ls_cell_set_row (LS_CELL (gtk_list_item_get_child (item)), gtk_list_item_get_item (item));
}

static void
unbind_cb (GtkListItemFactory *factory,
           GtkListItem        *item)
{
  ls_cell_set_row (LS_CELL (gtk_list_item_get_child (item)), NULL);
}

/* 1,024 times the dots an inch: widths grow with the system's text scaling. */
static int
get_dpi (LsTable *self)
{
  int dpi = -1;

  g_object_get (gtk_widget_get_settings (GTK_WIDGET (self)), "gtk-xft-dpi", &dpi, NULL);
  return dpi;
}

static void
append_column (LsTable *self,
               unsigned index)
{
  const LsTableColumn *spec = &g_array_index (self->columns, LsTableColumn, index);
  const LsField *field = &self->collection->fields[ls_collection_field (self->collection, spec->field)];
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkSorter *sorter =
      GTK_SORTER (gtk_custom_sorter_new (probe_compare, GINT_TO_POINTER ((int) index), NULL));
  g_autoptr (GtkColumnViewColumn) column = gtk_column_view_column_new (_(field->title), factory);

  g_object_set_data (G_OBJECT (factory), "ls-column", GUINT_TO_POINTER (index));
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, 0);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), NULL);
  gtk_column_view_column_set_sorter (column, sorter);
  g_object_unref (sorter);
  gtk_column_view_column_set_resizable (column, TRUE);
  gtk_column_view_column_set_expand (column, (spec->flags & LS_TABLE_COLUMN_EXPAND) != 0);
  gtk_column_view_column_set_fixed_width (column, ls_table_fit_width (spec, get_dpi (self)));
  gtk_column_view_append_column (self->view, column);
}

static uint32_t
hidden_now (LsTable *self)
{
  return ls_table_fit_hidden ((const LsTableColumn *) (gpointer) self->columns->data, self->columns->len,
                              gtk_widget_get_width (GTK_WIDGET (self)), get_dpi (self));
}

static gboolean
fit_cb (gpointer user_data)
{
  LsTable *self = user_data;

  self->fit_source = 0;
  self->hidden = hidden_now (self);
  for (unsigned i = 0; i < self->columns->len; i++)
    {
      g_autoptr (GtkColumnViewColumn) column =
          g_list_model_get_item (gtk_column_view_get_columns (self->view), i);

      ls_table_fit_show_column (column, (self->hidden & UINT32_C (1) << i) == 0);
    }
  g_signal_emit (self, signals[FITTED], 0);
  return G_SOURCE_REMOVE;
}

/* The view's width is another. A widget must not ask for another layout from within one. */
static void
width_cb (LsTable *self)
{
  if (self->fit_source != 0 || hidden_now (self) == self->hidden)
    return;
  self->fit_source = g_idle_add_full (G_PRIORITY_HIGH, fit_cb, self, NULL);
  g_source_set_name_by_id (self->fit_source, "LsTable fit");
}

static void
ls_table_dispose (GObject *object)
{
  LsTable *self = LS_TABLE (object);

  g_clear_handle_id (&self->fit_source, g_source_remove);
  if (self->view != NULL)
    {
      ls_table_set_query (self, NULL, NULL, NULL);
      g_signal_handlers_disconnect_by_data (gtk_column_view_get_sorter (self->view), self);
    }
  G_OBJECT_CLASS (ls_table_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_TABLE);
  self->view = NULL;
  g_clear_object (&self->selection);
}

static void
ls_table_finalize (GObject *object)
{
  LsTable *self = LS_TABLE (object);

  g_clear_pointer (&self->columns, g_array_unref);
  g_clear_pointer (&self->time_zone, g_time_zone_unref);
  g_free (self->currency);
  G_OBJECT_CLASS (ls_table_parent_class)->finalize (object);
}

static gboolean
ls_table_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (LS_TABLE (widget)->view));
}

static void
ls_table_class_init (LsTableClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_table_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_table_finalize;
  widget_class->grab_focus = ls_table_grab_focus;

  /**
   * LsTable::row-selected:
   * @self: the table
   * @row: (nullable): the row
   *
   * Another row is selected, or none.
   */
  signals[ROW_SELECTED] = g_signal_new ("row-selected", LS_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, LS_TYPE_ROW);

  /**
   * LsTable::row-activated:
   * @self: the table
   * @row: the row
   *
   * The admin wants to see more of a row: a double click, Enter, or Alt+Enter on a cell that Enter edits.
   */
  signals[ROW_ACTIVATED] = g_signal_new ("row-activated", LS_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, LS_TYPE_ROW);

  /**
   * LsTable::edited:
   * @self: the table
   * @row: the row
   * @field: index of a field
   * @value: (type LsValue): what the admin made of it
   *
   * A cell was edited.
   */
  signals[EDITED] =
      g_signal_new ("edited", LS_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                    LS_TYPE_ROW, G_TYPE_UINT, G_TYPE_POINTER);

  /**
   * LsTable::fitted:
   * @self: the table
   *
   * Other columns are hidden for want of room.
   */
  signals[FITTED] = g_signal_new ("fitted", LS_TYPE_TABLE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  g_type_ensure (LS_TYPE_TABLE_NEWS);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/tables/ls-table.ui");
  gtk_widget_class_bind_template_child (widget_class, LsTable, scrolled);
  gtk_widget_class_bind_template_child (widget_class, LsTable, view);
  gtk_widget_class_bind_template_child (widget_class, LsTable, news);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
}

static void
ls_table_init (LsTable *self)
{
  GtkAdjustment *adjustment;

  gtk_widget_init_template (GTK_WIDGET (self));
  self->columns = g_array_new (FALSE, TRUE, sizeof (LsTableColumn));
  self->selected_id = -1;
  self->sort_column = -1;
  self->selection = gtk_single_selection_new (NULL);
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  g_signal_connect_object (self->selection, "notify::selected-item", G_CALLBACK (selected_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_column_view_set_model (self->view, GTK_SELECTION_MODEL (self->selection));
  ls_table_news_watch (self->news, self->scrolled, self->view);
  g_signal_connect_object (gtk_column_view_get_sorter (self->view), "changed",
                           G_CALLBACK (sorter_changed_cb), self, G_CONNECT_SWAPPED);
  adjustment = gtk_scrolled_window_get_hadjustment (self->scrolled);
  g_signal_connect_object (adjustment, "notify::page-size", G_CALLBACK (width_cb), self,
                           G_CONNECT_SWAPPED);
  adjustment = gtk_scrolled_window_get_vadjustment (self->scrolled);
  g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (update_viewport), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "changed", G_CALLBACK (update_viewport), self,
                           G_CONNECT_SWAPPED);
}

/**
 * ls_table_set_columns:
 * @self: a table without columns
 * @collection: of which collection it shows rows
 * @columns: (array length=n_columns): its columns
 * @n_columns: how many
 *
 * Makes the columns.
 */
void
ls_table_set_columns (LsTable             *self,
                      const LsCollection  *collection,
                      const LsTableColumn *columns,
                      size_t               n_columns)
{
  g_return_if_fail (self->columns->len == 0);

  self->collection = collection;
  g_array_append_vals (self->columns, columns, (unsigned) n_columns);
  for (unsigned i = 0; i < n_columns; i++)
    append_column (self, i);
  for (unsigned i = 0; i < n_columns; i++)
    if (ls_format_is_number (&collection->fields[ls_collection_field (collection, columns[i].field)]))
      ls_column_view_align_title (self->view, i, GTK_ALIGN_END);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(collection->title), -1);
}

/**
 * ls_table_set_query:
 * @self: a table
 * @query: (nullable): what it shows
 * @currency: (nullable): the shop's currency
 * @time_zone: (nullable): the shop's time zone
 *
 * Shows the rows of @query, in the order that the admin chose here before.
 */
void
ls_table_set_query (LsTable     *self,
                    LsLiveQuery *query,
                    const char  *currency,
                    GTimeZone   *time_zone)
{
  if (self->query != NULL)
    g_signal_handlers_disconnect_by_data (self->query, self);
  g_free (self->currency);
  self->currency = g_strdup (currency);
  g_clear_pointer (&self->time_zone, g_time_zone_unref);
  self->time_zone = time_zone != NULL ? g_time_zone_ref (time_zone) : NULL;
  self->selected_id = -1;
  gtk_single_selection_set_model (self->selection, NULL);
  g_set_object (&self->query, query);
  ls_table_news_set (self->news, G_LIST_MODEL (query), self->news_words);
  if (query == NULL)
    return;
  self->was_loading = ls_live_query_get_loading (query);
  apply_order (self);
  gtk_single_selection_set_model (self->selection, G_LIST_MODEL (query));
  g_signal_connect_object (query, "changed", G_CALLBACK (query_changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (query, "notify::loading", G_CALLBACK (query_changed_cb), self,
                           G_CONNECT_SWAPPED);
}

/**
 * ls_table_set_news_words:
 * @self: a table without a query
 * @words: what to say of rows that arrive above those on the screen
 *
 * Has new rows announce themselves.
 */
void
ls_table_set_news_words (LsTable         *self,
                         LsTableNewsFunc  words)
{
  g_return_if_fail (self->query == NULL);

  self->news_words = words;
}

/**
 * ls_table_set_editable:
 * @self: a table
 * @editable: whether the admin's role may edit the collection
 *
 * Allows or forbids editing in place.
 */
void
ls_table_set_editable (LsTable *self,
                       gboolean editable)
{
  self->editable = editable;
}

/**
 * ls_table_sort_by:
 * @self: a table with columns
 * @field: name of a field that has a column
 * @direction: which way
 *
 * Sorts, and shows so in the column's heading.
 */
void
ls_table_sort_by (LsTable    *self,
                  const char *field,
                  GtkSortType direction)
{
  for (unsigned i = 0; i < self->columns->len; i++)
    if (g_str_equal (g_array_index (self->columns, LsTableColumn, i).field, field))
      {
        g_autoptr (GtkColumnViewColumn) column =
            g_list_model_get_item (gtk_column_view_get_columns (self->view), i);

        gtk_column_view_sort_by_column (self->view, column, direction);
        return;
      }
  g_return_if_reached ();
}

/**
 * ls_table_get_currency:
 * @self: a table
 *
 * Returns: (transfer none): the shop's currency, for cells
 */
const char *
ls_table_get_currency (LsTable *self)
{
  return self->currency != NULL ? self->currency : "";
}

/**
 * ls_table_get_time_zone:
 * @self: a table
 *
 * Returns: (transfer none) (nullable): the shop's time zone, for cells
 */
GTimeZone *
ls_table_get_time_zone (LsTable *self)
{
  return self->time_zone;
}

/**
 * ls_table_get_editable:
 * @self: a table
 *
 * Returns: whether cells may be edited at all
 */
gboolean
ls_table_get_editable (LsTable *self)
{
  return self->editable;
}

/**
 * ls_table_get_details:
 * @self: a table
 * @record: one of its rows
 *
 * Returns: (transfer full) (nullable): for cells: a line in the stead of columns that a narrow table hides
 */
char *
ls_table_get_details (LsTable  *self,
                      LsRecord *record)
{
  return ls_table_fit_details ((const LsTableColumn *) (gpointer) self->columns->data, self->columns->len, self->hidden,
                               record, ls_table_get_currency (self), self->time_zone);
}

/**
 * ls_table_get_selected:
 * @self: a table
 *
 * Returns: (transfer none) (nullable): the selected row
 */
LsRow *
ls_table_get_selected (LsTable *self)
{
  return gtk_single_selection_get_selected_item (self->selection);
}

/**
 * ls_table_select:
 * @self: a table
 * @id: id of a row
 *
 * Selects a row and scrolls to it, now or as soon as the query has it.
 */
void
ls_table_select (LsTable *self,
                 int64_t  id)
{
  unsigned position;

  self->selected_id = id;
  if (self->query == NULL || !ls_live_query_find (self->query, id, &position))
    return;
  gtk_single_selection_set_selected (self->selection, position);
  ls_list_view_scroll_to (GTK_WIDGET (self->view), position, LS_LIST_SCROLL_NONE);
}

/**
 * ls_table_emit_activated:
 * @self: a table
 * @row: a row
 *
 * For cells: the admin wants to see more of a row.
 */
void
ls_table_emit_activated (LsTable *self,
                         LsRow   *row)
{
  g_signal_emit (self, signals[ROW_ACTIVATED], 0, row);
}

/**
 * ls_table_emit_edited:
 * @self: a table
 * @row: a row
 * @field: index of a field
 * @value: (transfer full): what the admin made of it
 *
 * For cells: tells the owner of an edit.
 */
void
ls_table_emit_edited (LsTable *self,
                      LsRow   *row,
                      unsigned field,
                      LsValue  value)
{
  g_auto (LsValue) owned = value;

  g_signal_emit (self, signals[EDITED], 0, row, field, &owned);
}
