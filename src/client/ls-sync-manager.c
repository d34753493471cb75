/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync-manager"

#include "config.h"

#include "client/ls-sync-manager.h"

#include "client/ls-check-job.h"
#include "client/ls-snapshot-fetch.h"
#include "client/ls-sync-jobs.h"
#include "client/ls-sync-machine.h"

/* How long a cache that can't be read is left alone. */
#define LOAD_PAUSE (5 * G_USEC_PER_SEC)

/**
 * LsSyncManager:
 *
 * Keeps the cache in step with the server. What is done when is decided by an #LsSyncMachine; this
 * is the shell that carries it out: messages go through the connection, everything for the cache is
 * a job of the cache's queue, whose answer comes back here. All calls and events happen on its
 * queue. Whoever holds it calls ls_sync_manager_stop() before the last reference goes.
 */
struct _LsSyncManager {
  GObject parent_instance;

  /* Owned */
  LsEnvironment *environment;
  LsQueue *queue; /* lives as long as the environment */
  LsConnectionManager *connection;
  LsCache *cache;
  LsEventBus *bus;
  LsSyncMachine *machine;
  GPtrArray *fetches; /* LsSnapshotFetch, one a shop at most */

  /* Borrowed */
  const LsSyncEvents *events;
  gpointer events_data;

  /* State */
  bool started;
  bool running; /* actions are being carried out */
  uint64_t timer;
  int64_t timer_due;
  uint64_t load_timer;
};

G_DEFINE_FINAL_TYPE (LsSyncManager, ls_sync_manager, G_TYPE_OBJECT)

/* A job of the cache with the manager that waits for its answer. */
typedef struct {
  LsSyncManager *manager;
  LsSyncJob *job;
} Post;

static void run (LsSyncManager *self);
static void post_job (LsSyncManager *self,
                      LsSyncAction  *action);

static int64_t
now_of (LsSyncManager *self)
{
  return ls_environment_monotonic (self->environment);
}

static void
tick_cb (gpointer user_data)
{
  LsSyncManager *self = user_data;

  self->timer = 0;
  ls_sync_machine_tick (self->machine, now_of (self));
  run (self);
}

static void
set_timer (LsSyncManager *self)
{
  int64_t due = self->started ? ls_sync_machine_get_deadline (self->machine) : -1;

  if (self->timer != 0 && due == self->timer_due)
    return;
  if (self->timer != 0)
    ls_environment_cancel (self->environment, self->queue, self->timer);
  self->timer = 0;
  self->timer_due = due;
  if (due >= 0)
    self->timer = ls_environment_post_after (self->environment, self->queue,
                                             MAX (due - now_of (self), 1), tick_cb, self, NULL);
}

static void
load_again_cb (gpointer user_data)
{
  LsSyncManager *self = user_data;

  self->load_timer = 0;
  post_job (self, NULL);
}

/* --- The cache ------------------------------------------------------------------------------- */

static void
post_free (gpointer data)
{
  Post *post = data;

  g_object_unref (post->manager);
  ls_sync_job_free (post->job);
  g_free (post);
}

static void
answer_cb (gpointer data)
{
  Post *post = data;
  LsSyncManager *self = post->manager;

  if (!self->started)
    return;
  if (!ls_sync_job_answer (post->job, self->machine, now_of (self)))
    self->load_timer = ls_environment_post_after (self->environment, self->queue, LOAD_PAUSE,
                                                  load_again_cb, self, NULL);
  run (self);
}

static void
holder_free (gpointer data)
{
  Post **post = data;

  g_clear_pointer (post, post_free);
  g_free (post);
}

/* Hands @post on to the next queue; it is freed where it ends. */
static void
hand_on (Post     *post,
         LsQueue  *queue,
         LsJobFunc func)
{
  Post **holder = g_new (Post *, 1);

  *holder = post;
  ls_environment_post (post->manager->environment, queue, func, holder, holder_free);
}

static void
answer (Post *post)
{
  ls_environment_post (post->manager->environment, post->manager->queue, answer_cb, post,
                       post_free);
}

static void
after_cb (gpointer data)
{
  Post *post = g_steal_pointer ((Post **) data);

  ls_sync_job_run_after (post->job, post->manager->cache);
  answer (post);
}

static void
aside_cb (gpointer data)
{
  Post *post = g_steal_pointer ((Post **) data);

  ls_sync_job_run_aside (post->job);
  hand_on (post, ls_cache_get_queue (post->manager->cache), after_cb);
}

