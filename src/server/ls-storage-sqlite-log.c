/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite-private.h"

#include "core/ls-reason.h"

/* The log_ tables: statements on one connection, without knowledge of transactions or pools. */

#define SELECT_DECISION                                                                            \
  "SELECT n, mid, hash, status, version, code, message, path, reason FROM log_decisions "

LsShop *
ls_sqlite_read_shop (LsSql       *sql,
                     const char  *shop,
                     GError     **error)
{
  g_autoptr (LsStatement) statement = ls_sql_query (
      sql, error,
      "SELECT l.epoch, l.version, l.\"check\", l.at, l.horizon, s.name, s.sample,"
      " l.base"
      " FROM log_shops l LEFT JOIN shops s ON s.shop = l.shop AND s.key = l.shop WHERE l.shop = ?",
      "t", shop);
  LsStep step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;
  LsShop *result;

  if (step == LS_STEP_DONE)
    g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "there is no shop “%s”", shop);
  if (step != LS_STEP_ROW)
    return NULL;
  result = g_new0 (LsShop, 1);
  result->shop = g_strdup (shop);
  g_strlcpy (result->position.epoch, ls_statement_get_text (statement, 0),
             sizeof result->position.epoch);
  result->position.version = ls_statement_get_int64 (statement, 1);
  result->position.check = (uint64_t) ls_statement_get_int64 (statement, 2);
  result->at = ls_statement_get_int64 (statement, 3);
  result->horizon = ls_statement_get_int64 (statement, 4);
  result->name = ls_statement_dup_text (statement, 5);
  result->sample = ls_statement_get_int64 (statement, 6) != 0;
  result->base = ls_statement_get_int64 (statement, 7);
  return result;
}

bool
ls_sqlite_write_version (LsSql            *sql,
                         const char       *shop,
                         const LsVersion  *version,
                         GError          **error)
{
  g_autoptr (LsStatement) statement = ls_sql_prepare (
      sql,
      "INSERT INTO log_versions (shop, version, \"check\", at, actor, client, mid, n, job, changes)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      error);
  size_t length = 0;
  const void *bytes = g_bytes_get_data (version->bytes, &length);

  if (statement == NULL)
    return false;
  ls_statement_bind_text_static (statement, 1, shop, -1);
  ls_statement_bind_int64 (statement, 2, version->version);
  ls_statement_bind_int64 (statement, 3, (int64_t) version->check);
  ls_statement_bind_int64 (statement, 4, version->at);
  ls_statement_bind_text_static (statement, 5, version->actor, -1);
  ls_statement_bind_text_static (statement, 6, version->client, -1);
  ls_statement_bind_text_static (statement, 7, version->mid, -1);
  ls_statement_bind_int64 (statement, 8, version->n);
  ls_statement_bind_text_static (statement, 9, version->job, -1);
  ls_statement_bind_blob_static (statement, 10, bytes != NULL ? bytes : "", length);
  return ls_statement_run (statement, error);
}

int64_t
ls_sqlite_read_last_n (LsSql        *sql,
                       const char   *shop,
                       const char   *client,
                       LsEditCount  *ret_before,
                       GError      **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (sql, error,
                    "SELECT last_n, before_epoch, before_n FROM log_clients"
                    " WHERE shop = ? AND client = ?",
                    "tt", shop, client);
  LsStep step = statement != NULL ? ls_statement_step (statement, error) : LS_STEP_ERROR;

  if (ret_before != NULL)
    *ret_before = (LsEditCount) { "", 0 };
  if (step != LS_STEP_ROW)
    return step == LS_STEP_DONE ? 0 : -1;
  if (ret_before != NULL)
    {
      g_strlcpy (ret_before->epoch, ls_statement_get_text (statement, 1), LS_EPOCH_BYTES);
      ret_before->n = ls_statement_get_int64 (statement, 2);
    }
  return ls_statement_get_int64 (statement, 0);
}

static LsDecision *
decision_from_row (LsStatement *statement)
{
  LsDecision *decision = g_new0 (LsDecision, 1);

  decision->n = ls_statement_get_int64 (statement, 0);
  decision->mid = ls_statement_dup_text (statement, 1);
  decision->hash = (uint64_t) ls_statement_get_int64 (statement, 2);
  decision->status = (LsResultStatus) ls_statement_get_int64 (statement, 3);
  decision->version = ls_statement_get_int64 (statement, 4);
  decision->code = ls_statement_dup_text (statement, 5);
  decision->message = ls_statement_dup_text (statement, 6);
  decision->path = ls_statement_dup_text (statement, 7);
  decision->reason = ls_reason_split (ls_statement_get_text (statement, 8));
  return decision;
}

LsDecision *
ls_sqlite_find_decision (LsSql       *sql,
                         const char  *shop,
                         const char  *mid,
                         GError     **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (sql, error, SELECT_DECISION "WHERE shop = ? AND mid = ?", "tt", shop, mid);

  if (statement == NULL || ls_statement_step (statement, error) != LS_STEP_ROW)
    return NULL;
  return decision_from_row (statement);
}

bool
ls_sqlite_write_decision (LsSql             *sql,
                          const char        *shop,
                          const char        *client,
                          const LsDecision  *decision,
                          int64_t            at,
                          GError           **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_prepare (sql,
                      "INSERT INTO log_decisions"
                      " (shop, mid, client, n, hash, status, version, code, message, path, reason, at)"
                      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      error);
  g_autofree char *reason = ls_reason_join ((const char *const *) decision->reason);

  if (statement == NULL)
    return false;
  ls_statement_bind_text_static (statement, 1, shop, -1);
  ls_statement_bind_text_static (statement, 2, decision->mid, -1);
  ls_statement_bind_text_static (statement, 3, client, -1);
  ls_statement_bind_int64 (statement, 4, decision->n);
  ls_statement_bind_int64 (statement, 5, (int64_t) decision->hash);
  ls_statement_bind_int64 (statement, 6, decision->status);
  ls_statement_bind_int64 (statement, 7, decision->version);
  ls_statement_bind_text_static (statement, 8, decision->code, -1);
  ls_statement_bind_text_static (statement, 9, decision->message, -1);
  ls_statement_bind_text_static (statement, 10, decision->path, -1);
  ls_statement_bind_text_static (statement, 11, reason, -1);
  ls_statement_bind_int64 (statement, 12, at);
  return ls_statement_run (statement, error);
}

GPtrArray *
ls_sqlite_read_decisions (LsSql       *sql,
                          const char  *shop,
                          const char  *client,
                          int64_t      after_n,
                          GError     **error)
{
  g_autoptr (GPtrArray)
      decisions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_decision_free);
  g_autoptr (LsStatement) statement = ls_sql_query (
      sql, error, SELECT_DECISION "WHERE shop = ? AND client = ? AND n > ? ORDER BY n", "tti", shop,
      client, after_n);
  LsStep step;

  if (statement == NULL)
    return NULL;
  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    g_ptr_array_add (decisions, decision_from_row (statement));
  return step == LS_STEP_DONE ? g_steal_pointer (&decisions) : NULL;
}

