/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-consistency-checker"

#include "config.h"

#include "client/ls-consistency-checker.h"

#include "client/ls-consistency-checker-private.h"
#include "core/ls-schema.h"

/*
 * That the screen shows what the server has is proven in three ways, each of which sees what the
 * others can't:
 *
 *   digests     The server tells, in the stream, what the rows of each collection add up to; the
 *               cache keeps the same sums, following every change. They see a change that was
 *               lost, applied twice, or applied to another row. (ls-sync-proof.c, ls-sync-heal.c)
 *   the scrub   Computes the sums from the rows. It sees a row that rotted on the disk, or that
 *               somebody else wrote: no sum that follows changes does. What was wrong with the sum
 *               is put right at once; then the sum is honest, and differs from the server's as long
 *               as the row does. (ls-cache-proof.c)
 *   the rules   Compare numbers that can be had by two routes, and values with what the schema
 *               allows. They see what the server got wrong itself. (ls-check-rules.c)
 *
 * This object makes the last two go round, and has done about a finding what its rule says:
 *
 *             found                                  not found any more,
 *               |                                    or digests agree
 *               v                                           |
 *             OPEN --heal, resync: LsHealer--> BEING HEALED --'--> CLOSED
 *               |                                    |
 *               '--tell--> TOLD <--digests agree with the server's, and it is still there
 *
 * What must hold:
 *
 * - A finding is told once, however often it is found, until it is closed.
 * - Only what nothing here can mend is told to the admin. That a difference was mended is told
 *   where he looks for it.
 * - Every row is read within a day, and soon after the program was killed or the machine lost its
 *   power; reading keeps neither the cache's queue nor the main one waiting, and takes a twentieth
 *   of one processor at most.
 * - Numbers are compared at one position, over confirmed rows only: what waits to be confirmed, or
 *   is being fetched, makes a rule be skipped, never a finding.
 *
 * What can go wrong:
 *
 *   no connection                        rows stay in doubt and are compared once there is one
 *   the check itself can't read          it is logged for debugging; the next turn tries again
 *   a heal does not hold                 the machine backs off (rule 19); the finding stays open
 *   the server's own numbers are wrong   digests agree, the rule does not: told
 */

/* Between two turns: a shop's numbers, and one collection's rows. */
#define CHECK_PAUSE (60 * (int64_t) G_USEC_PER_SEC)
/* After a crash all rows are read at once, but for pauses. */
#define FIRST_PAUSE (5 * (int64_t) G_USEC_PER_SEC)
#define SHORT_PAUSE ((int64_t) G_USEC_PER_SEC)
/* All shops in half a day, however many there are. */
#define ROUND_TIME (12 * 60 * 60 * (int64_t) G_USEC_PER_SEC)
#define IDLE_FACTOR 20

enum {
  FINDING,
  TOLD,
  CHANGED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsConsistencyChecker, ls_consistency_checker, G_TYPE_OBJECT)

static void schedule (LsConsistencyChecker *self,
                      int64_t               delay);

static void
check_free (gpointer data)
{
  LsCheck *check = data;

  if (check->destroy != NULL)
    check->destroy (check->user_data);
  g_object_unref (check->checker);
  g_free (check);
}

void
ls_checker_emit_finding (LsConsistencyChecker *self,
                         LsFinding            *finding)
{
  g_signal_emit (self, signals[FINDING], 0, finding);
}

void
ls_checker_emit_told (LsConsistencyChecker *self,
                      LsFinding            *finding)
{
  g_signal_emit (self, signals[TOLD], 0, finding);
}

void
ls_checker_emit_changed (LsConsistencyChecker *self)
{
  g_signal_emit (self, signals[CHANGED], 0);
}

/* --- Checks ---------------------------------------------------------------------------------- */

static int64_t
next_pause (LsConsistencyChecker *self,
            int64_t               took)
{
  unsigned n_shops = self->shops != NULL ? g_strv_length (self->shops) : 0;
  int64_t pause = MIN (CHECK_PAUSE, ROUND_TIME / (MAX (n_shops, 1) * LS_N_COLLECTIONS));

  if (self->fast_turns > 0)
    pause = SHORT_PAUSE;
  return MAX (pause, took * IDLE_FACTOR);
}

