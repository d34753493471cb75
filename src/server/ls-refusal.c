/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-refusal.h"

static void
set_path (LsRefusal          *refusal,
          const LsCollection *collection,
          const char         *key,
          int                 field)
{
  if (collection != NULL)
    refusal->path = g_strjoin ("/", collection->name, key != NULL ? key : "",
                               field >= 0 ? collection->fields[field].name : NULL, NULL);
}

/**
 * ls_refusal_set:
 * @refusal: where to put it
 * @collection: (nullable): the place
 * @key: (nullable): the row
 * @field: index of the field, or -1
 * @reason: why
 * @...: arguments of @reason, as of ls_reason_new()
 *
 * Refuses. The first refusal is kept.
 *
 * Returns: %FALSE, to be returned in turn
 */
bool
ls_refusal_set (LsRefusal          *refusal,
                const LsCollection *collection,
                const char         *key,
                int                 field,
                LsReason            reason,
                ...)
{
  va_list args;

  if (refusal->message != NULL)
    return false;
  va_start (args, reason);
  refusal->reason = ls_reason_new_va (reason, args);
  va_end (args);
  refusal->code = ls_reason_info (reason)->code;
  refusal->message = ls_reason_to_text ((const char *const *) refusal->reason);
  set_path (refusal, collection, key, field);
  return false;
}

/**
 * ls_refusal_set_error:
 * @refusal: where to put it
 * @collection: (nullable): the place
 * @key: (nullable): the row
 * @field: index of the field, or -1
 * @error: why
 *
 * Refuses for what was found out elsewhere, in its words and with its reason. The first refusal is
 * kept.
 *
 * Returns: %FALSE, to be returned in turn
 */
bool
ls_refusal_set_error (LsRefusal          *refusal,
                      const LsCollection *collection,
                      const char         *key,
                      int                 field,
                      const GError       *error)
{
  if (refusal->message != NULL)
    return false;
  refusal->code = ls_error_code_of (error);
  refusal->message = g_strdup (error->message);
  refusal->reason = g_strdupv ((char **) ls_error_get_reason (error));
  set_path (refusal, collection, key, field);
  return false;
}

/**
 * ls_refusal_clear:
 * @refusal: a refusal
 *
 * Frees what it holds.
 */
void
ls_refusal_clear (LsRefusal *refusal)
{
  g_clear_pointer (&refusal->message, g_free);
  g_clear_pointer (&refusal->path, g_free);
  g_clear_pointer (&refusal->reason, g_strfreev);
}
