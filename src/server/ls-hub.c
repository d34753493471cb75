/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-hub"

#include "config.h"

#include "server/ls-hub.h"

#include "server/ls-hub-private.h"

/* How soon a change of rights by another process reaches who is connected. */
#define LOOK_INTERVAL ((int64_t) G_USEC_PER_SEC)

static const int64_t latency_bounds[LS_HUB_LATENCIES] = {
  250, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 250000, 1000000, INT64_MAX,
};

typedef struct {
  LsHub *hub;
  LsJobFunc work;
  LsJobFunc done;
  gpointer data;
  GDestroyNotify destroy;
  bool worked;
} Work;

/* A group of the committer, on its way to the hub's queue. */
typedef struct {
  LsHub *hub;
  char *shop;
  int64_t from;
  LsPosition position;
  GPtrArray *versions;
  bool anew;
  int64_t base;
} Group;

static void
work_free (gpointer data)
{
  Work *work = data;

  if (work->destroy != NULL)
    work->destroy (work->data);
  g_free (work);
}

static void
work_done_cb (gpointer data)
{
  Work *work = data;

  work->done (work->data);
}

static void
work_cb (gpointer data)
{
  Work *work = data;

  work->work (work->data);
  work->worked = true;
}

static void
work_finished (gpointer data)
{
  Work *work = data;

  if (work->worked && work->done != NULL)
    ls_environment_post (work->hub->environment, work->hub->queue, work_done_cb, work, work_free);
  else
    work_free (work);
}

void
ls_hub_work (LsHub         *hub,
             LsQueue       *queue,
             LsJobFunc      work,
             LsJobFunc      done,
             gpointer       data,
             GDestroyNotify destroy)
{
  Work *job = g_new0 (Work, 1);

  job->hub = hub;
  job->work = work;
  job->done = done;
  job->data = data;
  job->destroy = destroy;
  ls_environment_post (hub->environment, queue, work_cb, job, work_finished);
}

LsQueue *
ls_hub_next_reader (LsHub *hub)
{
  return g_ptr_array_index (hub->readers, hub->next_reader++ % hub->readers->len);
}

LsHubShop *
ls_hub_find_shop (LsHub      *hub,
                  const char *shop)
{
  return g_hash_table_lookup (hub->shops, shop);
}

static LsHubShop *
add_shop (LsHub        *hub,
          const LsShop *shop)
{
  LsHubShop *added = g_new0 (LsHubShop, 1);

  added->hub = hub;
  added->shop = g_strdup (shop->shop);
  added->name = g_strdup (shop->name);
  added->published = shop->position;
  added->base = shop->base;
  added->digested = -1;
  added->ring = ls_ring_new (shop->shop, &shop->position, hub->options.ring_bytes);
  added->audiences = g_ptr_array_new ();
  added->ahead = g_ptr_array_new ();
  added->items = g_array_new (FALSE, FALSE, sizeof (LsItem));
  g_hash_table_insert (hub->shops, added->shop, added);
  return added;
}

/* Takes up a shop that was found in the storage, if it is new. */
LsHubShop *
ls_hub_add_shop (LsHub        *hub,
                 const LsShop *shop)
{
  LsHubShop *added = g_hash_table_lookup (hub->shops, shop->shop);

  if (added != NULL)
    return added;
  added = add_shop (hub, shop);
  ls_committer_follow (hub->committer, added->shop, &added->published);
  return added;
}

static void
group_free (gpointer data)
{
  Group *group = data;

  g_free (group->shop);
  g_ptr_array_unref (group->versions);
  g_free (group);
}

/* The history that everybody knows is not that of the shop any more: who is connected has to begin
 * anew, with `hello`, since how far his edits were decided is another matter now too. */
static void
begin_anew (LsHub       *hub,
            LsHubShop   *shop,
            const Group *group)
{
  GList *next;

  ls_hub_shop_begin_anew (shop, &group->position, group->base);
  for (GList *link = hub->sessions.head; link != NULL; link = next)
    {
      LsSession *session = link->data;

      next = link->next;
      if (session->state != LS_SESSION_NEW)
        ls_session_close (session, LS_FRAME_CODE_GOING_AWAY, "the shop has another history");
    }
}

static void
published_cb (gpointer data)
{
  Group *group = data;
  LsHubShop *shop = ls_hub_find_shop (group->hub, group->shop);

  if (shop == NULL)
    {
      LsShop fresh = { .shop = group->shop, .name = group->shop, .position = group->position };

      fresh.position.version = group->from;
      shop = add_shop (group->hub, &fresh);
    }
  if (group->anew)
    {
      begin_anew (group->hub, shop, group);
      return;
    }
  if (group->from > shop->published.version)
    {
      ls_committer_follow (group->hub->committer, shop->shop, &shop->published);
      return;
    }
  group->hub->counters.versions += group->versions->len;
  ls_hub_shop_publish (shop, &group->position, group->versions);
}

