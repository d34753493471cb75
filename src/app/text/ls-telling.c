/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-telling"

#include "config.h"

#include "app/text/ls-telling.h"

#include <glib/gi18n.h>

#include "app/text/ls-error-words.h"

G_DEFINE_BOXED_TYPE (LsTelling, ls_telling, ls_telling_copy, ls_telling_free)

/**
 * ls_telling_new:
 * @operation: what failed
 * @error: why
 * @words: (nullable): what to say instead of what the tables have
 * @retry: (nullable): does the same again
 *
 * Returns: (transfer full): what is said of it
 */
LsTelling *
ls_telling_new (LsOperation   operation,
                const GError *error,
                const char   *words,
                GClosure     *retry)
{
  const LsOperationInfo *info = ls_operation_info (operation);
  LsErrorCode code = ls_error_code_of (error);
  g_autofree char *why = words != NULL ? g_strdup (words) : ls_error_words (error);
  LsTelling *telling = g_new0 (LsTelling, 1);

  telling->operation = operation;
  telling->code = code;
  if (info->words != NULL && words == NULL)
    /* Translators: what did not work, then a sentence with the reason */
    telling->words = g_strdup_printf (_("%s. %s"), _(info->words), why);
  else
    telling->words = g_steal_pointer (&why);
  telling->details = g_strdup_printf ("Lockstep " LS_VERSION "\n%s: %s (%s, %s %d)", info->name, error->message,
                                      ls_error_info (code)->name, g_quark_to_string (error->domain), error->code);
  telling->actions = ls_error_info (code)->actions;
  telling->retry = retry != NULL ? g_closure_ref (retry) : NULL;
  return telling;
}

/**
 * ls_telling_copy:
 * @telling: what is said of a failure
 *
 * Returns: (transfer full): the same
 */
LsTelling *
ls_telling_copy (const LsTelling *telling)
{
  LsTelling *copy = g_memdup2 (telling, sizeof *telling);

  copy->words = g_strdup (telling->words);
  copy->details = g_strdup (telling->details);
  if (copy->retry != NULL)
    g_closure_ref (copy->retry);
  return copy;
}

/**
 * ls_telling_free:
 * @telling: (transfer full): what is said of a failure
 *
 * Frees it.
 */
void
ls_telling_free (LsTelling *telling)
{
  g_free (telling->words);
  g_free (telling->details);
  g_clear_pointer (&telling->retry, g_closure_unref);
  g_free (telling);
}
