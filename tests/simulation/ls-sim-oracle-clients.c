/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-cache-private.h"
#include "client/ls-cache-reader.h"
#include "ls-sim-oracle-private.h"
#include "ls-sim-server.h"

/* What clients say of their edits and rows, and whether it can be. */

static const unsigned all_states =
    LS_EDITS_WAITING | LS_EDIT_MASK (LS_EDIT_APPLIED) | LS_EDIT_MASK (LS_EDIT_DEAD) |
    LS_EDIT_MASK (LS_EDIT_LOST);

static bool
same_changes (GPtrArray *a,
              GPtrArray *b)
{
  if (a->len != b->len)
    return false;
  for (unsigned i = 0; i < a->len; i++)
    if (!ls_change_equal (g_ptr_array_index (a, i), g_ptr_array_index (b, i)))
      return false;
  return true;
}

/* Whether an edit failed only with the one that would have made its row, and no server heard of it. */
static bool
is_dependant (const LsEdit *edit)
{
  return edit->state == LS_EDIT_DEAD && edit->depends_on != NULL && edit->n == 0;
}

static void
judge_step (LsSimOracle     *self,
            unsigned         client,
            const LsSimEdit *before,
            const LsEdit    *after)
{
  static const char *const names[] = { "queued", "sent", "applied", "dead", "discarded", "lost" };
  bool ended = before->state == LS_EDIT_APPLIED || before->state == LS_EDIT_DEAD;
  /* Only a server that went back loses what it applied; from where on is not known to who comes when
   * it has gone on, nor after two epochs: what is told is where the first of them began. */
  bool lost = after->state == LS_EDIT_LOST && (self->undone || self->n_epochs > 1);

  /* It comes back with the edit that it went with, over what is there then: the server never had it. */
  if (before->is_dependant)
    return;
  if (before->state != LS_EDIT_QUEUED && after->state == LS_EDIT_QUEUED)
    ls_sim_oracle_accuse (self, "client %u has edit %s queued again after it was %s", client,
                          after->mid, names[before->state]);
  if (ended && after->state != before->state && after->state != LS_EDIT_DISCARDED && !lost)
    ls_sim_oracle_accuse (self, "edit %s of client %u was %s and is %s", after->mid, client,
                          names[before->state], names[after->state]);
  if (before->state != LS_EDIT_QUEUED && !same_changes (before->changes, after->changes))
    ls_sim_oracle_accuse (self, "edit %s of client %u changed after it got its n", after->mid,
                          client);
}

/* What was sent under a mid is what that mid means, whoever sends it. */
static void
note_sent (LsSimOracle  *self,
           const LsEdit *edit)
{
  GPtrArray *known = g_hash_table_lookup (self->asked, edit->mid);

  if (edit->state == LS_EDIT_QUEUED || edit->state == LS_EDIT_DISCARDED || is_dependant (edit))
    return;
  if (known == NULL)
    g_hash_table_insert (self->asked, g_strdup (edit->mid), g_ptr_array_ref (edit->changes));
  else if (!same_changes (known, edit->changes) && self->copied)
    /* One went on with the edit that both queued: the server takes the first and tells the other. */
    g_hash_table_add (self->mixed, g_strdup (edit->mid));
  else if (!same_changes (known, edit->changes))
    ls_sim_oracle_accuse (self, "edit %s means two things", edit->mid);
}

static LsSimEdit *
take_edit (LsSimOracle  *self,
           unsigned      client,
           const LsEdit *edit,
           bool          judge)
{
  GHashTable *edits = self->witnesses[client].edits;
  LsSimEdit *known = g_hash_table_lookup (edits, edit->mid);

  note_sent (self, edit);
  if (known == NULL)
    {
      known = g_new0 (LsSimEdit, 1);
      known->mid = g_strdup (edit->mid);
      known->changes = g_ptr_array_ref (edit->changes);
      g_hash_table_insert (edits, known->mid, known);
    }
  else if (judge)
    judge_step (self, client, known, edit);
  g_ptr_array_unref (known->changes);
  known->changes = g_ptr_array_ref (edit->changes);
  known->id = edit->id;
  /* What got its n is there, whatever was tried before. */
  known->doubtful &= !(known->state == LS_EDIT_QUEUED && edit->state == LS_EDIT_SENT);
  known->n = edit->n;
  known->state = edit->state;
  known->is_dependant = is_dependant (edit);
  known->status = edit->status;
  known->version = edit->version;
  if (edit->is_void && !known->is_void)
    known->voided_at = ls_sim_world_get_time (self->world);
  known->is_void = edit->is_void;
  return known;
}
/* --- What a client tells --------------------------------------------------------------------- */

/**
 * ls_sim_oracle_booted:
 * @self: an oracle
 * @client: a client that has just opened its cache
 * @cache: that cache
 *
 * What the admin was told is kept must be there.
 */
