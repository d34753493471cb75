/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-page"

#include "config.h"

#include "app/pages/ls-page.h"

#include <glib/gi18n.h>

#include "app/ls-window.h"
#include "app/text/ls-scope-words.h"
#include "core/ls-reason.h"

/**
 * LsPage:
 *
 * What all pages of a window share: the shop they show, its currency and time zone as its row tells
 * them, and the way an edit takes. A page is bound from when it is first seen on a shop until its
 * window shows another one, and holds queries only then: pages that nobody looks at cost nothing.
 * When the shop's currency or time zone becomes known or changes, the page is bound anew.
 */
typedef struct {
  /* owned */
  LsClient *client;
  char *shop;
  LsLiveQuery *shop_query;
  LsRow *shop_row;
  char *currency;
  GTimeZone *time_zone;

  char *wanted; /* the record to open once the page is bound */

  /* state */
  gboolean bound;
  LsRole role; /* that the page was bound under */
  gulong record_handler;
  gulong read_only_handler;
} LsPagePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsPage, ls_page, ADW_TYPE_BIN)

static LsPagePrivate *
private_of (LsPage *self)
{
  return ls_page_get_instance_private (self);
}

/* The user's role in the shop, and whether he has one. */
static gboolean
find_role (LsPage *self,
           LsRole *ret_role)
{
  LsPagePrivate *priv = private_of (self);
  GPtrArray *shops = priv->client != NULL ? ls_client_get_shops (priv->client) : NULL;

  for (unsigned i = 0; shops != NULL && i < shops->len; i++)
    {
      const LsShopEntry *entry = g_ptr_array_index (shops, i);

      if (g_strcmp0 (entry->shop, priv->shop) == 0)
        {
          *ret_role = entry->role;
          return TRUE;
        }
    }
  return FALSE;
}

/* What is not there may be on the server, where not all is kept here. */
static void
tell_missing (LsPage       *self,
              const GError *error)
{
  LsPagePrivate *priv = private_of (self);
  LsWindow *window = ls_window_find (GTK_WIDGET (self));
  g_autofree char *words = LS_PAGE_GET_CLASS (self)->records == LS_ORDERS
                               ? ls_scope_words_missing (ls_client_find_shop (priv->client, priv->shop))
                               : NULL;

  if (words != NULL && window != NULL)
    ls_error_desk_tell_words (ls_window_get_desk (window), LS_OPERATION_OPEN_RECORD, error, words);
  else
    ls_page_tell_error (self, LS_OPERATION_OPEN_RECORD, error);
}

static void
record_found_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (LsPage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRow) row = ls_store_get_row_finish (LS_STORE (source), result, &error);

  if (!private_of (self)->bound ||
      (row != NULL && g_strcmp0 (ls_row_get_shop (row), ls_page_get_shop (self)) != 0))
    return;
  if (row != NULL && ls_row_get_record (row) == NULL)
    ls_reason_set_error (&error, LS_REASON_NO_RECORD);
  if (g_error_matches (error, LS_ERROR, LS_ERROR_CONFLICT))
    tell_missing (self, error);
  else if (error != NULL)
    ls_page_tell_error (self, LS_OPERATION_OPEN_RECORD, error);
  else
    LS_PAGE_GET_CLASS (self)->show_record (self, row);
}

/* Of a bound page. */
static void
find_record (LsPage     *self,
             const char *key)
{
  LsPageClass *klass = LS_PAGE_GET_CLASS (self);

  if (klass->show_record != NULL)
    ls_store_get_row_async (ls_page_get_store (self), ls_page_get_shop (self),
                            ls_schema_collection (klass->records), key, NULL, record_found_cb,
                            g_object_ref (self));
}

static void
rebind (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);

  if (priv->bound)
    LS_PAGE_GET_CLASS (self)->unbind (self);
  priv->bound = FALSE;
  if (priv->client == NULL || priv->shop == NULL)
    return;
  priv->bound = TRUE;
  find_role (self, &priv->role);
  LS_PAGE_GET_CLASS (self)->bind (self);
  if (priv->wanted != NULL)
    {
      g_autofree char *key = g_steal_pointer (&priv->wanted);

      find_record (self, key);
    }
}

