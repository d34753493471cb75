/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "core/ls-error.h"
#include "server/ls-data-dir.h"
#include "server/ls-storage-sqlite.h"

/* A new command is a file here and a row in this table. */
static const LsCommand commands[] = {
  { "init", "make a data folder and its first user", ls_command_init },
  { "serve", "run the server", ls_command_serve },
  { "shop", "add shops and list them", ls_command_shop },
  { "user", "add users, set passwords and roles", ls_command_user },
  { "token", "make a token for a user", ls_command_token },
  { "import", "read rows into a shop", ls_command_import },
  { "export", "write the rows of a shop", ls_command_export },
  { "check", "compute all that is derived anew and compare", ls_command_check },
  { "backup", "copy shops and users while the server runs", ls_command_backup },
  { "restore", "put a backup in the place of what is there", ls_command_restore },
  { "status", "tell what runs and what is there", ls_command_status },
  { "simulate", "make traffic up in sample shops", ls_command_simulate },
  { "help", "tell about commands and options", ls_command_help },
};

static const LsOptionId common_options[] = { LS_OPTION_CONFIG, LS_OPTION_DATA };

/**
 * ls_commands_get:
 * @ret_count: (out): how many
 *
 * Returns: (transfer none) (array length=ret_count): all commands
 */
const LsCommand *
ls_commands_get (size_t *ret_count)
{
  *ret_count = G_N_ELEMENTS (commands);
  return commands;
}

/**
 * ls_commands_run:
 * @argc: words of the command line
 * @argv: the words
 *
 * Runs the command that the first word after the program's name says.
 *
 * Returns: how it ended
 */
LsCommandExit
ls_commands_run (int    argc,
                 char **argv)
{
  const char *name = argc > 1 ? argv[1] : "help";
  int status = LS_EXIT_OK;

  if (argc < 2)
    status = LS_EXIT_USAGE;
  if (g_str_equal (name, "--version"))
    {
      g_print ("lockstepd %s\n", LS_VERSION);
      return LS_EXIT_OK;
    }
  if (g_str_equal (name, "--help") || g_str_equal (name, "-h"))
    name = "help";
  for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].name, name))
      {
        LsCommandExit exit =
            commands[i].run (argc > 1 ? argc - 1 : argc, argc > 1 ? argv + 1 : argv);

        return exit == LS_EXIT_OK ? (LsCommandExit) status : exit;
      }
  g_printerr ("lockstepd: there is no command %s; try: lockstepd help\n", name);
  return LS_EXIT_USAGE;
}

static GOptionContext *
make_context (const LsCommandSpec *spec,
              LsConfig            *config,
              const char          *command)
{
  GOptionContext *context = g_option_context_new (spec->usage);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (LsOptionId));
  GOptionGroup *group;

  g_array_append_vals (ids, common_options, G_N_ELEMENTS (common_options));
  if (spec->n_options > 0)
    g_array_append_vals (ids, spec->options, (unsigned) spec->n_options);
  group = ls_config_get_group (config, (const LsOptionId *) (gpointer) ids->data, ids->len);
  if (spec->entries != NULL)
    g_option_group_add_entries (group, spec->entries);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context, spec->summary);
  if (spec->examples != NULL)
    {
      g_autofree char *examples = g_strconcat ("Examples:\n", spec->examples, NULL);

      g_option_context_set_description (context, examples);
    }
  return context;
}

/**
 * ls_command_parse:
 * @spec: what the line may look like
 * @argc: (inout): its words
 * @argv: (inout): its words; options are taken out, what is left stands after the command's name
 * @ret_exit: (out): how to end when nothing is returned
 *
 * Reads a command's line, the environment and the configuration file.
 *
 * Returns: (transfer full) (nullable): the options
 */
