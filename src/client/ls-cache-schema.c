/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"
#include "client/ls-memory.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/ls-filter.h"
#include "sql/ls-migration.h"
#include "sql/ls-sql-error.h"

/*
 * Two kinds of tables. The fixed ones, made by numbered migrations, hold what the cache knows about
 * shops, edits and itself. Rows stand in one table per shop and collection, made from the schema
 * when first needed, so that a snapshot can be laid beside the old rows, indexed at leisure, and
 * take their place by changing one number: `generation` in `tables`.
 */

/* Pages in the log before a commit itself moves them into the file: it costs two syncs, whatever their
 * number. Most times the upkeep was there before. */
#define PAGES_A_CHECKPOINT "4000"

static const LsMigration migrations[] = {
  {
      .version = 1,
      .description = "shops, edits, digests",
      .script =
          "CREATE TABLE meta ("
          "  one INTEGER PRIMARY KEY CHECK (one = 1),"
          "  sequence INTEGER NOT NULL,"
          "  next_id INTEGER NOT NULL,"
          "  next_generation INTEGER NOT NULL,"
          "  collation TEXT NOT NULL,"
          "  client TEXT);"
          "INSERT INTO meta VALUES (1, 0, 1, 1, '', NULL);"
          "CREATE TABLE shops ("
          "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
          "  shop TEXT NOT NULL UNIQUE,"
          "  name TEXT,"
          "  role TEXT,"
          "  epoch TEXT NOT NULL DEFAULT '',"
          "  version INTEGER NOT NULL DEFAULT 0,"
          "  \"check\" INTEGER NOT NULL DEFAULT 0,"
          "  view INTEGER NOT NULL DEFAULT 0,"
          "  synced_at INTEGER NOT NULL DEFAULT 0,"
          "  highest_n INTEGER NOT NULL DEFAULT 0);"
          "CREATE TABLE tables ("
          "  shop INTEGER NOT NULL REFERENCES shops ON DELETE CASCADE,"
          "  collection TEXT NOT NULL,"
          "  generation INTEGER NOT NULL,"
          "  base INTEGER NOT NULL,"
          "  view INTEGER NOT NULL,"
          "  fields TEXT NOT NULL,"
          "  held INTEGER NOT NULL,"
          "  PRIMARY KEY (shop, collection)) WITHOUT ROWID;"
          "CREATE TABLE shadow ("
          "  shop INTEGER NOT NULL REFERENCES shops ON DELETE CASCADE,"
          "  collection TEXT NOT NULL,"
          "  key TEXT NOT NULL,"
          "  id INTEGER NOT NULL,"
          "  confirmed TEXT,"
          "  PRIMARY KEY (shop, collection, key)) WITHOUT ROWID;"
          "CREATE TABLE gone ("
          "  n INTEGER PRIMARY KEY AUTOINCREMENT,"
          "  shop INTEGER NOT NULL REFERENCES shops ON DELETE CASCADE,"
          "  collection TEXT NOT NULL,"
          "  key TEXT NOT NULL,"
          "  id INTEGER NOT NULL,"
          "  UNIQUE (shop, collection, key));"
          "CREATE TABLE digests ("
          "  shop INTEGER NOT NULL REFERENCES shops ON DELETE CASCADE,"
          "  collection TEXT NOT NULL,"
          "  bucket INTEGER NOT NULL,"
          "  count INTEGER NOT NULL,"
          "  hash INTEGER NOT NULL,"
          "  PRIMARY KEY (shop, collection, bucket)) WITHOUT ROWID;"
          "CREATE TABLE edits ("
          "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
          "  shop INTEGER NOT NULL REFERENCES shops ON DELETE CASCADE,"
          "  mid TEXT NOT NULL UNIQUE,"
          "  n INTEGER NOT NULL,"
          "  state INTEGER NOT NULL,"
          "  made_at INTEGER NOT NULL,"
          "  resolved_at INTEGER NOT NULL,"
          "  changes TEXT NOT NULL,"
          "  contained INTEGER NOT NULL,"
          "  void INTEGER NOT NULL,"
          "  status INTEGER NOT NULL,"
          "  version INTEGER NOT NULL,"
          "  code TEXT,"
          "  message TEXT,"
          "  path TEXT,"
          "  depends_on TEXT);"
          "CREATE INDEX edits_by_state ON edits (shop, state, id);"
          "CREATE INDEX edits_by_cause ON edits (depends_on) WHERE depends_on IS NOT NULL;",
  },
  {
      .version = 2,
      .description = "why edits failed, by name",
      .script = "ALTER TABLE edits ADD COLUMN reason TEXT;",
  },
  {
      .version = 3,
      .description = "scopes",
      .script = "ALTER TABLE shops ADD COLUMN months INTEGER NOT NULL DEFAULT 0;"
                "ALTER TABLE shops ADD COLUMN off TEXT NOT NULL DEFAULT '';"
                "ALTER TABLE tables ADD COLUMN since INTEGER NOT NULL DEFAULT 0;",
  },
};

