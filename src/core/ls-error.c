/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-error"

#include "config.h"

#include "core/ls-error.h"

#include <gio/gio.h>

/* Marks a message id for translation; the app translates, core never does. */
#define N_(string) (string)

static const LsErrorInfo error_table[LS_N_ERRORS] = {
  [LS_ERROR_NETWORK] = {
    "network", true, N_("The server could not be reached."),
    LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_WORK_OFFLINE, G_LOG_LEVEL_INFO,
  },
  [LS_ERROR_WEBSOCKET] = {
    "websocket", true, N_("The live connection was interrupted."),
    LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_WORK_OFFLINE, G_LOG_LEVEL_INFO,
  },
  [LS_ERROR_TIMEOUT] = {
    "timeout", true, N_("The server took too long to answer."),
    LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_WORK_OFFLINE, G_LOG_LEVEL_INFO,
  },
  [LS_ERROR_AUTH] = {
    "auth", false, N_("You are signed out. Sign in to go on."),
    LS_ERROR_ACTION_SIGN_IN, G_LOG_LEVEL_MESSAGE,
  },
  [LS_ERROR_FORBIDDEN] = {
    "forbidden", false, N_("Your role does not allow this."),
    LS_ERROR_ACTION_CONTACT, G_LOG_LEVEL_MESSAGE,
  },
  [LS_ERROR_VALIDATION] = {
    "validation", false, N_("The value was not accepted."),
    LS_ERROR_ACTION_CONTACT, G_LOG_LEVEL_INFO,
  },
  [LS_ERROR_CONFLICT] = {
    "conflict", false, N_("Somebody else changed this first."),
    LS_ERROR_ACTION_REFRESH, G_LOG_LEVEL_INFO,
  },
  [LS_ERROR_INCONSISTENCY] = {
    "inconsistency", true, N_("Some numbers did not agree and are being fetched again."),
    LS_ERROR_ACTION_REFRESH | LS_ERROR_ACTION_REPORT, G_LOG_LEVEL_WARNING,
  },
  [LS_ERROR_RATE_LIMIT] = {
    "rate-limit", true, N_("That was too much at once. It goes on in a moment."),
    LS_ERROR_ACTION_RETRY, G_LOG_LEVEL_INFO,
  },
  [LS_ERROR_PROTOCOL] = {
    "protocol", false, N_("The server and this app did not understand each other."),
    LS_ERROR_ACTION_REPORT, G_LOG_LEVEL_MESSAGE,
  },
  [LS_ERROR_STORAGE] = {
    "storage", true, N_("Data could not be written or read on the disk."),
    LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_REPORT, G_LOG_LEVEL_MESSAGE,
  },
  [LS_ERROR_TOO_OLD] = {
    "too-old", false, N_("This app is too old for the server. Update it to go on."),
    LS_ERROR_ACTION_CONTACT, G_LOG_LEVEL_MESSAGE,
  },
};

/* What an error of ours carries beside its words: see ls_error_get_reason(). */
typedef struct {
  char **reason;
} LsErrorPrivate;

static void
ls_error_private_init (LsErrorPrivate *priv)
{
}

static void
ls_error_private_copy (const LsErrorPrivate *from,
                       LsErrorPrivate       *to)
{
  to->reason = g_strdupv (from->reason);
}

static void
ls_error_private_clear (LsErrorPrivate *priv)
{
  g_strfreev (priv->reason);
}

G_DEFINE_EXTENDED_ERROR (LsError, ls_error)

/**
 * ls_error_info:
 * @code: a class of failure
 *
 * Looks @code up in the error table.
 *
 * Returns: (transfer none): the row of @code, static
 */
const LsErrorInfo *
ls_error_info (LsErrorCode code)
{
  g_return_val_if_fail (code < LS_N_ERRORS, NULL);

  return &error_table[code];
}

/**
 * ls_error_from_name:
 * @name: a name on the wire
 * @ret_code: (out): the class of that name; untouched when there is none
 *
 * Finds the class of failure that a peer named.
 *
 * Returns: whether @name is known
 */
bool
ls_error_from_name (const char  *name,
                    LsErrorCode *ret_code)
{
  g_return_val_if_fail (name != NULL && ret_code != NULL, false);

  for (size_t i = 0; i < LS_N_ERRORS; i++)
    if (g_str_equal (error_table[i].name, name))
      {
        *ret_code = (LsErrorCode) i;
        return true;
      }
  return false;
}

/**
 * ls_error_code_of:
 * @error: an error of any domain
 *
 * Sorts an error of any domain into one of ours: what GIO says about hosts and sockets is a network
 * failure or a time-out, about files a storage failure.
 *
 * Returns: the class of @error
 */
LsErrorCode
ls_error_code_of (const GError *error)
{
  g_return_val_if_fail (error != NULL, LS_ERROR_PROTOCOL);

  if (error->domain == LS_ERROR)
    return (LsErrorCode) error->code;
  if (error->domain == G_IO_ERROR)
    switch (error->code)
      {
      case G_IO_ERROR_TIMED_OUT:
        return LS_ERROR_TIMEOUT;
      case G_IO_ERROR_NO_SPACE:
      case G_IO_ERROR_READ_ONLY:
      case G_IO_ERROR_NOT_FOUND:
      case G_IO_ERROR_EXISTS:
      case G_IO_ERROR_IS_DIRECTORY:
      case G_IO_ERROR_NOT_DIRECTORY:
      case G_IO_ERROR_NOT_REGULAR_FILE:
      case G_IO_ERROR_NOT_EMPTY:
      case G_IO_ERROR_FILENAME_TOO_LONG:
      case G_IO_ERROR_INVALID_FILENAME:
      case G_IO_ERROR_PERMISSION_DENIED:
      case G_IO_ERROR_TOO_MANY_OPEN_FILES:
      case G_IO_ERROR_NOT_MOUNTED:
      case G_IO_ERROR_CANT_CREATE_BACKUP:
        return LS_ERROR_STORAGE;
      default:
        return LS_ERROR_NETWORK;
      }
  if (error->domain == G_RESOLVER_ERROR || error->domain == G_TLS_ERROR)
    return LS_ERROR_NETWORK;
  return LS_ERROR_STORAGE;
}

/**
 * ls_error_is_temporary:
 * @error: an error of any domain
 *
 * Returns: whether the same may succeed later without anybody changing anything
 */
bool
ls_error_is_temporary (const GError *error)
{
  return ls_error_info (ls_error_code_of (error))->temporary;
}

/**
 * ls_error_get_reason:
 * @error: an error of any domain
 *
 * Why exactly, where there is a name for it (ls-reason.h): for words in the reader's language.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): a name and arguments
 */
const char *const *
ls_error_get_reason (const GError *error)
{
  return error->domain == LS_ERROR ? (const char *const *) ls_error_get_private (error)->reason : NULL;
}

/**
 * ls_error_take_reason:
 * @error: an error of %LS_ERROR
 * @reason: (transfer full) (nullable) (array zero-terminated=1): a name and arguments
 *
 * Says why exactly.
 */
void
ls_error_take_reason (GError *error,
                      char  **reason)
{
  LsErrorPrivate *priv = ls_error_get_private (error);

  g_strfreev (priv->reason);
  priv->reason = reason;
}
