/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include "app/ls-window.h"

#include <glib/gi18n.h>

#include "app/ls-toast.h"
#include "app/ls-window-private.h"
#include "app/pages/ls-orders-page.h"
#include "app/pages/ls-overview-page.h"
#include "app/pages/ls-products-page.h"

/**
 * LsWindow:
 *
 * A window on one shop of the account: sidebar, header, banner and pages. Windows hold queries,
 * never rows of their own, so two of them can't disagree. Before there is an account it shows the
 * welcome view.
 *
 * ls-window-shop.c follows the shop and its numbers, ls-window-banner.c says what must be known,
 * ls-window-actions.c has what an admin can press.
 */
G_DEFINE_FINAL_TYPE (LsWindow, ls_window, ADW_TYPE_APPLICATION_WINDOW)

static LsPage *
current_page (LsWindow *self)
{
  return LS_PAGE (gtk_stack_get_visible_child (self->page_stack));
}

static void
update_title (LsWindow *self)
{
  GtkStackPage *page =
      gtk_stack_get_page (self->page_stack, gtk_stack_get_visible_child (self->page_stack));
  const char *shop_name = gtk_label_get_label (self->shop_label);
  g_autofree char *title = NULL;

  adw_window_title_set_title (self->title, gtk_stack_page_get_title (page));
  adw_window_title_set_subtitle (self->title, self->sample ? _("Sample shop") : shop_name);
  /* Translators: title of a window: page, shop */
  title = self->shop != NULL
              ? g_strdup_printf (_("%s – %s"), gtk_stack_page_get_title (page), shop_name)
              : g_strdup (_("Lockstep"));
  gtk_window_set_title (GTK_WINDOW (self), title);
}

/* In a narrow window a button that does nothing takes the room of the title. */
static void
update_search_button (LsWindow *self)
{
  gboolean can_search = ls_page_can_search (current_page (self));

  gtk_widget_set_sensitive (GTK_WIDGET (self->search_button), can_search);
  gtk_widget_set_visible (GTK_WIDGET (self->search_button),
                          can_search || !ls_split_view_get_collapsed (self->split_view));
}

static void
visible_page_cb (LsWindow *self)
{
  const char *name = gtk_stack_get_visible_child_name (self->page_stack);

  ls_sidebar_select (self->sidebar, name);
  update_search_button (self);
  gtk_toggle_button_set_active (self->search_button, FALSE);
  update_title (self);
  if (self->context != NULL)
    ls_window_tell_shown (self);
}

static void
ls_window_realize (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ls_window_parent_class)->realize (widget);
  g_signal_connect_object (gtk_native_get_surface (GTK_NATIVE (widget)), "notify::state",
                           G_CALLBACK (ls_window_tell_shown), widget, G_CONNECT_SWAPPED);
}

static void
ls_window_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ls_window_parent_class)->map (widget);
  ls_window_tell_shown (LS_WINDOW (widget));
}

static void
ls_window_unmap (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ls_window_parent_class)->unmap (widget);
  if (LS_WINDOW (widget)->context != NULL)
    ls_window_tell_shown (LS_WINDOW (widget));
}

static void
page_activated_cb (LsWindow   *self,
                   const char *page)
{
  ls_window_show_page (self, page);
  if (ls_split_view_get_collapsed (self->split_view))
    ls_split_view_set_show_sidebar (self->split_view, FALSE);
}

static void
search_changed_cb (LsWindow *self)
{
  ls_page_search (current_page (self), gtk_editable_get_text (GTK_EDITABLE (self->search_entry)));
}

static void
search_mode_cb (LsWindow *self)
{
  if (!gtk_search_bar_get_search_mode (self->search_bar))
    gtk_editable_set_text (GTK_EDITABLE (self->search_entry), "");
}

static void
focus_entered_cb (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);

  /* Somebody looks: a connection that waits for its next attempt tries now, one that polls tries
   * whether a live one gets through by now. */
  if (client != NULL && ls_client_get_status (client)->state != LS_CONNECTION_LIVE &&
      ls_client_get_status (client)->state != LS_CONNECTION_SIGNED_OUT &&
      !ls_client_get_status (client)->by_hand)
    ls_client_reconnect (client);
}

