/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-client.h"

#include "client/ls-engine.h"
#include "client/ls-poll-transport.h"

#define CACHE_FILE "/cache.db"
/* A WebSocket that does not get through is tried again after at most so long: runs are short. */
#define LONGEST_PROBE (60 * (int64_t) G_USEC_PER_SEC)

static void
reaper_cb (gpointer user_data)
{
  LsSimClient *self = user_data;

  ls_sim_network_client_ended (self->network, self->index, self->end);
  ls_sim_oracle_doubted_choice (self->oracle, self->index);
  if (self->connection != NULL)
    ls_connection_manager_set_events (self->connection, NULL, NULL);
  if (self->sync != NULL)
    {
      ls_sync_manager_set_events (self->sync, NULL, NULL);
      ls_sync_manager_stop (self->sync);
    }
  if (self->checker != NULL)
    {
      ls_consistency_checker_set_healer (self->checker, NULL, NULL);
      ls_consistency_checker_stop (self->checker);
    }
  self->following = false;
  if (self->upkeep != NULL)
    ls_store_upkeep_stop (self->upkeep);
  g_clear_pointer (&self->upkeep, ls_store_upkeep_unref);
  g_clear_pointer (&self->views, ls_sim_views_free);
  g_clear_object (&self->checker);
  g_clear_object (&self->sync);
  g_clear_object (&self->connection);
  g_clear_object (&self->bus);
  g_clear_object (&self->cache);
  g_clear_object (&self->node);
  self->state = LS_CONNECTION_OFFLINE;
}

static void
sprung_cb (gpointer user_data)
{
  ls_sim_node_die (((LsSimClient *) user_data)->node);
}

LsSimClient *
ls_sim_client_new (LsSimWorld   *world,
                   LsSimNetwork *network,
                   LsSimOracle  *oracle,
                   unsigned      index,
                   uint64_t      seed)
{
  LsSimClient *self = g_new0 (LsSimClient, 1);
  g_autofree char *vfs = g_strdup_printf ("sim-client-%u", index);

  self->world = world;
  self->network = network;
  self->oracle = oracle;
  self->index = index;
  self->disk = ls_sim_disk_new (world, vfs, seed);
  self->state = LS_CONNECTION_OFFLINE;
  return self;
}

void
ls_sim_client_free (LsSimClient *self)
{
  g_assert_null (self->node);
  ls_sim_disk_free (self->disk);
  g_free (self->token);
  g_free (self);
}

static void
status_cb (const LsConnectionStatus *status,
           gpointer                  user_data)
{
  LsSimClient *self = user_data;

  if (self->state != status->state || self->kind != status->kind)
    ls_sim_world_note (self->world, "client %u is %s, %d", self->index,
                       ls_connection_state_to_name (status->state), status->kind);
  self->state = status->state;
  self->kind = status->kind;
}

static void
shops_cb (gpointer user_data)
{
}

static void
progress_cb (int64_t       id,
             const GError *error,
             gpointer      user_data)
{
}

static const LsSyncEvents sync_events = { status_cb, shops_cb, progress_cb };

static void
commit_cb (LsCacheCommit *commit,
           gpointer       user_data)
{
  LsSimClient *self = user_data;

  /* What it does in the moment that it dies in nobody sees. */
  if (!ls_sim_node_is_dead (self->node))
    {
      ls_sim_oracle_committed (self->oracle, self->index, self->cache, commit);
      if (self->following)
        ls_sim_views_take_commit (self->views, commit);
      if (self->upkeep != NULL)
        ls_store_upkeep_take_commit (self->upkeep, commit);
    }
}

/* The store listens, and may have let rows go; from here on it hears of everything through us. */
static void
listen_cb (gpointer user_data)
{
  LsSimClient *self = user_data;

  if (self->scopes)
    ls_sim_oracle_look (self->oracle, self->index, self->cache);
  ls_sim_views_begin (self->views);
  self->following = true;
  ls_cache_set_listener (self->cache, commit_cb, self, NULL);
}

