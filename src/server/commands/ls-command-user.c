/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include "core/ls-error.h"

typedef struct {
  LsAccess *access;
  const char *shop;
  const char *role;
  gboolean no_password;
} UserJob;

static bool
parse_role (const char *name,
            LsRole     *ret_role,
            GError    **error)
{
  if (ls_role_from_name (name, ret_role))
    return true;
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
               "%s: not a role; there are viewer, staff, admin and owner", name);
  return false;
}

static bool
set_role (UserJob    *job,
          const char *user,
          const char *name,
          GError    **error)
{
  LsRole role;

  if (g_str_equal (name, "none"))
    return ls_access_set_role (job->access, user, job->shop, NULL, error);
  return parse_role (name, &role, error) &&
         ls_access_set_role (job->access, user, job->shop, &role, error);
}

static bool
add_user (UserJob    *job,
          const char *user,
          GError    **error)
{
  g_autofree char *password = NULL;
  LsRole role;

  /* What can be wrong with the line is found before a password is asked for. */
  if (job->role != NULL && !parse_role (job->role, &role, error))
    return false;
  if (!job->no_password)
    {
      password = ls_command_read_password ("Password", error);
      if (password == NULL)
        return false;
    }
  if (!ls_access_add_user (job->access, user, password, error))
    return false;
  return job->role == NULL || set_role (job, user, job->role, error);
}

static bool
set_password (UserJob    *job,
              const char *user,
              GError    **error)
{
  g_autofree char *password = ls_command_read_password ("New password", error);

  return password != NULL && ls_access_set_password (job->access, user, password, error);
}

static bool
list_users (UserJob *job,
            GError **error)
{
  g_autoptr (GPtrArray) users = ls_access_list_users (job->access, error);

  for (unsigned i = 0; users != NULL && i < users->len; i++)
    {
      const LsUser *user = g_ptr_array_index (users, i);

      g_print ("%s\t%s\t%s\n", user->name, user->has_password ? "password" : "tokens only",
               user->roles);
    }
  return users != NULL;
}

/**
 * ls_command_user:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd user add|passwd|role|list`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_user (int    argc,
                 char **argv)
{
  g_autofree char *shop = NULL;
  g_autofree char *role = NULL;
  UserJob job = { NULL };
  const GOptionEntry entries[] = {
    { "shop", 0, 0, G_OPTION_ARG_STRING, &shop, "In which shop (default: all)", "SHOP" },
    { "role", 0, 0, G_OPTION_ARG_STRING, &role, "What a new user is there",
      "viewer|staff|admin|owner" },
    { "no-password", 0, 0, G_OPTION_ARG_NONE, &job.no_password, "A new user comes with tokens only",
      NULL },
    { NULL },
  };
  const LsCommandSpec spec = {
    .usage = "add USER | passwd USER | role USER ROLE | list",
    .summary =
        "Adds users, sets their passwords and roles, lists them. Passwords are read from standard input.\n"
        "A running server sees the change within seconds.",
    .examples = "  lockstepd user add maya --role staff --shop music\n"
                "  lockstepd user passwd maya\n"
                "  lockstepd user role maya none --shop music\n",
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsAccess) access = NULL;
  g_autoptr (GError) error = NULL;
  const char *verb = argc > 1 ? argv[1] : "";
  bool done;

  if (config == NULL)
    return exit;
  if (!(argc == 2 && g_str_equal (verb, "list")) && !(argc == 4 && g_str_equal (verb, "role")) &&
      !(argc == 3 && (g_str_equal (verb, "add") || g_str_equal (verb, "passwd"))))
    return ls_command_misused ("user", "say what to do with whom");
  environment = ls_system_environment_new ();
  access = ls_command_open_access (environment, config, &error);
  if (access == NULL)
    return ls_command_fail (error);
  job.access = access;
  job.shop = shop != NULL ? shop : LS_ACCESS_ANY_SHOP;
  job.role = role;
  if (g_str_equal (verb, "add"))
    done = add_user (&job, argv[2], &error);
  else if (g_str_equal (verb, "passwd"))
    done = set_password (&job, argv[2], &error);
  else if (g_str_equal (verb, "role"))
    done = set_role (&job, argv[2], argv[3], &error);
  else
    done = list_users (&job, &error);
  return done ? LS_EXIT_OK : ls_command_fail (error);
}
