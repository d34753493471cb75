/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-engine"

#include "config.h"

#include "client/ls-engine.h"

#include "client/ls-poll-transport.h"
#include "client/ls-sync-manager.h"
#include "client/ls-websocket-transport.h"

struct _LsEngine {
  gatomicrefcount ref_count;

  /* Owned */
  LsEnvironment *environment;
  LsQueue *queue; /* these live as long as the environment */
  LsQueue *main_queue;
  LsCache *cache;
  LsEventBus *bus;
  LsConnectionOptions options;

  /* On the main queue */
  const LsEngineEvents *events; /* NULL once stopped */
  gpointer events_data;

  /* On the engine queue */
  LsConnectionManager *connection;
  LsSyncManager *sync;
};

typedef enum {
  CALL_START,
  CALL_STOP,
  CALL_ENDPOINT,
  CALL_CONNECT,
  CALL_DISCONNECT,
  CALL_BY_HAND,
  CALL_TRY_NOW,
  CALL_ATTENTION,
  CALL_OPTIONS,
  CALL_EDITS,
  CALL_SYNC,
  CALL_VERIFY,
  CALL_SUSPECT,
  CALL_REFETCH,
  CALL_SHOWN,
  CALL_SCOPE,
} CallType;

/* A call on its way to the engine queue. */
typedef struct {
  CallType type;
  LsEngine *engine;
  LsEndpoint *endpoint;
  char *shop;
  int64_t id;
  uint32_t collections;
  LsScopeChoice choice;
  const LsCollection *collection;
  GArray *buckets; /* uint32_t */
  LsAttention attention;
  bool offline;
  LsConnectionOptions options;
  LsJobFunc stopped;
  gpointer stopped_data;
} Call;

typedef enum {
  NEWS_STATUS,
  NEWS_SHOPS,
  NEWS_PROGRESS,
} NewsType;

/* An event on its way to the main queue. */
typedef struct {
  NewsType type;
  LsEngine *engine;
  LsConnectionStatus *status;
  int64_t id;
  GError *error;
} News;

static LsEngine *
engine_ref (LsEngine *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
engine_unref (LsEngine *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  /* Their thread ended before it came to stop them: libsoup lets nobody else touch what is under
   * way, and the program is at its end. */
  self->sync = NULL;
  self->connection = NULL;
  g_clear_object (&self->cache);
  g_clear_object (&self->bus);
  g_clear_object (&self->environment);
  g_free (self);
}

/* --- News: from the engine queue to the main queue ------------------------------------------- */

static void
news_free (gpointer data)
{
  News *news = data;

  g_clear_pointer (&news->status, ls_connection_status_free);
  g_clear_error (&news->error);
  engine_unref (news->engine);
  g_free (news);
}

static void
news_cb (gpointer data)
{
  News *news = data;
  LsEngine *self = news->engine;

  if (self->events == NULL)
    return;
  switch (news->type)
    {
    case NEWS_STATUS:
      self->events->status (g_steal_pointer (&news->status), self->events_data);
      break;
    case NEWS_SHOPS:
      self->events->shops (self->events_data);
      break;
    case NEWS_PROGRESS:
    default:
      self->events->progress (news->id, news->error, self->events_data);
      break;
    }
}

static News *
news_new (LsEngine *self,
          NewsType  type)
{
  News *news = g_new0 (News, 1);

  news->type = type;
  news->engine = engine_ref (self);
  return news;
}

static void
send_news (News *news)
{
  ls_environment_post (news->engine->environment, news->engine->main_queue, news_cb, news,
                       news_free);
}

static void
status_cb (const LsConnectionStatus *status,
           gpointer                  user_data)
{
  News *news = news_new (user_data, NEWS_STATUS);

  news->status = ls_connection_status_copy (status);
  send_news (news);
}

static void
shops_cb (gpointer user_data)
{
  send_news (news_new (user_data, NEWS_SHOPS));
}

static void
progress_cb (int64_t       id,
             const GError *error,
             gpointer      user_data)
{
  News *news = news_new (user_data, NEWS_PROGRESS);

  news->id = id;
  news->error = error != NULL ? g_error_copy (error) : NULL;
  send_news (news);
}

static const LsSyncEvents sync_events = { status_cb, shops_cb, progress_cb };

/* --- Calls: from the main queue to the engine queue ------------------------------------------ */

static void
start (LsEngine *self)
{
  g_autoptr (LsTransport) socket = ls_websocket_transport_new (self->environment, self->queue);
  g_autoptr (LsTransport) poll =
      ls_poll_transport_new (self->environment, self->queue, socket, &self->options);

  self->connection = ls_connection_manager_new (self->environment, self->queue, socket);
  ls_connection_manager_set_fallback (self->connection, poll);
  ls_connection_manager_set_options (self->connection, &self->options);
  self->sync = ls_sync_manager_new (self->environment, self->queue, self->connection, self->cache,
                                    self->bus);
  ls_sync_manager_set_events (self->sync, &sync_events, self);
  ls_sync_manager_start (self->sync);
}

static void
stop (LsEngine *self,
      Call     *call)
{
  if (self->sync != NULL)
    {
      ls_connection_manager_stop (self->connection);
      ls_sync_manager_set_events (self->sync, NULL, NULL);
      ls_sync_manager_stop (self->sync);
    }
  g_clear_object (&self->sync);
  g_clear_object (&self->connection);
  if (call->stopped != NULL)
    ls_environment_post (self->environment, self->main_queue, call->stopped, call->stopped_data,
                         NULL);
}

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_pointer (&call->endpoint, ls_endpoint_unref);
  g_clear_pointer (&call->buckets, g_array_unref);
  g_free (call->shop);
  engine_unref (call->engine);
  g_free (call);
}