void
ls_sim_oracle_booted (LsSimOracle *self,
                      unsigned     client,
                      LsCache     *cache)
{
  LsSimWitness *witness = &self->witnesses[client];
  g_autoptr (GPtrArray) edits = ls_cache_list_edits (cache, LS_SIM_SHOP, all_states, NULL);
  g_autoptr (GHashTable) there = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer value;

  for (unsigned i = 0; edits != NULL && i < edits->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (edits, i);

      g_hash_table_add (there, edit->mid);
      take_edit (self, client, edit, true);
    }
  g_hash_table_iter_init (&iter, witness->edits);
  while (edits != NULL && g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsSimEdit *known = value;

      if (g_hash_table_contains (there, known->mid) || known->state == LS_EDIT_DISCARDED)
        continue;
      if (known->accepted && known->state != LS_EDIT_APPLIED && !known->is_void && !known->doubtful)
        ls_sim_oracle_accuse (self, "client %u lost edit %s", client, known->mid);
      g_hash_table_iter_remove (&iter);
    }
  g_array_set_size (witness->heals, 0);
  ls_sim_oracle_doubt_heals (self, client, client);
  ls_cache_get_position (cache, LS_SIM_SHOP, &witness->position, NULL, NULL, NULL);
  g_ptr_array_set_size (witness->screens, 0);
  ls_sim_oracle_look (self, client, cache);
  ls_sim_oracle_look_at_choice (self, client, cache, true);
}

/* Takes what a client shows from its file. */
void
ls_sim_oracle_look (LsSimOracle *self,
                    unsigned     client,
                    LsCache     *cache)
{
  g_hash_table_remove_all (self->witnesses[client].screen);
  ls_sim_oracle_reload_screen (self, client, cache, UINT32_MAX);
  ls_sim_oracle_keep_screen (self, client, ls_cache_get_sequence (cache));
}

/**
 * ls_sim_oracle_pasted:
 * @self: an oracle
 * @from: whose cache was copied
 * @to: a client that is down, whose cache that now is
 *
 * What one client knew the other knows now, and forgets what it knew.
 */
void
ls_sim_oracle_pasted (LsSimOracle *self,
                      unsigned     from,
                      unsigned     to)
{
  LsSimWitness *witness = &self->witnesses[to];
  GHashTableIter iter;
  gpointer value;

  self->copied = true;
  g_hash_table_remove_all (witness->rotten);
  witness->kept = false;
  ls_sim_oracle_doubt_heals (self, from, to);
  g_hash_table_remove_all (witness->edits);
  g_hash_table_iter_init (&iter, self->witnesses[from].edits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsSimEdit *copy = g_memdup2 (value, sizeof *copy);

      copy->mid = g_strdup (copy->mid);
      g_ptr_array_ref (copy->changes);
      g_hash_table_insert (witness->edits, copy->mid, copy);
    }
}

static void
judge_position (LsSimOracle      *self,
                unsigned          client,
                const LsPosition *position)
{
  LsPosition *before = &self->witnesses[client].position;
  const LsVersion *version = ls_sim_oracle_get_version (self, position->version);

  if (g_str_equal (before->epoch, position->epoch) && before->version > position->version &&
      /* A server that went back takes its clients with it. */
      before->version <= self->history->len &&
      ((LsVersion *) g_ptr_array_index (self->history, before->version - 1))->check ==
          before->check)
    ls_sim_oracle_accuse (self, "client %u went back from version %" G_GINT64_FORMAT
                          " to %" G_GINT64_FORMAT, client, before->version, position->version);
  if (version != NULL && g_str_equal (position->epoch, self->position.epoch) &&
      g_hash_table_size (self->lost) == 0 && version->check != position->check)
    ls_sim_oracle_accuse (self, "client %u is at a version %" G_GINT64_FORMAT
                          " that the server does not have", client, position->version);
  *before = *position;
}

static void
note_row (LsSimWitness       *witness,
          const LsCollection *collection,
          const char         *key,
          LsRecord           *row)
{
  char *name = ls_sim_row_name (collection, key);

  if (row != NULL)
    g_hash_table_replace (witness->screen, name, ls_record_ref (row));
  else
    {
      g_hash_table_remove (witness->screen, name);
      g_free (name);
    }
}

/**
 * ls_sim_oracle_committed:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @commit: what it committed
 *
 * Takes what a cache tells those who show it.
 */
void
ls_sim_oracle_committed (LsSimOracle         *self,
                         unsigned             client,
                         LsCache             *cache,
                         const LsCacheCommit *commit)
{
  LsSimWitness *witness = &self->witnesses[client];

  for (unsigned i = 0; i < commit->edits->len; i++)
    take_edit (self, client, g_ptr_array_index (commit->edits, i), true);
  for (unsigned i = 0; i < commit->changes->len; i++)
    {
      const LsRowChange *change = &g_array_index (commit->changes, LsRowChange, i);
      const LsRecord *row = change->after != NULL ? change->after : change->before;
      g_autofree char *name = NULL;
      const LsRecord *shown;

      /* Only whether an edit waits changed, of a row that the edit deletes. */
      if (row == NULL)
        continue;
      name = ls_sim_row_name (change->collection, ls_record_get_key (row));
      shown = g_hash_table_lookup (witness->screen, name);
      if ((change->before == NULL) != (shown == NULL) ||
          (shown != NULL && !ls_record_equal (shown, change->before)))
        ls_sim_oracle_accuse (self, "client %u tells of %s as it was not shown before", client,
                              name);
      note_row (witness, change->collection, ls_record_get_key (row), change->after);
    }
  if (commit->reloaded != 0)
    ls_sim_oracle_reload_screen (self, client, cache, commit->reloaded);
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (commit->reloaded & (UINT32_C (1) << i))
      witness->reloaded_at[i] = ls_sim_world_get_time (self->world);
  ls_sim_oracle_keep_screen (self, client, commit->sequence);
  judge_position (self, client, &commit->position);
  ls_sim_oracle_look_at_choice (self, client, cache, false);
}