/* On the committer's queue: nothing is encoded here. */
static void
committed_cb (const LsCommitGroup *committed,
              gpointer             user_data)
{
  LsHub *hub = user_data;
  Group *group;

  if (committed->versions->len == 0 && !committed->anew)
    return;
  group = g_new0 (Group, 1);
  group->hub = hub;
  group->shop = g_strdup (committed->shop);
  group->from = committed->from;
  group->position = committed->position;
  group->anew = committed->anew;
  group->base = committed->base;
  group->versions =
      g_ptr_array_new_full (committed->versions->len, (GDestroyNotify) ls_version_unref);
  for (unsigned i = 0; i < committed->versions->len; i++)
    g_ptr_array_add (group->versions, ls_version_ref (g_ptr_array_index (committed->versions, i)));
  ls_environment_post (hub->environment, hub->queue, published_cb, group, group_free);
}

static void
ping_shop (LsHubShop *shop,
           int64_t    id)
{
  g_autoptr (LsMessage) ping = NULL;
  g_autoptr (LsBlob) blob = NULL;
  LsShopInfo info = { .shop = g_strdup (shop->shop), .position = shop->published };

  /* It says how far they are. */
  ls_hub_shop_flush (shop, INT64_MAX);
  ping = ls_message_new (LS_MESSAGE_PING);
  ping->ping.id = id;
  g_array_append_val (ping->ping.shops, info);
  blob = ls_message_to_blob (ping);
  for (unsigned i = 0; i < shop->audiences->len; i++)
    ls_audience_send_ping (g_ptr_array_index (shop->audiences, i), blob);
}

static void
each_shop (LsHub *hub,
           void (*func) (LsHubShop *shop,
                         gpointer   user_data),
           gpointer user_data)
{
  GHashTableIter iter;
  gpointer shop;

  g_hash_table_iter_init (&iter, hub->shops);
  while (g_hash_table_iter_next (&iter, NULL, &shop))
    func (shop, user_data);
}

static void
ping_cb (LsHubShop *shop,
         gpointer   user_data)
{
  ping_shop (shop, *(int64_t *) user_data);
}

static void
flush_cb (LsHubShop *shop,
          gpointer   user_data)
{
  ls_hub_shop_flush (shop, *(int64_t *) user_data);
  ls_hub_shop_sweep (shop);
}

static void
digest_cb (LsHubShop *shop,
           gpointer   user_data)
{
  bool all = *(bool *) user_data;

  if (shop->digest_wanted || (all && shop->digested != shop->published.version))
    ls_hub_shop_send_digests (shop);
}

/* Sessions stand in the order that they opened in, and those that said hello stay among them. */
static void
close_silent (LsHub  *hub,
              int64_t now)
{
  GList *next;

  for (GList *link = hub->sessions.head; link != NULL; link = next)
    {
      LsSession *session = link->data;

      next = link->next;
      if (session->deadline == INT64_MAX)
        continue;
      if (session->deadline > now)
        break;
      if (session->state == LS_SESSION_NEW)
        ls_session_close (session, LS_FRAME_CODE_POLICY, "no hello");
      else
        session->deadline = INT64_MAX;
    }
}

static void
tick_cb (gpointer data)
{
  LsHub *hub = data;
  int64_t now = ls_environment_monotonic (hub->environment);
  bool digests = now >= hub->next_digest;

  hub->timer = ls_environment_post_after (hub->environment, hub->queue, LS_HUB_TICK, tick_cb, hub, NULL);
  close_silent (hub, now);
  each_shop (hub, flush_cb, &now);
  if (digests)
    hub->next_digest = now + hub->options.digest_interval;
  each_shop (hub, digest_cb, &digests);
  if (now >= hub->next_beat)
    {
      hub->next_beat = now + hub->options.heartbeat;
      hub->last_ping++;
      each_shop (hub, ping_cb, &hub->last_ping);
    }
  if (now >= hub->next_look && !hub->looking)
    {
      hub->next_look = now + LOOK_INTERVAL;
      ls_hub_look_at_rights (hub);
    }
}

/**
 * ls_hub_options_init:
 * @options: (out): memory of any content
 *
 * Sets the defaults of the protocol.
 */
void
ls_hub_options_init (LsHubOptions *options)
{
  *options = (LsHubOptions){
    .readers = 2,
    .hello_timeout = 15 * G_USEC_PER_SEC,
    .heartbeat = 30 * G_USEC_PER_SEC,
    .digest_interval = 30 * G_USEC_PER_SEC,
    .background_wait = 5 * G_USEC_PER_SEC,
    .max_unsent = 4 * 1024 * 1024,
    .ring_bytes = 16 * 1024 * 1024,
    .edit_rate = 50,
    .edit_burst = 500,
    .window = LS_MUTATION_WINDOW,
  };
}

