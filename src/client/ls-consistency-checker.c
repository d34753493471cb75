/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-consistency-checker"

#include "config.h"

#include "client/ls-consistency-checker.h"

#include "client/ls-cache-reader.h"

#define CHECKER_QUEUE "checker"
/* A shop is looked at so often, and with so long a pause for each µs that it took. */
#define CHECK_PAUSE (60 * G_USEC_PER_SEC)
#define IDLE_FACTOR 20
#define MAX_OPEN 1000

/**
 * LsConsistencyChecker:
 *
 * Looks for numbers that do not agree: by itself, a shop after the other, the cross-section rules
 * each time and one collection's rows besides, so that all rows are read within a day; and when
 * asked. It reads the cache on a queue of its own, at one snapshot. What it finds is a signal, and
 * an event with both numbers; what it does not find again is an event too. Main thread only.
 */
struct _LsConsistencyChecker {
  GObject parent_instance;

  LsEnvironment *environment;
  LsQueue *queue;
  LsQueue *main_queue;
  LsCache *cache;
  LsEventBus *bus;

  GStrv shops;
  bool started;
  unsigned turn; /* which shop, and of it which collection, comes next */
  uint64_t timer;
  GHashTable *open; /* id of a finding -> LsFinding */
};

enum {
  FINDING,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsConsistencyChecker, ls_consistency_checker, G_TYPE_OBJECT)

/* One check, on its way through the checker's queue and back. */
typedef struct {
  LsConsistencyChecker *checker;
  LsCheckFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
  bool own; /* of the checker's own round */

  LsEnvironment *environment;
  char *path;
  const LsCollation *collation;
  uint32_t collections; /* whose rows are checked by themselves */
  LsCheckReport *report;
  int64_t took;
  GError *error;
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
  g_object_unref (check->environment);
  g_clear_pointer (&check->report, ls_check_report_free);
  g_clear_error (&check->error);
  g_free (check->path);
  g_free (check);
}

/* --- On the checker's queue ------------------------------------------------------------------ */

static bool
check_snapshot (Check         *check,
                LsCacheReader *reader)
{
  int64_t now = ls_environment_now (check->environment);
  int64_t sequence;

  if (!ls_cache_reader_begin (reader, &sequence, &check->error) ||
      !ls_check_cross (reader, check->report, now, &check->error))
    return false;
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if ((check->collections & (UINT32_C (1) << i)) &&
        !ls_check_rows (reader, check->report, ls_schema_collection ((LsCollectionId) i), now,
                        &check->error))
      return false;
  return true;
}

static void
run_check (Check *check)
{
  g_autoptr (LsCacheReader) reader =
      ls_cache_reader_new (check->environment, check->path, check->collation);
  int64_t start = ls_environment_monotonic (check->environment);

  check_snapshot (check, reader);
  ls_cache_reader_end (reader);
  check->took = ls_environment_monotonic (check->environment) - start;
}

static void done_job (gpointer data);

static void
check_job (gpointer data)
{
  Check **holder = data;
  Check *check = g_steal_pointer (holder);

  run_check (check);
  ls_environment_post (check->environment, check->checker->main_queue, done_job, check,
                       check_free);
}

static void
holder_free (gpointer data)
{
  Check **holder = data;

  g_clear_pointer (holder, check_free);
  g_free (holder);
}

/* --- What was found -------------------------------------------------------------------------- */

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

/* Whether a check that found nothing about it would have found it. */
static bool
was_covered (const Check     *check,
             const LsFinding *finding)
{
  bool of_rows = g_str_equal (finding->rule, "digest") || g_str_equal (finding->rule, "row");

  if (!g_str_equal (finding->shop, check->report->shop) ||
      check->report->n_findings > check->report->findings->len)
    return false;
  if (of_rows)
    return check->collections & (UINT32_C (1) << finding->collection->id);
  return check->report->n_skipped == 0;
}

