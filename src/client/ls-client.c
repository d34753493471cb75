/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-private.h"
#include "client/ls-store-jobs.h"

typedef enum {
  PROP_STATUS = 1,
  PROP_USER,
} LsClientProperty;

static GParamSpec *properties[PROP_USER + 1];

enum {
  SHOPS_CHANGED,
  FINDING,
  TOLD,
  NOTICE,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsClient, ls_client, G_TYPE_OBJECT)

static void
shop_entry_free (gpointer data)
{
  LsShopEntry *entry = data;

  g_free (entry->shop);
  g_free (entry->name);
  g_free (entry);
}

/* --- The object ------------------------------------------------------------------------------ */

static void
ls_client_get_property (GObject    *object,
                        unsigned    prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  LsClient *self = LS_CLIENT (object);

  switch ((LsClientProperty) prop_id)
    {
    case PROP_STATUS:
      g_value_set_boxed (value, self->status);
      break;
    case PROP_USER:
      g_value_set_string (value, self->user);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_client_dispose (GObject *object)
{
  LsClient *self = LS_CLIENT (object);

  if (self->environment != NULL)
    ls_client_stop (self);
  if (self->store != NULL)
    g_signal_handlers_disconnect_by_data (self->store, self);
  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus, self);
  if (self->checker != NULL)
    {
      ls_consistency_checker_set_healer (self->checker, NULL, NULL);
      g_signal_handlers_disconnect_by_data (self->checker, self);
    }
  g_clear_object (&self->checker);
  g_clear_object (&self->store);
  g_clear_object (&self->bus);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_client_parent_class)->dispose (object);
}

static void
ls_client_finalize (GObject *object)
{
  LsClient *self = LS_CLIENT (object);

  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  g_clear_pointer (&self->status, ls_connection_status_free);
  g_ptr_array_unref (self->shops);
  g_hash_table_unref (self->syncs);
  g_free (self->server_url);
  g_free (self->user);
  g_free (self->data_dir);
  g_free (self->ca_file);
  g_free (self->action);
  G_OBJECT_CLASS (ls_client_parent_class)->finalize (object);
}

