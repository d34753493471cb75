/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "client/ls-engine.h"

#define CACHE_FILE "cache.db"
/* A finding makes every row be looked at, not more often than this. */
#define DEEPER_PAUSE (10 * 60 * (int64_t) G_USEC_PER_SEC)

/**
 * LsClient:
 *
 * One signed-in account with all its parts: the cache of its folder, the store that windows read,
 * the engine that keeps both in step with the server, the bus where everything is told. It is
 * opened once, started, and stopped for good. Main thread only; nothing here waits.
 */
struct _LsClient {
  GObject parent_instance;

  /* Owned */
  LsEnvironment *environment;
  char *server_url;
  char *user;
  char *data_dir;
  char *ca_file;
  const LsCollation *collation;
  LsEndpoint *endpoint; /* NULL before the first token */
  LsStore *store;       /* these NULL before it is open */
  LsEventBus *bus;
  LsConsistencyChecker *checker;
  LsEngine *engine; /* NULL once stopped */

  /* State */
  LsConnectionStatus *status;
  GPtrArray *shops; /* LsShopEntry */
  bool started;
  bool offline;
  int64_t last_sync;
  GHashTable *syncs; /* id -> GTask */
  int64_t looked_deeper_at; /* monotonic */
  gulong network_handler;
};

typedef enum {
  PROP_STATUS = 1,
  PROP_USER,
} LsClientProperty;

static GParamSpec *properties[PROP_USER + 1];

enum {
  SHOPS_CHANGED,
  FINDING,
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

/* --- Jobs on the cache's queue --------------------------------------------------------------- */

/* Opens a cache, or asks one that is open, and brings the answer back to the main queue. */
typedef struct {
  LsEnvironment *environment;
  GTask *task; /* NULL for a list of shops */
  GWeakRef client;
  LsJobFunc step;
  LsJobFunc answer;
  char *folder;
  const LsCollation *collation;
  char *shop;
  LsCache *cache;
  GPtrArray *shops; /* LsCacheShop */
  LsPosition position;
  GError *error;
} CacheJob;

static void
cache_job_free (gpointer data)
{
  CacheJob *job = data;

  g_weak_ref_clear (&job->client);
  g_clear_object (&job->task);
  g_clear_object (&job->cache);
  g_clear_pointer (&job->shops, g_ptr_array_unref);
  g_clear_error (&job->error);
  g_free (job->folder);
  g_free (job->shop);
  g_object_unref (job->environment);
  g_free (job);
}

static void
run_cache_job (gpointer data)
{
  CacheJob **holder = data;
  CacheJob *job = g_steal_pointer (holder);

  job->step (job);
  ls_environment_post (job->environment,
                       ls_environment_get_queue (job->environment, LS_QUEUE_MAIN), job->answer,
                       job, cache_job_free);
}

static void
holder_free (gpointer data)
{
  CacheJob **holder = data;

  g_clear_pointer (holder, cache_job_free);
  g_free (holder);
}

static CacheJob *
cache_job_new (LsClient *self,
               LsJobFunc step,
               LsJobFunc answer)
{
  CacheJob *job = g_new0 (CacheJob, 1);

  job->environment = g_object_ref (self->environment);
  job->step = step;
  job->answer = answer;
  g_weak_ref_init (&job->client, self);
  if (self->store != NULL)
    job->cache = g_object_ref (ls_store_get_cache (self->store));
  return job;
}

static void
post_cache_job (CacheJob *job)
{
  CacheJob **holder = g_new (CacheJob *, 1);

  *holder = job;
  ls_environment_post (job->environment,
                       ls_environment_get_queue (job->environment, LS_CACHE_QUEUE), run_cache_job,
                       holder, holder_free);
}

/* --- Shops ----------------------------------------------------------------------------------- */

static void
list_step (gpointer data)
{
  CacheJob *job = data;

  job->shops = ls_cache_list_shops (job->cache);
}

static void
take_shops (LsClient  *self,
            GPtrArray *shops)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  g_ptr_array_set_size (self->shops, 0);
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsCacheShop *shop = g_ptr_array_index (shops, i);
      LsShopEntry *entry = g_new0 (LsShopEntry, 1);

      entry->shop = g_strdup (shop->shop);
      entry->name = g_strdup (shop->name != NULL ? shop->name : shop->shop);
      if (shop->role == NULL || !ls_role_from_name (shop->role, &entry->role))
        entry->role = LS_ROLE_VIEWER;
      g_ptr_array_add (self->shops, entry);
      g_ptr_array_add (ids, entry->shop);
    }
  g_ptr_array_add (ids, NULL);
  ls_consistency_checker_set_shops (self->checker, (const char *const *) ids->pdata);
  g_signal_emit (self, signals[SHOPS_CHANGED], 0);
}