static void
done_cb (const LsCheckReport *report,
         int64_t              took,
         const GError        *error,
         gpointer             user_data)
{
  LsCheck *check = user_data;
  LsConsistencyChecker *self = check->checker;

  if (error == NULL)
    ls_checker_take_report (self, check, report);
  else
    g_debug ("%s: %s", report->shop, error->message);
  if (check->func != NULL)
    check->func (error == NULL ? report : NULL, error, check->user_data);
  if (check->own && self->started)
    schedule (self, next_pause (self, took));
}

static LsCheck *
check_new (LsConsistencyChecker *self,
           bool                  cross,
           uint32_t              collections)
{
  LsCheck *check = g_new0 (LsCheck, 1);

  check->checker = g_object_ref (self);
  check->cross = cross;
  check->collections = collections;
  return check;
}

static void
check_start (LsCheck      *check,
             const char *shop)
{
  ls_check_job_start (check->checker->environment, check->checker->cache, shop, check->cross,
                      check->collections, done_cb, check, check_free);
}

static void
round_cb (gpointer user_data)
{
  LsConsistencyChecker *self = user_data;
  unsigned n_shops = self->shops != NULL ? g_strv_length (self->shops) : 0;
  LsCheck *check;

  self->timer = 0;
  if (n_shops == 0)
    {
      schedule (self, CHECK_PAUSE);
      return;
    }
  check = check_new (self, self->fast_turns == 0,
                     UINT32_C (1) << (self->turn / n_shops % LS_N_COLLECTIONS));
  check->own = true;
  if (self->fast_turns > 0)
    self->fast_turns--;
  check_start (check, self->shops[self->turn++ % n_shops]);
}

static void
schedule (LsConsistencyChecker *self,
          int64_t               delay)
{
  self->timer =
      ls_environment_post_after (self->environment, self->main_queue, delay, round_cb, self, NULL);
}

/* --- The object ------------------------------------------------------------------------------ */

static void
ls_consistency_checker_dispose (GObject *object)
{
  LsConsistencyChecker *self = LS_CONSISTENCY_CHECKER (object);

  if (self->environment != NULL)
    ls_consistency_checker_stop (self);
  if (self->bus != NULL)
    g_signal_handlers_disconnect_by_data (self->bus, self);
  self->healer = NULL;
  g_clear_object (&self->cache);
  g_clear_object (&self->bus);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_consistency_checker_parent_class)->dispose (object);
}

static void
ls_consistency_checker_finalize (GObject *object)
{
  LsConsistencyChecker *self = LS_CONSISTENCY_CHECKER (object);

  g_strfreev (self->shops);
  g_hash_table_unref (self->open);
  G_OBJECT_CLASS (ls_consistency_checker_parent_class)->finalize (object);
}

