/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-view.h"
#include "ls-sim-oracle-private.h"
#include "ls-sim-server.h"

/* The server's history: followed, replayed, and judged by what edits asked for. */

char *
ls_sim_row_name (const LsCollection *collection,
                 const char         *key)
{
  return g_strconcat (collection->name, " ", key, NULL);
}

static void
edit_free (gpointer data)
{
  LsSimEdit *edit = data;

  g_free (edit->mid);
  g_ptr_array_unref (edit->changes);
  g_free (edit);
}

static void
row_free (gpointer row)
{
  if (row != NULL)
    ls_record_unref (row);
}

static GHashTable *
rows_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, row_free);
}

LsSimOracle *
ls_sim_oracle_new (LsSimWorld *world,
                   unsigned    n_clients)
{
  LsSimOracle *self = g_new0 (LsSimOracle, 1);

  self->world = world;
  self->history = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_version_unref);
  self->rows = rows_new ();
  self->by_mid = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->decided = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->counted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_ptr_array_unref);
  self->mixed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->rotten = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->n_clients = n_clients;
  self->witnesses = g_new0 (LsSimWitness, n_clients);
  for (unsigned i = 0; i < n_clients; i++)
    {
      self->witnesses[i].edits =
          g_hash_table_new_full (g_str_hash, g_str_equal, NULL, edit_free);
      self->witnesses[i].screen = rows_new ();
      self->witnesses[i].rotten = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      self->witnesses[i].healed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      self->witnesses[i].screens = g_ptr_array_new_with_free_func (ls_sim_screen_free);
      self->witnesses[i].heals = g_array_new (FALSE, FALSE, sizeof (LsSimHeal));
    }
  return self;
}

void
ls_sim_oracle_free (LsSimOracle *self)
{
  for (unsigned i = 0; i < self->n_clients; i++)
    {
      g_hash_table_unref (self->witnesses[i].edits);
      g_hash_table_unref (self->witnesses[i].screen);
      g_hash_table_unref (self->witnesses[i].rotten);
      g_hash_table_unref (self->witnesses[i].healed);
      g_array_unref (self->witnesses[i].heals);
      g_ptr_array_unref (self->witnesses[i].screens);
    }
  g_free (self->witnesses);
  g_ptr_array_unref (self->history);
  g_hash_table_unref (self->rows);
  g_hash_table_unref (self->by_mid);
  g_hash_table_unref (self->decided);
  g_hash_table_unref (self->counted);
  g_hash_table_unref (self->lost);
  g_hash_table_unref (self->asked);
  g_hash_table_unref (self->mixed);
  g_hash_table_unref (self->rotten);
  g_free (self->violation);
  g_free (self);
}

/**
 * ls_sim_oracle_accuse:
 * @self: an oracle
 * @format: what is not as it must be
 *
 * Notes a violation; the first is kept.
 */
void
ls_sim_oracle_accuse (LsSimOracle *self,
                      const char  *format,
                      ...)
{
  va_list args;

  if (self->violation != NULL)
    return;
  va_start (args, format);
  self->violation = g_strdup_vprintf (format, args);
  va_end (args);
  ls_sim_world_note (self->world, "VIOLATION: %s", self->violation);
}

const char *
ls_sim_oracle_get_violation (LsSimOracle *self)
{
  return self->violation;
}

unsigned
ls_sim_oracle_get_n_applied (LsSimOracle *self)
{
  return g_hash_table_size (self->by_mid);
}

const LsVersion *
ls_sim_oracle_get_version (LsSimOracle *self,
                           int64_t      version)
{
  return version >= 1 && version <= self->history->len
             ? g_ptr_array_index (self->history, version - 1)
             : NULL;
}

/* Whether a backup was put in the place of the server's data. */
bool
ls_sim_oracle_went_back (LsSimOracle *self)
{
  return self->rewound;
}

int64_t
ls_sim_oracle_get_length (LsSimOracle *self)
{
  return self->history->len;
}

/* --- What an edit means ---------------------------------------------------------------------- */

static bool
is_derived (const LsCollection *collection,
            unsigned            field)
{
  return (collection->fields[field].flags & LS_FIELD_DERIVED) != 0;
}