static void
list_answer (gpointer data)
{
  CacheJob *job = data;
  g_autoptr (LsClient) self = g_weak_ref_get (&job->client);

  if (self != NULL)
    take_shops (self, job->shops);
}

/* --- Being told when everything is shown ----------------------------------------------------- */

typedef struct {
  char *shop;
  int64_t version;
  gulong handler;
} Shown;

static void
shown_free (gpointer data)
{
  Shown *shown = data;

  g_free (shown->shop);
  g_free (shown);
}

/* Whether the store shows @shop at @version. */
static bool
is_shown (LsClient    *self,
          const Shown *shown)
{
  LsPosition position;

  return shown->shop == NULL ||
         (ls_store_get_position (self->store, shown->shop, &position, NULL) &&
          position.version >= shown->version);
}

static void
shown_cb (LsStore    *store,
          const char *shop,
          GTask      *task)
{
  LsClient *self = g_task_get_source_object (task);
  Shown *shown = g_task_get_task_data (task);

  if (g_task_get_completed (task) || !is_shown (self, shown))
    return;
  if (shown->handler != 0)
    g_clear_signal_handler (&shown->handler, store);
  g_task_return_boolean (task, TRUE);
}

static void
position_step (gpointer data)
{
  CacheJob *job = data;

  if (job->shop != NULL)
    ls_cache_get_position (job->cache, job->shop, &job->position, NULL, NULL, NULL);
}

static void
position_answer (gpointer data)
{
  CacheJob *job = data;
  g_autoptr (LsClient) self = g_weak_ref_get (&job->client);
  Shown *shown = g_task_get_task_data (job->task);

  if (self == NULL || self->store == NULL)
    {
      g_task_return_new_error (job->task, LS_ERROR, LS_ERROR_NETWORK, "The account was closed");
      return;
    }
  shown->version = job->position.version;
  if (is_shown (self, shown))
    {
      g_task_return_boolean (job->task, TRUE);
      return;
    }
  shown->handler = g_signal_connect_data (self->store, "position-changed", G_CALLBACK (shown_cb),
                                          g_object_ref (job->task),
                                          (GClosureNotify) (GCallback) g_object_unref, 0);
}

/* --- What the engine tells ------------------------------------------------------------------- */

static void
engine_status_cb (LsConnectionStatus *status,
                  gpointer            user_data)
{
  LsClient *self = user_data;
  bool changed = status->state != self->status->state;

  ls_connection_status_free (self->status);
  self->status = status;
  if (changed)
    {
      LsEvent *event = ls_event_new (LS_EVENT_CONNECTION, NULL);

      event->message = g_strdup (ls_connection_state_to_name (status->state));
      ls_event_bus_publish (self->bus, event);
    }
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
}

static void
engine_shops_cb (gpointer user_data)
{
  post_cache_job (cache_job_new (user_data, list_step, list_answer));
}

static void
engine_progress_cb (int64_t       id,
                    const GError *error,
                    gpointer      user_data)
{
  LsClient *self = user_data;
  GTask *task = g_hash_table_lookup (self->syncs, &id);
  CacheJob *job;

  if (task == NULL)
    return;
  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    {
      Shown *shown = g_task_get_task_data (task);

      job = cache_job_new (self, position_step, position_answer);
      job->task = g_object_ref (task);
      job->shop = g_strdup (shown->shop);
      post_cache_job (job);
    }
  g_hash_table_remove (self->syncs, &id);
}

static const LsEngineEvents engine_events = { engine_status_cb, engine_shops_cb,
                                              engine_progress_cb };

/* --- What the store tells -------------------------------------------------------------------- */

static void
edit_changed_cb (LsStore  *store,
                 LsEdit   *edit,
                 LsClient *self)
{
  LsEvent *event;

  if (edit->state == LS_EDIT_QUEUED || edit->is_void)
    ls_engine_edits_changed (self->engine, edit->shop);
  if (edit->state != LS_EDIT_QUEUED && edit->state != LS_EDIT_DISCARDED)
    return;
  event = ls_event_new (edit->state == LS_EDIT_QUEUED ? LS_EVENT_EDIT_QUEUED
                                                      : LS_EVENT_EDIT_DISCARDED,
                        edit->shop);
  event->correlation = g_strdup (edit->mid);
  ls_event_bus_publish (self->bus, event);
}

static void
committed_cb (LsStore       *store,
              LsCacheCommit *commit,
              LsClient      *self)
{
  LsEvent *event;

  for (unsigned i = 0; i < commit->edits->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (commit->edits, i);

      event = ls_event_new (LS_EVENT_SHOWN, commit->shop);
      event->correlation = g_strdup (edit->mid);
      event->version = commit->position.version;
      event->count = commit->changes->len;
      ls_event_bus_publish (self->bus, event);
    }
}

