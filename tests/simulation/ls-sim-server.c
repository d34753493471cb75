/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-server.h"

#include <glib/gstdio.h>


#include "server/ls-storage-sqlite.h"

#define DATA_FILE "/srv/" LS_STORAGE_FILE
/* In which all rows are read once. */
#define SCRUB_INTERVAL (300 * (int64_t) G_USEC_PER_SEC)
#define LIFETIME (INT64_C (86400) * 365 * G_USEC_PER_SEC)

/* What is left of a machine whose last job has returned. Nothing of it reaches anybody. */
static void
reaper_cb (gpointer user_data)
{
  LsSimServer *self = user_data;
  LsSimEnd how = self->end;

  if (self->ended != NULL)
    self->ended (self, how, self->ended_data);
  g_clear_pointer (&self->scrubber, ls_scrubber_free);
  g_clear_pointer (&self->exchanges, ls_exchanges_free);
  g_clear_pointer (&self->snapshots, ls_snapshots_free);
  g_clear_pointer (&self->hub, ls_hub_free);
  g_clear_object (&self->committer);
  g_clear_object (&self->storage);
  g_clear_pointer (&self->access, ls_access_free);
  g_clear_object (&self->node);
}

static void
sprung_cb (gpointer user_data)
{
  LsSimServer *self = user_data;

  ls_sim_node_die (self->node);
}

/* After a sync that failed the real one ends, and what the system did not write it forgets. */
static void
fatal_cb (const GError *error,
          gpointer      user_data)
{
  ls_sim_server_end (user_data, LS_SIM_POWER_LOST);
}

static LsSimServer *
server_new (LsSimWorld         *world,
            const LsHubOptions *options,
            bool                checks)
{
  LsSimServer *self = g_new0 (LsSimServer, 1);
  g_autoptr (GError) error = NULL;

  self->world = world;
  self->options = *options;
  self->checks = checks;
  self->folder = g_dir_make_tmp ("lockstep-simulation-XXXXXX", &error);
  g_assert_no_error (error);
  return self;
}

LsSimServer *
ls_sim_server_new (LsSimWorld         *world,
                   uint64_t            seed,
                   const LsHubOptions *options,
                   bool                checks)
{
  LsSimServer *self = server_new (world, options, checks);

  self->name = g_strdup ("server");
  self->disk = ls_sim_disk_new (world, "sim-server", seed);
  return self;
}

/* One of several that share a database. */
LsSimServer *
ls_sim_server_new_node (LsSimWorld         *world,
                        LsSimDatabase      *database,
                        unsigned            number,
                        const LsHubOptions *options,
                        bool                checks)
{
  LsSimServer *self = server_new (world, options, checks);

  self->name = g_strdup_printf ("server %u", number);
  self->number = number;
  self->database = database;
  self->disk = ls_sim_database_get_disk (database);
  return self;
}

void
ls_sim_server_free (LsSimServer *self)
{
  g_autofree char *snapshots = g_build_filename (self->folder, "snapshots", NULL);

  g_assert_null (self->node);
  if (self->database == NULL)
    ls_sim_disk_free (self->disk);
  g_rmdir (snapshots);
  g_rmdir (self->folder);
  g_free (self->folder);
  g_free (self->name);
  g_free (self);
}

static bool
make_shop (LsSimServer *self,
           GError     **error)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (LsRecord) row = ls_record_new (shops, LS_SIM_SHOP);
  g_autoptr (GPtrArray) known = ls_storage_list_shops (self->storage, error);

  if (known == NULL || known->len > 0)
    return known != NULL;
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "name"), "The shop");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "currency"), "EUR");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "time_zone"), "UTC");
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  return ls_storage_create_shop (self->storage, row, error);
}

/* Adds somebody who may do something in the shop, and gives a token of his. */
char *
ls_sim_server_add_user (LsSimServer *self,
                        const char  *user,
                        LsRole       role)
{
  g_autoptr (GError) error = NULL;
  char *token;

  ls_access_add_user (self->access, user, NULL, &error);
  g_assert_no_error (error);
  ls_access_set_role (self->access, user, LS_ACCESS_ANY_SHOP, &role, &error);
  g_assert_no_error (error);
  token = ls_access_issue_token (self->access, user, NULL, LIFETIME, &error);
  g_assert_no_error (error);
  return token;
}

