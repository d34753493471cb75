/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-refusal.h"

/**
 * ls_refusal_set:
 * @refusal: where to put it
 * @code: the class of the failure
 * @collection: (nullable): the place
 * @key: (nullable): the row
 * @field: index of the field, or -1
 * @format: why, for a reader
 * @...: for @format
 *
 * Refuses. The first refusal is kept.
 *
 * Returns: %FALSE, to be returned in turn
 */
bool
ls_refusal_set (LsRefusal          *refusal,
                LsErrorCode         code,
                const LsCollection *collection,
                const char         *key,
                int                 field,
                const char         *format,
                ...)
{
  va_list args;

  if (refusal->message != NULL)
    return false;
  refusal->code = code;
  va_start (args, format);
  refusal->message = g_strdup_vprintf (format, args);
  va_end (args);
  if (collection != NULL)
    refusal->path = g_strjoin ("/", collection->name, key != NULL ? key : "",
                               field >= 0 ? collection->fields[field].name : NULL, NULL);
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
}
