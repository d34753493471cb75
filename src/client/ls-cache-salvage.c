/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include <errno.h>
#include <glib/gstdio.h>

#include "client/ls-cache-private.h"
#include "core/ls-error.h"
#include "sql/ls-sql-error.h"
#include "sql/ls-sql-maintenance.h"

/*
 * A file that is damaged is set aside under another name, never deleted. Rows can be fetched again;
 * the edits that wait exist nowhere else: those that can still be read come over, under their old
 * mids, by which the server knows any that it has decided already.
 */

static const char *const endings[] = { "", "-wal", "-shm" };

static char *
suspect_path (LsCache *self)
{
  return g_strconcat (self->path, ".suspect", NULL);
}

/* Whether @error says that the file itself is broken. */
static bool
is_damage (const GError *error)
{
  return g_error_matches (error, LS_SQL_ERROR, LS_SQL_ERROR_CORRUPT) ||
         g_error_matches (error, LS_SQL_ERROR, LS_SQL_ERROR_NOTADB);
}

/**
 * ls_cache_suspect:
 * @self: a cache
 * @error: (nullable): what went wrong in a job of the cache
 *
 * Notes damage that shows only as pages are read: the next opening looks at the whole file.
 */
void
ls_cache_suspect (LsCache      *self,
                  const GError *error)
{
  g_autofree char *path = NULL;

  if (error == NULL || !is_damage (error) || ls_environment_get_vfs (self->environment) != NULL)
    return;
  path = suspect_path (self);
  if (!g_file_set_contents (path, error->message, -1, NULL))
    g_info ("%s can't be written", path);
}

/* Whether a file that was found wanting has to be set aside. */
bool
ls_cache_check_suspect (LsCache *self,
                        GError **error)
{
  g_autofree char *path = suspect_path (self);

  if (ls_environment_get_vfs (self->environment) != NULL ||
      !g_file_test (path, G_FILE_TEST_EXISTS))
    return true;
  if (!ls_sql_check (self->sql, LS_SQL_CHECK_FULL, error))
    return false;
  g_unlink (path);
  return true;
}

#define SELECT_EDITS \
  ", (SELECT s.shop FROM shops s WHERE s.number = edits.shop)" \
  " FROM edits WHERE state IN (?, ?, ?, ?) ORDER BY id"

static LsStatement *
query_edits (LsSql      *sql,
             const char *text)
{
  return ls_sql_query (sql, NULL, text, "dddd", LS_EDIT_QUEUED, LS_EDIT_SENT, LS_EDIT_DEAD,
                       LS_EDIT_LOST);
}

/* All edits that wait, failed or were lost, as far as they can be read; the file may be of any version. */
static GPtrArray *
read_edits (LsCache    *self,
            const char *path)
{
  GPtrArray *edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  g_autoptr (LsSql) sql =
      ls_cache_connect (self->environment, path, self->collation, LS_SQL_READ_ONLY, NULL);
  g_autoptr (LsStatement) statement = NULL;

  if (sql == NULL)
    return edits;
  statement = query_edits (sql, "SELECT " LS_EDIT_COLUMNS SELECT_EDITS);
  if (statement == NULL)
    statement = query_edits (sql, "SELECT " LS_EDIT_COLUMNS_1 ", NULL" SELECT_EDITS);
  while (statement != NULL && ls_statement_step (statement, NULL) == LS_STEP_ROW)
    {
      const char *shop = ls_statement_get_text (statement, LS_N_EDIT_COLUMNS);
      uint32_t contained;
      g_autoptr (LsEdit) edit =
          shop != NULL ? ls_cache_read_edit (statement, shop, &contained, NULL) : NULL;

      /* One that was taken back needs not be sent any more. */
      if (edit != NULL && !edit->is_void)
        g_ptr_array_add (edits, g_steal_pointer (&edit));
    }
  return edits;
}

/*
 * Renames the file with its log. Nobody else has it: the caller holds the lock. The log goes first,
 * so that a crash in between leaves no log beside a file that it does not belong to.
 */