static void
open_views (LsSimClient *self)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);

  ls_sim_oracle_watch_views (self->oracle, self->index);
  self->views = ls_sim_views_new (environment, self->cache, self->oracle, self->index, self->scopes);
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_CACHE_QUEUE),
                       listen_cb, self, NULL);
}

static void
event_cb (LsEventBus  *bus,
          LsEvent     *event,
          LsSimClient *self)
{
  ls_sim_world_note (self->world, "client %u: %s v%" G_GINT64_FORMAT " %s %s", self->index,
                     event->type, event->version, event->code != NULL ? event->code : "",
                     event->message != NULL ? event->message : "");
  self->healed = self->healed || g_str_equal (event->type, LS_EVENT_HEALED);
  if (g_str_equal (event->type, LS_EVENT_FINDING) &&
      g_strcmp0 (event->code, "inconsistency") == 0)
    self->findings++;
}

/* --- What the checker wants, on its way to the engine queue, as #LsEngine takes it -------------- */

typedef struct {
  LsSimClient *client;
  char *shop;
  uint32_t collections;
  const LsCollection *collection;
  GArray *buckets;
} Wanted;

static void
wanted_free (gpointer data)
{
  Wanted *wanted = data;

  g_clear_pointer (&wanted->buckets, g_array_unref);
  g_free (wanted->shop);
  g_free (wanted);
}

static Wanted *
wanted_new (LsSimClient *client,
            const char  *shop)
{
  Wanted *wanted = g_new0 (Wanted, 1);

  wanted->client = client;
  wanted->shop = g_strdup (shop);
  return wanted;
}

static void
post_wanted (Wanted   *wanted,
             LsJobFunc func)
{
  LsEnvironment *environment = LS_ENVIRONMENT (wanted->client->node);

  ls_environment_post (environment, ls_environment_get_queue (environment, LS_ENGINE_QUEUE), func,
                       wanted, wanted_free);
}

static void
verify_cb (gpointer data)
{
  const Wanted *wanted = data;

  ls_sync_manager_verify (wanted->client->sync, wanted->shop, wanted->collections);
}

static void
heal_verify (const char *shop,
             uint32_t    collections,
             gpointer    user_data)
{
  Wanted *wanted = wanted_new (user_data, shop);

  wanted->collections = collections;
  post_wanted (wanted, verify_cb);
}

static void
suspect_cb (gpointer data)
{
  const Wanted *wanted = data;

  ls_sync_manager_suspect (wanted->client->sync, wanted->shop, wanted->collection,
                           wanted->buckets);
}

static void
heal_suspect (const char         *shop,
              const LsCollection *collection,
              GArray             *buckets,
              gpointer            user_data)
{
  Wanted *wanted = wanted_new (user_data, shop);

  wanted->collection = collection;
  wanted->buckets = g_array_copy (buckets);
  post_wanted (wanted, suspect_cb);
}

static void
refetch_cb (gpointer data)
{
  const Wanted *wanted = data;

  ls_sync_manager_refetch (wanted->client->sync, wanted->shop, wanted->collections);
}

static void
heal_refetch (const char *shop,
              uint32_t    collections,
              gpointer    user_data)
{
  Wanted *wanted = wanted_new (user_data, shop);

  wanted->collections = collections;
  post_wanted (wanted, refetch_cb);
}

static const LsHealer healer = { heal_verify, heal_suspect, heal_refetch };

static void
start_checker (LsSimClient *self)
{
  static const char *const shops[] = { LS_SIM_SHOP, NULL };

  self->checker =
      ls_consistency_checker_new (LS_ENVIRONMENT (self->node), self->cache, self->bus);
  ls_consistency_checker_set_healer (self->checker, &healer, self);
  ls_consistency_checker_set_shops (self->checker, shops);
  ls_consistency_checker_start (self->checker);
}

