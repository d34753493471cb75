/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include <glib/gi18n.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "app/compat/ls-toplevel.h"
#include "app/text/ls-format.h"
#include "app/text/ls-scope-words.h"
#include "app/ls-window-private.h"

/* What a window shows of its shop outside the pages: name and colour, the sample mark, counts in
 * the sidebar. */

static void
shop_record_cb (LsWindow *self)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  LsRecord *record = self->shop_row != NULL ? ls_row_get_record (self->shop_row) : NULL;
  const char *name;

  if (record == NULL)
    return;
  name = ls_record_get_text (record, (unsigned) ls_collection_field (shops, "name"));
  gtk_label_set_label (self->shop_label, name != NULL ? name : self->shop);
  ls_colour_dot_set_colour (
      self->shop_dot, ls_record_get_text (record, (unsigned) ls_collection_field (shops, "colour")));
  self->sample =
      ls_record_get_integer (record, (unsigned) ls_collection_field (shops, "sample"), 0) != 0;
  gtk_widget_set_visible (GTK_WIDGET (self->sample_label), self->sample);
  g_object_notify (G_OBJECT (self->page_stack), "visible-child");
}

static void
shop_items_changed_cb (LsWindow *self)
{
  g_autoptr (LsRow) row = g_list_model_get_item (G_LIST_MODEL (self->shop_query), 0);

  if (row == self->shop_row)
    return;
  if (self->shop_row != NULL)
    g_clear_signal_handler (&self->shop_row_handler, self->shop_row);
  g_set_object (&self->shop_row, row);
  if (row == NULL)
    return;
  self->shop_row_handler =
      g_signal_connect_swapped (row, "notify::record", G_CALLBACK (shop_record_cb), self);
  shop_record_cb (self);
}

/* Shows how many of the orders held are open. Again when more or fewer are held. */
void
ls_window_update_open_orders (LsWindow *self)
{
  unsigned count = 0;
  g_autofree char *words = NULL;

  if (self->open_orders == NULL)
    return;
  if (ls_live_aggregate_get_n_groups (self->open_orders) > 0)
    count = (unsigned) CLAMP (ls_live_aggregate_get_value (self->open_orders, 0, 0), 0, G_MAXINT);
  words = ls_scope_words_open_orders (
      ls_client_find_shop (ls_context_get_client (self->context), self->shop), count);
  ls_sidebar_set_count (self->sidebar, "orders", count, words);
}

/* Orders that somebody still has to do something about. */
static LsFilter *
open_orders_filter (void)
{
  static const char *const statuses[] = { "paid", "processing", "on-hold" };
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  unsigned status = (unsigned) ls_collection_field (orders, "status");
  LsFilter *any = ls_filter_new_any (orders);

  for (size_t i = 0; i < G_N_ELEMENTS (statuses); i++)
    ls_filter_take_child (any, ls_filter_new_compare (orders, status, LS_FILTER_EQUAL,
                                                      ls_value_text (statuses[i])));
  return any;
}

/* Makes the queries of the window's shop. */
void
ls_window_follow_shop (LsWindow *self)
{
  static const LsAggregateTerm count = { LS_AGGREGATE_COUNT, 0 };
  LsStore *store = ls_client_get_store (ls_context_get_client (self->context));
  g_autoptr (LsFilter) filter = open_orders_filter ();

  gtk_label_set_label (self->shop_label, self->shop);
  self->shop_query =
      ls_store_query (store, self->shop, ls_schema_collection (LS_SHOPS), NULL, NULL, 0);
  g_signal_connect_swapped (self->shop_query, "items-changed", G_CALLBACK (shop_items_changed_cb),
                            self);
  shop_items_changed_cb (self);
  self->open_orders = ls_store_aggregate (store, self->shop, ls_schema_collection (LS_ORDERS), filter,
                                          NULL, 0, &count, 1);
  g_signal_connect_swapped (self->open_orders, "changed", G_CALLBACK (ls_window_update_open_orders),
                            self);
  ls_window_update_open_orders (self);
}

/* Lets go of the queries of the window's shop; may be called at any time. */
void
ls_window_forget_shop (LsWindow *self)
{
  if (self->shop_row != NULL)
    g_clear_signal_handler (&self->shop_row_handler, self->shop_row);
  g_clear_object (&self->shop_row);
  if (self->shop_query != NULL)
    g_signal_handlers_disconnect_by_data (self->shop_query, self);
  g_clear_object (&self->shop_query);
  if (self->open_orders != NULL)
    g_signal_handlers_disconnect_by_data (self->open_orders, self);
  g_clear_object (&self->open_orders);
  g_clear_pointer (&self->shop, g_free);
  self->sample = FALSE;
}

/**
 * ls_window_get_shown:
 * @self: a window
 *
 * Returns: a mask of the collections of its shop that can be seen in it, 0 for a window that nobody
 * can look at
 */
uint32_t
ls_window_get_shown (LsWindow *self)
{
  if (self->shop == NULL || !ls_toplevel_is_seen (GTK_WINDOW (self)))
    return 0;
  /* The sidebar counts orders. */
  return ls_page_get_shown (LS_PAGE (gtk_stack_get_visible_child (self->page_stack))) |
         UINT32_C (1) << LS_ORDERS;
}

/* Says to the server, through the client, what all windows together show of each shop. */
void
ls_window_tell_shown (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));
  GPtrArray *shops = client != NULL ? ls_client_get_shops (client) : NULL;
  uint32_t all = 0;

  if (application == NULL)
    return;
  for (unsigned i = 0; shops != NULL && i < shops->len; i++)
    {
      const LsShopEntry *entry = g_ptr_array_index (shops, i);
      uint32_t shown = 0;

      for (GList *item = gtk_application_get_windows (application); item != NULL; item = item->next)
        if (LS_IS_WINDOW (item->data) &&
            g_strcmp0 (ls_window_get_shop (item->data), entry->shop) == 0)
          shown |= ls_window_get_shown (item->data);
      ls_client_set_shown (client, entry->shop, shown);
      all |= shown;
    }
#ifdef __GLIBC__
  /* Nobody looks: what widgets needed goes back to the system. */
  if (all == 0)
    malloc_trim (0);
#endif
}

/* Counts in the sidebar what waits and what wants a decision. */
void
ls_window_update_waiting (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);
  LsStore *store = client != NULL ? ls_client_get_store (client) : NULL;

  ls_sidebar_set_waiting (self->sidebar, store != NULL ? ls_store_get_pending_count (store) : 0,
                          store != NULL ? ls_store_get_dead_count (store) : 0,
                          store != NULL ? ls_store_get_lost_count (store) : 0);
}
