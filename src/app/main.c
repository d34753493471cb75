/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep"

#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

#include "app/ls-application.h"

int
main (int   argc,
      char *argv[])
{
  g_autoptr (LsApplication) application = NULL;
  /* Where the translations lie while nothing is installed: ./dev run and the tests set it. */
  const char *locale_dir = g_getenv ("LOCKSTEP_LOCALE_DIR");

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_("Lockstep"));

  application = ls_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
