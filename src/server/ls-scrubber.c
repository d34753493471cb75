/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-scrubber"

#include "config.h"

#include "server/ls-scrubber.h"

#include "core/ls-fault.h"
#include "server/ls-derive-check.h"

/*
 * One shop after the other, all of them in the interval:
 *
 *   pause --> rows (committer's queue, slice by slice) --> check (a queue of its own)
 *     ^                                                      |  ^
 *     |                                          nothing to  |  | repairs are committed: once more
 *     '----------------------------------------- repair -----'--'
 *
 * The rows are read between groups and summed up: whatever is committed meanwhile, a row that rotted
 * shows. The check reads the shop at one snapshot. Repairs go through the committer and the log like
 * any change (PROTOCOL rule 4), so that clients get them; they name what stands there, and one that
 * was overtaken changes nothing and is tried again.
 *
 * What was found is logged once, each check of a pass what the one before it hid. What stays wrong is
 * counted and not logged again.
 */

#define SCRUB_QUEUE "scrub"
#define SLICE_ROWS 500
#define MIN_PAUSE (1000)
#define MAX_PAUSE (60 * (int64_t) G_USEC_PER_SEC)
/* After a crash: all rows soon, and still less than half of the committer's time. */
#define CRASH_PAUSE (20 * 1000)
#define FIRST_PAUSE (60 * (int64_t) G_USEC_PER_SEC)
#define MAX_TRIES 5
/* The version that makes a shop. */
#define FOUNDED 1
/* A check holds the shop in memory, about a kilobyte a row. */
#define MAX_ROWS 1000000
/* Findings that are logged word by word. */
#define MAX_WORDS 20

/* One pass over one shop. */
typedef struct {
  LsScrubber *scrubber;
  char *shop;
  GArray *suspects[LS_N_COLLECTIONS]; /* buckets, uint32_t */
  unsigned tries;
  int n_undecided; /* repairs on their way, atomic */
  int n_applied;   /* atomic */
  int64_t found_at;     /* monotonic, 0 for nothing */
  uint64_t n_found;
  int64_t n_rows;
} Pass;

struct _LsScrubber {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsStorage *storage;
  GWeakRef committer; /* it holds passes, which hold this */
  LsQueue *queue;
  int64_t interval;

  GMutex lock;
  LsScrubStats stats;
  bool stopped;

  /* On the queue */
  GHashTable *rows;   /* shop -> how many it had, int64_t */
  GHashTable *told;   /* shops of which it was logged that something stays wrong */
  GQueue due;         /* names of shops that are still to be read */
  unsigned n_shops;
  int64_t began_at;   /* the pass under way, monotonic */
  bool after_crash;   /* it is one */
  uint64_t timer;
};

static void begin_next (gpointer data);