static void
job_cb (gpointer data)
{
  Post *post = g_steal_pointer ((Post **) data);
  LsEnvironment *environment = post->manager->environment;

  ls_sync_job_run (post->job, post->manager->cache);
  if (ls_sync_job_goes_aside (post->job))
    hand_on (post, ls_environment_get_queue (environment, LS_CHECKER_QUEUE), aside_cb);
  else
    answer (post);
}

/* Takes @action, NULL to load. */
static void
post_job (LsSyncManager *self,
          LsSyncAction  *action)
{
  Post *post = g_new (Post, 1);

  post->manager = g_object_ref (self);
  post->job = ls_sync_job_new (self->environment, action);
  hand_on (post, ls_cache_get_queue (self->cache), job_cb);
}

/* --- Snapshots ------------------------------------------------------------------------------- */

static void
drop_fetch (LsSyncManager *self,
            const char    *shop)
{
  for (unsigned i = 0; i < self->fetches->len; i++)
    if (g_str_equal (ls_snapshot_fetch_get_shop (g_ptr_array_index (self->fetches, i)), shop))
      {
        g_ptr_array_remove_index_fast (self->fetches, i);
        return;
      }
}

static void
fetch_progress_cb (LsSnapshotFetch *fetch,
                   int64_t          rows,
                   gpointer         user_data)
{
  LsSyncManager *self = user_data;
  LsEvent *event = ls_event_new (LS_EVENT_SNAPSHOT, ls_snapshot_fetch_get_shop (fetch));

  event->count = rows;
  ls_event_bus_publish (self->bus, event);
}

static void
fetch_done_cb (LsSnapshotFetch  *fetch,
               const LsPosition *position,
               const GError     *error,
               gpointer          user_data)
{
  LsSyncManager *self = user_data;
  g_autofree char *shop = g_strdup (ls_snapshot_fetch_get_shop (fetch));

  ls_sync_machine_fetched (self->machine, shop, position, error, now_of (self));
  drop_fetch (self, shop);
  run (self);
}

static const LsSnapshotFetchEvents fetch_events = { fetch_progress_cb, fetch_done_cb };

static void
start_fetch (LsSyncManager      *self,
             const LsSyncAction *action)
{
  drop_fetch (self, action->shop);
  g_ptr_array_add (self->fetches,
                   ls_snapshot_fetch_start (self->environment, self->queue, self->connection,
                                            self->cache, action->shop,
                                            ls_sync_machine_get_client (self->machine),
                                            action->collections, &action->scope, action->n,
                                            &fetch_events, self));
}

/* --- Carrying out ---------------------------------------------------------------------------- */

static void
tell (LsSyncManager      *self,
      const LsSyncAction *action)
{
  if (self->events == NULL)
    return;
  if (action->type == LS_SYNC_SHOPS)
    self->events->shops (self->events_data);
  else
    self->events->progress (action->n, action->error, self->events_data);
}

/* Takes @action. */
static void
carry_out (LsSyncManager *self,
           LsSyncAction  *action)
{
  switch (action->type)
    {
    case LS_SYNC_SEND:
      ls_connection_manager_send (self->connection, action->message);
      break;
    case LS_SYNC_READY:
      ls_connection_manager_ready (self->connection, &action->message->welcome);
      break;
    case LS_SYNC_FAIL:
      ls_connection_manager_fail (self->connection, action->error, action->n);
      break;
    case LS_SYNC_PAUSE:
    case LS_SYNC_RESUME:
      ls_connection_manager_set_paused (self->connection, action->type == LS_SYNC_PAUSE);
      break;
    case LS_SYNC_REPORT:
      ls_event_bus_publish (self->bus, g_steal_pointer (&action->event));
      break;
    case LS_SYNC_VERIFIED:
      ls_connection_manager_verified (self->connection, action->n);
      break;
    case LS_SYNC_PROGRESS:
    case LS_SYNC_SHOPS:
      tell (self, action);
      break;
    case LS_SYNC_FETCH:
      start_fetch (self, action);
      break;
    case LS_SYNC_CANCEL_FETCH:
      drop_fetch (self, action->shop);
      break;
    case LS_SYNC_SET_CLIENT:
    case LS_SYNC_NAME_SHOP:
    case LS_SYNC_REMOVE_SHOP:
    case LS_SYNC_SET_VIEW:
    case LS_SYNC_SET_SCOPE:
    case LS_SYNC_SET_SYNCED:
    case LS_SYNC_APPLY_DELTA:
    case LS_SYNC_APPLY_RESULT:
    case LS_SYNC_COMPARE:
    case LS_SYNC_HEAL_ROWS:
    case LS_SYNC_RECOUNT:
    case LS_SYNC_NUMBER:
    case LS_SYNC_RENUMBER:
    case LS_SYNC_LOSE:
    case LS_SYNC_RELOAD:
    default:
      post_job (self, action);
      return;
    }
  ls_sync_action_free (action);
}