static void
shop_record_cb (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  LsRecord *record = priv->shop_row != NULL ? ls_row_get_record (priv->shop_row) : NULL;
  const char *currency = NULL;
  const char *zone = NULL;

  if (record == NULL)
    return;
  currency = ls_record_get_text (record, (unsigned) ls_collection_field (shops, "currency"));
  zone = ls_record_get_text (record, (unsigned) ls_collection_field (shops, "time_zone"));
  if (g_strcmp0 (currency, priv->currency) == 0 && priv->time_zone != NULL &&
      g_strcmp0 (zone, g_time_zone_get_identifier (priv->time_zone)) == 0)
    return;
  g_free (priv->currency);
  priv->currency = g_strdup (currency);
  g_clear_pointer (&priv->time_zone, g_time_zone_unref);
  priv->time_zone = zone != NULL ? g_time_zone_new_identifier (zone) : NULL;
  if (priv->time_zone == NULL)
    priv->time_zone = g_time_zone_new_utc ();
  rebind (self);
}

/* What can be done on the page is decided when it is bound. */
static void
read_only_cb (LsPage *self)
{
  if (private_of (self)->bound)
    rebind (self);
}

/* Rights that were given or taken while the page shows are seen at once: what may not be edited any
 * more is not offered. */
static void
shops_changed_cb (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);
  LsRole role;

  if (priv->bound && find_role (self, &role) && role != priv->role)
    rebind (self);
}

static void
forget_shop_row (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);

  if (priv->shop_row != NULL)
    g_clear_signal_handler (&priv->record_handler, priv->shop_row);
  g_clear_object (&priv->shop_row);
}

static void
shop_items_changed_cb (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);
  g_autoptr (LsRow) row = g_list_model_get_item (G_LIST_MODEL (priv->shop_query), 0);

  if (row == priv->shop_row)
    return;
  forget_shop_row (self);
  priv->shop_row = g_steal_pointer (&row);
  if (priv->shop_row == NULL)
    return;
  priv->record_handler =
      g_signal_connect_swapped (priv->shop_row, "notify::record", G_CALLBACK (shop_record_cb), self);
  shop_record_cb (self);
}

static void
forget_shop (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);

  if (priv->bound)
    LS_PAGE_GET_CLASS (self)->unbind (self);
  priv->bound = FALSE;
  forget_shop_row (self);
  if (priv->shop_query != NULL)
    g_signal_handlers_disconnect_by_data (priv->shop_query, self);
  g_clear_object (&priv->shop_query);
  if (priv->client != NULL)
    {
      g_clear_signal_handler (&priv->read_only_handler, ls_client_get_store (priv->client));
      g_signal_handlers_disconnect_by_func (priv->client, shops_changed_cb, self);
    }
  g_clear_object (&priv->client);
  g_clear_pointer (&priv->shop, g_free);
  g_clear_pointer (&priv->currency, g_free);
  g_clear_pointer (&priv->time_zone, g_time_zone_unref);
}

/* Begins to follow the shop, if there is one and it is not followed already. */
static void
follow_shop (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);

  if (priv->shop == NULL || priv->shop_query != NULL)
    return;
  priv->shop_query = ls_store_query (ls_client_get_store (priv->client), priv->shop,
                                     ls_schema_collection (LS_SHOPS), NULL, NULL, 0);
  g_signal_connect_swapped (priv->shop_query, "items-changed", G_CALLBACK (shop_items_changed_cb), self);
  priv->read_only_handler = g_signal_connect_swapped (
      ls_client_get_store (priv->client), "notify::read-only", G_CALLBACK (read_only_cb), self);
  shop_items_changed_cb (self);
}

static void
ls_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ls_page_parent_class)->map (widget);
  follow_shop (LS_PAGE (widget));
}

static void
ls_page_finalize (GObject *object)
{
  g_free (private_of (LS_PAGE (object))->wanted);
  G_OBJECT_CLASS (ls_page_parent_class)->finalize (object);
}

static void
ls_page_bind (LsPage *self)
{
}

static void
ls_page_unbind (LsPage *self)
{
}

static void
ls_page_dispose (GObject *object)
{
  forget_shop (LS_PAGE (object));
  G_OBJECT_CLASS (ls_page_parent_class)->dispose (object);
}

static void
ls_page_class_init (LsPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_page_finalize;
  GTK_WIDGET_CLASS (klass)->map = ls_page_map;
  klass->shows = UINT32_MAX;
  klass->bind = ls_page_bind;
  klass->unbind = ls_page_unbind;
}

static void
ls_page_init (LsPage *self)
{
}