/* Rows that do not add up are fetched again; whether the others are sound, a look at each of them
 * tells. What the server has so itself comes back, and stays in the list of findings. */
static void
finding_cb (LsConsistencyChecker *checker,
            LsFinding            *finding,
            LsClient             *self)
{
  int64_t now = ls_environment_monotonic (self->environment);

  if (finding->auto_resolvable && self->engine != NULL)
    ls_engine_verify (self->engine, finding->shop, UINT32_C (1) << finding->collection->id);
  if (self->looked_deeper_at == 0 || now - self->looked_deeper_at >= DEEPER_PAUSE)
    {
      self->looked_deeper_at = now;
      ls_consistency_checker_check (checker, finding->shop, LS_CHECK_ALL, NULL, NULL, NULL);
    }
  g_signal_emit (self, signals[FINDING], 0, finding);
}

/* Rows came again: do they add up now? */
static void
fetched_cb (LsEventBus *bus,
            LsEvent    *event,
            LsClient   *self)
{
  g_autoptr (GPtrArray) open = NULL;

  if (event->correlation != NULL)
    return;
  open = ls_consistency_checker_get_open (self->checker);
  if (open->len > 0)
    ls_consistency_checker_check (self->checker, event->shop, LS_CHECK_ALL, NULL, NULL, NULL);
}

static void
notice_cb (LsEventBus *bus,
           LsEvent    *event,
           LsClient   *self)
{
  g_signal_emit (self, signals[NOTICE], 0, event->code, event->message);
}

static void
network_changed_cb (GNetworkMonitor *monitor,
                    gboolean         available,
                    LsClient        *self)
{
  if (available && self->engine != NULL)
    ls_engine_try_now (self->engine);
}

/* --- Opening --------------------------------------------------------------------------------- */

static void
open_step (gpointer data)
{
  CacheJob *job = data;
  g_autofree char *path = g_build_filename (job->folder, CACHE_FILE, NULL);

  if (g_mkdir_with_parents (job->folder, 0700) != 0)
    {
      int reason = errno;

      g_set_error (&job->error, LS_ERROR, LS_ERROR_STORAGE, "%s: %s", job->folder,
                   g_strerror (reason));
      return;
    }
  job->cache = ls_cache_open (job->environment, path, job->collation, &job->error);
  if (job->cache != NULL)
    job->shops = ls_cache_list_shops (job->cache);
}

static void
open_answer (gpointer data)
{
  CacheJob *job = data;
  LsClient *self = g_task_get_source_object (job->task);
  LsQueue *main_queue = ls_environment_get_queue (self->environment, LS_QUEUE_MAIN);

  if (job->error != NULL)
    {
      g_task_return_error (job->task, g_steal_pointer (&job->error));
      return;
    }
  self->store = ls_store_new (self->environment, job->cache);
  self->bus = ls_event_bus_new (self->environment, main_queue);
  self->checker = ls_consistency_checker_new (self->environment, job->cache, self->bus);
  self->engine =
      ls_engine_new (self->environment, job->cache, self->bus, &engine_events, self);
  if (self->endpoint != NULL)
    ls_engine_set_endpoint (self->engine, self->endpoint);
  ls_engine_set_by_hand (self->engine, self->offline);
  g_signal_connect (self->store, "edit-changed", G_CALLBACK (edit_changed_cb), self);
  g_signal_connect (self->store, "committed", G_CALLBACK (committed_cb), self);
  g_signal_connect (self->bus, "event::" LS_EVENT_NOTICE, G_CALLBACK (notice_cb), self);
  g_signal_connect (self->bus, "event::" LS_EVENT_HEALED, G_CALLBACK (fetched_cb), self);
  g_signal_connect (self->checker, "finding", G_CALLBACK (finding_cb), self);
  take_shops (self, job->shops);
  g_task_return_boolean (job->task, TRUE);
}

/**
 * ls_client_open_async:
 * @self: a client that is not open
 * @cancellable: (nullable): ends the waiting, not the opening
 * @callback: what to call
 * @user_data: for @callback
 *
 * Opens the cache, so that what was known can be shown. Errors: %LS_ERROR_VALIDATION for an address
 * that is none; those of ls_cache_open().
 */
