/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

static void
print_commands (void)
{
  size_t count;
  const LsCommand *commands = ls_commands_get (&count);

  g_print ("usage: lockstepd COMMAND [OPTION...]\n\n");
  for (size_t i = 0; i < count; i++)
    g_print ("  %-10s %s\n", commands[i].name, commands[i].summary);
  g_print (
      "\n"
      "A first run:\n"
      "  lockstepd init --data ~/shop\n"
      "  lockstepd serve --data ~/shop --listen 127.0.0.1:8484\n\n"
      "lockstepd COMMAND --help tells more of a command, lockstepd help options of all options:\n"
      "each can stand on the command line, in the environment and in the configuration file.\n");
}

/**
 * ls_command_help:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd help [COMMAND|options]`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_help (int    argc,
                 char **argv)
{
  size_t count;
  const LsCommand *commands = ls_commands_get (&count);

  if (argc > 1 && g_str_equal (argv[1], "options"))
    {
      g_autofree char *text = ls_config_describe ();

      g_print (
          "The command line wins over the environment, the environment over the file named by --config\n"
          "(keys of its group [server]), the file over the default.\n\n%s",
          text);
      return LS_EXIT_OK;
    }
  for (size_t i = 0; argc > 1 && i < count; i++)
    if (g_str_equal (commands[i].name, argv[1]) && commands[i].run != ls_command_help)
      {
        char *line[] = { argv[1], (char *) "--help", NULL };

        return commands[i].run (2, line);
      }
  print_commands ();
  return LS_EXIT_OK;
}
