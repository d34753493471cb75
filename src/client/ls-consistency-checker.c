/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-consistency-checker"

#include "config.h"

#include "client/ls-consistency-checker.h"

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
#define MAX_OPEN 1000
/* A number that does not add up makes every row be looked at, not more often than this. */
#define DEEPER_PAUSE (10 * 60 * (int64_t) G_USEC_PER_SEC)
/* A digest that agreed may have been compared before what was found: not one after so long. */
#define SETTLED (5 * (int64_t) G_USEC_PER_SEC)

/**
 * LsConsistencyChecker:
 *
 * Looks for what does not agree, by itself and when asked, and has it healed. What it finds is a
 * signal, and an event with both numbers; what it does not find again is an event too. Main thread
 * only.
 */
struct _LsConsistencyChecker {
  GObject parent_instance;

  LsEnvironment *environment;
  LsQueue *main_queue;
  LsCache *cache;
  LsEventBus *bus;
  const LsHealer *healer;
  gpointer healer_data;

  GStrv shops;
  bool started;
  unsigned turn;       /* which shop, and of it which collection, comes next */
  unsigned fast_turns; /* left of those after a crash */
  uint64_t timer;
  int64_t looked_deeper_at; /* monotonic, 0 for never */
  int64_t differs_since;    /* by the digests, µs since the epoch, 0 when they agree */
  GHashTable *open;         /* id of a finding -> Open */
  LsProofStats stats;
};

enum {
  FINDING,
  TOLD,
  CHANGED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsConsistencyChecker, ls_consistency_checker, G_TYPE_OBJECT)

typedef struct {
  LsFinding *finding;
  int64_t since; /* monotonic */
  bool compared; /* the server's digests agreed since */
  bool told;
} Open;

/* One check, and who wants to know. */
typedef struct {
  LsConsistencyChecker *checker;
  uint32_t collections; /* whose rows are checked by themselves */
  bool cross;
  bool own; /* of the checker's own round */
  LsCheckFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} Check;

static void schedule (LsConsistencyChecker *self,
                      int64_t               delay);

static void
check_free (gpointer data)
{
  Check *check = data;

  if (check->destroy != NULL)
    check->destroy (check->user_data);
  g_object_unref (check->checker);
  g_free (check);
}

static void
open_free (gpointer data)
{
  Open *open = data;

  ls_finding_unref (open->finding);
  g_free (open);
}

static bool
is_rule (const LsFinding *finding,
         const char      *rule)
{
  return g_str_equal (finding->rule, rule);
}

/* --- Findings -------------------------------------------------------------------------------- */

static void
publish (LsConsistencyChecker *self,
         const char           *type,
         const LsFinding      *finding)
{
  LsEvent *event = ls_event_new (type, finding->shop);

  event->collection = finding->collection;
  event->key = g_strdup (finding->key);
  event->version = finding->version;
  event->code = g_strdup (ls_error_info (LS_ERROR_INCONSISTENCY)->name);
  event->message = g_strdup (finding->message);
  event->correlation = ls_finding_get_id (finding);
  ls_event_bus_publish (self->bus, event);
}

static void
changed (LsConsistencyChecker *self)
{
  GHashTableIter iter;
  gpointer open;

  self->stats.n_open = g_hash_table_size (self->open) + (self->differs_since != 0 ? 1 : 0);
  self->stats.n_open_told = 0;
  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, NULL, &open))
    self->stats.n_open_told += ((Open *) open)->told;
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
note_found (LsConsistencyChecker *self)
{
  self->stats.n_found++;
  self->stats.found_at = ls_environment_now (self->environment);
}

static void
note_healed (LsConsistencyChecker *self,
             int64_t               since)
{
  int64_t now = ls_environment_now (self->environment);

  self->stats.n_healed++;
  self->stats.healed_at = now;
  self->stats.heal_time = MAX (now - since, 0);
  self->stats.max_heal_time = MAX (self->stats.max_heal_time, self->stats.heal_time);
}

static void
tell (LsConsistencyChecker *self,
      Open                 *open)
{
  if (open->told)
    return;
  open->told = true;
  self->stats.n_told++;
  g_signal_emit (self, signals[TOLD], 0, open->finding);
}