/* One change on one row, by the letter of the protocol. NULL for no row. */
static LsRecord *
mean (const LsChange *change,
      LsRecord       *before)
{
  LsRecord *after;

  if (change->op == LS_CHANGE_DEL)
    return NULL;
  if (change->op == LS_CHANGE_PUT || before == NULL)
    after = ls_record_new (change->collection, change->key);
  else
    after = ls_record_copy (before);
  if (change->op == LS_CHANGE_PUT && before != NULL)
    for (unsigned i = 0; i < change->collection->n_fields; i++)
      if (is_derived (change->collection, i))
        ls_record_take (after, i, ls_value_copy (ls_record_get (before, i)));
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!edit->has_set)
        continue;
      if (change->op == LS_CHANGE_ADD)
        ls_record_set_integer (after, edit->field,
                               ls_record_get_integer (after, edit->field, 0) +
                                   ls_value_get_integer (&edit->set, 0));
      else
        ls_record_take (after, edit->field, ls_value_copy (&edit->set));
    }
  return after;
}

/* What an admin saw in a field must have stood there, or what he wanted there (rule 13). */
static void
judge_seen (LsSimOracle    *self,
            const char     *mid,
            const LsChange *change,
            const LsRecord *before)
{
  if (change->op == LS_CHANGE_ADD)
    return;
  for (unsigned i = 0; before != NULL && i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);
      const LsValue *stood = ls_record_get (before, edit->field);

      if (edit->has_was && !is_derived (change->collection, edit->field) &&
          !ls_value_equal (stood, &edit->was) &&
          !(edit->has_set && ls_value_equal (stood, &edit->set)))
        ls_sim_oracle_accuse (self, "edit %s was applied over a value of %s that its admin never saw",
                              mid, change->collection->fields[edit->field].name);
    }
  if (before == NULL && change->op == LS_CHANGE_SET)
    ls_sim_oracle_accuse (self, "edit %s was applied to a row that is not there", mid);
}

static bool
as_asked (const LsRecord *meant,
          const LsRecord *is)
{
  const LsCollection *collection;

  if (meant == NULL || is == NULL)
    return meant == is;
  collection = ls_record_get_collection (is);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (!is_derived (collection, i) && !(collection->fields[i].flags & LS_FIELD_SENSITIVE) &&
        !ls_value_equal (ls_record_get (meant, i), ls_record_get (is, i)))
      return false;
  return true;
}

/* A row as it stood before a version; @before has those that it touched, NULL for one that it made. */
static LsRecord *
find_before (LsSimOracle *self,
             GHashTable  *before,
             const char  *name)
{
  gpointer row;

  return g_hash_table_lookup_extended (before, name, NULL, &row)
             ? row
             : g_hash_table_lookup (self->rows, name);
}

/* The rows that an edit leads to, by name. With a @mid it is judged whether its admin saw what stood
 * there; @before is as of find_before(). */
static GHashTable *
find_meant (LsSimOracle *self,
            const char  *mid,
            GPtrArray   *asked,
            GHashTable  *before)
{
  GHashTable *meant = rows_new ();

  for (unsigned i = 0; i < asked->len; i++)
    {
      const LsChange *change = g_ptr_array_index (asked, i);
      char *key = ls_sim_row_name (change->collection, change->key);
      LsRecord *stood = g_hash_table_contains (meant, key) ? g_hash_table_lookup (meant, key)
                                                           : find_before (self, before, key);

      if (mid != NULL)
        judge_seen (self, mid, change, stood);
      g_hash_table_replace (meant, key, mean (change, stood));
    }
  return meant;
}

/* Compares what an edit asks for with what its version did; @before is as of find_before(). What
 * changes nothing is not in the version. */
