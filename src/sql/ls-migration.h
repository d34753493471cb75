/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sql/ls-sql.h"

G_BEGIN_DECLS

/**
 * LsMigrationFunc:
 * @sql: the connection, inside the migration's transaction; it must neither commit nor roll back
 * @user_data: as in the plan
 * @error: return location for a #GError
 *
 * Does what cannot be said in SQL.
 *
 * Returns: whether it went well; %FALSE undoes the migration
 */
typedef gboolean (*LsMigrationFunc) (LsSql     *sql,
                                     gpointer   user_data,
                                     GError   **error);

/**
 * LsMigration:
 * @version: the schema version that it leads to: 1, 2, 3, without gaps
 * @description: what it does, for logs and errors
 * @script: (nullable): statements, run first
 * @run: (nullable): run after @script
 *
 * One step from a schema version to the next. Once released it is never changed.
 */
typedef struct {
  unsigned         version;
  const char      *description;
  const char      *script;
  LsMigrationFunc  run;
} LsMigration;

/**
 * LsMigrationFlags:
 * @LS_MIGRATION_NONE: nothing
 * @LS_MIGRATION_BACKUP: before an existing file of version N is changed, copy it to `FILE.vN.bak`,
 *   replacing such a copy of an earlier attempt
 *
 * What is done besides.
 */
typedef enum {
  LS_MIGRATION_NONE = 0,
  LS_MIGRATION_BACKUP = 1 << 0,
} LsMigrationFlags;

/**
 * LsMigrationPlan:
 * @application_id: of the file; the same as in #LsSqlOptions; 0 to not look
 * @migrations: (array length=n_migrations): all of them, in order
 * @n_migrations: how many; the last one's version is what this program knows
 * @flags: what is done besides
 * @user_data: passed to the functions
 *
 * How a database gets to the version that this program knows.
 */
typedef struct {
  uint32_t           application_id;
  const LsMigration *migrations;
  size_t             n_migrations;
  LsMigrationFlags   flags;
  gpointer           user_data;
} LsMigrationPlan;

/**
 * ls_migration_apply:
 * @sql: a connection without an open transaction
 * @plan: the plan
 * @from: (out) (optional): the version that was found, 0 for a new file
 * @error: return location for a #GError
 *
 * Brings a database to the newest version, each step in one transaction that ends with the check of
 * foreign keys and the new `user_version`; after an error or a crash the file stands at the last
 * step that went well. Foreign keys are not enforced during the steps, so that tables can be
 * rebuilt. Two processes may call it at once. Another application's file (`LS_SQL_ERROR_FOREIGN`)
 * and one of a newer version (`LS_SQL_ERROR_TOO_NEW`) are refused and not touched; so is any older
 * one on a read-only connection (`LS_SQL_ERROR_OUTDATED`).
 *
 * Returns: whether the database is at the newest version
 */
gboolean  ls_migration_apply       (LsSql                  *sql,
                                    const LsMigrationPlan  *plan,
                                    unsigned               *from,
                                    GError                **error);

/**
 * ls_migration_get_version:
 * @sql: a connection
 * @version: (out): the schema version, 0 for a new file
 * @error: return location for a #GError
 *
 * Reads the schema version of a database.
 *
 * Returns: whether it could be read
 */
gboolean  ls_migration_get_version (LsSql                  *sql,
                                    unsigned               *version,
                                    GError                **error);

G_END_DECLS