static void
call_manager (LsEngine   *self,
              const Call *call)
{
  switch ((unsigned) call->type)
    {
    case CALL_ENDPOINT:
      ls_connection_manager_set_endpoint (self->connection, call->endpoint);
      break;
    case CALL_CONNECT:
      ls_connection_manager_start (self->connection);
      break;
    case CALL_DISCONNECT:
      ls_connection_manager_stop (self->connection);
      break;
    case CALL_BY_HAND:
      ls_connection_manager_set_by_hand (self->connection, call->offline);
      break;
    case CALL_TRY_NOW:
      ls_connection_manager_try_now (self->connection);
      break;
    case CALL_ATTENTION:
      ls_connection_manager_set_attention (self->connection, call->attention);
      break;
    case CALL_OPTIONS:
      ls_connection_manager_set_options (self->connection, &call->options);
      break;
    case CALL_EDITS:
      ls_sync_manager_edits_changed (self->sync, call->shop);
      break;
    case CALL_SYNC:
      ls_sync_manager_sync_now (self->sync, call->shop, call->id);
      break;
    case CALL_VERIFY:
      ls_sync_manager_verify (self->sync, call->shop, call->collections);
      break;
    case CALL_SUSPECT:
      ls_sync_manager_suspect (self->sync, call->shop, call->collection, call->buckets);
      break;
    case CALL_REFETCH:
      ls_sync_manager_refetch (self->sync, call->shop, call->collections);
      break;
    case CALL_SCOPE:
      ls_sync_manager_set_scope (self->sync, call->shop, &call->choice);
      break;
    case CALL_SHOWN:
    default:
      ls_sync_manager_set_shown (self->sync, call->shop, call->collections);
      break;
    }
}

static void
call_cb (gpointer data)
{
  Call *call = data;

  if (call->type == CALL_START)
    start (call->engine);
  else if (call->type == CALL_STOP)
    stop (call->engine, call);
  else if (call->engine->sync != NULL)
    call_manager (call->engine, call);
}

static Call *
call_new (LsEngine *self,
          CallType  type)
{
  Call *call = g_new0 (Call, 1);

  call->type = type;
  call->engine = engine_ref (self);
  return call;
}

static void
send_call (Call *call)
{
  ls_environment_post (call->engine->environment, call->engine->queue, call_cb, call, call_free);
}

/**
 * ls_engine_new:
 * @environment: clock, dice, queues
 * @cache: what is kept in step
 * @bus: where all that happens is told
 * @options: times of the connection; copied
 * @events: whom to tell; static
 * @user_data: for them
 *
 * Sets the engine up; it connects to nothing before ls_engine_connect().
 *
 * Returns: (transfer full): the engine, to be given back by ls_engine_stop()
 */