static void
ls_client_class_init (LsClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ls_client_dispose;
  object_class->finalize = ls_client_finalize;
  object_class->get_property = ls_client_get_property;

  properties[PROP_STATUS] =
      g_param_spec_boxed ("status", NULL, NULL, LS_TYPE_CONNECTION_STATUS,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_USER] =
      g_param_spec_string ("user", NULL, NULL, NULL,
                           G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * LsClient::shops-changed:
   * @self: the client
   *
   * ls_client_get_shops() gives another list.
   */
  signals[SHOPS_CHANGED] = g_signal_new ("shops-changed", LS_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0,
                                         NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * LsClient::finding:
   * @self: the client
   * @finding: what does not agree
   *
   * The consistency checker found something that was not known before.
   */
  signals[FINDING] = g_signal_new ("finding", LS_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, LS_TYPE_FINDING);
  /**
   * LsClient::told:
   * @self: the client
   * @finding: what does not agree
   *
   * The consistency checker found something that only the admin can have mended.
   */
  signals[TOLD] = g_signal_new ("told", LS_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, LS_TYPE_FINDING);
  /**
   * LsClient::notice:
   * @self: the client
   * @kind: what it is about, such as `maintenance`
   * @message: (nullable): the server's words, a stranger's
   * @until: how long it holds, µs since the epoch; 0 when not said
   *
   * The server tells the admin something.
   */
  signals[NOTICE] =
      g_signal_new ("notice", LS_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_INT64);
  /**
   * LsClient::session-began:
   * @self: the client
   *
   * A session with the server stands. What was told as a notice before holds no more, unless it is
   * told again.
   */
  g_signal_new ("session-began", LS_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * LsClient::trouble:
   * @self: the client
   * @operation: %LS_OPERATION_SYNC, %LS_OPERATION_READ or %LS_OPERATION_UPKEEP
   * @error: (nullable): why it fails again and again; %NULL when it works again
   *
   * Something fails that nobody waits for. It goes on trying.
   */
  g_signal_new ("trouble", LS_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                G_TYPE_INT, G_TYPE_ERROR);
}

static void
ls_client_init (LsClient *self)
{
  ls_connection_options_init (&self->options);
  self->shops = g_ptr_array_new_with_free_func (shop_entry_free);
  self->syncs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  self->status = g_new0 (LsConnectionStatus, 1);
  self->status->state = LS_CONNECTION_CONNECTING;
  self->status->round_trip = -1;
  self->status->verified_version = -1;
}

/**
 * ls_client_new:
 * @environment: clock, dice, queues
 * @server_url: the server's address
 * @user: the user
 * @data_dir: the folder for the account's cache; made when it does not exist
 *
 * Returns: (transfer full): a client that is not open
 */
LsClient *
ls_client_new (LsEnvironment *environment,
               const char    *server_url,
               const char    *user,
               const char    *data_dir)
{
  LsClient *self;

  g_return_val_if_fail (LS_IS_ENVIRONMENT (environment), NULL);
  g_return_val_if_fail (server_url != NULL && user != NULL && data_dir != NULL, NULL);

  self = g_object_new (LS_TYPE_CLIENT, NULL);
  self->environment = g_object_ref (environment);
  self->server_url = g_strdup (server_url);
  self->user = g_strdup (user);
  self->data_dir = g_strdup (data_dir);
  self->status->since = ls_environment_now (environment);
  return self;
}

/**
 * ls_client_set_collation:
 * @self: a client that is not open
 * @collation: (nullable): the order of texts; static; %NULL for ls_collation_get_default()
 *
 * Sets how the cache orders texts.
 */
void
ls_client_set_collation (LsClient          *self,
                         const LsCollation *collation)
{
  g_return_if_fail (LS_IS_CLIENT (self) && self->store == NULL);

  self->collation = collation;
}

/**
 * ls_client_set_ca_file:
 * @self: a client that is not open
 * @path: (nullable): absolute path of the certificates to trust instead of the system's
 *
 * Sets whom to trust.
 */
void
ls_client_set_ca_file (LsClient   *self,
                       const char *path)
{
  g_return_if_fail (LS_IS_CLIENT (self) && self->store == NULL);

  g_free (self->ca_file);
  self->ca_file = g_strdup (path);
}

/**
 * ls_client_set_options:
 * @self: a client
 * @options: times of its connection; copied
 *
 * Sets how long to wait for what, for what begins from now on. Without it the defaults hold.
 */
void
ls_client_set_options (LsClient                  *self,
                       const LsConnectionOptions *options)
{
  g_return_if_fail (LS_IS_CLIENT (self));

  self->options = *options;
  if (self->engine != NULL)
    ls_engine_set_options (self->engine, options);
}

static void
network_changed_cb (GNetworkMonitor *monitor,
                    gboolean         available,
                    LsClient        *self)
{
  if (available && self->engine != NULL)
    ls_engine_try_now (self->engine);
}

static void
show_signed_out (LsClient *self)
{
  LsConnectionStatus *status = ls_connection_status_copy (self->status);

  status->state = LS_CONNECTION_SIGNED_OUT;
  status->since = ls_environment_now (self->environment);
  status->next_attempt = 0;
  ls_client_take_status (status, self);
}

/* Connects when there is something to connect with. */
void
ls_client_connect_if_possible (LsClient *self)
{
  if (!self->started || self->engine == NULL)
    return;
  if (ls_endpoint_get_token (self->endpoint) == NULL)
    {
      show_signed_out (self);
      return;
    }
  ls_engine_set_endpoint (self->engine, self->endpoint);
  ls_engine_connect (self->engine);
}

/**
 * ls_client_set_token:
 * @self: a client
 * @token: (nullable): what lets its bearer in
 *
 * Sets as whom to connect. A connection goes on under the new token if that is the same user's, else
 * it is ended; one begins if there is none and the client is started.
 */
void
ls_client_set_token (LsClient   *self,
                     const char *token)
{
  LsEndpoint *endpoint;

  g_return_if_fail (LS_IS_CLIENT (self) && self->endpoint != NULL);

  endpoint = ls_endpoint_with_token (self->endpoint, token);
  ls_endpoint_unref (self->endpoint);
  self->endpoint = endpoint;
  ls_client_connect_if_possible (self);
}

/**
 * ls_client_start:
 * @self: a client that is open
 *
 * Connects to the server, and stays connected. Without a token the status is signed out.
 */
void
ls_client_start (LsClient *self)
{
  GNetworkMonitor *monitor = g_network_monitor_get_default ();

  g_return_if_fail (LS_IS_CLIENT (self) && self->store != NULL);

  if (self->started)
    return;
  self->started = true;
  self->network_handler = g_signal_connect (monitor, "network-changed",
                                            G_CALLBACK (network_changed_cb), self);
  ls_consistency_checker_start (self->checker);
  ls_client_connect_if_possible (self);
}

/**
 * ls_client_stop:
 * @self: a client
 *
 * Ends the connection and what is under way, for good. The store goes on to show what it has, and
 * to take edits, as long as somebody holds it.
 */
void
ls_client_stop (LsClient *self)
{
  GHashTableIter iter;
  gpointer task;

  g_return_if_fail (LS_IS_CLIENT (self));

  self->started = false;
  self->is_stopped = true;
  ls_client_end_upkeep (self);
  if (self->network_handler != 0)
    g_clear_signal_handler (&self->network_handler, g_network_monitor_get_default ());
  if (self->checker != NULL)
    ls_consistency_checker_stop (self->checker);
  if (self->store != NULL)
    {
      ls_client_ignore_edits (self);
      ls_store_flush_jobs (self->store);
    }
  if (self->engine != NULL)
    ls_engine_stop (g_steal_pointer (&self->engine), NULL, NULL);
  g_hash_table_iter_init (&iter, self->syncs);
  while (g_hash_table_iter_next (&iter, NULL, &task))
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The account was closed");
  g_hash_table_remove_all (self->syncs);
}

/**
 * ls_client_reconnect:
 * @self: a client
 *
 * Tries now: the admin pressed the button, a window got the focus, the machine woke up. A live
 * connection is looked after.
 */
void
ls_client_reconnect (LsClient *self)
{
  g_return_if_fail (LS_IS_CLIENT (self));

  if (self->started && self->engine != NULL)
    ls_engine_try_now (self->engine);
}

/**
 * ls_client_set_attention:
 * @self: a client
 * @attention: who looks
 *
 * Says how much it matters that what is new comes soon: how often to ask where the server can't tell
 * by itself.
 */
void
ls_client_set_attention (LsClient   *self,
                         LsAttention attention)
{
  g_return_if_fail (LS_IS_CLIENT (self));

  if (self->attention == attention)
    return;
  self->attention = attention;
  if (self->engine != NULL)
    ls_engine_set_attention (self->engine, attention);
}

/**
 * ls_client_set_offline:
 * @self: a client
 * @offline: whether the admin wants to work offline
 *
 * Ends the connection at his wish, or allows it again.
 */
void
ls_client_set_offline (LsClient *self,
                       gboolean  offline)
{
  g_return_if_fail (LS_IS_CLIENT (self));

  self->offline = offline;
  if (self->engine != NULL)
    ls_engine_set_by_hand (self->engine, offline);
}

/**
 * ls_client_set_shown:
 * @self: a client that is open
 * @shop: a shop
 * @collections: a mask of the collections that windows show, indexed by #LsCollectionId; 0 when no
 *   window shows the shop
 *
 * Says what windows show: it decides when changes come, never which. Until it is called for a shop
 * all of it counts as shown.
 */
void
ls_client_set_shown (LsClient   *self,
                     const char *shop,
                     uint32_t    collections)
{
  g_return_if_fail (LS_IS_CLIENT (self) && shop != NULL);

  if (self->engine != NULL)
    ls_engine_set_shown (self->engine, shop, collections);
}

/**
 * ls_client_set_scope:
 * @self: a client that is open
 * @shop: a shop of the account
 * @choice: what is to be held of it on this computer
 *
 * Holds less or more of a shop. It is kept at once, with a network or without; what is not wanted goes,
 * what is lacking comes once there is a connection, and until then the old rows stay. shops-changed is
 * told at each step.
 */
void
ls_client_set_scope (LsClient            *self,
                     const char          *shop,
                     const LsScopeChoice *choice)
{
  g_return_if_fail (LS_IS_CLIENT (self) && shop != NULL && choice != NULL);

  if (self->engine != NULL)
    ls_engine_set_scope (self->engine, shop, choice);
}

/**
 * ls_client_find_shop:
 * @self: a client
 * @shop: the id of a shop
 *
 * Returns: (transfer none) (nullable): what is known of it, until shops-changed
 */
const LsShopEntry *
ls_client_find_shop (LsClient   *self,
                     const char *shop)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  for (unsigned i = 0; shop != NULL && i < self->shops->len; i++)
    {
      const LsShopEntry *entry = g_ptr_array_index (self->shops, i);

      if (g_str_equal (entry->shop, shop))
        return entry;
    }
  return NULL;
}

/**
 * ls_client_verify:
 * @self: a client that is open
 * @shop: a shop
 * @func: (nullable): told what was found here, on the main thread
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Proves now what is shown of a shop: every row is read, every number that can be had by two routes
 * is compared, and so are the digests, with the server's. What came of it the status and the
 * checker tell.
 */
void
ls_client_verify (LsClient      *self,
                  const char    *shop,
                  LsCheckFunc    func,
                  gpointer       user_data,
                  GDestroyNotify destroy)
{
  g_return_if_fail (LS_IS_CLIENT (self) && shop != NULL);

  ls_consistency_checker_check (self->checker, shop, LS_CHECK_ALL, func, user_data, destroy);
  if (self->engine != NULL)
    ls_engine_verify (self->engine, shop, 0);
}

/**
 * ls_client_get_store:
 * @self: a client that is open
 *
 * Returns: (transfer none): what windows read and edit through
 */
LsStore *
ls_client_get_store (LsClient *self)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  return self->store;
}

/**
 * ls_client_get_set_aside:
 * @self: a client that is open
 * @ret_n_edits: (out): how many edits came over
 *
 * Returns: (transfer none) (nullable): under which name a damaged cache was kept when the client was
 *   opened, %NULL when it was sound
 */
const char *
ls_client_get_set_aside (LsClient *self,
                         unsigned *ret_n_edits)
{
  g_return_val_if_fail (LS_IS_CLIENT (self) && self->store != NULL, NULL);

  return ls_cache_get_set_aside (ls_store_get_cache (self->store), ret_n_edits);
}

/**
 * ls_client_get_checker:
 * @self: a client that is open
 *
 * Returns: (transfer none): what looks for numbers that do not agree
 */
LsConsistencyChecker *
ls_client_get_checker (LsClient *self)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  return self->checker;
}