static void
close_findings (LsConsistencyChecker *self,
                const Check          *check,
                GHashTable           *found)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer id, finding;

  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, &id, &finding))
    if (!g_hash_table_contains (found, id) && was_covered (check, finding))
      g_ptr_array_add (ids, g_strdup (id));
  for (unsigned i = 0; i < ids->len; i++)
    {
      g_autoptr (LsFinding) gone =
          ls_finding_ref (g_hash_table_lookup (self->open, g_ptr_array_index (ids, i)));

      g_hash_table_remove (self->open, g_ptr_array_index (ids, i));
      publish (self, LS_EVENT_HEALED, gone);
    }
}

static void
take_report (LsConsistencyChecker *self,
             const Check          *check)
{
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (unsigned i = 0; i < check->report->findings->len; i++)
    {
      LsFinding *finding = g_ptr_array_index (check->report->findings, i);
      char *id = ls_finding_get_id (finding);
      bool known = g_hash_table_contains (self->open, id);

      g_hash_table_add (found, id);
      if (known || g_hash_table_size (self->open) >= MAX_OPEN)
        continue;
      g_hash_table_insert (self->open, g_strdup (id), ls_finding_ref (finding));
      publish (self, LS_EVENT_FINDING, finding);
      g_signal_emit (self, signals[FINDING], 0, finding);
    }
  close_findings (self, check, found);
}

static void
done_job (gpointer data)
{
  Check *check = data;
  LsConsistencyChecker *self = check->checker;

  if (check->error == NULL)
    take_report (self, check);
  else
    g_debug ("%s: %s", check->report->shop, check->error->message);
  if (check->func != NULL)
    check->func (check->error == NULL ? check->report : NULL, check->error, check->user_data);
  if (check->own && self->started)
    schedule (self, MAX (CHECK_PAUSE, check->took * IDLE_FACTOR));
}

/* --- The round ------------------------------------------------------------------------------- */

static Check *
check_new (LsConsistencyChecker *self,
           const char           *shop,
           uint32_t              collections)
{
  Check *check = g_new0 (Check, 1);

  check->checker = g_object_ref (self);
  check->environment = g_object_ref (self->environment);
  check->path = g_strdup (ls_cache_get_path (self->cache));
  check->collation = ls_cache_get_collation (self->cache);
  check->collections = collections;
  check->report = ls_check_report_new (shop);
  return check;
}

static void
post_check (LsConsistencyChecker *self,
            Check                *check)
{
  Check **holder = g_new (Check *, 1);

  *holder = check;
  ls_environment_post (self->environment, self->queue, check_job, holder, holder_free);
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
  check = check_new (self, self->shops[self->turn % n_shops],
                     UINT32_C (1) << (self->turn / n_shops % LS_N_COLLECTIONS));
  check->own = true;
  self->turn++;
  post_check (self, check);
}

static void
schedule (LsConsistencyChecker *self,
          int64_t               delay)
{
  self->timer =
      ls_environment_post_after (self->environment, self->main_queue, delay, round_cb, self, NULL);
}

static void
ls_consistency_checker_dispose (GObject *object)
{
  LsConsistencyChecker *self = LS_CONSISTENCY_CHECKER (object);

  if (self->environment != NULL)
    ls_consistency_checker_stop (self);
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
}

static void
ls_consistency_checker_init (LsConsistencyChecker *self)
{
  self->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                      (GDestroyNotify) ls_finding_unref);
}

/**
 * ls_consistency_checker_new:
 * @environment: clock and queues
 * @cache: what is checked
 * @bus: where findings are told
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
  self->queue = ls_environment_get_queue (environment, CHECKER_QUEUE);
  self->main_queue = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  self->cache = g_object_ref (cache);
  self->bus = g_object_ref (bus);
  return self;
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
  schedule (self, CHECK_PAUSE);
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

  check = check_new (self, shop, depth == LS_CHECK_ALL ? UINT32_MAX : 0);
  check->func = func;
  check->user_data = user_data;
  check->destroy = destroy;
  post_check (self, check);
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
  gpointer finding;

  g_return_val_if_fail (LS_IS_CONSISTENCY_CHECKER (self), findings);

  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, NULL, &finding))
    g_ptr_array_add (findings, ls_finding_ref (finding));
  g_ptr_array_sort (findings, compare_findings);
  return findings;
}