/* What is carried out may tell the machine more: the outermost call sees to that too. */
static void
run (LsSyncManager *self)
{
  LsSyncAction *action;

  if (self->running)
    return;
  self->running = true;
  g_object_ref (self);
  while ((action = ls_sync_machine_next (self->machine)) != NULL)
    if (self->started)
      carry_out (self, action);
    else
      ls_sync_action_free (action);
  self->running = false;
  set_timer (self);
  g_object_unref (self);
}

static void
opened_cb (gpointer user_data)
{
  LsSyncManager *self = user_data;

  ls_sync_machine_opened (self->machine, now_of (self));
  run (self);
}

static void
message_cb (LsMessage *message,
            size_t     length,
            gpointer   user_data)
{
  LsSyncManager *self = user_data;

  ls_sync_machine_received (self->machine, message, length, now_of (self));
  run (self);
}

static void
closed_cb (const GError *error,
           gpointer      user_data)
{
  LsSyncManager *self = user_data;

  ls_sync_machine_closed (self->machine, now_of (self));
  run (self);
}

static void
status_cb (const LsConnectionStatus *status,
           gpointer                  user_data)
{
  LsSyncManager *self = user_data;

  ls_sync_machine_set_limited (self->machine, status->health == LS_HEALTH_POOR);
  run (self);
  if (self->events != NULL)
    self->events->status (status, self->events_data);
}

static const LsConnectionEvents connection_events = { opened_cb, message_cb, closed_cb, status_cb };

static uint64_t
draw (gpointer user_data)
{
  return ls_environment_random (((LsSyncManager *) user_data)->environment);
}

static void
ls_sync_manager_dispose (GObject *object)
{
  LsSyncManager *self = LS_SYNC_MANAGER (object);

  self->events = NULL;
  if (self->connection != NULL)
    ls_sync_manager_stop (self);
  g_clear_object (&self->connection);
  g_clear_object (&self->cache);
  g_clear_object (&self->bus);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_sync_manager_parent_class)->dispose (object);
}

static void
ls_sync_manager_finalize (GObject *object)
{
  LsSyncManager *self = LS_SYNC_MANAGER (object);

  ls_sync_machine_free (self->machine);
  g_ptr_array_unref (self->fetches);
  G_OBJECT_CLASS (ls_sync_manager_parent_class)->finalize (object);
}

static void
ls_sync_manager_class_init (LsSyncManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_sync_manager_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_sync_manager_finalize;
}

static void
ls_sync_manager_init (LsSyncManager *self)
{
  self->fetches = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_snapshot_fetch_cancel);
  self->machine = ls_sync_machine_new (draw, self);
  self->timer_due = -1;
}

/**
 * ls_sync_manager_new:
 * @environment: clock, dice, queues
 * @queue: where all calls and events happen
 * @connection: the connection; nobody else listens to it
 * @cache: what is kept in step
 * @bus: where all that happens is told
 *
 * Returns: (transfer full): a manager that is not started
 */
LsSyncManager *
ls_sync_manager_new (LsEnvironment       *environment,
                     LsQueue             *queue,
                     LsConnectionManager *connection,
                     LsCache             *cache,
                     LsEventBus          *bus)
{
  LsSyncManager *self;

  g_return_val_if_fail (LS_IS_ENVIRONMENT (environment), NULL);
  g_return_val_if_fail (LS_IS_CONNECTION_MANAGER (connection) && LS_IS_CACHE (cache), NULL);
  g_return_val_if_fail (LS_IS_EVENT_BUS (bus), NULL);

  self = g_object_new (LS_TYPE_SYNC_MANAGER, NULL);
  self->environment = g_object_ref (environment);
  self->queue = queue;
  self->connection = g_object_ref (connection);
  self->cache = g_object_ref (cache);
  self->bus = g_object_ref (bus);
  return self;
}

/**
 * ls_sync_manager_set_events:
 * @self: a manager
 * @events: (nullable): whom to tell; static
 * @user_data: for them
 *
 * Names the one listener.
 */