/* Every row of the shop is looked at: is one of those that the number follows from not sound? */
static void
look_deeper (LsConsistencyChecker *self,
             const char           *shop)
{
  int64_t now = ls_environment_monotonic (self->environment);

  if (self->looked_deeper_at != 0 && now - self->looked_deeper_at < DEEPER_PAUSE)
    return;
  self->looked_deeper_at = now;
  ls_consistency_checker_check (self, shop, LS_CHECK_ALL, NULL, NULL, NULL);
}

/* Does what the rule says. */
static void
respond (LsConsistencyChecker *self,
         Open                 *open)
{
  const LsFinding *finding = open->finding;

  switch (finding->response)
    {
    case LS_FINDING_HEAL:
      if (self->healer != NULL && finding->buckets != NULL)
        self->healer->suspect (finding->shop, finding->collection, finding->buckets,
                               self->healer_data);
      else if (self->healer != NULL)
        self->healer->verify (finding->shop, 0, self->healer_data);
      if (finding->buckets == NULL)
        look_deeper (self, finding->shop);
      break;
    case LS_FINDING_RESYNC:
      if (self->healer != NULL)
        self->healer->refetch (finding->shop, finding->collections, self->healer_data);
      break;
    case LS_FINDING_TELL:
      tell (self, open);
      break;
    case LS_FINDING_MENDED:
    default:
      break;
    }
}

static void
take_finding (LsConsistencyChecker *self,
              LsFinding            *finding)
{
  g_autofree char *id = ls_finding_get_id (finding);
  Open *open = g_hash_table_lookup (self->open, id);

  if (open != NULL)
    {
      /* Rows are the server's, and still do not add up. */
      if (open->compared)
        tell (self, open);
      return;
    }
  if (g_hash_table_size (self->open) >= MAX_OPEN)
    return;
  note_found (self);
  publish (self, LS_EVENT_FINDING, finding);
  if (finding->response == LS_FINDING_MENDED)
    {
      note_healed (self, finding->at);
      publish (self, LS_EVENT_HEALED, finding);
      return;
    }
  open = g_new0 (Open, 1);
  open->finding = ls_finding_ref (finding);
  open->since = ls_environment_monotonic (self->environment);
  g_hash_table_insert (self->open, g_steal_pointer (&id), open);
  g_signal_emit (self, signals[FINDING], 0, finding);
  respond (self, open);
}

typedef bool (*OpenFunc) (LsConsistencyChecker *self,
                          const Open           *open,
                          const char           *id,
                          gconstpointer         data);

/* Closes the findings that @func says so of. */
static void
close_findings (LsConsistencyChecker *self,
                OpenFunc              func,
                gconstpointer         data)
{
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_finding_unref);
  GHashTableIter iter;
  gpointer id, value;

  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, &id, &value))
    if (func (self, value, id, data))
      {
        g_ptr_array_add (gone, ls_finding_ref (((Open *) value)->finding));
        g_hash_table_iter_remove (&iter);
      }
  for (unsigned i = 0; i < gone->len; i++)
    {
      const LsFinding *finding = g_ptr_array_index (gone, i);

      note_healed (self, finding->at);
      publish (self, LS_EVENT_HEALED, finding);
    }
}

typedef struct {
  const Check *check;
  const LsCheckReport *report;
  GHashTable *found;
} Seen;

/* Whether a check did not find it, and would have. That sums are honest again says nothing about
 * the rows: that is for the server's digests to say. */
static bool
was_not_found (LsConsistencyChecker *self,
               const Open           *open,
               const char           *id,
               gconstpointer         data)
{
  const Seen *seen = data;
  const LsFinding *finding = open->finding;

  if (g_hash_table_contains (seen->found, id) || is_rule (finding, "digest") ||
      !g_str_equal (finding->shop, seen->report->shop) ||
      seen->report->n_findings > seen->report->findings->len)
    return false;
  if (is_rule (finding, "row"))
    return seen->check->collections & (UINT32_C (1) << finding->collection->id);
  return seen->check->cross && seen->report->n_skipped == 0;
}