/**
 * ls_page_set_shop:
 * @self: a page
 * @client: (nullable): the account
 * @shop: (nullable): the shop to show
 *
 * Shows another shop, or nothing. The page is bound as soon as it is seen and the shop's own row is
 * known, since currency and time zone stand in it.
 */
void
ls_page_set_shop (LsPage     *self,
                  LsClient   *client,
                  const char *shop)
{
  LsPagePrivate *priv = private_of (self);

  if (client == priv->client && g_strcmp0 (shop, priv->shop) == 0)
    return;
  forget_shop (self);
  if (client == NULL || shop == NULL)
    return;
  priv->client = g_object_ref (client);
  priv->shop = g_strdup (shop);
  g_signal_connect_swapped (client, "shops-changed", G_CALLBACK (shops_changed_cb), self);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    follow_shop (self);
}

/**
 * ls_page_get_client:
 * @self: a page
 *
 * Returns: (transfer none) (nullable): the account shown
 */
LsClient *
ls_page_get_client (LsPage *self)
{
  return private_of (self)->client;
}

/**
 * ls_page_get_store:
 * @self: a bound page
 *
 * Returns: (transfer none): the account's store
 */
LsStore *
ls_page_get_store (LsPage *self)
{
  return ls_client_get_store (private_of (self)->client);
}

/**
 * ls_page_get_shop:
 * @self: a page
 *
 * Returns: (transfer none) (nullable): the shop shown
 */
const char *
ls_page_get_shop (LsPage *self)
{
  return private_of (self)->shop;
}

/**
 * ls_page_get_currency:
 * @self: a bound page
 *
 * Returns: (transfer none): the shop's currency
 */
const char *
ls_page_get_currency (LsPage *self)
{
  LsPagePrivate *priv = private_of (self);

  return priv->currency != NULL ? priv->currency : "";
}

/**
 * ls_page_get_time_zone:
 * @self: a page
 *
 * Returns: (transfer none) (nullable): the shop's time zone
 */
GTimeZone *
ls_page_get_time_zone (LsPage *self)
{
  return private_of (self)->time_zone;
}

/**
 * ls_page_get_shown:
 * @self: a page
 *
 * Returns: a mask of the collections that it shows
 */
uint32_t
ls_page_get_shown (LsPage *self)
{
  return LS_PAGE_GET_CLASS (self)->shows | UINT32_C (1) << LS_SHOPS;
}

/**
 * ls_page_can_search:
 * @self: a page
 *
 * Returns: whether ls_page_search() does anything
 */
gboolean
ls_page_can_search (LsPage *self)
{
  return LS_PAGE_GET_CLASS (self)->search != NULL;
}

/**
 * ls_page_search:
 * @self: a page
 * @text: what was typed, "" for everything
 *
 * Shows what matches.
 */
void
ls_page_search (LsPage     *self,
                const char *text)
{
  if (LS_PAGE_GET_CLASS (self)->search != NULL)
    LS_PAGE_GET_CLASS (self)->search (self, text);
}

/**
 * ls_page_open_record:
 * @self: a page
 * @key: key of a record
 *
 * Shows one record, now or as soon as the page is bound.
 */
void
ls_page_open_record (LsPage     *self,
                     const char *key)
{
  LsPagePrivate *priv = private_of (self);

  if (priv->bound)
    find_record (self, key);
  else
    {
      g_free (priv->wanted);
      priv->wanted = g_strdup (key);
    }
}

/**
 * ls_page_explain:
 * @self: a page
 * @widget: what edits could be made with
 *
 * Says in a tooltip why nothing can be edited, when the reason is not the admin's role.
 */
void
ls_page_explain (LsPage    *self,
                 GtkWidget *widget)
{
  LsPagePrivate *priv = private_of (self);
  gboolean read_only =
      priv->client != NULL && ls_store_get_read_only (ls_client_get_store (priv->client));

  gtk_widget_set_tooltip_text (
      widget, read_only ? _("Another Lockstep process has this account open: changes are made there")
                        : NULL);
}

/**
 * ls_page_can_write:
 * @self: a page
 * @collection: a collection
 *
 * Returns: whether the admin may edit @collection here: his role in this shop allows it, and no other
 *   process has the account open
 */
gboolean
ls_page_can_write (LsPage             *self,
                   const LsCollection *collection)
{
  LsPagePrivate *priv = private_of (self);
  LsRole role;

  if (priv->client != NULL && ls_store_get_read_only (ls_client_get_store (priv->client)))
    return FALSE;
  return find_role (self, &role) && ls_role_can_write (role, collection);
}