/**
 * ls_client_get_bus:
 * @self: a client that is open
 *
 * Returns: (transfer none): where all that happens is told
 */
LsEventBus *
ls_client_get_bus (LsClient *self)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  return self->bus;
}

/**
 * ls_client_note_action:
 * @self: a client that is open
 * @what: a stable name of what the admin does, without values
 *
 * Names the edit that is made next, for traces.
 */
void
ls_client_note_action (LsClient   *self,
                       const char *what)
{
  g_return_if_fail (LS_IS_CLIENT (self));

  g_free (self->action);
  self->action = g_strdup (what);
}

/**
 * ls_client_get_status:
 * @self: a client
 *
 * Returns: (transfer none): what the connection button tells, until the next turn of the main loop
 */
const LsConnectionStatus *
ls_client_get_status (LsClient *self)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  return self->status;
}

/**
 * ls_client_get_server_url:
 * @self: a client
 *
 * Returns: (transfer none): the server's address
 */
const char *
ls_client_get_server_url (LsClient *self)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  return self->server_url;
}

/**
 * ls_client_get_user:
 * @self: a client
 *
 * Returns: (transfer none): the user
 */
const char *
ls_client_get_user (LsClient *self)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  return self->user;
}

/**
 * ls_client_get_shops:
 * @self: a client
 *
 * Returns: (transfer none) (element-type LsShopEntry): the shops of the account, by id
 */
GPtrArray *
ls_client_get_shops (LsClient *self)
{
  g_return_val_if_fail (LS_IS_CLIENT (self), NULL);

  return self->shops;
}