static void
make_readers (LsHub *hub)
{
  hub->readers = g_ptr_array_new ();
  for (unsigned i = 0; i < MAX (1, hub->options.readers); i++)
    {
      g_autofree char *name = g_strdup_printf ("reader-%u", i);

      g_ptr_array_add (hub->readers, ls_environment_get_queue (hub->environment, name));
    }
}

/**
 * ls_hub_new:
 * @environment: clock and queues
 * @storage: read for those behind
 * @committer: listened to, and given the edits; nothing may have been submitted yet
 * @access: rights of those connected; must outlive the hub
 * @options: copied
 * @error: where to put why the shops could not be listed
 *
 * Makes a hub that stands where the storage stands.
 *
 * Returns: (transfer full) (nullable): the hub
 */
LsHub *
ls_hub_new (LsEnvironment      *environment,
            LsStorage          *storage,
            LsCommitter        *committer,
            LsAccess           *access,
            const LsHubOptions *options,
            GError            **error)
{
  g_autoptr (GPtrArray) shops = ls_storage_list_shops (storage, error);
  LsHub *hub;

  if (shops == NULL)
    return NULL;
  hub = g_new0 (LsHub, 1);
  hub->environment = g_object_ref (environment);
  hub->storage = g_object_ref (storage);
  hub->committer = g_object_ref (committer);
  hub->access = access;
  hub->options = *options;
  hub->queue = ls_environment_get_queue (environment, LS_HUB_QUEUE);
  hub->access_queue = ls_environment_get_queue (environment, "access");
  make_readers (hub);
  hub->shops = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, ls_hub_shop_free);
  g_queue_init (&hub->sessions);
  for (unsigned i = 0; i < shops->len; i++)
    ls_hub_add_shop (hub, g_ptr_array_index (shops, i));
  ls_committer_set_listener (committer, committed_cb, hub);
  return hub;
}

static void
start_cb (gpointer data)
{
  LsHub *hub = data;
  int64_t now = ls_environment_monotonic (hub->environment);

  hub->next_beat = now + hub->options.heartbeat;
  hub->next_digest = now + hub->options.digest_interval;
  hub->next_look = now + LOOK_INTERVAL;
  hub->timer = ls_environment_post_after (hub->environment, hub->queue, LS_HUB_TICK, tick_cb, hub, NULL);
}

/**
 * ls_hub_start:
 * @hub: a hub
 *
 * Begins to look after time: heartbeats, digests, who is silent, whose rights changed. From any
 * thread, once.
 */
void
ls_hub_start (LsHub *hub)
{
  ls_environment_post (hub->environment, hub->queue, start_cb, hub, NULL);
}

/**
 * ls_hub_free:
 * @hub: (transfer full): a hub whose environment has stopped, and whose sessions' transports are
 *   gone
 *
 * Frees it, with the sessions that nobody closed.
 */
void
ls_hub_free (LsHub *hub)
{
  GList *link;

  ls_committer_set_listener (hub->committer, NULL, NULL);
  while ((link = hub->sessions.head) != NULL)
    {
      LsSession *session = link->data;

      g_queue_unlink (&hub->sessions, link);
      session->state = LS_SESSION_CLOSED;
      ls_session_unref (session);
    }
  g_hash_table_unref (hub->shops);
  g_ptr_array_unref (hub->readers);
  g_clear_object (&hub->committer);
  g_clear_object (&hub->storage);
  g_clear_object (&hub->environment);
  g_free (hub);
}

/**
 * ls_hub_get_stats:
 * @hub: a hub
 * @ret_stats: (out): the numbers
 *
 * Each number is right, but they are not of one moment. From any thread.
 */
void
ls_hub_get_stats (LsHub      *hub,
                  LsHubStats *ret_stats)
{
  LsHubCounters *counters = &hub->counters;

  *ret_stats = (LsHubStats){
    .sessions = counters->sessions,
    .live = counters->live,
    .behind = counters->behind,
    .versions = counters->versions,
    .deltas = counters->deltas,
    .encoded = counters->encoded,
    .catch_ups = counters->catch_ups,
    .resyncs = counters->resyncs,
    .overflows = counters->overflows,
    .errors = counters->errors,
    .refused = counters->refused,
    .acks = counters->acks,
    .digests = counters->digests,
    .verifies = counters->verifies,
    .healed_rows = counters->healed_rows,
    .latency_sum = counters->latency_sum,
  };
  for (size_t i = 0; i < G_N_ELEMENTS (ret_stats->results); i++)
    ret_stats->results[i] = counters->results[i];
  for (size_t i = 0; i < LS_HUB_LATENCIES; i++)
    ret_stats->latency[i] = counters->latency[i];
}

/**
 * ls_hub_latency_bounds:
 *
 * Returns: (transfer none) (array fixed-size=12): the upper bound, in µs, of each bucket of the
 *   histogram of latencies
 */
const int64_t *
ls_hub_latency_bounds (void)
{
  return latency_bounds;
}