static char *
set_aside (LsCache *self,
           GError **error)
{
  g_autoptr (GDateTime) now =
      g_date_time_new_from_unix_utc (ls_environment_now (self->environment) / G_USEC_PER_SEC);
  g_autofree char *stamp = g_date_time_format (now, "%Y%m%d-%H%M%S");
  g_autofree char *kept = g_strdup_printf ("%s.damaged-%s", self->path, stamp);

  for (unsigned i = 2; g_file_test (kept, G_FILE_TEST_EXISTS); i++)
    {
      g_free (kept);
      kept = g_strdup_printf ("%s.damaged-%s-%u", self->path, stamp, i);
    }
  for (size_t i = G_N_ELEMENTS (endings); i > 0; i--)
    {
      g_autofree char *from = g_strconcat (self->path, endings[i - 1], NULL);
      g_autofree char *to = g_strconcat (kept, endings[i - 1], NULL);

      if (g_rename (from, to) != 0 && (errno != ENOENT || i == 1))
        {
          int reason = errno;

          g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "%s can't be renamed: %s", from,
                       g_strerror (reason));
          return NULL;
        }
    }
  return g_steal_pointer (&kept);
}

/* Puts an edit of the old file into the new one: what waited waits again. The new file counts anew. */
static bool
take_edit (LsCache      *self,
           const LsEdit *edit,
           GError      **error)
{
  g_auto (LsCacheTx) tx = { NULL };
  int64_t n = edit->n > 0 ? LS_EDIT_N_PAST : edit->n;
  LsEdit *dead;

  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, edit->shop, error))
    return false;
  if (edit->state == LS_EDIT_DEAD || edit->state == LS_EDIT_LOST)
    {
      dead = ls_edit_copy (edit);
      dead->id = 0;
      dead->n = n;
      if (!ls_cache_store_edit (self, tx.shop, dead, 0, error) ||
          !ls_cache_store_edit (self, tx.shop, dead, 0, error))
        {
          ls_edit_unref (dead);
          return false;
        }
      ls_edit_unref (dead);
    }
  else if (ls_cache_append_edit (&tx, edit->mid, n, edit->changes, error) == NULL)
    return false;
  return ls_cache_rebase (&tx, error) && ls_cache_tx_commit (&tx, error);
}

/* Begins anew with what can be saved. @reason is why the file can't be used. */
bool
ls_cache_begin_anew (LsCache      *self,
                     const GError *reason,
                     GError      **error)
{
  g_autoptr (GPtrArray) edits = NULL;
  g_autofree char *kept = NULL;
  g_autofree char *suspect = suspect_path (self);

  if (!is_damage (reason) || ls_environment_get_vfs (self->environment) != NULL)
    {
      g_propagate_error (error, g_error_copy (reason));
      return false;
    }
  g_hash_table_remove_all (self->shops);
  g_clear_pointer (&self->sql, ls_sql_unref);
  kept = set_aside (self, error);
  if (kept == NULL)
    return false;
  edits = read_edits (self, kept);
  g_clear_pointer (&self->client, g_free);
  if (!ls_cache_open_file (self, error))
    return false;
  for (unsigned i = 0; i < edits->len; i++)
    {
      g_autoptr (GError) local_error = NULL;

      if (take_edit (self, g_ptr_array_index (edits, i), &local_error))
        self->n_salvaged++;
      else
        g_warning ("An edit of the damaged cache %s could not be taken over: %s", kept,
                   local_error->message);
    }
  g_unlink (suspect);
  self->set_aside = g_steal_pointer (&kept);
  return true;
}

/**
 * ls_cache_get_set_aside:
 * @self: an open cache
 * @ret_n_edits: (out): how many edits that wait, failed or were lost came over
 *
 * Returns: (transfer none) (nullable): under which name a damaged file was kept when the cache was
 *   opened, %NULL when it was sound
 */
const char *
ls_cache_get_set_aside (LsCache  *self,
                        unsigned *ret_n_edits)
{
  *ret_n_edits = self->n_salvaged;
  return self->set_aside;
}