static void
set_pages_shop (LsWindow *self,
                LsClient *client)
{
  for (GtkWidget *child = gtk_widget_get_first_child (GTK_WIDGET (self->page_stack)); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    ls_page_set_shop (LS_PAGE (child), client, self->shop);
}

/* The shop to show when nothing else was asked for: the first one of the account. */
static const char *
default_shop (LsClient *client)
{
  GPtrArray *shops = ls_client_get_shops (client);

  return shops->len > 0 ? ((LsShopEntry *) g_ptr_array_index (shops, 0))->shop : NULL;
}

static void
update_shop_menu (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);
  GPtrArray *shops = client != NULL ? ls_client_get_shops (client) : NULL;
  g_autoptr (GMenu) menu = g_menu_new ();

  for (unsigned i = 0; shops != NULL && i < shops->len; i++)
    {
      const LsShopEntry *entry = g_ptr_array_index (shops, i);
      g_autoptr (GString) label = g_string_new (entry->name);
      g_autoptr (GMenuItem) item = NULL;

      /* An underline in a name is no mnemonic. */
      g_string_replace (label, "_", "__", 0);
      item = g_menu_item_new (label->str, NULL);

      g_menu_item_set_action_and_target (item, "win.show-shop", "s", entry->shop);
      g_menu_append_item (menu, item);
    }
  gtk_menu_button_set_menu_model (self->shop_button, G_MENU_MODEL (menu));
}

static gboolean
has_shop (LsClient   *client,
          const char *shop)
{
  GPtrArray *shops = ls_client_get_shops (client);

  for (unsigned i = 0; i < shops->len; i++)
    if (g_str_equal (((LsShopEntry *) g_ptr_array_index (shops, i))->shop, shop))
      return TRUE;
  return FALSE;
}

/* @format: with one %s for the name of something */
static void
tell_name (LsWindow   *self,
           const char *format,
           const char *name)
{
  g_autoptr (GString) words = g_string_new (format);

  g_string_replace (words, "%s", name, 1);
  ls_window_show_toast (self, ls_toast_new (words->str));
}

/* An account whose shops are known and are none has nothing to show but that. */
static void
update_content (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);
  gboolean none = client != NULL && self->shop == NULL && default_shop (client) == NULL &&
                  ls_client_get_status (client)->state == LS_CONNECTION_LIVE;

  gtk_stack_set_visible_child_name (self->content_stack, none ? "no-shops" : "pages");
}

/* Shows the shop that was asked for before the account's shops were known, or leaves one that is
 * not open to the user any more. */
static void
shops_changed_cb (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);

  update_shop_menu (self);
  if (client != NULL && self->shop != NULL && !has_shop (client, self->shop))
    {
      /* Translators: %s is the name of a shop */
      tell_name (self, _("%s is not open to you any more"), gtk_label_get_label (self->shop_label));
      ls_window_forget_shop (self);
      set_pages_shop (self, NULL);
      update_title (self);
    }
  if (client != NULL && self->shop == NULL && default_shop (client) != NULL)
    {
      g_autofree char *wanted = g_steal_pointer (&self->wanted_shop);

      ls_window_show_shop (self, wanted != NULL ? wanted : default_shop (client));
      if (self->shop == NULL)
        ls_window_show_shop (self, default_shop (client));
    }
  update_content (self);
  ls_window_update_open_orders (self);
  ls_window_tell_shown (self);
}

static void
status_cb (LsWindow *self)
{
  ls_window_update_banner (self);
  update_content (self);
}

/* An account that is being opened shows in a moment: until then nothing, not the form to sign in. */
static const char *
view_name (LsWindow *self)
{
  if (ls_context_get_client (self->context) != NULL)
    return "main";
  return self->restoring && ls_context_get_busy (self->context) ? "loading" : "welcome";
}

static void
busy_cb (LsWindow *self)
{
  gtk_stack_set_visible_child_name (self->view_stack, view_name (self));
  self->restoring = self->restoring && ls_context_get_busy (self->context);
}

static void
client_changed_cb (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);

  g_signal_group_set_target (self->client_signals, client);
  g_signal_group_set_target (self->store_signals,
                             client != NULL ? ls_client_get_store (client) : NULL);
  ls_window_set_undo_store (self, client != NULL ? ls_client_get_store (client) : NULL);
  ls_connection_button_set_client (self->connection_button, client);
  gtk_stack_set_visible_child_name (self->view_stack, view_name (self));
  if (client == NULL)
    {
      ls_window_forget_shop (self);
      set_pages_shop (self, NULL);
    }
  shops_changed_cb (self);
  ls_window_update_banner (self);
  ls_window_update_waiting (self);
  update_title (self);
}

static void
collapsed_cb (LsWindow *self)
{
  gboolean collapsed = ls_split_view_get_collapsed (self->split_view);

  ls_connection_button_set_compact (self->connection_button, collapsed);
  /* Beside three buttons of the window there is no room for it at 360 pixels; the menu has it, too. */
  gtk_widget_set_visible (self->refresh_button, !collapsed);
  update_search_button (self);
}

static void
ls_window_constructed (GObject *object)
{
  G_OBJECT_CLASS (ls_window_parent_class)->constructed (object);
  visible_page_cb (LS_WINDOW (object));
}