/* What a page asked for, and where. */
typedef struct {
  LsPage *page;
  LsErrorDesk *desk;
  char *shop;
  char *action;
  GPtrArray *changes;
} Asked;

static void
asked_free (Asked *asked)
{
  g_object_unref (asked->page);
  g_object_unref (asked->desk);
  g_ptr_array_unref (asked->changes);
  g_free (asked->shop);
  g_free (asked->action);
  g_free (asked);
}

static void
asked_unref (gpointer  data,
             GClosure *closure)
{
  asked_free (data);
}

/* Does the same again, if its page shows the same shop still. */
static void
ask_again (Asked *asked)
{
  if (private_of (asked->page)->client != NULL &&
      g_strcmp0 (private_of (asked->page)->shop, asked->shop) == 0 &&
      ls_window_find (GTK_WIDGET (asked->page)) != NULL)
    ls_page_mutate (asked->page, asked->changes, asked->action);
}

static void
mutate_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Asked *asked = user_data;
  LsWindow *window = ls_window_find (GTK_WIDGET (asked->page));
  g_autoptr (GError) error = NULL;
  g_autoptr (LsStoreMade) made = ls_store_mutate_many_finish (LS_STORE (source), result, &error);

  if (made == NULL)
    {
      ls_error_desk_tell (asked->desk, LS_OPERATION_EDIT, error, G_OBJECT (window),
                          g_cclosure_new_swap (G_CALLBACK (ask_again), asked, asked_unref));
      return;
    }
  if (window != NULL)
    ls_window_note_made (window, asked->shop, made);
  asked_free (asked);
}

/**
 * ls_page_tell_error:
 * @self: a page
 * @operation: what failed in it
 * @error: why
 *
 * Tells a failure in the page's window. Of a page whose window is closed nobody waits for anything.
 */
void
ls_page_tell_error (LsPage       *self,
                    LsOperation   operation,
                    const GError *error)
{
  LsWindow *window = ls_window_find (GTK_WIDGET (self));

  if (window != NULL)
    ls_window_tell_error (window, operation, error, NULL);
}

/**
 * ls_page_mutate:
 * @self: a bound page in a window
 * @changes: (transfer none) (element-type LsChange): what shall happen, all or nothing
 * @what: a stable name of what the admin does, for traces
 *
 * Makes an edit: it shows at once, in all windows, and is sent when it can be. A failure before
 * that (the disk, a malformed value) is told here; what the server says of it later is told by the
 * window.
 */
void
ls_page_mutate (LsPage     *self,
                GPtrArray  *changes,
                const char *what)
{
  LsPagePrivate *priv = private_of (self);
  LsWindow *window = ls_window_find (GTK_WIDGET (self));
  Asked *asked;

  g_return_if_fail (priv->client != NULL && window != NULL);

  ls_client_note_action (priv->client, what);
  asked = g_new0 (Asked, 1);
  asked->page = g_object_ref (self);
  asked->desk = g_object_ref (ls_window_get_desk (window));
  asked->shop = g_strdup (priv->shop);
  asked->action = g_strdup (what);
  asked->changes = g_ptr_array_ref (changes);
  ls_store_mutate_many_async (ls_client_get_store (priv->client), priv->shop, changes, NULL,
                              mutate_cb, asked);
}

/**
 * ls_page_edit_field:
 * @self: a bound page
 * @row: a loaded row
 * @field: index of a field
 * @value: its new value
 *
 * Makes the edit of one field; what the admin saw there goes with it, so that a colleague's change
 * in between shows as a conflict.
 */
void
ls_page_edit_field (LsPage        *self,
                    LsRow         *row,
                    unsigned       field,
                    const LsValue *value)
{
  LsRecord *record = ls_row_get_record (row);
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  LsChange *change;

  g_return_if_fail (record != NULL);

  if (ls_value_equal (ls_record_get (record, field), value))
    return;
  change = ls_change_new (LS_CHANGE_SET, ls_record_get_collection (record), ls_record_get_key (record));
  ls_change_take_set (change, field, ls_value_copy (value));
  ls_change_take_was (change, field, ls_value_copy (ls_record_get (record, field)));
  g_ptr_array_add (changes, change);
  ls_page_mutate (self, changes, "edit-field");
}