void
ls_sync_manager_set_events (LsSyncManager      *self,
                            const LsSyncEvents *events,
                            gpointer            user_data)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self));

  self->events = events;
  self->events_data = user_data;
}

/**
 * ls_sync_manager_start:
 * @self: a manager
 *
 * Reads what the cache holds and, when the connection is open, begins. Once only.
 */
void
ls_sync_manager_start (LsSyncManager *self)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self) && !self->started);

  self->started = true;
  ls_connection_manager_set_events (self->connection, &connection_events, self);
  post_job (self, NULL);
}

/**
 * ls_sync_manager_stop:
 * @self: a manager
 *
 * Ends what is under way, for good. The connection is left to its owner.
 */
void
ls_sync_manager_stop (LsSyncManager *self)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self));

  if (!self->started)
    return;
  self->started = false;
  ls_connection_manager_set_events (self->connection, NULL, NULL);
  g_ptr_array_set_size (self->fetches, 0);
  if (self->load_timer != 0)
    ls_environment_cancel (self->environment, self->queue, self->load_timer);
  self->load_timer = 0;
  set_timer (self);
}

/**
 * ls_sync_manager_edits_changed:
 * @self: a manager
 * @shop: a shop
 *
 * Says that an edit was made, changed or taken back.
 */
void
ls_sync_manager_edits_changed (LsSyncManager *self,
                               const char    *shop)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self) && shop != NULL);

  ls_sync_machine_edits_changed (self->machine, shop, now_of (self));
  run (self);
}

/**
 * ls_sync_manager_sync_now:
 * @self: a manager
 * @shop: (nullable): a shop, or %NULL for all
 * @id: names the request in its answer
 *
 * Asks to be told when the cache has all that the server has now.
 */
void
ls_sync_manager_sync_now (LsSyncManager *self,
                          const char    *shop,
                          int64_t        id)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self));

  ls_sync_machine_sync_now (self->machine, shop, id, now_of (self));
  run (self);
}

/**
 * ls_sync_manager_verify:
 * @self: a manager
 * @shop: a shop
 * @collections: a mask of collections that are in doubt; 0 for none in particular
 *
 * Compares with the server and heals what differs, as soon as that may be.
 */
void
ls_sync_manager_verify (LsSyncManager *self,
                        const char    *shop,
                        uint32_t       collections)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self) && shop != NULL);

  ls_sync_machine_verify (self->machine, shop, collections, now_of (self));
  run (self);
}

/**
 * ls_sync_manager_suspect:
 * @self: a manager
 * @shop: a shop
 * @collection: a collection
 * @buckets: (element-type uint32_t): buckets whose rows may be wrong
 *
 * Heals these buckets as soon as that may be.
 */
void
ls_sync_manager_suspect (LsSyncManager      *self,
                         const char         *shop,
                         const LsCollection *collection,
                         GArray             *buckets)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self) && shop != NULL);

  ls_sync_machine_suspect (self->machine, shop, collection, buckets, now_of (self));
  run (self);
}

/**
 * ls_sync_manager_refetch:
 * @self: a manager
 * @shop: a shop
 * @collections: a mask of collections
 *
 * Fetches collections whole. At most once a minute each.
 */
void
ls_sync_manager_refetch (LsSyncManager *self,
                         const char    *shop,
                         uint32_t       collections)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self) && shop != NULL);

  ls_sync_machine_refetch (self->machine, shop, collections, now_of (self));
  run (self);
}

/**
 * ls_sync_manager_set_shown:
 * @self: a manager
 * @shop: a shop
 * @collections: a mask of the collections that windows show
 *
 * Says whose changes are wanted at once; it never decides what comes.
 */
void
ls_sync_manager_set_shown (LsSyncManager *self,
                           const char    *shop,
                           uint32_t       collections)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self) && shop != NULL);

  ls_sync_machine_set_shown (self->machine, shop, collections);
  run (self);
}

/**
 * ls_sync_manager_set_scope:
 * @self: a manager
 * @shop: a shop
 * @choice: what is to be held of it
 *
 * Keeps it, and sees to it; what is lacking comes once there is a connection.
 */
void
ls_sync_manager_set_scope (LsSyncManager       *self,
                           const char          *shop,
                           const LsScopeChoice *choice)
{
  g_return_if_fail (LS_IS_SYNC_MANAGER (self) && shop != NULL);

  ls_sync_machine_set_scope (self->machine, shop, choice);
  run (self);
}