static void
check_cb (gpointer data)
{
  LsSimClient *self = data;

  ls_consistency_checker_check (self->checker, LS_SIM_SHOP, LS_CHECK_ALL, NULL, NULL, NULL);
}

/* Has the admin press "Check now". */
void
ls_sim_client_check (LsSimClient *self)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);

  if (self->checker != NULL)
    ls_environment_post (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN),
                         check_cb, self, NULL);
}

/* --- The engine -------------------------------------------------------------------------------- */

/* On the engine queue, as #LsEngine does it. */
static void
start_cb (gpointer user_data)
{
  LsSimClient *self = user_data;
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);
  LsQueue *queue = ls_environment_get_queue (environment, LS_ENGINE_QUEUE);
  g_autoptr (LsTransport) transport =
      ls_sim_network_new_transport (self->network, self->index, self->node, queue);
  g_autoptr (LsEndpoint) endpoint =
      ls_endpoint_new ("http://127.0.0.1:1", self->token, NULL, NULL);
  LsConnectionOptions options;

  ls_connection_options_init (&options);
  options.probe_cap = LONGEST_PROBE;
  self->connection = ls_connection_manager_new (environment, queue, transport);
  ls_connection_manager_set_options (self->connection, &options);
  if (self->polls)
    {
      g_autoptr (LsTransport) poll =
          ls_poll_transport_new (environment, queue, transport, &options);

      ls_connection_manager_set_fallback (self->connection, poll);
    }
  self->sync = ls_sync_manager_new (environment, queue, self->connection, self->cache, self->bus);
  ls_sync_manager_set_events (self->sync, &sync_events, self);
  ls_sync_manager_start (self->sync);
  ls_connection_manager_set_endpoint (self->connection, endpoint);
  ls_connection_manager_start (self->connection);
}

/**
 * ls_sim_client_start:
 * @self: a client that is down
 *
 * Boots it.
 *
 * Returns: whether it is up; if not, its disk does not let it
 */
bool
ls_sim_client_start (LsSimClient *self)
{
  g_autofree char *name = g_strdup_printf ("client %u", self->index);
  LsEnvironment *environment;
  g_autoptr (GError) error = NULL;

  g_assert_null (self->node);
  self->node =
      ls_sim_node_new (self->world, name, ls_sim_disk_get_vfs (self->disk), self->now_offset,
                       (self->index + 1) * 10000 + ++self->boots, reaper_cb, self);
  self->end = LS_SIM_KILLED;
  environment = LS_ENVIRONMENT (self->node);
  self->cache = ls_cache_open (environment, CACHE_FILE, NULL, &error);
  if (self->cache == NULL || ls_sim_node_is_dead (self->node))
    {
      ls_sim_world_note (self->world, "client %u can't start: %s", self->index,
                         error != NULL ? error->message : "");
      ls_sim_client_end (self, LS_SIM_KILLED);
      return false;
    }
  ls_sim_node_set_work (self->node, LS_CACHE_QUEUE, self->work);
  ls_sim_world_note (self->world, "client %u starts", self->index);
  if (self->shows)
    open_views (self);
  ls_sim_oracle_booted (self->oracle, self->index, self->cache);
  ls_cache_set_listener (self->cache, commit_cb, self, NULL);
  /* A store has its own. */
  if (self->scopes && !self->shows)
    {
      self->upkeep = ls_store_upkeep_new (self->cache);
      ls_store_upkeep_start (self->upkeep);
    }
  self->bus =
      ls_event_bus_new (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));
  g_signal_connect (self->bus, "event", G_CALLBACK (event_cb), self);
  if (self->checks)
    start_checker (self);
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_ENGINE_QUEUE),
                       start_cb, self, NULL);
  return true;
}

void
ls_sim_client_end (LsSimClient *self,
                   LsSimEnd     how)
{
  if (self->node == NULL || ls_sim_node_is_dead (self->node))
    return;
  self->end = how;
  ls_sim_disk_end (self->disk, how);
  ls_sim_node_die (self->node);
}