static LsVersion *
version_from_row (LsStatement  *statement,
                  const void   *bytes,
                  size_t        length,
                  GError      **error)
{
  g_autoptr (LsVersion) version =
      ls_version_new (ls_statement_get_int64 (statement, 0), ls_statement_get_int64 (statement, 2));

  version->check = (uint64_t) ls_statement_get_int64 (statement, 1);
  version->actor = ls_statement_dup_text (statement, 3);
  version->client = ls_statement_dup_text (statement, 4);
  version->mid = ls_statement_dup_text (statement, 5);
  version->n = ls_statement_get_int64 (statement, 6);
  version->job = ls_statement_dup_text (statement, 7);
  version->changes = ls_changes_from_bytes (bytes, length, error);
  if (version->changes == NULL)
    {
      g_prefix_error (error, "Version %" G_GINT64_FORMAT ": ", version->version);
      return NULL;
    }
  return g_steal_pointer (&version);
}

GPtrArray *
ls_sqlite_read_versions (LsSql       *sql,
                         const char  *shop,
                         int64_t      from,
                         int64_t      to,
                         size_t       max_bytes,
                         GError     **error)
{
  g_autoptr (GPtrArray)
      versions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_version_unref);
  g_autoptr (LsStatement) statement = ls_sql_query (
      sql, error,
      "SELECT version, \"check\", at, actor, client, mid, n, job, changes FROM log_versions"
      " WHERE shop = ? AND version > ? AND version <= ? ORDER BY version",
      "tii", shop, from, to);
  size_t total = 0;
  LsStep step = LS_STEP_DONE;

  if (statement == NULL)
    return NULL;
  while (total <= max_bytes && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      size_t length = 0;
      const void *bytes = ls_statement_get_blob (statement, 8, &length);
      LsVersion *version = version_from_row (statement, bytes, length, error);

      if (version == NULL)
        return NULL;
      g_ptr_array_add (versions, version);
      total += length;
    }
  return step != LS_STEP_ERROR ? g_steal_pointer (&versions) : NULL;
}

LsStep
ls_sqlite_read_check (LsSql       *sql,
                      const char  *shop,
                      int64_t      version,
                      uint64_t    *ret_check,
                      GError     **error)
{
  int64_t check = 0;
  LsStep step = ls_sql_get_int64 (
      sql, &check, error,
      "SELECT \"check\" FROM log_versions WHERE shop = ? AND version = ?"
      " UNION ALL SELECT horizon_check FROM log_shops WHERE shop = ? AND horizon = ?",
      "titi", shop, version, shop, version);

  if (step == LS_STEP_ROW)
    *ret_check = (uint64_t) check;
  return step;
}