static void
ls_consistency_checker_class_init (LsConsistencyCheckerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_consistency_checker_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_consistency_checker_finalize;

  /**
   * LsConsistencyChecker::finding:
   * @self: the checker
   * @finding: what does not agree
   *
   * Something was found that was not known before.
   */
  signals[FINDING] =
      g_signal_new ("finding", LS_TYPE_CONSISTENCY_CHECKER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, LS_TYPE_FINDING);
  /**
   * LsConsistencyChecker::told:
   * @self: the checker
   * @finding: what does not agree
   *
   * Something was found that nothing here can mend.
   */
  signals[TOLD] = g_signal_new ("told", LS_TYPE_CONSISTENCY_CHECKER, G_SIGNAL_RUN_LAST, 0, NULL,
                                NULL, NULL, G_TYPE_NONE, 1, LS_TYPE_FINDING);
  /**
   * LsConsistencyChecker::changed:
   * @self: the checker
   *
   * What is open, or the statistics, may be another.
   */
  signals[CHANGED] = g_signal_new ("changed", LS_TYPE_CONSISTENCY_CHECKER, G_SIGNAL_RUN_LAST, 0,
                                   NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ls_consistency_checker_init (LsConsistencyChecker *self)
{
  self->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, ls_open_finding_free);
}

/**
 * ls_consistency_checker_new:
 * @environment: clock and queues
 * @cache: what is checked
 * @bus: where findings are told, and where it hears what the server's digests say
 *
 * Returns: (transfer full): a checker that checks only when asked
 */
LsConsistencyChecker *
ls_consistency_checker_new (LsEnvironment *environment,
                            LsCache       *cache,
                            LsEventBus    *bus)
{
  LsConsistencyChecker *self = g_object_new (LS_TYPE_CONSISTENCY_CHECKER, NULL);

  self->environment = g_object_ref (environment);
  self->main_queue = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  self->cache = g_object_ref (cache);
  self->bus = g_object_ref (bus);
  ls_checker_listen (self);
  return self;
}

/**
 * ls_consistency_checker_set_healer:
 * @self: a checker
 * @healer: (nullable): what can be done about a finding; static
 * @user_data: for it
 *
 * Says who heals. Without anybody findings are only told.
 */
void
ls_consistency_checker_set_healer (LsConsistencyChecker *self,
                                   const LsHealer       *healer,
                                   gpointer              user_data)
{
  g_return_if_fail (LS_IS_CONSISTENCY_CHECKER (self));

  self->healer = healer;
  self->healer_data = user_data;
}

/**
 * ls_consistency_checker_set_shops:
 * @self: a checker
 * @shops: (array zero-terminated=1): the shops to check by itself
 *
 * Sets what the round goes through.
 */
void
ls_consistency_checker_set_shops (LsConsistencyChecker *self,
                                  const char *const    *shops)
{
  g_return_if_fail (LS_IS_CONSISTENCY_CHECKER (self));

  g_strfreev (self->shops);
  self->shops = g_strdupv ((char **) shops);
}

/**
 * ls_consistency_checker_start:
 * @self: a checker
 *
 * Begins to check by itself, after a pause.
 */
void
ls_consistency_checker_start (LsConsistencyChecker *self)
{
  g_return_if_fail (LS_IS_CONSISTENCY_CHECKER (self));

  if (self->started)
    return;
  self->started = true;
  /* Who is started often and briefly comes round to all rows in the end too. */
  self->turn = (unsigned) (ls_environment_random (self->environment) >> 40);
  if (ls_cache_was_killed (self->cache) && self->shops != NULL)
    self->fast_turns = g_strv_length (self->shops) * LS_N_COLLECTIONS;
  schedule (self, self->fast_turns > 0 ? FIRST_PAUSE : CHECK_PAUSE);
}

/**
 * ls_consistency_checker_stop:
 * @self: a checker
 *
 * Checks no more by itself.
 */
void
ls_consistency_checker_stop (LsConsistencyChecker *self)
{
  g_return_if_fail (LS_IS_CONSISTENCY_CHECKER (self));

  self->started = false;
  if (self->timer != 0)
    ls_environment_cancel (self->environment, self->main_queue, self->timer);
  self->timer = 0;
}

/**
 * ls_consistency_checker_check:
 * @self: a checker
 * @shop: a shop
 * @depth: how much
 * @func: (nullable): called on the main queue when it is done
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Checks a shop now, after what is being checked.
 */
void
ls_consistency_checker_check (LsConsistencyChecker *self,
                              const char           *shop,
                              LsCheckDepth          depth,
                              LsCheckFunc           func,
                              gpointer              user_data,
                              GDestroyNotify        destroy)
{
  LsCheck *check;

  g_return_if_fail (LS_IS_CONSISTENCY_CHECKER (self) && shop != NULL);

  check = check_new (self, true, depth == LS_CHECK_ALL ? UINT32_MAX : 0);
  check->func = func;
  check->user_data = user_data;
  check->destroy = destroy;
  check_start (check, shop);
}

static int
compare_findings (gconstpointer a,
                  gconstpointer b)
{
  const LsFinding *first = *(LsFinding *const *) a, *second = *(LsFinding *const *) b;

  if (first->severity != second->severity)
    return first->severity > second->severity ? -1 : 1;
  return g_strcmp0 (first->message, second->message);
}

/**
 * ls_consistency_checker_get_open:
 * @self: a checker
 *
 * Returns: (transfer full) (element-type LsFinding): what was found and has not gone since, the
 *   worst first
 */
GPtrArray *
ls_consistency_checker_get_open (LsConsistencyChecker *self)
{
  GPtrArray *findings = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_finding_unref);
  GHashTableIter iter;
  gpointer open;

  g_return_val_if_fail (LS_IS_CONSISTENCY_CHECKER (self), findings);

  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, NULL, &open))
    g_ptr_array_add (findings, ls_finding_ref (((LsOpenFinding *) open)->finding));
  g_ptr_array_sort (findings, compare_findings);
  return findings;
}

/**
 * ls_consistency_checker_get_stats:
 * @self: a checker
 *
 * Returns: (transfer none): what came of it since the start; follow LsConsistencyChecker::changed
 */
const LsProofStats *
ls_consistency_checker_get_stats (LsConsistencyChecker *self)
{
  g_return_val_if_fail (LS_IS_CONSISTENCY_CHECKER (self), NULL);

  return &self->stats;
}
