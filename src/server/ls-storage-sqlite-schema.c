/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-sqlite-private.h"

#include "core/ls-error.h"
#include "sql/ls-migration.h"

/*
 * Two kinds of tables. The log_ ones are ours and come by numbered migrations. Those of the
 * collections follow the schema table: each start adds the tables, columns and indexes that are
 * missing, so a new field is one row there and nothing here. Nothing is ever dropped: a file that a
 * newer schema has written is refused instead.
 */

static const LsMigration migrations[] = {
  {
    .version = 1,
    .description = "the log",
    .script =
      "CREATE TABLE log_meta ("
      "  name TEXT PRIMARY KEY,"
      "  value INTEGER NOT NULL"
      ") STRICT, WITHOUT ROWID;"
      "CREATE TABLE log_shops ("
      "  shop TEXT PRIMARY KEY,"
      "  epoch TEXT NOT NULL,"
      "  version INTEGER NOT NULL,"
      "  \"check\" INTEGER NOT NULL,"
      "  at INTEGER NOT NULL,"
      "  horizon INTEGER NOT NULL,"
      "  horizon_check INTEGER NOT NULL"
      ") STRICT, WITHOUT ROWID;"
      "CREATE TABLE log_versions ("
      "  shop TEXT NOT NULL,"
      "  version INTEGER NOT NULL,"
      "  \"check\" INTEGER NOT NULL,"
      "  at INTEGER NOT NULL,"
      "  actor TEXT,"
      "  client TEXT,"
      "  mid TEXT,"
      "  n INTEGER NOT NULL,"
      "  job TEXT,"
      "  changes BLOB NOT NULL,"
      "  PRIMARY KEY (shop, version)"
      ") STRICT, WITHOUT ROWID;"
      "CREATE TABLE log_decisions ("
      "  shop TEXT NOT NULL,"
      "  mid TEXT NOT NULL,"
      "  client TEXT NOT NULL,"
      "  n INTEGER NOT NULL,"
      "  hash INTEGER NOT NULL,"
      "  status INTEGER NOT NULL,"
      "  version INTEGER NOT NULL,"
      "  code TEXT,"
      "  message TEXT,"
      "  path TEXT,"
      "  at INTEGER NOT NULL,"
      "  PRIMARY KEY (shop, mid)"
      ") STRICT, WITHOUT ROWID;"
      "CREATE INDEX log_decisions_client ON log_decisions (shop, client, n);"
      "CREATE TABLE log_clients ("
      "  shop TEXT NOT NULL,"
      "  client TEXT NOT NULL,"
      "  last_n INTEGER NOT NULL,"
      "  at INTEGER NOT NULL,"
      "  PRIMARY KEY (shop, client)"
      ") STRICT, WITHOUT ROWID;"
      "CREATE TABLE log_digests ("
      "  shop TEXT PRIMARY KEY,"
      "  version INTEGER NOT NULL,"
      "  digests BLOB NOT NULL"
      ") STRICT, WITHOUT ROWID;",
  },
  {
    .version = 2,
    .description = "where epochs began",
    .script =
      "ALTER TABLE log_shops ADD COLUMN base INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE log_shops ADD COLUMN epoch_at INTEGER NOT NULL DEFAULT 0;",
  },
  {
    .version = 3,
    .description = "why edits were refused, by name",
    .script = "ALTER TABLE log_decisions ADD COLUMN reason TEXT;",
  },
  {
    .version = 4,
    .description = "how far clients had counted in the epoch before",
    .script =
      "ALTER TABLE log_clients ADD COLUMN before_epoch TEXT NOT NULL DEFAULT '';"
      "ALTER TABLE log_clients ADD COLUMN before_n INTEGER NOT NULL DEFAULT 0;",
  },
};

static bool
add_missing_columns (const LsCollection  *collection,
                     LsSql               *sql,
                     GError             **error)
{
  g_autoptr (GHashTable) present = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (LsStatement) statement =
      ls_sql_query (sql, error, "SELECT name FROM pragma_table_info(?)", "t", collection->name);
  LsStep step;

  if (statement == NULL)
    return false;
  while ((step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    g_hash_table_add (present, ls_statement_dup_text (statement, 0));
  if (step == LS_STEP_ERROR)
    return false;
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];
      g_autofree char *text = NULL;

      if (g_hash_table_contains (present, field->name))
        continue;
      text = g_strdup_printf ("ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s", collection->name,
                              field->name, ls_row_sql_type (field));
      if (!ls_sql_exec (sql, text, error))
        return false;
    }
  return true;
}

static bool
add_missing_indexes (const LsCollection  *collection,
                     LsSql               *sql,
                     GError             **error)
{
  for (unsigned i = 0; i < collection->n_fields; i++)
    {
      const LsField *field = &collection->fields[i];
      g_autofree char *name = NULL;
      g_autofree char *text = NULL;

      if (!ls_row_sql_has_index (field))
        continue;
      name = ls_row_sql_index_name (collection, field);
      text = g_strdup_printf ("CREATE INDEX IF NOT EXISTS \"%s\" ON \"%s\" (shop, \"%s\")", name,
                              collection->name, field->name);
      if (!ls_sql_exec (sql, text, error))
        return false;
    }
  return true;
}

static bool
check_schema_version (LsSql   *sql,
                      GError **error)
{
  int64_t version = 0;
  LsStep step = ls_sql_get_int64 (sql, &version, error,
                                  "SELECT value FROM log_meta WHERE name = 'schema'", NULL);

  if (step == LS_STEP_ERROR)
    return false;
  /* A new file has nothing that could be of before. */
  if (step == LS_STEP_DONE &&
      !ls_sql_run (sql, error, "INSERT INTO log_meta (name, value) VALUES ('derivation', ?)", "d",
                   LS_DERIVATION))
    return false;
  if (version > LS_SCHEMA_VERSION)
    {
      g_set_error (
          error, LS_ERROR, LS_ERROR_TOO_OLD,
          "the database was written by a newer version of this program (schema %" G_GINT64_FORMAT
          ", this one knows %d)",
          version, LS_SCHEMA_VERSION);
      return false;
    }
  return ls_sql_run (sql, error,
                     "INSERT OR REPLACE INTO log_meta (name, value) VALUES ('schema', ?)", "d",
                     LS_SCHEMA_VERSION);
}

bool
ls_sqlite_prepare_schema (LsStorageSqlite  *self,
                          LsSql            *sql,
                          GError          **error)
{
  static const LsMigrationPlan plan = {
    .application_id = LS_STORAGE_APPLICATION_ID,
    .migrations = migrations,
    .n_migrations = G_N_ELEMENTS (migrations),
    .flags = LS_MIGRATION_BACKUP,
  };
  g_autoptr (LsSqlTransaction) transaction = NULL;

  if (!ls_migration_apply (sql, &plan, NULL, error))
    return false;
  transaction = ls_sql_begin (sql, LS_SQL_BEGIN_IMMEDIATE, error);
  if (transaction == NULL || !check_schema_version (sql, error))
    return false;
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = self->rows[id].collection;

      if (!ls_sql_exec (sql, self->rows[id].create, error) ||
          !add_missing_columns (collection, sql, error) ||
          !add_missing_indexes (collection, sql, error))
        {
          g_prefix_error (error, "The table of %s: ", collection->name);
          return false;
        }
    }
  return ls_sqlite_begin_epochs (self->environment, sql, error) &&
         ls_sql_commit (g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
}
