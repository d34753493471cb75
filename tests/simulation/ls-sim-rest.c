/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-run-private.h"

/* The end of all trouble: everything must come to rest and agree. */

/* Nobody waits for longer than this once all is well: a connection that nobody closed is found out
 * after 45 s, a request is given up after 60, a pause is at most 30, going in circles ends a
 * minute. */
#define PATIENCE (300 * LS_SIM_SECOND)
/* In which a row that rotted is found and healed: the checker comes round to it, a minute a collection,
 * and may have to heal its bucket for the third time. */
#define ROUND (2400 * LS_SIM_SECOND)
/* How long a shop is left alone whose clients do not hold what they are to. */
#define IDLE (60 * LS_SIM_SECOND)
#define CHUNK (LS_SIM_SECOND / 4)

/* An operator whose command failed does not know what holds: the server does. */
static void
read_roles (LsSimRun *run)
{
  for (unsigned i = 0; i < run->n_clients; i++)
    {
      g_autoptr (LsIdentity) identity =
          ls_access_check_token (ls_sim_run_server (run)->access, run->clients[i]->token, NULL);

      if (identity != NULL)
        ls_identity_get_role (identity, LS_SIM_SHOP, &run->clients[i]->role);
      if (identity != NULL)
        ls_sim_oracle_set_role (run->oracle, i, run->clients[i]->role);
    }
}

static const char *
who_waits (LsSimRun *run)
{
  static char text[200];
  g_autoptr (LsShop) shop = NULL;

  for (unsigned i = 0; i < run->n_servers; i++)
    if (!ls_sim_server_is_up (run->servers[i]))
      return "the server is down";
  read_roles (run);
  shop = ls_storage_get_shop (ls_sim_run_storage (run), LS_SIM_SHOP, NULL);
  if (shop == NULL)
    return "the server's shop can't be read";
  for (unsigned i = 0; i < run->n_servers && run->database != NULL; i++)
    {
      LsPosition position;

      if (!ls_shop_digests_get_position (
              ls_committer_get_digests (run->servers[i]->committer, LS_SIM_SHOP), &position) ||
          ls_position_equal (&position, &shop->position))
        continue;
      g_snprintf (text, sizeof text,
                  "server %u is at version %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, i,
                  position.version, shop->position.version);
      return text;
    }
  for (unsigned i = 0; i < run->n_clients; i++)
    if (ls_sim_client_is_quiet (run->clients[i], &shop->position))
      {
        g_autofree char *behind = run->clients[i]->views != NULL
                                      ? ls_sim_views_find_behind (run->clients[i]->views)
                                      : NULL;

        if (behind == NULL)
          continue;
        g_snprintf (text, sizeof text, "client %u does not show %s", i, behind);
        return text;
      }
    else
      {
        LsPosition position = { "", 0, 0 };

        if (ls_sim_client_is_up (run->clients[i]))
          ls_cache_get_position (run->clients[i]->cache, LS_SIM_SHOP, &position, NULL, NULL, NULL);
        g_snprintf (text, sizeof text,
                    "client %u is %s, at version %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, i,
                    ls_sim_client_is_up (run->clients[i]) ? "up" : "down", position.version,
                    shop->position.version);
        return text;
      }
  return NULL;
}

/* An idle shop proves nothing: who looks at the date when he compares sees that a month has ended when
 * something has changed. */
static void
wake_up (LsSimRun *run)
{
  int64_t now = ls_sim_world_get_time (run->world);
  const LsSimStep edit = {
    .kind = LS_SIM_STEP_OPERATOR, .who = LS_SIM_SERVER, .a = 1, .b = 1, .seed = (uint64_t) now,
  };

  if (run->else_since == 0)
    run->else_since = now;
  if (now - run->else_since < IDLE)
    return;
  run->else_since = now;
  ls_sim_run_do_step (run, &edit);
}

/* What an admin chose is his again where a crash or a disk that failed has lost it: he sees it, and
 * chooses again. Nowhere else may it be lost. */
