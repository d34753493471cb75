/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-consistency-checker"

#include "config.h"

#include "client/ls-consistency-checker-private.h"

#include "core/ls-schema.h"

/* What was found, until it is not found any more: told, healed, closed; see
 * ls-consistency-checker.c. */

#define MAX_OPEN 1000
/* A number that does not add up makes every row be looked at, not more often than this. */
#define DEEPER_PAUSE (10 * 60 * (int64_t) G_USEC_PER_SEC)
/* What is found again was not mended, or came back: it is asked for once more, not sooner than this. */
#define ASK_AGAIN (60 * (int64_t) G_USEC_PER_SEC)
/* A digest that agreed may have been compared before what was found: not one after so long. */
#define SETTLED (5 * (int64_t) G_USEC_PER_SEC)

void
ls_open_finding_free (gpointer data)
{
  LsOpenFinding *open = data;

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
    self->stats.n_open_told += ((LsOpenFinding *) open)->told;
  ls_checker_emit_changed (self);
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
      LsOpenFinding                 *open)
{
  if (open->told)
    return;
  open->told = true;
  self->stats.n_told++;
  ls_checker_emit_told (self, open->finding);
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
         LsOpenFinding                 *open)
{
  const LsFinding *finding = open->finding;

  open->asked_at = ls_environment_monotonic (self->environment);
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
  LsOpenFinding *open = g_hash_table_lookup (self->open, id);

  if (open != NULL)
    {
      /* Rows are the server's, and still do not add up. */
      if (open->compared)
        tell (self, open);
      else if (ls_environment_monotonic (self->environment) - open->asked_at >= ASK_AGAIN)
        {
          ls_finding_unref (open->finding);
          open->finding = ls_finding_ref (finding);
          respond (self, open);
        }
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
  open = g_new0 (LsOpenFinding, 1);
  open->finding = ls_finding_ref (finding);
  open->since = ls_environment_monotonic (self->environment);
  g_hash_table_insert (self->open, g_steal_pointer (&id), open);
  ls_checker_emit_finding (self, finding);
  respond (self, open);
}

typedef bool (*OpenFunc) (LsConsistencyChecker *self,
                          const LsOpenFinding           *open,
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
        g_ptr_array_add (gone, ls_finding_ref (((LsOpenFinding *) value)->finding));
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
  const LsCheck *check;
  const LsCheckReport *report;
  GHashTable *found;
} Seen;

/* Whether a check did not find it, and would have. That sums are honest again says nothing about
 * the rows: that is for the server's digests to say. */
static bool
was_not_found (LsConsistencyChecker *self,
               const LsOpenFinding           *open,
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

void
ls_checker_take_report (LsConsistencyChecker *self,
                        const LsCheck          *check,
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
concerns (const LsOpenFinding    *open,
          const LsEvent *event)
{
  return event->shop != NULL && g_str_equal (open->finding->shop, event->shop);
}

static bool
was_healed (LsConsistencyChecker *self,
            const LsOpenFinding           *open,
            const char           *id,
            gconstpointer         data)
{
  const LsEvent *event = data;

  return concerns (open, event) && is_rule (open->finding, "digest") &&
         (event->collection == NULL || event->collection == open->finding->collection);
}

static bool
was_verified (LsConsistencyChecker *self,
              const LsOpenFinding           *open,
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
      LsOpenFinding *open = value;

      if (open->compared || !concerns (open, event) || is_rule (open->finding, "digest") ||
          ls_environment_monotonic (self->environment) - open->since < SETTLED)
        continue;
      open->compared = look = true;
    }
  if (look)
    ls_consistency_checker_check (self, event->shop, LS_CHECK_ALL, NULL, NULL, NULL);
  changed (self);
}

/* Follows what digests say of the rows. */
void
ls_checker_listen (LsConsistencyChecker *self)
{
  g_signal_connect (self->bus, "event::" LS_EVENT_FINDING, G_CALLBACK (differs_cb), self);
  g_signal_connect (self->bus, "event::" LS_EVENT_HEALED, G_CALLBACK (healed_cb), self);
  g_signal_connect (self->bus, "event::" LS_EVENT_VERIFIED, G_CALLBACK (verified_cb), self);
}