/* Whether what an admin did to a row shows. */
static bool
shows (LsCache        *cache,
       const LsChange *change)
{
  g_autoptr (LsRecord) row =
      ls_cache_get_visible (cache, LS_SIM_SHOP, change->collection, change->key, NULL);

  if (row == NULL || change->op == LS_CHANGE_DEL)
    return row == NULL && change->op == LS_CHANGE_DEL;
  for (unsigned i = 0; change->op != LS_CHANGE_ADD && i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->has_set && !ls_value_equal (ls_record_get (row, edit->field), &edit->set))
        return false;
    }
  return true;
}

/* Whether the change @i is of a row that none after it is of. */
static bool
is_last_of_row (GPtrArray *changes,
                unsigned   i)
{
  const LsChange *change = g_ptr_array_index (changes, i);

  for (unsigned k = i + 1; k < changes->len; k++)
    {
      const LsChange *later = g_ptr_array_index (changes, k);

      if (later->collection == change->collection && g_str_equal (later->key, change->key))
        return false;
    }
  return true;
}

/**
 * ls_sim_oracle_accepted:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @edit: an edit that its admin was told is kept: his own, or one that it joined
 * @asked: (element-type LsChange): what he did
 *
 * From here on it must not get lost, and what he did shows.
 */
void
ls_sim_oracle_accepted (LsSimOracle  *self,
                        unsigned      client,
                        LsCache      *cache,
                        const LsEdit *edit,
                        GPtrArray    *asked)
{
  LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, edit->mid);

  if (known == NULL)
    {
      ls_sim_oracle_accuse (self, "client %u did not tell of edit %s", client, edit->mid);
      return;
    }
  /* One that takes another back leaves none. */
  known->accepted = edit->state != LS_EDIT_DISCARDED;
  for (unsigned i = 0; i < asked->len; i++)
    if (is_last_of_row (asked, i) && !shows (cache, g_ptr_array_index (asked, i)))
      ls_sim_oracle_accuse (self, "what edit %s of client %u did does not show", edit->mid, client);
}

void
ls_sim_oracle_discarded (LsSimOracle *self,
                         unsigned     client,
                         const char  *mid)
{
  LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, mid);

  if (known != NULL && known->state != LS_EDIT_DISCARDED && !known->is_void)
    ls_sim_oracle_accuse (self, "client %u did not take edit %s back", client, mid);
}

/* A commit that failed in front of a crash may be found to have happened. */
void
ls_sim_oracle_doubted (LsSimOracle *self,
                       unsigned     client,
                       const char  *mid)
{
  LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, mid);

  if (known != NULL)
    known->doubtful = true;
}

static bool
touches (const LsSimEdit *edit,
         const LsChange  *change)
{
  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *own = g_ptr_array_index (edit->changes, i);

      if (own->collection == change->collection && g_str_equal (own->key, change->key))
        return true;
    }
  return false;
}

/* The same, of a new edit: what waits for these rows may have been joined with it, and both be gone
 * where it takes the other back. */
void
ls_sim_oracle_doubted_rows (LsSimOracle *self,
                            unsigned     client,
                            GPtrArray   *changes)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->witnesses[client].edits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsSimEdit *edit = value;

      for (unsigned i = 0; edit->state == LS_EDIT_QUEUED && i < changes->len; i++)
        edit->doubtful |= touches (edit, g_ptr_array_index (changes, i));
    }
}

/* The old mid is history; the edit goes on under another. */
void
ls_sim_oracle_retried (LsSimOracle *self,
                       unsigned     client,
                       const char  *mid)
{
  g_hash_table_remove (self->witnesses[client].edits, mid);
}

/**
 * ls_sim_oracle_sent:
 * @self: an oracle
 * @client: a client
 * @mutate: what it sends
 * @patience: how long what goes may have been on its way from the cache
 *
 * Nothing of an edit goes once it was taken back.
 */
void
ls_sim_oracle_sent (LsSimOracle    *self,
                    unsigned        client,
                    const LsMutate *mutate,
                    int64_t         patience)
{
  const LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, mutate->mid);

  if (known != NULL && known->is_void && !mutate->is_void &&
      ls_sim_world_get_time (self->world) - known->voided_at > patience)
    ls_sim_oracle_accuse (self, "client %u sends edit %s, which was taken back", client,
                          mutate->mid);
}