static LsScrubber *
scrubber_ref (LsScrubber *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
scrubber_unref (gpointer data)
{
  LsScrubber *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_hash_table_unref (self->rows);
  g_hash_table_unref (self->told);
  g_queue_clear_full (&self->due, g_free);
  g_mutex_clear (&self->lock);
  g_weak_ref_clear (&self->committer);
  g_object_unref (self->storage);
  g_object_unref (self->environment);
  g_free (self);
}

static bool
is_stopped (LsScrubber *self)
{
  bool stopped;

  g_mutex_lock (&self->lock);
  stopped = self->stopped;
  g_mutex_unlock (&self->lock);
  return stopped;
}

static void
pass_free (gpointer data)
{
  Pass *pass = data;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    g_clear_pointer (&pass->suspects[id], g_array_unref);
  scrubber_unref (pass->scrubber);
  g_free (pass->shop);
  g_free (pass);
}

static void
holder_free (gpointer data)
{
  Pass **holder = data;

  g_clear_pointer (holder, pass_free);
  g_free (holder);
}

/* Hands the pass on to the scrubber's queue; it is freed where it ends. */
static void
hand_on (Pass     *pass,
         LsJobFunc func)
{
  Pass **holder = g_new (Pass *, 1);

  *holder = pass;
  ls_environment_post (pass->scrubber->environment, pass->scrubber->queue, func, holder,
                       holder_free);
}

static void
schedule (LsScrubber *self,
          int64_t     delay)
{
  if (is_stopped (self))
    return;
  self->timer = ls_environment_post_after (self->environment, self->queue, MAX (delay, 1),
                                           begin_next, scrubber_ref (self), scrubber_unref);
}

/* --- The end of a pass ----------------------------------------------------------------------- */

static void
end_pass (Pass *pass)
{
  LsScrubber *self = pass->scrubber;
  int64_t now = ls_environment_monotonic (self->environment);
  int64_t share = self->interval / MAX (self->n_shops, 1);

  g_mutex_lock (&self->lock);
  self->stats.passes++;
  self->stats.passed_at = ls_environment_now (self->environment);
  if (pass->n_applied > 0)
    self->stats.repair_time = now - pass->found_at;
  g_mutex_unlock (&self->lock);
  if (pass->n_rows > 0)
    g_hash_table_insert (self->rows, g_strdup (pass->shop),
                         g_memdup2 (&pass->n_rows, sizeof pass->n_rows));
  if (pass->n_applied > 0)
    g_message ("Shop %s: repaired %" G_GUINT64_FORMAT " differences through the log", pass->shop,
               pass->n_found);
  schedule (self, self->after_crash && !g_queue_is_empty (&self->due)
                      ? MIN_PAUSE
                      : self->began_at + share - now);
  pass_free (pass);
}

/* --- The check ------------------------------------------------------------------------------- */

static void
log_findings (const LsDeriveReport *report)
{
  for (unsigned i = 0; i < report->findings->len && i < MAX_WORDS; i++)
    {
      g_autofree char *words = ls_finding_to_text (g_ptr_array_index (report->findings, i));

      g_message ("Shop %s: %s", report->shop, words);
    }
  if (report->n_findings > MAX_WORDS)
    g_message ("Shop %s: … and %" G_GINT64_FORMAT " more", report->shop,
               report->n_findings - MAX_WORDS);
}

/* A difference of a digest comes with the values that make it; alone it is one of its own. */
static uint64_t
count_findings (const LsDeriveReport *report)
{
  int64_t n_digests = 0;

  for (unsigned i = 0; i < report->findings->len; i++)
    n_digests +=
        ((LsFinding *) g_ptr_array_index (report->findings, i))->kind == LS_FINDING_DIGEST;
  return (uint64_t) MAX (report->n_findings - n_digests, report->n_findings > 0 ? 1 : 0);
}

static void
note_found (Pass                 *pass,
            const LsDeriveReport *report)
{
  LsScrubber *self = pass->scrubber;
  bool repairable = report->repairs->len > 0 || report->renews;
  uint64_t n = count_findings (report);

  if (pass->found_at == 0)
    pass->found_at = ls_environment_monotonic (self->environment);
  if (!repairable && !g_hash_table_add (self->told, g_strdup (pass->shop)))
    return;
  log_findings (report);
  pass->n_found += n;
  g_mutex_lock (&self->lock);
  self->stats.found += n;
  if (!repairable)
    self->stats.unrepaired += n;
  g_mutex_unlock (&self->lock);
  if (!repairable)
    g_warning ("Shop %s: the log does not tell what these rows were; restore them from a backup, "
               "or take them as they are by `lockstepd check --repair`",
               pass->shop);
}

static void check_cb (gpointer data);

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Pass *pass = user_data;

  if (decision != NULL && decision->status == LS_RESULT_APPLIED)
    {
      g_atomic_int_inc (&pass->n_applied);
      g_mutex_lock (&pass->scrubber->lock);
      pass->scrubber->stats.repaired += MAX (mutation->changes->len, 1);
      g_mutex_unlock (&pass->scrubber->lock);
    }
}

/* A repair was decided, or never will be. Was it all? */
static void
over_cb (gpointer user_data)
{
  Pass *pass = user_data;

  if (g_atomic_int_dec_and_test (&pass->n_undecided))
    hand_on (pass, check_cb);
}

/* Submits what repairs it, and once all is decided makes the check again; takes the pass. False when
 * nothing could be submitted: then the pass is still the caller's. */