static int
collate_cb (const char *a,
            size_t      a_length,
            const char *b,
            size_t      b_length,
            gpointer    user_data)
{
  const LsCollation *collation = user_data;

  return collation->compare (a, a_length, b, b_length, collation->user_data);
}

static gboolean
contains_cb (const char *text,
             const char *needle,
             gpointer    user_data)
{
  return ls_filter_text_contains (text, needle);
}

/* Its share of the pages in memory: the writer goes through rows of all collections, a reader through
 * one. */
static unsigned
cache_kib (LsSqlMode mode)
{
  int64_t kib = ls_memory_get_limit () / 1024;

  return (unsigned) (mode == LS_SQL_READ_ONLY ? kib / 6 : kib / 3 * 2);
}

/* Opens a connection that knows the collation and the function that rows and filters need. */
LsSql *
ls_cache_connect (LsEnvironment     *environment,
                  const char        *path,
                  const LsCollation *collation,
                  LsSqlMode          mode,
                  GError           **error)
{
  LsSqlOptions options = {
    .vfs = ls_environment_get_vfs (environment),
    .application_id = LS_CACHE_APPLICATION_ID,
    .sync = LS_SQL_SYNC_NORMAL,
    .cache_kib = cache_kib (mode),
    .n_cached_statements = 256,
  };
  g_autoptr (LsSql) sql = ls_sql_open (path, mode, &options, error);

  if (sql == NULL ||
      !ls_sql_add_collation (sql, LS_COLLATION_NAME, collate_cb, (gpointer) collation, NULL,
                             error) ||
      !ls_sql_add_predicate (sql, LS_FILTER_SQL_CONTAINS, contains_cb, NULL, NULL, error) ||
      !ls_sql_exec (sql, "PRAGMA wal_autocheckpoint = " PAGES_A_CHECKPOINT, error))
    return NULL;
  return g_steal_pointer (&sql);
}

static const LsMigrationPlan plan = {
  .application_id = LS_CACHE_APPLICATION_ID,
  .migrations = migrations,
  .n_migrations = G_N_ELEMENTS (migrations),
  .flags = LS_MIGRATION_BACKUP,
};

/*
 * A file of a newer version is not even opened for writing: that alone may change it. Its version
 * stands in its first page, at offset 60 (SQLite's file format), unless the log has a newer one:
 * then ls_cache_migrate() refuses it.
 */