LsEngine *
ls_engine_new (LsEnvironment        *environment,
               LsCache              *cache,
               LsEventBus           *bus,
               const LsConnectionOptions *options,
               const LsEngineEvents *events,
               gpointer              user_data)
{
  LsEngine *self = g_new0 (LsEngine, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->environment = g_object_ref (environment);
  self->queue = ls_environment_get_queue (environment, LS_ENGINE_QUEUE);
  self->main_queue = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  self->cache = g_object_ref (cache);
  self->bus = g_object_ref (bus);
  self->options = *options;
  self->events = events;
  self->events_data = user_data;
  send_call (call_new (self, CALL_START));
  return self;
}

/**
 * ls_engine_stop:
 * @engine: (transfer full): an engine
 * @stopped: (nullable): run on the main queue when nothing is at work any more
 * @user_data: for it
 *
 * Ends it. No event follows.
 */
void
ls_engine_stop (LsEngine *engine,
                LsJobFunc stopped,
                gpointer  user_data)
{
  Call *call = call_new (engine, CALL_STOP);

  engine->events = NULL;
  call->stopped = stopped;
  call->stopped_data = user_data;
  send_call (call);
  engine_unref (engine);
}

/**
 * ls_engine_set_endpoint:
 * @engine: an engine
 * @endpoint: the server, with a token
 *
 * Sets where to connect to and as whom.
 */
void
ls_engine_set_endpoint (LsEngine   *engine,
                        LsEndpoint *endpoint)
{
  Call *call = call_new (engine, CALL_ENDPOINT);

  call->endpoint = ls_endpoint_ref (endpoint);
  send_call (call);
}

/**
 * ls_engine_connect:
 * @engine: an engine that has an endpoint
 *
 * Connects, and stays connected.
 */
void
ls_engine_connect (LsEngine *engine)
{
  send_call (call_new (engine, CALL_CONNECT));
}

/**
 * ls_engine_disconnect:
 * @engine: an engine
 *
 * Ends the connection.
 */
void
ls_engine_disconnect (LsEngine *engine)
{
  send_call (call_new (engine, CALL_DISCONNECT));
}

/**
 * ls_engine_set_by_hand:
 * @engine: an engine
 * @offline: whether the admin wants to work offline
 *
 * Ends the connection at his wish, or allows it again.
 */
void
ls_engine_set_by_hand (LsEngine *engine,
                       bool      offline)
{
  Call *call = call_new (engine, CALL_BY_HAND);

  call->offline = offline;
  send_call (call);
}

/**
 * ls_engine_try_now:
 * @engine: an engine
 *
 * Ends a wait for the next attempt to connect.
 */
void
ls_engine_try_now (LsEngine *engine)
{
  send_call (call_new (engine, CALL_TRY_NOW));
}

/**
 * ls_engine_set_attention:
 * @engine: an engine
 * @attention: who looks
 *
 * Says how much it matters that what is new comes soon.
 */
void
ls_engine_set_attention (LsEngine   *engine,
                         LsAttention attention)
{
  Call *call = call_new (engine, CALL_ATTENTION);

  call->attention = attention;
  send_call (call);
}

/**
 * ls_engine_set_options:
 * @engine: an engine
 * @options: times of the connection; copied
 *
 * Sets other times, for what begins from now on.
 */
void
ls_engine_set_options (LsEngine                  *engine,
                       const LsConnectionOptions *options)
{
  Call *call = call_new (engine, CALL_OPTIONS);

  call->options = *options;
  send_call (call);
}

/**
 * ls_engine_edits_changed:
 * @engine: an engine
 * @shop: a shop
 *
 * Says that an edit was made, changed or taken back.
 */
void
ls_engine_edits_changed (LsEngine   *engine,
                         const char *shop)
{
  Call *call = call_new (engine, CALL_EDITS);

  call->shop = g_strdup (shop);
  send_call (call);
}

/**
 * ls_engine_sync_now:
 * @engine: an engine
 * @shop: (nullable): a shop, or %NULL for all
 * @id: names the request in its answer
 *
 * Asks to be told when the cache has all that the server has now.
 */
void
ls_engine_sync_now (LsEngine   *engine,
                    const char *shop,
                    int64_t     id)
{
  Call *call = call_new (engine, CALL_SYNC);

  call->shop = g_strdup (shop);
  call->id = id;
  send_call (call);
}

/**
 * ls_engine_verify:
 * @engine: an engine
 * @shop: a shop
 * @collections: a mask of collections that are in doubt; 0 for none in particular
 *
 * Compares with the server and heals what differs, as soon as that may be.
 */
void
ls_engine_verify (LsEngine   *engine,
                  const char *shop,
                  uint32_t    collections)
{
  Call *call = call_new (engine, CALL_VERIFY);

  call->shop = g_strdup (shop);
  call->collections = collections;
  send_call (call);
}

/**
 * ls_engine_suspect:
 * @engine: an engine
 * @shop: a shop
 * @collection: a collection
 * @buckets: (element-type uint32_t): buckets whose rows may be wrong
 *
 * Heals these buckets as soon as that may be.
 */
void
ls_engine_suspect (LsEngine           *engine,
                   const char         *shop,
                   const LsCollection *collection,
                   GArray             *buckets)
{
  Call *call = call_new (engine, CALL_SUSPECT);

  call->shop = g_strdup (shop);
  call->collection = collection;
  call->buckets = g_array_copy (buckets);
  send_call (call);
}

/**
 * ls_engine_refetch:
 * @engine: an engine
 * @shop: a shop
 * @collections: a mask of collections
 *
 * Fetches collections whole.
 */
void
ls_engine_refetch (LsEngine   *engine,
                   const char *shop,
                   uint32_t    collections)
{
  Call *call = call_new (engine, CALL_REFETCH);

  call->shop = g_strdup (shop);
  call->collections = collections;
  send_call (call);
}

/**
 * ls_engine_set_shown:
 * @engine: an engine
 * @shop: a shop
 * @collections: a mask of the collections that windows show
 *
 * Says whose changes are wanted at once.
 */
void
ls_engine_set_shown (LsEngine   *engine,
                     const char *shop,
                     uint32_t    collections)
{
  Call *call = call_new (engine, CALL_SHOWN);

  call->shop = g_strdup (shop);
  call->collections = collections;
  send_call (call);
}

/**
 * ls_engine_set_scope:
 * @engine: an engine
 * @shop: a shop
 * @choice: what is to be held of it
 *
 * Keeps it, and sees to it.
 */
void
ls_engine_set_scope (LsEngine            *engine,
                     const char          *shop,
                     const LsScopeChoice *choice)
{
  Call *call = call_new (engine, CALL_SCOPE);

  call->shop = g_strdup (shop);
  call->choice = *choice;
  send_call (call);
}
