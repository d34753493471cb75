/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sample"

#include "config.h"

#include "server/sample/ls-simulation.h"

#include <math.h>

#include "core/ls-error.h"
#include "core/ls-id.h"
#include "server/sample/ls-simulation-private.h"

/*
 * One event at a time: a timer whose intervals are those of rare, independent things (Poisson), a
 * mutation, its decision, the next timer. What is refused, since somebody else changed something, is
 * dropped, and the shop is looked at again.
 */

/* Look again after so many events: admins change things meanwhile. */
#define EVENTS_PER_LOOK 200
#define PAUSE_AFTER_FAILURE (5 * G_USEC_PER_SEC)
#define LEAST_ACTIVITY 0.2
#define USEC_PER_HOUR 3600e6

struct _LsSimulation {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
  LsQueue *queue;
  const LsSampleProfile *profile;
  int events; /* atomic */

  /* On the queue only. */
  LsSampleRandom random;    /* of what happens, while the shop is not looked at */
  LsSampleRandom intervals; /* of when */
  LsSimulatedShop *shop;
  LsSimulatedEvent *event;
  unsigned since_look;
  int64_t per_hour;
  int64_t until;
  uint64_t timer;
};

static void tick_cb (gpointer data);

/**
 * ls_simulation_ref:
 * @simulation: a simulation
 *
 * Returns: (transfer full): @simulation
 */
LsSimulation *
ls_simulation_ref (LsSimulation *simulation)
{
  g_atomic_ref_count_inc (&simulation->ref_count);
  return simulation;
}

/**
 * ls_simulation_unref:
 * @simulation: (transfer full): a simulation
 *
 * Drops a reference. Traffic that was set to go on does: set the rate to 0 first.
 */
void
ls_simulation_unref (LsSimulation *simulation)
{
  if (!g_atomic_ref_count_dec (&simulation->ref_count))
    return;
  g_clear_pointer (&simulation->event, ls_simulated_event_free);
  g_clear_pointer (&simulation->shop, ls_simulated_shop_free);
  g_object_unref (simulation->committer);
  g_object_unref (simulation->storage);
  g_object_unref (simulation->environment);
  g_free (simulation);
}

static void
unref_cb (gpointer data)
{
  ls_simulation_unref (data);
}

/* Forgets what is known, unless an event that is being decided was made of it; the dice go on. */
static void
look_away (LsSimulation *self)
{
  if (self->shop == NULL || self->event != NULL)
    return;
  self->random = self->shop->market->random;
  g_clear_pointer (&self->shop, ls_simulated_shop_free);
}

static void
set_timer (LsSimulation *self,
           int64_t       delay)
{
  self->timer = ls_environment_post_after (self->environment, self->queue, delay, tick_cb,
                                           ls_simulation_ref (self), unref_cb);
}

static bool
is_over (LsSimulation *self)
{
  return self->per_hour <= 0 ||
         (self->until > 0 && ls_environment_monotonic (self->environment) >= self->until);
}

static void
schedule (LsSimulation *self)
{
  double activity = 1;
  double mean;

  if (is_over (self) || self->timer != 0)
    return;
  if (self->shop != NULL)
    activity = ls_sample_market_activity (self->shop->market,
                                          ls_environment_now (self->environment));
  mean = USEC_PER_HOUR / ((double) self->per_hour * MAX (activity, LEAST_ACTIVITY));
  set_timer (self, (int64_t) (-log (ls_sample_random_unit (&self->intervals)) * mean) + 1);
}

typedef struct {
  LsSimulation *simulation;
  bool applied;
  char *why;
} Settled;

static void
settled_free (gpointer data)
{
  Settled *settled = data;

  ls_simulation_unref (settled->simulation);
  g_free (settled->why);
  g_free (settled);
}

static void
settled_cb (gpointer data)
{
  Settled *settled = data;
  LsSimulation *self = settled->simulation;
  g_autoptr (LsSimulatedEvent) event = g_steal_pointer (&self->event);

  if (event == NULL)
    return;
  if (settled->applied)
    {
      ls_simulated_event_apply (event, self->shop);
      g_atomic_int_inc (&self->events);
      if (++self->since_look >= EVENTS_PER_LOOK)
        look_away (self);
    }
  else
    {
      g_debug ("An event in %s did not happen: %s", self->profile->id, settled->why);
      look_away (self);
    }
  g_clear_pointer (&event, ls_simulated_event_free);
  if (is_over (self))
    look_away (self);
  schedule (self);
}

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  LsSimulation *self = user_data;
  Settled *settled = g_new0 (Settled, 1);

  settled->simulation = ls_simulation_ref (self);
  settled->applied = decision != NULL && decision->status == LS_RESULT_APPLIED;
  settled->why = g_strdup (decision != NULL ? decision->message : error->message);
  ls_environment_post (self->environment, self->queue, settled_cb, settled, settled_free);
}