static void
ls_window_dispose (GObject *object)
{
  LsWindow *self = LS_WINDOW (object);

  g_clear_handle_id (&self->refresh_timeout, g_source_remove);
  if (self->page_stack != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->page_stack, self);
      set_pages_shop (self, NULL);
    }
  ls_window_forget_shop (self);
  g_clear_pointer (&self->wanted_shop, g_free);
  ls_window_set_undo_store (self, NULL);
  g_clear_object (&self->told_toast);
  g_clear_object (&self->passing_toast);
  g_clear_object (&self->client_signals);
  g_clear_object (&self->store_signals);
  g_clear_object (&self->context);
  G_OBJECT_CLASS (ls_window_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_WINDOW);
  self->page_stack = NULL;
}

static void
bind_children (GtkWidgetClass *widget_class)
{
  gtk_widget_class_bind_template_child (widget_class, LsWindow, toast_overlay);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, view_stack);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, welcome_view);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, split_view);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, shop_button);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, shop_dot);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, shop_label);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, sample_label);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, sidebar);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, title);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, sidebar_button);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, search_button);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, refresh_button);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, refresh_stack);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, refresh_icon);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, refresh_spinner);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, connection_button);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, search_bar);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, search_entry);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, banner);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, content_stack);
  gtk_widget_class_bind_template_child (widget_class, LsWindow, page_stack);
}