void
ls_sim_client_set_trap (LsSimClient *self,
                        unsigned     operations,
                        LsSimEnd     how)
{
  self->end = how;
  ls_sim_disk_set_trap (self->disk, operations, how, sprung_cb, self);
}

bool
ls_sim_client_is_up (LsSimClient *self)
{
  return self->node != NULL && !ls_sim_node_is_dead (self->node);
}

static void
try_now_cb (gpointer user_data)
{
  LsSimClient *self = user_data;

  ls_connection_manager_try_now (self->connection);
}

void
ls_sim_client_try_now (LsSimClient *self)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);

  ls_environment_post (environment, ls_environment_get_queue (environment, LS_ENGINE_QUEUE),
                       try_now_cb, self, NULL);
}

/* Something that the admin or his desktop wants of the engine, on its way to its queue. */
typedef struct {
  LsSimClient *client;
  LsAttention attention;
  bool offline;
  LsScopeChoice choice;
} Wish;

static void
post_wish (LsSimClient *self,
           LsJobFunc    func,
           const Wish  *wish)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);

  ls_environment_post (environment, ls_environment_get_queue (environment, LS_ENGINE_QUEUE), func,
                       g_memdup2 (wish, sizeof *wish), g_free);
}

static void
attention_cb (gpointer data)
{
  const Wish *wish = data;

  ls_connection_manager_set_attention (wish->client->connection, wish->attention);
}

/* Says how much the admin looks. */
void
ls_sim_client_set_attention (LsSimClient *self,
                             LsAttention  attention)
{
  Wish wish = { .client = self, .attention = attention };

  post_wish (self, attention_cb, &wish);
}

static void
by_hand_cb (gpointer data)
{
  const Wish *wish = data;

  ls_connection_manager_set_by_hand (wish->client->connection, wish->offline);
}

/* Has the admin work offline, or no more. */
void
ls_sim_client_set_by_hand (LsSimClient *self,
                           bool         offline)
{
  Wish wish = { .client = self, .offline = offline };

  post_wish (self, by_hand_cb, &wish);
}

static void
choose_cb (gpointer data)
{
  const Wish *wish = data;

  ls_sync_manager_set_scope (wish->client->sync, LS_SIM_SHOP, &wish->choice);
}

/**
 * ls_sim_client_choose:
 * @self: a client that is up
 * @choice: what its admin wants held of the shop
 *
 * Has him choose it.
 */
void
ls_sim_client_choose (LsSimClient         *self,
                      const LsScopeChoice *choice)
{
  Wish wish = { .client = self, .choice = *choice };

  ls_sim_oracle_chose (self->oracle, self->index, choice, ls_sim_disk_is_sound (self->disk));
  post_wish (self, choose_cb, &wish);
}

/**
 * ls_sim_client_is_quiet:
 * @self: a client
 * @position: where the server stands
 *
 * Returns: whether it has all that the server has for it, and nothing waits
 */
bool
ls_sim_client_is_quiet (LsSimClient      *self,
                        const LsPosition *position)
{
  const LsView *wanted = ls_view_get (self->role, LS_SCHEMA_VERSION);
  g_autoptr (GPtrArray) waiting = NULL;
  LsPosition mine;
  uint64_t view;

  if (!ls_sim_client_is_up (self) || self->kind != LS_TRANSPORT_LIVE ||
      (self->state != LS_CONNECTION_LIVE && self->state != LS_CONNECTION_LIMITED) ||
      !ls_cache_get_position (self->cache, LS_SIM_SHOP, &mine, &view, NULL, NULL) ||
      !ls_position_equal (&mine, position) || view != ls_view_get_total_hash (wanted))
    return false;
  waiting = ls_cache_list_edits (self->cache, LS_SIM_SHOP, LS_EDITS_WAITING, NULL);
  return waiting != NULL && waiting->len == 0;
}