/**
 * ls_sim_server_set_role:
 * @self: a server that is up
 * @user: somebody
 * @role: what he is from now on
 *
 * Does what an operator does by `lockstepd user`, in another process: so through another
 * connection.
 *
 * Returns: whether it is so
 */
bool
ls_sim_server_set_role (LsSimServer *self,
                        const char  *user,
                        LsRole       role)
{
  g_autoptr (LsAccess) access = ls_access_open (LS_ENVIRONMENT (self->node), "/srv", NULL);

  return access != NULL && ls_access_set_role (access, user, LS_ACCESS_ANY_SHOP, &role, NULL);
}

static bool
open_all (LsSimServer *self,
          GError     **error)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->node);
  LsExchangeOptions exchange;

  self->access = ls_access_open (environment, "/srv", error);
  if (self->access == NULL)
    return false;
  self->storage = self->database != NULL ? ls_sim_database_connect (self->database, self->node)
                                         : ls_storage_sqlite_new (environment, DATA_FILE, error);
  if (self->storage == NULL)
    return false;
  ls_storage_set_fatal (self->storage, fatal_cb, self);
  if (!make_shop (self, error))
    return false;
  self->committer = ls_committer_new (environment, self->storage);
  self->hub = ls_hub_new (environment, self->storage, self->committer, self->access,
                          &self->options, error);
  if (self->hub == NULL)
    return false;
  ls_exchange_options_init (&exchange);
  exchange.max_unsent = self->options.max_unsent;
  self->exchanges = ls_exchanges_new (environment, self->hub, &exchange);
  self->snapshots = ls_snapshots_new (environment, self->storage, self->access, self->folder);
  ls_hub_start (self->hub);
  if (self->checks)
    {
      self->scrubber =
          ls_scrubber_new (environment, self->storage, self->committer, SCRUB_INTERVAL);
      ls_scrubber_start (self->scrubber);
    }
  return true;
}

/**
 * ls_sim_server_start:
 * @self: a server that is down
 *
 * Boots it.
 *
 * Returns: whether it is up; if not, its disk does not let it
 */
bool
ls_sim_server_start (LsSimServer *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (self->node);
  self->node = ls_sim_node_new (self->world, self->name, ls_sim_disk_get_vfs (self->disk),
                                self->now_offset, 1000 * (self->number + 1) + ++self->boots,
                                reaper_cb, self);
  self->end = LS_SIM_KILLED;
  if (open_all (self, &error) && !ls_sim_node_is_dead (self->node))
    {
      ls_sim_world_note (self->world, "%s starts", self->name);
      return true;
    }
  ls_sim_world_note (self->world, "%s can't start: %s", self->name,
                     error != NULL ? error->message : "");
  if (!ls_sim_node_is_dead (self->node))
    ls_sim_server_end (self, LS_SIM_KILLED);
  return false;
}

/**
 * ls_sim_server_end:
 * @self: a server
 * @how: how
 *
 * Ends it, now or, from within one of its jobs, with that.
 */
void
ls_sim_server_end (LsSimServer *self,
                   LsSimEnd     how)
{
  if (self->node == NULL || ls_sim_node_is_dead (self->node))
    return;
  self->end = how;
  if (self->database == NULL)
    ls_sim_disk_end (self->disk, how);
  ls_sim_node_die (self->node);
}

/**
 * ls_sim_server_set_trap:
 * @self: a server
 * @operations: after how many operations of the disk
 * @how: how
 *
 * Has it end in the middle of one.
 */
void
ls_sim_server_set_trap (LsSimServer *self,
                        unsigned     operations,
                        LsSimEnd     how)
{
  self->end = how;
  ls_sim_disk_set_trap (self->disk, operations, how, sprung_cb, self);
}

bool
ls_sim_server_is_up (LsSimServer *self)
{
  return self->node != NULL && !ls_sim_node_is_dead (self->node);
}

/**
 * ls_sim_server_mark_copy:
 * @self: a server that is down
 *
 * Says of its data that it is a backup, as `lockstepd restore` does.
 *
 * Returns: whether it could be written
 */
bool
ls_sim_server_mark_copy (LsSimServer *self)
{
  g_autoptr (LsSimNode) node = ls_sim_node_new (
      self->world, "operator", ls_sim_disk_get_vfs (self->disk), self->now_offset, 999, NULL, NULL);

  return ls_storage_sqlite_mark_copy (LS_ENVIRONMENT (node), DATA_FILE, NULL);
}
