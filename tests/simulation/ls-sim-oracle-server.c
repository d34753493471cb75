/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-view.h"
#include "ls-sim-oracle-private.h"
#include "ls-sim-server.h"

/* The server at rest: its rows and digests are those that its log led to. */

/**
 * ls_sim_oracle_find_wrong_digest:
 * @self: an oracle that has followed the log
 * @committer: the server's
 *
 * Returns: (nullable): a collection whose digest is not that of the rows that the log led to
 */
const LsCollection *
ls_sim_oracle_find_wrong_digest (LsSimOracle *self,
                                 LsCommitter *committer)
{
  LsDigestSum sums[LS_N_COLLECTIONS], own[LS_N_COLLECTIONS] = { 0 };
  const LsView *view = ls_view_full ();
  LsScope scope;
  LsPosition position;
  GHashTableIter iter;
  gpointer row;

  ls_scope_init (&scope);
  if (!ls_committer_get_digest (committer, LS_SIM_SHOP, view, &scope, &position, sums))
    return NULL;
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    {
      const LsCollection *collection = ls_record_get_collection (row);

      own[collection->id].count++;
      own[collection->id].hash ^= ls_digest_record (row, ls_view_get_fields (view, collection));
    }
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (own[i].count != sums[i].count || own[i].hash != sums[i].hash)
      return ls_schema_collection ((LsCollectionId) i);
  return NULL;
}

typedef struct {
  LsSimOracle *oracle;
  unsigned n_rows;
} Scan;

static bool
row_cb (LsRecord *record,
        gpointer  user_data)
{
  Scan *scan = user_data;
  g_autofree char *name =
      ls_sim_row_name (ls_record_get_collection (record), ls_record_get_key (record));
  const LsRecord *known = g_hash_table_lookup (scan->oracle->rows, name);

  scan->n_rows++;
  if (known == NULL || !ls_record_equal (known, record))
    ls_sim_oracle_accuse (scan->oracle, "the server's %s is not what its log led to", name);
  return true;
}

/**
 * ls_sim_oracle_judge_server:
 * @self: an oracle that has followed the log
 * @storage: the server's
 * @committer: the server's
 *
 * Compares all rows and digests with what the log led to.
 */
void
ls_sim_oracle_judge_server (LsSimOracle *self,
                            LsStorage   *storage,
                            LsCommitter *committer)
{
  const LsCollection *collections[LS_N_COLLECTIONS];
  Scan scan = { self, 0 };
  const LsCollection *wrong;
  LsPosition position;
  g_autoptr (GError) error = NULL;

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    collections[i] = ls_schema_collection ((LsCollectionId) i);
  if (!ls_storage_scan (storage, LS_SIM_SHOP, collections, LS_N_COLLECTIONS, &position, row_cb,
                        &scan, &error))
    ls_sim_oracle_accuse (self, "the server's rows can't be read: %s", error->message);
  else if (scan.n_rows != g_hash_table_size (self->rows))
    ls_sim_oracle_accuse (self, "the server has %u rows, its log led to %u", scan.n_rows,
                          g_hash_table_size (self->rows));
  wrong = ls_sim_oracle_find_wrong_digest (self, committer);
  if (wrong != NULL)
    ls_sim_oracle_accuse (self, "the server's digest of %s is not that of its log", wrong->name);
}