static bool
repair (Pass                 *pass,
        const LsDeriveReport *report)
{
  g_autoptr (LsCommitter) committer = g_weak_ref_get (&pass->scrubber->committer);
  g_autoptr (GPtrArray) mutations = ls_derive_report_make_mutations (report);
  g_autoptr (GError) error = NULL;
  unsigned n_submitted = 0;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    g_clear_pointer (&pass->suspects[id], g_array_unref);
  /* The first answer may come before the last question. */
  g_atomic_int_set (&pass->n_undecided, 1);
  for (; committer != NULL && n_submitted < mutations->len; n_submitted++)
    {
      g_atomic_int_inc (&pass->n_undecided);
      if (ls_committer_submit (committer, g_ptr_array_index (mutations, n_submitted), decided_cb,
                               pass, over_cb, &error))
        continue;
      g_debug ("Shop %s: %s", pass->shop, error->message);
      break;
    }
  if (n_submitted > 0)
    over_cb (pass);
  return n_submitted > 0;
}

static void
check_cb (gpointer data)
{
  Pass *pass = g_steal_pointer ((Pass **) data);
  LsScrubber *self = pass->scrubber;
  g_autoptr (LsCommitter) committer = g_weak_ref_get (&self->committer);
  LsCheckOptions options = {
    .digests = committer != NULL ? ls_committer_get_digests (committer, pass->shop) : NULL,
    .max_rows = MAX_ROWS,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (LsDeriveReport) report = NULL;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    options.suspects[id] = pass->suspects[id];
  pass->tries++;
  report = ls_derive_check_with (self->storage, pass->shop, &options, &error);
  if (report == NULL)
    g_debug ("Shop %s could not be checked: %s", pass->shop, error->message);
  else if (report->too_large)
    g_debug ("Shop %s has too many rows to be checked while others write", pass->shop);
  if (report != NULL)
    pass->n_rows = report->n_rows;
  if (report != NULL && report->n_findings > 0)
    note_found (pass, report);
  else if (report != NULL)
    g_hash_table_remove (self->told, pass->shop);
  if (report == NULL || (report->repairs->len == 0 && !report->renews) || pass->tries >= MAX_TRIES ||
      is_stopped (self) || !repair (pass, report))
    end_pass (pass);
}

/* --- The rows -------------------------------------------------------------------------------- */

static void
scrubbed_cb (const char         *shop,
             const LsCollection *collection,
             GArray             *buckets,
             const GError       *error,
             gpointer            user_data)
{
  Pass **holder = user_data;
  Pass *pass = *holder;

  if (collection != NULL)
    {
      if (buckets->len > 0)
        pass->suspects[collection->id] = g_array_copy (buckets);
      return;
    }
  if (error != NULL)
    g_debug ("The rows of shop %s could not be read: %s", shop, error->message);
  *holder = NULL;
  hand_on (pass, check_cb);
}

/* So that the rows take half of the shop's share of the interval. */
static int64_t
slice_pause (LsScrubber *self,
             const char *shop)
{
  const int64_t *n_rows = g_hash_table_lookup (self->rows, shop);
  int64_t n_slices = LS_N_COLLECTIONS + (n_rows != NULL ? *n_rows : MAX_ROWS) / SLICE_ROWS;

  if (self->after_crash)
    return CRASH_PAUSE;
  return CLAMP (self->interval / MAX (self->n_shops, 1) / 2 / n_slices, MIN_PAUSE, MAX_PAUSE);
}

/* Whether the server that ran last did not come to its end: then the digests were not kept. Of a shop
 * that was only founded none were, and it has a single row. */
static bool
was_killed (LsScrubber   *self,
            const LsShop *shop)
{
  int64_t version = 0;
  g_autoptr (GBytes) digests =
      ls_storage_load_digests (self->storage, shop->shop, &version, NULL);

  return version != shop->position.version && (digests != NULL || shop->position.version > FOUNDED);
}

/* Takes all shops in, or the first time, with @killed_only, those that a crash concerned. */
static void
list_shops (LsScrubber *self,
            bool        killed_only)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) shops = ls_storage_list_shops (self->storage, &error);

  if (shops == NULL)
    g_debug ("The shops could not be listed: %s", error->message);
  self->n_shops = shops != NULL ? shops->len : 0;
  for (unsigned i = 0; i < self->n_shops; i++)
    {
      const LsShop *shop = g_ptr_array_index (shops, i);

      if (!killed_only || was_killed (self, shop))
        g_queue_push_tail (&self->due, g_strdup (shop->shop));
    }
}