static const char *
who_holds_else (LsSimRun *run)
{
  static char text[200];

  for (unsigned i = 0; i < run->n_clients; i++)
    {
      LsSimClient *client = run->clients[i];
      g_autofree char *what = NULL;
      LsScopeChoice choice;

      if (!client->scopes || !ls_sim_client_is_up (client))
        continue;
      if (!ls_sim_oracle_has_choice (run->oracle, i, client->cache, &choice))
        ls_sim_client_choose (client, &choice);
      what = ls_sim_oracle_find_unscoped (run->oracle, i, client->cache, client->role);
      if (what == NULL)
        continue;
      g_snprintf (text, sizeof text, "client %u %s", i, what);
      wake_up (run);
      return text;
    }
  run->else_since = 0;
  return NULL;
}

/* Who has not found what rotted, or not healed it. */
static const char *
who_is_rotten (LsSimRun *run)
{
  static char text[200];
  g_autofree char *name = NULL;

  if (!ls_sim_oracle_has_rotted (run->oracle))
    return NULL;
  ls_sim_run_follow (run);
  name = ls_sim_oracle_find_rotten_at_server (run->oracle, ls_sim_run_storage (run),
                                              run->servers[0]->committer);
  if (name != NULL)
    {
      g_snprintf (text, sizeof text, "the server does not mend %s", name);
      return text;
    }
  for (unsigned i = 0; i < run->n_clients && name == NULL; i++)
    {
      name = ls_sim_oracle_find_rotten (run->oracle, i, run->clients[i]->cache,
                                        run->clients[i]->role);
      if (name != NULL)
        g_snprintf (text, sizeof text, "client %u does not heal %s", i, name);
    }
  return name != NULL ? text : NULL;
}

static bool
heal_all (LsSimRun *run)
{
  int64_t deadline = ls_sim_world_get_time (run->world) + ROUND;
  const char *who;

  while ((who = who_waits (run)) != NULL || (who = who_is_rotten (run)) != NULL)
    {
      if (ls_sim_world_get_time (run->world) > deadline)
        ls_sim_oracle_accuse (run->oracle, "%s", who);
      if (!ls_sim_run_go_on (run, ls_sim_world_get_time (run->world) + LS_SIM_SECOND))
        return false;
    }
  return true;
}

static bool
come_to_rest (LsSimRun *run,
              int64_t   deadline)
{
  while (ls_sim_run_go_on (run, ls_sim_world_get_time (run->world) + CHUNK))
    {
      const char *who;

      who = who_waits (run);
      if (who == NULL)
        who = who_holds_else (run);
      if (who == NULL)
        return true;
      if (ls_sim_world_get_time (run->world) > deadline)
        ls_sim_oracle_accuse (run->oracle, "somebody waits for ever: %s", who);
    }
  return false;
}

static void
judge (LsSimRun *run)
{
  ls_sim_run_follow (run);
  for (unsigned i = 0; i < run->n_servers; i++)
    ls_sim_oracle_judge_server (run->oracle, ls_sim_run_storage (run), run->servers[i]->committer);
  for (unsigned i = 0; i < run->n_clients; i++)
    {
      LsSimClient *client = run->clients[i];

      ls_sim_oracle_probe (run->oracle, i, client->cache);
      ls_sim_oracle_judge_client (run->oracle, i, client->cache, client->role);
      if (client->findings > 0 && !ls_sim_oracle_has_rotted (run->oracle))
        ls_sim_oracle_accuse (run->oracle, "client %u found digests that differ", i);
    }
}

/* Ends all trouble, waits for everything to come to rest, lets the digests be compared too. */
void
ls_sim_run_quiet (LsSimRun *run)
{
  ls_sim_world_note (run->world, "quiet");
  ls_sim_network_heal (run->network);
  if (run->database != NULL)
    ls_sim_database_set_trouble (run->database, false);
  for (int who = LS_SIM_SERVER; who < (int) run->n_clients; who++)
    ls_sim_disk_heal (ls_sim_run_disk_of (run, who));
  if (!come_to_rest (run, ls_sim_world_get_time (run->world) + PATIENCE) || !heal_all (run) ||
      !ls_sim_run_go_on (run, ls_sim_world_get_time (run->world) + 2 * run->plan->digest_interval) ||
      !come_to_rest (run, ls_sim_world_get_time (run->world) + PATIENCE))
    return;
  judge (run);
  ls_sim_oracle_forget_rot (run->oracle);
  if (run->database != NULL)
    ls_sim_database_set_trouble (run->database, true);
}