bool
ls_cache_check_header (LsCache *self,
                       GError **error)
{
  uint32_t version = 0;
  int fd;

  if (ls_environment_get_vfs (self->environment) != NULL)
    return true;
  fd = open (self->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return true;
  if (pread (fd, &version, sizeof version, 60) != sizeof version)
    version = 0;
  close (fd);
  version = GUINT32_FROM_BE (version);
  /* What is no database shows later. */
  if (version <= G_N_ELEMENTS (migrations) || version > 0xffff)
    return true;
  g_set_error (error, LS_SQL_ERROR, LS_SQL_ERROR_TOO_NEW,
               "The database %s was written by a newer version of this program (its schema is"
               " version %u, this program knows %u)",
               self->path, version, (unsigned) G_N_ELEMENTS (migrations));
  return false;
}

/**
 * ls_cache_get_schema_version:
 *
 * Returns: the version of the file's schema that this program writes; tests/data/cache has a file of
 *   each up to it
 */
unsigned
ls_cache_get_schema_version (void)
{
  return G_N_ELEMENTS (migrations);
}

/* Whether a file that is open for reading is of this version. */
bool
ls_cache_check_version (LsCache *self,
                        GError **error)
{
  return ls_migration_apply (self->sql, &plan, NULL, error);
}

/* Brings the file to this version, and its indexes to this collation. */
bool
ls_cache_migrate (LsCache *self,
                  GError **error)
{
  g_autoptr (LsSqlTransaction) transaction = NULL;
  g_autofree char *collation = NULL;

  if (!ls_migration_apply (self->sql, &plan, NULL, error) ||
      !ls_step_need_row (ls_sql_get_text (self->sql, &collation, error,
                                          "SELECT collation FROM meta", NULL),
                         "meta", error))
    return false;
  if (g_strcmp0 (collation, self->collation->id) == 0)
    return true;
  transaction = ls_sql_begin (self->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  return transaction != NULL &&
         ls_sql_exec (self->sql, "REINDEX " LS_COLLATION_NAME, error) &&
         ls_sql_run (self->sql, error, "UPDATE meta SET collation = ?", "t", self->collation->id) &&
         ls_sql_commit (g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
}

/* The name of a table of rows. All of it is the program's own, none of it needs quotes. */
char *
ls_cache_table_name (int64_t             shop,
                     const LsCollection *collection,
                     int64_t             generation)
{
  return g_strdup_printf (LS_CACHE_ROWS_PREFIX "%" G_GINT64_FORMAT "_%s_%" G_GINT64_FORMAT, shop,
                          collection->name, generation);
}

/* The fields of a collection as a list of columns. */
char *
ls_cache_columns (const LsCollection *collection)
{
  GString *columns = g_string_new (NULL);

  for (unsigned i = 0; i < collection->n_fields; i++)
    g_string_append_printf (columns, "%s\"%s\"", i > 0 ? "," : "", collection->fields[i].name);
  return g_string_free (columns, FALSE);
}

/* Puts names of the program's own, of tables and columns, where a statement has {1} and {2}. */
char *
ls_cache_sql (const char *text,
              const char *first,
              const char *second)
{
  GString *sql = g_string_new (text);

  g_string_replace (sql, "{1}", first, 0);
  if (second != NULL)
    g_string_replace (sql, "{2}", second, 0);
  return g_string_free (sql, FALSE);
}

LsTable *
ls_table_new (int64_t             shop,
              const LsCollection *collection,
              int64_t             generation)
{
  LsTable *table = g_new0 (LsTable, 1);
  g_autofree char *columns = ls_cache_columns (collection);
  GString *insert;

  table->shop = shop;
  table->collection = collection;
  table->generation = generation;
  table->name = ls_cache_table_name (shop, collection, generation);
  table->select_sql = ls_cache_sql ("SELECT id,{2} FROM {1} WHERE key=?", table->name, columns);
  table->delete_sql = ls_cache_sql ("DELETE FROM {1} WHERE id=?", table->name, NULL);
  table->insert_sql =
      ls_cache_sql ("INSERT INTO {1} (id,key,{2}) VALUES (?,?", table->name, columns);
  insert = g_string_new (table->insert_sql);
  for (unsigned i = 0; i < collection->n_fields; i++)
    g_string_append (insert, ",?");
  g_string_append_c (insert, ')');
  g_free (table->insert_sql);
  table->insert_sql = g_string_free (insert, FALSE);
  table->updates = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                          (GDestroyNotify) ls_statement_free);
  return table;
}

void
ls_table_free (LsTable *table)
{
  g_clear_pointer (&table->sums, ls_buckets_free);
  g_clear_pointer (&table->select, ls_statement_free);
  g_clear_pointer (&table->insert, ls_statement_free);
  g_hash_table_unref (table->updates);
  g_free (table->name);
  g_free (table->select_sql);
  g_free (table->insert_sql);
  g_free (table->delete_sql);
  g_free (table);
}

/*
 * Columns have no type, so that SQLite keeps and compares values as they are, as the filters in C
 * do. Texts for readers have the collation of the app: its equality is that of the bytes.
 */
static void
append_column (GString       *sql,
               const LsField *field)
{
  g_string_append_printf (sql, "\"%s\"%s", field->name,
                          field->type == LS_TYPE_TEXT ? " COLLATE " LS_COLLATION_NAME : "");
}

/* Makes the table, without its indexes. */
bool
ls_cache_create_table (LsCache *self,
                       LsTable *table,
                       GError **error)
{
  g_autoptr (GString) sql = g_string_new (NULL);

  g_string_append_printf (sql, "CREATE TABLE %s (id INTEGER PRIMARY KEY, key TEXT NOT NULL",
                          table->name);
  for (unsigned i = 0; i < table->collection->n_fields; i++)
    {
      g_string_append_c (sql, ',');
      append_column (sql, &table->collection->fields[i]);
    }
  g_string_append_c (sql, ')');
  return ls_sql_exec (self->sql, sql->str, error);
}

/*
 * Makes one index: that of the key for -1, else that of a field, if it is to have one. SQLite ends
 * every index in the row's id, so that (field, id) needs no column more and reads both ways.
 */
bool
ls_cache_create_index (LsCache *self,
                       LsTable *table,
                       int      which,
                       bool    *ret_made,
                       GError **error)
{
  g_autofree char *sql = NULL;
  const LsField *field;

  if (ret_made != NULL)
    *ret_made = true;
  if (which < 0)
    {
      sql = ls_cache_sql ("CREATE UNIQUE INDEX IF NOT EXISTS {1}_key ON {1} (key)", table->name,
                          NULL);
      return ls_sql_exec (self->sql, sql, error);
    }
  field = &table->collection->fields[which];
  if (!(field->flags & LS_FIELD_INDEXED))
    {
      if (ret_made != NULL)
        *ret_made = false;
      return true;
    }
  sql = ls_cache_sql ("CREATE INDEX IF NOT EXISTS {1}_{2} ON {1} (\"{2}\")", table->name,
                      field->name);
  return ls_sql_exec (self->sql, sql, error);
}

/* Adds the columns and indexes that a newer version of the schema brought. */
bool
ls_cache_complete_table (LsCache *self,
                         LsTable *table,
                         GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (LsStatement) statement = ls_sql_query (
      self->sql, error, "SELECT name FROM pragma_table_info(?)", "t", table->name);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    g_hash_table_add (known, ls_statement_dup_text (statement, 0));
  if (step == LS_STEP_ERROR)
    return false;
  g_clear_pointer (&statement, ls_statement_free);
  for (unsigned i = 0; i < table->collection->n_fields; i++)
    {
      g_autoptr (GString) sql = g_string_new (NULL);

      if (g_hash_table_contains (known, table->collection->fields[i].name))
        continue;
      g_string_append_printf (sql, "ALTER TABLE %s ADD COLUMN ", table->name);
      append_column (sql, &table->collection->fields[i]);
      if (!ls_sql_exec (self->sql, sql->str, error))
        return false;
    }
  for (int which = -1; which < (int) table->collection->n_fields; which++)
    if (!ls_cache_create_index (self, table, which, NULL, error))
      return false;
  return true;
}

/* A set of fields by their names, which keep their meaning when the schema gets more of them. */
static char *
field_names (const LsTable *table)
{
  GString *names = g_string_new (NULL);

  for (unsigned i = 0; i < table->collection->n_fields; i++)
    if (table->fields & (UINT64_C (1) << i))
      g_string_append_printf (names, "%s ", table->collection->fields[i].name);
  return g_string_free (names, FALSE);
}

uint64_t
ls_cache_parse_field_names (const LsCollection *collection,
                            const char         *names)
{
  g_auto (GStrv) list = g_strsplit (names, " ", -1);
  uint64_t fields = 0;

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (g_strv_contains ((const char *const *) list, collection->fields[i].name))
      fields |= UINT64_C (1) << i;
  return fields;
}

/* Writes what is known of a table. */
bool
ls_cache_store_table (LsCache *self,
                      LsTable *table,
                      GError **error)
{
  g_autofree char *fields = field_names (table);

  return ls_sql_run (self->sql, error,
                     "INSERT INTO tables (shop,collection,generation,base,view,fields,held,since)"
                     " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (shop,collection) DO UPDATE SET"
                     " generation=excluded.generation, base=excluded.base, view=excluded.view,"
                     " fields=excluded.fields, held=excluded.held, since=excluded.since",
                     "itiiitdi", table->shop, table->collection->name, table->generation,
                     table->base, (int64_t) table->view, fields, (int) table->is_held,
                     (int64_t) table->since);
}

/* Takes a number for a new table of rows. */
bool
ls_cache_next_generation (LsCache *self,
                          int64_t *ret_generation,
                          GError **error)
{
  return ls_step_need_row (ls_sql_get_int64 (self->sql, ret_generation, error,
                                             "SELECT next_generation FROM meta", NULL),
                           "meta", error) &&
         ls_sql_run (self->sql, error, "UPDATE meta SET next_generation = next_generation + 1",
                     NULL);
}