static void
begin_next (gpointer data)
{
  LsScrubber *self = data;
  g_autoptr (LsCommitter) committer = g_weak_ref_get (&self->committer);
  Pass **holder;
  Pass *pass;

  self->timer = 0;
  if (committer == NULL || is_stopped (self) || LS_FAULT (SERVER_NOT_SCRUBBED))
    return;
  if (g_queue_is_empty (&self->due))
    {
      self->after_crash = false;
      list_shops (self, false);
    }
  if (g_queue_is_empty (&self->due))
    {
      schedule (self, MIN (self->interval, FIRST_PAUSE));
      return;
    }
  self->began_at = ls_environment_monotonic (self->environment);
  pass = g_new0 (Pass, 1);
  pass->scrubber = scrubber_ref (self);
  pass->shop = g_queue_pop_head (&self->due);
  holder = g_new (Pass *, 1);
  *holder = pass;
  ls_committer_scrub (committer, pass->shop, slice_pause (self, pass->shop), scrubbed_cb,
                      holder, holder_free);
}

static void
start_cb (gpointer data)
{
  LsScrubber *self = data;

  if (self->after_crash)
    g_message ("The server was not ended in order: reading the rows of %u shops",
               g_queue_get_length (&self->due));
  schedule (self, self->after_crash ? MIN_PAUSE : MIN (FIRST_PAUSE, self->interval / 10));
}

/* --- The object ------------------------------------------------------------------------------ */

/**
 * ls_scrubber_new:
 * @environment: clock and queues
 * @storage: where the shops are
 * @committer: what repairs go through; it may end first
 * @interval: the time in which all is read once, µs
 *
 * Returns: (transfer full): a scrubber that is not at work
 */
LsScrubber *
ls_scrubber_new (LsEnvironment *environment,
                 LsStorage     *storage,
                 LsCommitter   *committer,
                 int64_t        interval)
{
  LsScrubber *self = g_new0 (LsScrubber, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->environment = g_object_ref (environment);
  self->storage = g_object_ref (storage);
  g_weak_ref_init (&self->committer, committer);
  self->queue = ls_environment_get_queue (environment, SCRUB_QUEUE);
  self->interval = interval;
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->due);
  g_mutex_init (&self->lock);
  return self;
}

/**
 * ls_scrubber_free:
 * @self: (transfer full): a scrubber
 *
 * Lets go of it; a pass under way ends by itself.
 */
void
ls_scrubber_free (LsScrubber *self)
{
  ls_scrubber_stop (self);
  scrubber_unref (self);
}

/**
 * ls_scrubber_start:
 * @self: a scrubber
 *
 * Begins, once, before anybody writes: at once with the shops that a crash concerned, else after a
 * while. Reads a little of each shop.
 */
void
ls_scrubber_start (LsScrubber *self)
{
  list_shops (self, true);
  self->after_crash = !g_queue_is_empty (&self->due);
  ls_environment_post (self->environment, self->queue, start_cb, scrubber_ref (self),
                       scrubber_unref);
}

/**
 * ls_scrubber_stop:
 * @self: a scrubber
 *
 * Begins nothing more, from any thread.
 */
void
ls_scrubber_stop (LsScrubber *self)
{
  g_mutex_lock (&self->lock);
  self->stopped = true;
  g_mutex_unlock (&self->lock);
}

/**
 * ls_scrubber_get_stats:
 * @self: a scrubber
 * @ret_stats: (out): the numbers
 *
 * Tells what came of it, from any thread.
 */
void
ls_scrubber_get_stats (LsScrubber   *self,
                       LsScrubStats *ret_stats)
{
  g_mutex_lock (&self->lock);
  *ret_stats = self->stats;
  g_mutex_unlock (&self->lock);
}