static void
judge_version (LsSimOracle     *self,
               const LsVersion *version,
               GHashTable      *before)
{
  GPtrArray *asked = version->mid != NULL ? g_hash_table_lookup (self->asked, version->mid) : NULL;
  g_autoptr (GHashTable) meant = NULL;
  GHashTableIter iter;
  gpointer name, row;

  if (version->mid != NULL && g_hash_table_contains (self->mixed, version->mid))
    return;
  if (asked == NULL)
    {
      if (version->client != NULL)
        ls_sim_oracle_accuse (self, "version %" G_GINT64_FORMAT " is of edit %s, which nobody made",
                              version->version, version->mid);
      return;
    }
  meant = find_meant (self, version->mid, asked, before);
  g_hash_table_iter_init (&iter, meant);
  while (g_hash_table_iter_next (&iter, &name, &row))
    if (!as_asked (row, g_hash_table_lookup (self->rows, name)))
      ls_sim_oracle_accuse (self, "version %" G_GINT64_FORMAT " did not do to %s what edit %s asks",
                            version->version, (char *) name, version->mid);
}

/* --- History --------------------------------------------------------------------------------- */

static void
replay (LsSimOracle     *self,
        const LsVersion *version,
        bool             judge)
{
  g_autoptr (GHashTable) before = rows_new ();

  for (unsigned i = 0; i < version->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (version->changes, i);
      char *name = ls_sim_row_name (change->collection, change->key);
      LsRecord *stood = g_hash_table_lookup (self->rows, name);
      LsRecord *after = mean (change, stood);

      if (!g_hash_table_contains (before, name))
        g_hash_table_insert (before, g_strdup (name), stood != NULL ? ls_record_ref (stood) : NULL);
      if (change->op == LS_CHANGE_PUT && stood != NULL)
        ls_sim_oracle_accuse (self, "version %" G_GINT64_FORMAT " makes %s, which is there",
                              version->version, name);
      if (after != NULL)
        g_hash_table_replace (self->rows, name, after);
      else
        {
          g_hash_table_remove (self->rows, name);
          g_free (name);
        }
    }
  if (judge)
    judge_version (self, version, before);
}

/* As many changes as a version may have, and no more bytes (rule 3): those of its texts alone. */
static void
judge_size (LsSimOracle     *self,
            const LsVersion *version)
{
  size_t bytes = 0;

  for (unsigned i = 0; i < version->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (version->changes, i);

      for (unsigned k = 0; k < change->edits->len; k++)
        {
          const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, k);

          if (edit->has_set && edit->set.kind == LS_VALUE_TEXT)
            bytes += strlen (edit->set.text);
        }
    }
  if (version->changes->len > LS_MAX_CHANGES || bytes > LS_MAX_VERSION_BYTES)
    ls_sim_oracle_accuse (self, "version %" G_GINT64_FORMAT " has %u changes, %zu bytes",
                          version->version, version->changes->len, bytes);
}

static void
take_version (LsSimOracle *self,
              LsVersion   *version)
{
  int64_t expected = self->history->len + 1;

  judge_size (self, version);

  if (version->version != expected)
    ls_sim_oracle_accuse (self, "version %" G_GINT64_FORMAT " stands where %" G_GINT64_FORMAT
                          " should", version->version, expected);
  if (version->mid != NULL && g_hash_table_contains (self->by_mid, version->mid))
    ls_sim_oracle_accuse (self, "edit %s was applied twice, in version %" G_GINT64_FORMAT
                          " and %" G_GINT64_FORMAT, version->mid,
                          *(int64_t *) g_hash_table_lookup (self->by_mid, version->mid),
                          version->version);
  if (version->mid != NULL)
    g_hash_table_insert (self->by_mid, g_strdup (version->mid),
                         g_memdup2 (&version->version, sizeof version->version));
  g_ptr_array_add (self->history, ls_version_ref (version));
  replay (self, version, true);
}

/**
 * ls_sim_oracle_is_idle:
 * @self: an oracle
 * @changes: (element-type LsChange): what an edit asks for
 * @version: where it was decided
 *
 * Returns: whether it changes nothing in the rows as they were there
 */
bool
ls_sim_oracle_is_idle (LsSimOracle *self,
                       GPtrArray   *changes,
                       int64_t      version)
{
  g_autoptr (GHashTable) rows = rows_new ();
  g_autoptr (GHashTable) meant = NULL;
  GHashTable *present = self->rows;
  GHashTableIter iter;
  gpointer name, row;
  bool idle = version <= self->history->len;

  self->rows = rows;
  for (int64_t i = 0; idle && i < version; i++)
    replay (self, g_ptr_array_index (self->history, i), false);
  meant = find_meant (self, NULL, changes, rows);
  self->rows = present;
  g_hash_table_iter_init (&iter, meant);
  while (idle && g_hash_table_iter_next (&iter, &name, &row))
    idle = as_asked (row, g_hash_table_lookup (rows, name));
  return idle;
}

