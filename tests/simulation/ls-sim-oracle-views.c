/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-row.h"
#include "ls-sim-oracle-private.h"

/* What windows show: each time one of the states that the cache was in, whole. */

/* States that are kept: the screen is never that far behind. */
#define MAX_SCREENS 500
/* How long after that rows may show what they were. */
#define RELOAD (10 * (int64_t) G_USEC_PER_SEC)

typedef struct {
  int64_t sequence;
  GHashTable *rows;
} Screen;

void
ls_sim_screen_free (gpointer data)
{
  Screen *screen = data;

  g_hash_table_unref (screen->rows);
  g_free (screen);
}

/**
 * ls_sim_oracle_keep_screen:
 * @self: an oracle
 * @client: a client
 * @sequence: of the commit that led to what is known of its rows
 *
 * Remembers a state that exists, of one whose windows are looked at.
 */
void
ls_sim_oracle_keep_screen (LsSimOracle *self,
                           unsigned     client,
                           int64_t      sequence)
{
  LsSimWitness *witness = &self->witnesses[client];
  Screen *screen;
  GHashTableIter iter;
  gpointer name, row;

  if (!witness->views)
    return;
  screen = g_new0 (Screen, 1);
  screen->sequence = sequence;
  screen->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify) ls_record_unref);
  g_hash_table_iter_init (&iter, witness->screen);
  while (g_hash_table_iter_next (&iter, &name, &row))
    g_hash_table_insert (screen->rows, g_strdup (name), ls_record_ref (row));
  if (witness->screens->len >= MAX_SCREENS)
    g_ptr_array_remove_index (witness->screens, 0);
  g_ptr_array_add (witness->screens, screen);
}

/* Has what the windows of a client show looked at. */
void
ls_sim_oracle_watch_views (LsSimOracle *self,
                           unsigned     client)
{
  self->witnesses[client].views = true;
}

static GHashTable *
find_screen (LsSimWitness *witness,
             int64_t       sequence)
{
  for (unsigned i = witness->screens->len; i > 0; i--)
    {
      Screen *screen = g_ptr_array_index (witness->screens, i - 1);

      if (screen->sequence == sequence)
        return screen->rows;
    }
  return NULL;
}

static unsigned
count_rows (GHashTable         *screen,
            const LsCollection *collection)
{
  GHashTableIter iter;
  gpointer row;
  unsigned count = 0;

  g_hash_table_iter_init (&iter, screen);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    count += ls_record_get_collection (row) == collection;
  return count;
}

/**
 * ls_sim_oracle_find_unshown:
 * @self: an oracle
 * @client: a client
 * @sequence: the commit that its windows show
 * @collection: of a window
 * @rows: (element-type LsRow): what that shows
 *
 * Compares what is shown with the state that it is of.
 *
 * Returns: (transfer full) (nullable): what differs
 */
char *
ls_sim_oracle_find_unshown (LsSimOracle        *self,
                            unsigned            client,
                            int64_t             sequence,
                            const LsCollection *collection,
                            GPtrArray          *rows)
{
  LsSimWitness *witness = &self->witnesses[client];
  GHashTable *screen = find_screen (witness, sequence);

  if (screen == NULL)
    return g_strdup_printf ("commit %" G_GINT64_FORMAT ", which never was", sequence);
  if (rows->len != count_rows (screen, collection))
    return g_strdup_printf ("%u %s of %u", rows->len, collection->name,
                            count_rows (screen, collection));
  for (unsigned i = 0; i < rows->len; i++)
    {
      LsRow *row = g_ptr_array_index (rows, i);
      const LsRecord *shown = ls_row_get_record (row);
      g_autofree char *name =
          shown != NULL ? ls_sim_row_name (collection, ls_record_get_key (shown)) : NULL;
      const LsRecord *is = name != NULL ? g_hash_table_lookup (screen, name) : NULL;

      /* What somebody else wrote into the file is read when it is read. */
      if (shown == NULL || g_hash_table_contains (witness->rotten, name))
        continue;
      if (is == NULL || !ls_record_equal (is, shown))
        return g_strdup_printf ("another %s", name);
    }
  return NULL;
}

/**
 * ls_sim_oracle_shown:
 * @self: an oracle
 * @client: a client
 * @sequence: the commit that its windows show
 * @collection: of a window
 * @rows: (element-type LsRow): what that shows
 *
 * Takes what is shown at one moment.
 */
void
ls_sim_oracle_shown (LsSimOracle        *self,
                     unsigned            client,
                     int64_t             sequence,
                     const LsCollection *collection,
                     GPtrArray          *rows)
{
  const LsSimWitness *witness = &self->witnesses[client];
  g_autofree char *what = ls_sim_oracle_find_unshown (self, client, sequence, collection, rows);

  /* Values of rows that were replaced as a whole are read after their list has come. */
  if (ls_sim_world_get_time (self->world) - witness->reloaded_at[collection->id] < RELOAD)
    return;
  if (what != NULL)
    ls_sim_oracle_accuse (self, "client %u shows %s", client, what);
}