LsConfig *
ls_command_parse (const LsCommandSpec *spec,
                  int                 *argc,
                  char              ***argv,
                  LsCommandExit       *ret_exit)
{
  g_autoptr (LsConfig) config = ls_config_new ();
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) environment = g_get_environ ();
  g_autofree char *name = g_strconcat ("lockstepd ", (*argv)[0], NULL);

  g_set_prgname (name);
  context = make_context (spec, config, name);
  if (!g_option_context_parse (context, argc, argv, &error))
    {
      g_printerr ("%s: %s; try: %s --help\n", name, error->message, name);
      *ret_exit = LS_EXIT_USAGE;
      return NULL;
    }
  if (!ls_config_load (config, (const char *const *) environment, &error))
    {
      *ret_exit = ls_command_fail (error);
      return NULL;
    }
  return g_steal_pointer (&config);
}

/**
 * ls_command_fail:
 * @error: what went wrong
 *
 * Says so.
 *
 * Returns: %LS_EXIT_FAILED
 */
LsCommandExit
ls_command_fail (const GError *error)
{
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  return LS_EXIT_FAILED;
}

/**
 * ls_command_misused:
 * @command: its name
 * @words: what is wrong
 *
 * Says how to find help.
 *
 * Returns: %LS_EXIT_USAGE
 */
LsCommandExit
ls_command_misused (const char *command,
                    const char *words)
{
  g_printerr ("lockstepd %s: %s; try: lockstepd %s --help\n", command, words, command);
  return LS_EXIT_USAGE;
}

/**
 * ls_command_open_access:
 * @environment: clock and randomness
 * @config: which data folder
 * @error: where to put why not
 *
 * Opens the users of a data folder that exists. A server may be running on it.
 *
 * Returns: (transfer full) (nullable): the users
 */
LsAccess *
ls_command_open_access (LsEnvironment *environment,
                        LsConfig      *config,
                        GError       **error)
{
  const char *path = ls_config_get_text (config, LS_OPTION_DATA);

  if (!ls_data_dir_check (path, error))
    return NULL;
  return ls_access_open (environment, path, error);
}

/**
 * ls_command_open_storage:
 * @environment: clock and randomness
 * @config: which data folder
 * @error: where to put why not
 *
 * Opens the shops of a data folder that exists. A server may be running on it: then only what
 * #LsStorage allows beside a committer may be done.
 *
 * Returns: (transfer full) (nullable): the shops
 */
LsStorage *
ls_command_open_storage (LsEnvironment *environment,
                         LsConfig      *config,
                         GError       **error)
{
  const char *data = ls_config_get_text (config, LS_OPTION_DATA);
  g_autofree char *path = g_build_filename (data, LS_STORAGE_FILE, NULL);

  if (!ls_data_dir_check (data, error))
    return NULL;
  return ls_storage_sqlite_new (environment, path, error);
}

/**
 * ls_command_read_password:
 * @prompt: what to ask on a terminal
 * @error: where to put why not
 *
 * Reads a line of standard input, on a terminal without showing it. Passwords do not stand on
 * command lines.
 *
 * Returns: (transfer full) (nullable): the line
 */
char *
ls_command_read_password (const char *prompt,
                          GError    **error)
{
  struct termios before, silent;
  bool terminal = tcgetattr (STDIN_FILENO, &before) == 0;
  char line[2048];
  size_t length = 0;
  char byte;

  if (terminal)
    {
      g_printerr ("%s: ", prompt);
      silent = before;
      silent.c_lflag &= ~(tcflag_t) ECHO;
      tcsetattr (STDIN_FILENO, TCSAFLUSH, &silent);
    }
  while (length < sizeof line - 1 && read (STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
    line[length++] = byte;
  line[length] = '\0';
  if (terminal)
    {
      tcsetattr (STDIN_FILENO, TCSAFLUSH, &before);
      g_printerr ("\n");
    }
  if (length == 0)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_VALIDATION, "no password on standard input");
      return NULL;
    }
  return g_strndup (line, length);
}