static void
take_report (LsConsistencyChecker *self,
             const Check          *check,
             const LsCheckReport  *report)
{
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Seen seen = { check, report, found };

  self->stats.n_checks++;
  for (unsigned i = 0; i < report->findings->len; i++)
    {
      LsFinding *finding = g_ptr_array_index (report->findings, i);

      g_hash_table_add (found, ls_finding_get_id (finding));
      take_finding (self, finding);
    }
  close_findings (self, was_not_found, &seen);
  changed (self);
}

/* --- What the sync machine tells ------------------------------------------------------------- */

static bool
concerns (const Open    *open,
          const LsEvent *event)
{
  return event->shop != NULL && g_str_equal (open->finding->shop, event->shop);
}

static bool
was_healed (LsConsistencyChecker *self,
            const Open           *open,
            const char           *id,
            gconstpointer         data)
{
  const LsEvent *event = data;

  return concerns (open, event) && is_rule (open->finding, "digest") &&
         (event->collection == NULL || event->collection == open->finding->collection);
}

static bool
was_verified (LsConsistencyChecker *self,
              const Open           *open,
              const char           *id,
              gconstpointer         data)
{
  return concerns (open, data) && is_rule (open->finding, "digest") &&
         ls_environment_monotonic (self->environment) - open->since >= SETTLED;
}

static void
differs_cb (LsEventBus           *bus,
            LsEvent              *event,
            LsConsistencyChecker *self)
{
  if (event->correlation != NULL)
    return;
  note_found (self);
  if (self->differs_since == 0)
    self->differs_since = ls_environment_now (self->environment);
  changed (self);
}

static void
healed_cb (LsEventBus           *bus,
           LsEvent              *event,
           LsConsistencyChecker *self)
{
  unsigned n_open = g_hash_table_size (self->open);

  if (event->correlation != NULL)
    return;
  self->stats.n_rows += (uint64_t) MAX (event->count, 0);
  close_findings (self, was_healed, event);
  if (self->differs_since != 0 || n_open == g_hash_table_size (self->open))
    note_healed (self, self->differs_since != 0 ? self->differs_since
                                                : ls_environment_now (self->environment));
  self->differs_since = 0;
  changed (self);
  /* Do the others add up now? */
  if (g_hash_table_size (self->open) > 0)
    ls_consistency_checker_check (self, event->shop, LS_CHECK_ALL, NULL, NULL, NULL);
}

/* The rows are the server's: what does not add up now is so there. */
static void
verified_cb (LsEventBus           *bus,
             LsEvent              *event,
             LsConsistencyChecker *self)
{
  GHashTableIter iter;
  gpointer value;
  bool look = false;

  if (event->correlation != NULL)
    return;
  self->differs_since = 0;
  close_findings (self, was_verified, event);
  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Open *open = value;

      if (open->compared || !concerns (open, event) || is_rule (open->finding, "digest") ||
          ls_environment_monotonic (self->environment) - open->since < SETTLED)
        continue;
      open->compared = look = true;
    }
  if (look)
    ls_consistency_checker_check (self, event->shop, LS_CHECK_ALL, NULL, NULL, NULL);
  changed (self);
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
  Check *check = user_data;
  LsConsistencyChecker *self = check->checker;

  if (error == NULL)
    take_report (self, check, report);
  else
    g_debug ("%s: %s", report->shop, error->message);
  if (check->func != NULL)
    check->func (error == NULL ? report : NULL, error, check->user_data);
  if (check->own && self->started)
    schedule (self, next_pause (self, took));
}

static Check *
check_new (LsConsistencyChecker *self,
           bool                  cross,
           uint32_t              collections)
{
  Check *check = g_new0 (Check, 1);

  check->checker = g_object_ref (self);
  check->cross = cross;
  check->collections = collections;
  return check;
}

static void
check_start (Check      *check,
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
  Check *check;

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
  self->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, open_free);
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
  g_signal_connect (bus, "event::" LS_EVENT_FINDING, G_CALLBACK (differs_cb), self);
  g_signal_connect (bus, "event::" LS_EVENT_HEALED, G_CALLBACK (healed_cb), self);
  g_signal_connect (bus, "event::" LS_EVENT_VERIFIED, G_CALLBACK (verified_cb), self);
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
  Check *check;

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
    g_ptr_array_add (findings, ls_finding_ref (((Open *) open)->finding));
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