/**
 * ls_sim_oracle_follow:
 * @self: an oracle
 * @storage: the server's
 *
 * Reads what is new in the log. What it read before must still be there.
 *
 * Returns: whether it could be read
 */
bool
ls_sim_oracle_follow (LsSimOracle *self,
                      LsStorage   *storage)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsShop) shop = ls_storage_get_shop (storage, LS_SIM_SHOP, &error);
  g_autoptr (GPtrArray) versions = NULL;
  const LsVersion *last = ls_sim_oracle_get_version (self, self->history->len);

  if (shop == NULL)
    return false;
  if (shop->position.version < self->history->len)
    {
      ls_sim_oracle_accuse (self, "the server forgot versions: it is at %" G_GINT64_FORMAT
                            ", it was at %u", shop->position.version, self->history->len);
      return false;
    }
  if (last != NULL && shop->position.version == last->version &&
      shop->position.check != last->check)
    ls_sim_oracle_accuse (self, "the server has another version %" G_GINT64_FORMAT, last->version);
  versions = ls_storage_read_log (storage, LS_SIM_SHOP, self->history->len, INT64_MAX, SIZE_MAX,
                                  &error);
  if (versions == NULL)
    return false;
  for (unsigned i = 0; i < versions->len && self->violation == NULL; i++)
    take_version (self, g_ptr_array_index (versions, i));
  self->position = shop->position;
  return true;
}

/**
 * ls_sim_oracle_note_decided:
 * @self: an oracle
 * @storage: the server's
 * @cache: of a client
 *
 * Reads how edits of that client ended which it did not acknowledge yet, and so may not know.
 */
void
ls_sim_oracle_note_decided (LsSimOracle *self,
                            LsStorage   *storage,
                            LsCache     *cache)
{
  g_autofree char *id = ls_cache_get_client_id (cache, NULL);
  g_autoptr (GPtrArray) decisions =
      id != NULL ? ls_storage_list_decisions (storage, LS_SIM_SHOP, id, 0, NULL) : NULL;

  for (unsigned i = 0; decisions != NULL && i < decisions->len; i++)
    {
      const LsDecision *decision = g_ptr_array_index (decisions, i);

      g_hash_table_add (self->decided, g_strdup (decision->mid));
      if (decision->n > 0)
        g_hash_table_replace (self->counted, ls_sim_oracle_name_n (id, decision->n),
                              g_strdup (decision->mid));
    }
}

/* What a client counted is known by. */
char *
ls_sim_oracle_name_n (const char *client,
                      int64_t     n)
{
  return g_strdup_printf ("%s %" G_GINT64_FORMAT, client, n);
}

/**
 * ls_sim_oracle_rewind:
 * @self: an oracle
 * @to: the position of a backup that is restored
 *
 * History goes back.
 */
void
ls_sim_oracle_rewind (LsSimOracle      *self,
                      const LsPosition *to)
{
  for (int64_t i = to->version; i < self->history->len; i++)
    {
      const LsVersion *version = g_ptr_array_index (self->history, i);

      if (version->mid == NULL)
        continue;
      g_hash_table_add (self->lost, g_strdup (version->mid));
      g_hash_table_remove (self->by_mid, version->mid);
    }
  g_hash_table_remove_all (self->decided);
  g_hash_table_remove_all (self->counted);
  self->undone = self->undone || to->version < self->history->len;
  g_ptr_array_set_size (self->history, (int) MIN (to->version, self->history->len));
  g_hash_table_remove_all (self->rows);
  for (unsigned i = 0; i < self->history->len; i++)
    replay (self, g_ptr_array_index (self->history, i), false);
  self->position = *to;
  self->rewound = true;
}

/**
 * ls_sim_oracle_new_epoch:
 * @self: an oracle
 *
 * The backup that is restored says that it is one: a new epoch begins with it.
 */
void
ls_sim_oracle_new_epoch (LsSimOracle *self)
{
  self->n_epochs++;
}