void
ls_client_open_async (LsClient           *self,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  CacheJob *job;

  g_return_if_fail (LS_IS_CLIENT (self) && self->store == NULL);

  g_task_set_source_tag (task, ls_client_open_async);
  g_clear_pointer (&self->endpoint, ls_endpoint_unref);
  self->endpoint = ls_endpoint_new (self->server_url, NULL, self->ca_file, &error);
  if (self->endpoint == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  job = cache_job_new (self, open_step, open_answer);
  job->task = g_object_ref (task);
  job->folder = g_strdup (self->data_dir);
  job->collation = self->collation;
  post_cache_job (job);
}

/**
 * ls_client_open_finish:
 * @self: a client
 * @result: of ls_client_open_async()
 * @error: where to put why not
 *
 * Returns: whether it is open
 */
gboolean
ls_client_open_finish (LsClient     *self,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
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
    g_signal_handlers_disconnect_by_data (self->checker, self);
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
   * LsClient::notice:
   * @self: the client
   * @kind: what it is about, such as `maintenance`
   * @message: (nullable): the server's words
   *
   * The server tells the admin something.
   */
  signals[NOTICE] =
      g_signal_new ("notice", LS_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
ls_client_init (LsClient *self)
{
  self->shops = g_ptr_array_new_with_free_func (shop_entry_free);
  self->syncs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  self->status = g_new0 (LsConnectionStatus, 1);
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

static void
show_signed_out (LsClient *self)
{
  LsConnectionStatus *status = ls_connection_status_copy (self->status);

  status->state = LS_CONNECTION_SIGNED_OUT;
  status->since = ls_environment_now (self->environment);
  status->next_attempt = 0;
  engine_status_cb (status, self);
}

static void
connect_if_possible (LsClient *self)
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
 * Sets as whom to connect. A connection under another token is ended, one under this begins, if the
 * client is started.
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
  connect_if_possible (self);
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

  g_return_if_fail (LS_IS_CLIENT (self) && self->engine != NULL);

  if (self->started)
    return;
  self->started = true;
  self->network_handler = g_signal_connect (monitor, "network-changed",
                                            G_CALLBACK (network_changed_cb), self);
  ls_consistency_checker_start (self->checker);
  connect_if_possible (self);
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
  if (self->network_handler != 0)
    g_clear_signal_handler (&self->network_handler, g_network_monitor_get_default ());
  if (self->checker != NULL)
    ls_consistency_checker_stop (self->checker);
  if (self->store != NULL)
    g_signal_handlers_disconnect_by_func (self->store, edit_changed_cb, self);
  if (self->engine != NULL)
    ls_engine_stop (g_steal_pointer (&self->engine), NULL, NULL);
  g_hash_table_iter_init (&iter, self->syncs);
  while (g_hash_table_iter_next (&iter, NULL, &task))
    g_task_return_new_error (task, LS_ERROR, LS_ERROR_NETWORK, "The account was closed");
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

  if (self->started)
    ls_engine_try_now (self->engine);
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
 * ls_client_set_priority:
 * @self: a client that is open
 * @shop: a shop
 * @collections: a mask of collections, indexed by #LsCollectionId
 * @priority: how soon their changes are wanted
 *
 * Says what windows show: it decides when changes come, never which.
 */
void
ls_client_set_priority (LsClient   *self,
                        const char *shop,
                        uint32_t    collections,
                        LsPriority  priority)
{
  g_return_if_fail (LS_IS_CLIENT (self) && shop != NULL);

  if (self->engine != NULL)
    ls_engine_set_priority (self->engine, shop, collections, priority);
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

/**
 * ls_client_sync_async:
 * @self: a client that is open
 * @shop: (nullable): a shop, or %NULL for all
 * @cancellable: (nullable): ends the waiting
 * @callback: what to call
 * @user_data: for @callback
 *
 * Asks for what is new and waits until it is shown: a refresh. Without a connection it fails at
 * once.
 */
void
ls_client_sync_async (LsClient           *self,
                      const char         *shop,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_autoptr (GTask) task = NULL;
  Shown *shown;

  g_return_if_fail (LS_IS_CLIENT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  shown = g_new0 (Shown, 1);
  g_task_set_source_tag (task, ls_client_sync_async);
  shown->shop = g_strdup (shop);
  g_task_set_task_data (task, shown, shown_free);
  if (self->engine == NULL)
    {
      g_task_return_new_error (task, LS_ERROR, LS_ERROR_NETWORK, "The account is not open");
      return;
    }
  self->last_sync++;
  g_hash_table_insert (self->syncs, g_memdup2 (&self->last_sync, sizeof self->last_sync),
                       g_object_ref (task));
  ls_engine_sync_now (self->engine, shop, self->last_sync);
}

/**
 * ls_client_sync_finish:
 * @self: a client
 * @result: of ls_client_sync_async()
 * @error: where to put why not
 *
 * Returns: whether all that the server had is shown
 */
gboolean
ls_client_sync_finish (LsClient     *self,
                       GAsyncResult *result,
                       GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