static LsMutation *
make_mutation (LsSimulation *self)
{
  LsMutation *mutation = ls_mutation_new (self->profile->id);

  mutation->actor = g_strdup (LS_SIMULATION_ACTOR);
  mutation->role = LS_ROLE_OWNER;
  mutation->mid = ls_id_new_uuid (self->environment);
  mutation->changes = g_ptr_array_ref (self->event->changes);
  return mutation;
}

static bool
look (LsSimulation *self)
{
  g_autoptr (GError) error = NULL;

  if (self->shop != NULL)
    return true;
  self->shop = ls_simulated_shop_load (self->storage, self->profile, &self->random, &error);
  self->since_look = 0;
  if (self->shop == NULL)
    g_warning ("Traffic in %s pauses: %s", self->profile->id, error->message);
  return self->shop != NULL;
}

static void
happen (LsSimulation *self)
{
  g_autoptr (LsMutation) mutation = NULL;
  g_autoptr (GError) error = NULL;

  if (!look (self))
    {
      set_timer (self, PAUSE_AFTER_FAILURE);
      return;
    }
  self->event = ls_simulated_event_make (self->shop, self->environment);
  if (self->event == NULL)
    {
      schedule (self);
      return;
    }
  mutation = make_mutation (self);
  if (ls_committer_submit (self->committer, mutation, decided_cb, ls_simulation_ref (self),
                           unref_cb, &error))
    return;
  /* Too much is waiting, or the server ends: one event less. */
  g_clear_pointer (&self->event, ls_simulated_event_free);
  look_away (self);
  set_timer (self, PAUSE_AFTER_FAILURE);
}

static void
tick_cb (gpointer data)
{
  LsSimulation *self = data;

  self->timer = 0;
  if (is_over (self))
    {
      look_away (self);
      return;
    }
  if (self->event == NULL)
    happen (self);
}

typedef struct {
  LsSimulation *simulation;
  int64_t per_hour;
  int64_t until;
} SetRate;

static void
set_rate_free (gpointer data)
{
  SetRate *set = data;

  ls_simulation_unref (set->simulation);
  g_free (set);
}

static void
set_rate_cb (gpointer data)
{
  SetRate *set = data;
  LsSimulation *self = set->simulation;
  bool changed = self->per_hour != set->per_hour;

  self->per_hour = set->per_hour;
  self->until = set->until;
  if (changed && self->timer != 0)
    {
      ls_environment_cancel (self->environment, self->queue, self->timer);
      self->timer = 0;
    }
  if (is_over (self))
    look_away (self);
  else if (self->event == NULL && look (self))
    schedule (self);
}

/**
 * ls_simulation_new:
 * @environment: clock, randomness and executor
 * @storage: where the shop is
 * @committer: the one door to it
 * @shop: its id
 * @seed: of what happens
 * @error: where to put why not: %LS_ERROR_FORBIDDEN for a shop that was not made as a sample
 *
 * Returns: (transfer full) (nullable): a simulation that stands still
 */
LsSimulation *
ls_simulation_new (LsEnvironment  *environment,
                   LsStorage      *storage,
                   LsCommitter    *committer,
                   const char     *shop,
                   uint64_t        seed,
                   GError        **error)
{
  g_autoptr (LsShop) found = ls_storage_get_shop (storage, shop, error);
  const LsSampleProfile *profile = ls_sample_profile_find (shop);
  g_autofree char *purpose = NULL;
  LsSimulation *self;

  if (found == NULL)
    return NULL;
  if (!found->sample || profile == NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_FORBIDDEN,
                   "%s was not made as a sample: traffic is made up in sample shops only", shop);
      return NULL;
    }
  self = g_new0 (LsSimulation, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->environment = g_object_ref (environment);
  self->storage = g_object_ref (storage);
  self->committer = g_object_ref (committer);
  self->queue = ls_environment_get_queue (environment, LS_SIMULATION_QUEUE);
  self->profile = profile;
  purpose = g_strconcat ("traffic ", shop, NULL);
  ls_sample_random_init (&self->random, seed, purpose);
  ls_sample_random_init (&self->intervals, seed, shop);
  return self;
}

/**
 * ls_simulation_set_rate:
 * @simulation: a simulation
 * @per_hour: events in an average hour; 0 stands still
 * @until: on the monotonic clock, when it stands still by itself; 0 for never
 *
 * Sets how much happens.
 */
void
ls_simulation_set_rate (LsSimulation *simulation,
                        int64_t       per_hour,
                        int64_t       until)
{
  SetRate set = { ls_simulation_ref (simulation), MIN (per_hour, LS_SIMULATION_MAX_RATE), until };

  ls_environment_post (simulation->environment, simulation->queue, set_rate_cb,
                       g_memdup2 (&set, sizeof set), set_rate_free);
}

/**
 * ls_simulation_get_events:
 * @simulation: a simulation
 *
 * Returns: how much has happened
 */
int64_t
ls_simulation_get_events (LsSimulation *simulation)
{
  return g_atomic_int_get (&simulation->events);
}