static void
ls_window_class_init (LsWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->constructed = ls_window_constructed;
  object_class->dispose = ls_window_dispose;
  widget_class->realize = ls_window_realize;
  widget_class->map = ls_window_map;
  widget_class->unmap = ls_window_unmap;

  g_type_ensure (LS_TYPE_BANNER);
  g_type_ensure (LS_TYPE_COLOUR_DOT);
  g_type_ensure (LS_TYPE_CONNECTION_BUTTON);
  g_type_ensure (LS_TYPE_ORDERS_PAGE);
  g_type_ensure (LS_TYPE_OVERVIEW_PAGE);
  g_type_ensure (LS_TYPE_PRODUCTS_PAGE);
  g_type_ensure (LS_TYPE_SIDEBAR);
  g_type_ensure (LS_TYPE_SPLIT_VIEW);
  g_type_ensure (LS_TYPE_WELCOME_VIEW);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/lockstep/Lockstep/ls-window.ui");
  bind_children (widget_class);
  gtk_widget_class_bind_template_callback_full (widget_class, "banner_clicked_cb",
                                                G_CALLBACK (ls_window_banner_clicked));
  gtk_widget_class_bind_template_callback (widget_class, focus_entered_cb);
  gtk_widget_class_bind_template_callback (widget_class, page_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
  ls_window_bind_keys (klass);
}

static void
ls_window_init (LsWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_window_add_actions (self);

  self->client_signals = g_signal_group_new (LS_TYPE_CLIENT);
  g_signal_group_connect_swapped (self->client_signals, "notify::status", G_CALLBACK (status_cb), self);
  g_signal_group_connect_swapped (self->client_signals, "told", G_CALLBACK (ls_window_take_told),
                                  self);
  g_signal_group_connect_swapped (self->client_signals, "shops-changed",
                                  G_CALLBACK (shops_changed_cb), self);
  self->store_signals = g_signal_group_new (LS_TYPE_STORE);
  g_signal_group_connect_swapped (self->store_signals, "notify::read-only",
                                  G_CALLBACK (ls_window_update_banner), self);
  g_signal_group_connect_swapped (self->store_signals, "notify::pending-count",
                                  G_CALLBACK (ls_window_update_banner), self);
  g_signal_group_connect_swapped (self->store_signals, "notify",
                                  G_CALLBACK (ls_window_update_waiting), self);
  g_signal_connect_object (self->page_stack, "notify::visible-child", G_CALLBACK (visible_page_cb),
                           self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->search_bar, "notify::search-mode-enabled",
                           G_CALLBACK (search_mode_cb), self, G_CONNECT_SWAPPED);
  gtk_search_bar_connect_entry (self->search_bar, GTK_EDITABLE (self->search_entry));
  gtk_search_bar_set_key_capture_widget (self->search_bar, GTK_WIDGET (self->page_stack));
  g_object_bind_property (self->split_view, "collapsed", self->sidebar_button, "visible",
                          G_BINDING_SYNC_CREATE);
  g_signal_connect_object (self->split_view, "notify::collapsed", G_CALLBACK (collapsed_cb), self,
                           G_CONNECT_SWAPPED);
  collapsed_cb (self);
  g_object_bind_property (self->split_view, "show-sidebar", self->sidebar_button, "active",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
}

/**
 * ls_window_new:
 * @application: the application
 * @context: what all windows share
 *
 * Returns: (transfer none): a window that shows the first shop's overview, or the welcome view when
 * there is no account
 */
LsWindow *
ls_window_new (GtkApplication *application,
               LsContext      *context)
{
  LsWindow *self = g_object_new (LS_TYPE_WINDOW, "application", application, NULL);

  self->context = g_object_ref (context);
  self->restoring = ls_context_get_busy (context);
  ls_welcome_view_set_context (self->welcome_view, context);
  g_signal_connect_object (context, "notify::client", G_CALLBACK (client_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (context, "notify::busy", G_CALLBACK (busy_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (ls_context_get_notices (context), "changed",
                           G_CALLBACK (ls_window_update_banner), self, G_CONNECT_SWAPPED);
  client_changed_cb (self);
  return self;
}

/**
 * ls_window_get_shop:
 * @self: a window
 *
 * Returns: (transfer none) (nullable): the shop it shows
 */
const char *
ls_window_get_shop (LsWindow *self)
{
  return self->shop;
}

/**
 * ls_window_get_page:
 * @self: a window
 *
 * Returns: (transfer none): the stable name of the page it shows
 */
const char *
ls_window_get_page (LsWindow *self)
{
  return gtk_stack_get_visible_child_name (self->page_stack);
}

/**
 * ls_window_show_shop:
 * @self: a window
 * @shop: id of a shop of the account
 *
 * Shows another shop on the same page: at once, or when the account's shops are known. An unknown
 * one is told and changes nothing.
 */
void
ls_window_show_shop (LsWindow   *self,
                     const char *shop)
{
  LsClient *client = ls_context_get_client (self->context);

  if (client == NULL || default_shop (client) == NULL)
    {
      g_free (self->wanted_shop);
      self->wanted_shop = g_strdup (shop);
      return;
    }
  if (g_strcmp0 (shop, self->shop) == 0)
    return;
  if (!has_shop (client, shop))
    {
      /* Translators: %s is what a link or a command line names */
      tell_name (self, _("There is no shop %s in this account"), shop);
      return;
    }
  ls_window_forget_shop (self);
  self->shop = g_strdup (shop);
  ls_window_follow_shop (self);
  set_pages_shop (self, client);
  update_title (self);
  ls_window_tell_shown (self);
}

/**
 * ls_window_show_page:
 * @self: a window
 * @page: stable name of a page; an unknown one is told and changes nothing
 *
 * Shows another page.
 */
void
ls_window_show_page (LsWindow   *self,
                     const char *page)
{
  if (gtk_stack_get_child_by_name (self->page_stack, page) != NULL)
    gtk_stack_set_visible_child_name (self->page_stack, page);
  else
    /* Translators: %s is what a link or a command line names */
    tell_name (self, _("There is no page %s"), page);
}

/**
 * ls_window_open_record:
 * @self: a window
 * @page: stable name of a page
 * @key: key of a record on it
 *
 * Shows one record on its page.
 */
void
ls_window_open_record (LsWindow   *self,
                       const char *page,
                       const char *key)
{
  ls_window_show_page (self, page);
  if (g_str_equal (ls_window_get_page (self), page))
    ls_page_open_record (current_page (self), key);
}

/**
 * ls_window_save_state:
 * @self: a window
 *
 * Returns: (transfer floating): what a later start needs to show the window again, an a{sv}
 */
GVariant *
ls_window_save_state (LsWindow *self)
{
  GVariantBuilder builder;
  int width, height;

  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (self->shop != NULL)
    g_variant_builder_add (&builder, "{sv}", "shop", g_variant_new_string (self->shop));
  g_variant_builder_add (&builder, "{sv}", "page", g_variant_new_string (ls_window_get_page (self)));
  g_variant_builder_add (&builder, "{sv}", "width", g_variant_new_int32 (width));
  g_variant_builder_add (&builder, "{sv}", "height", g_variant_new_int32 (height));
  g_variant_builder_add (&builder, "{sv}", "maximized",
                         g_variant_new_boolean (gtk_window_is_maximized (GTK_WINDOW (self))));
  return g_variant_builder_end (&builder);
}

/**
 * ls_window_load_state:
 * @self: a window
 * @state: an a{sv} of ls_window_save_state(), of any version
 *
 * Shows what the window showed when it was saved; what is missing or not understood stays as it is.
 */
void
ls_window_load_state (LsWindow *self,
                      GVariant *state)
{
  const char *text;
  int width = 0;
  int height = 0;
  gboolean maximized = FALSE;

  if (g_variant_lookup (state, "width", "i", &width) && width >= 360 &&
      g_variant_lookup (state, "height", "i", &height) && height >= 300)
    gtk_window_set_default_size (GTK_WINDOW (self), width, height);
  if (g_variant_lookup (state, "maximized", "b", &maximized) && maximized)
    gtk_window_maximize (GTK_WINDOW (self));
  if (g_variant_lookup (state, "page", "&s", &text))
    ls_window_show_page (self, text);
  if (g_variant_lookup (state, "shop", "&s", &text))
    ls_window_show_shop (self, text);
}
