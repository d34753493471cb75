/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sign-in-words"

#include "config.h"

#include "app/text/ls-sign-in-words.h"

#include <glib/gi18n.h>

#include "core/ls-error.h"

/**
 * ls_sign_in_words_failure:
 * @error: why a sign-in failed, of any domain
 * @server: the address that was tried, as the admin typed it
 *
 * Says why in the admin's language, and what he can do.
 *
 * Returns: (transfer full): a sentence or two
 */
char *
ls_sign_in_words_failure (const GError *error,
                          const char   *server)
{
  g_autofree char *words = NULL;

  switch (ls_error_code_of (error))
    {
    case LS_ERROR_AUTH:
      return g_strdup (_("The server does not know this user name and password."));
    case LS_ERROR_VALIDATION:
      /* Translators: %s is what was typed */
      return g_strdup_printf (_("%s is no address of a server. One looks like https://shop.example."), server);
    case LS_ERROR_PROTOCOL:
      /* Translators: %s is an address */
      return g_strdup_printf (_("Something answers at %s, but it is no Lockstep server."), server);
    case LS_ERROR_NETWORK:
    case LS_ERROR_WEBSOCKET:
      /* Translators: %s is an address */
      words = g_strdup_printf (_("No server could be reached at %s. Check the address and your connection."),
                               server);
      /* Whether nobody is there or nobody to be trusted: what GIO says is in the user's language. */
      return g_strdup_printf ("%s\n%s", words, error->message);
    case LS_ERROR_TIMEOUT:
    case LS_ERROR_FORBIDDEN:
    case LS_ERROR_CONFLICT:
    case LS_ERROR_INCONSISTENCY:
    case LS_ERROR_RATE_LIMIT:
    case LS_ERROR_STORAGE:
    case LS_ERROR_TOO_OLD:
    default:
      return g_strdup (_(ls_error_info (ls_error_code_of (error))->words));
    }
}
