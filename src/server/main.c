/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include <locale.h>
#include <sys/stat.h>

#include "server/commands/ls-commands.h"

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  /* Whatever is written is for its owner. */
  umask (0077);
  return ls_commands_run (argc, argv);
}
