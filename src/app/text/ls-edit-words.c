/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-edit-words"

#include "config.h"

#include "app/text/ls-edit-words.h"

#include <glib/gi18n.h>

#include "core/ls-error.h"

static char *
field_titles (const LsChange *change)
{
  GString *titles = g_string_new (NULL);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!edit->has_set)
        continue;
      if (titles->len > 0)
        /* Translators: between the names of two fields */
        g_string_append (titles, _(", "));
      g_string_append (titles, _(change->collection->fields[edit->field].title));
    }
  return g_string_free (titles, FALSE);
}

/* What names the row to a reader: what the edit itself says of its name, or its key. */
static const char *
row_name (const LsChange *change)
{
  int field = change->collection->name_field;
  const LsFieldEdit *edit = field >= 0 ? ls_change_find (change, (unsigned) field) : NULL;

  if (edit != NULL && edit->has_set && ls_value_get_text (&edit->set) != NULL)
    return ls_value_get_text (&edit->set);
  if (edit != NULL && edit->has_was && ls_value_get_text (&edit->was) != NULL)
    return ls_value_get_text (&edit->was);
  return change->key;
}

/**
 * ls_edit_words_summary:
 * @edit: an edit
 *
 * Returns: (transfer full): what it does, in one line
 */
char *
ls_edit_words_summary (const LsEdit *edit)
{
  const LsChange *change;
  g_autofree char *fields = NULL;

  if (edit->changes == NULL || edit->changes->len == 0)
    return g_strdup (_("A change"));
  change = g_ptr_array_index (edit->changes, 0);
  if (edit->changes->len > 1)
    return g_strdup_printf (ngettext ("%u change", "%u changes", edit->changes->len), edit->changes->len);
  fields = field_titles (change);
  switch (change->op)
    {
    case LS_CHANGE_PUT:
      /* Translators: a collection and the name of the record made in it, as "Products: new “Night
       * drive”" */
      return g_strdup_printf (_("%s: new “%s”"), _(change->collection->title), row_name (change));
    case LS_CHANGE_DEL:
      /* Translators: a collection and the name of the record deleted from it */
      return g_strdup_printf (_("%s: “%s” deleted"), _(change->collection->title), row_name (change));
    case LS_CHANGE_SET:
    case LS_CHANGE_ADD:
    default:
      /* Translators: a collection and the fields that were changed, as "Products: Price, Stock" */
      return g_strdup_printf (_("%s: %s"), _(change->collection->title), fields);
    }
}

static const char *
reason (const LsEdit *edit)
{
  LsErrorCode code = LS_ERROR_VALIDATION;

  if (edit->code != NULL && ls_error_from_name (edit->code, &code) && code != LS_ERROR_VALIDATION)
    return _(ls_error_info (code)->words);
  if (edit->message != NULL && *edit->message != '\0')
    return edit->message;
  return _(ls_error_info (code)->words);
}

/**
 * ls_edit_words_state:
 * @edit: an edit
 *
 * Returns: (transfer full): where it stands, in one line
 */
char *
ls_edit_words_state (const LsEdit *edit)
{
  switch (edit->state)
    {
    case LS_EDIT_QUEUED:
      return g_strdup (_("Waiting to be sent"));
    case LS_EDIT_SENT:
      return g_strdup (_("Sent, not confirmed yet"));
    case LS_EDIT_APPLIED:
      return g_strdup (_("Saved"));
    case LS_EDIT_DISCARDED:
      return g_strdup (_("Discarded"));
    case LS_EDIT_DEAD:
    default:
      /* Translators: %s is a sentence with the reason */
      return g_strdup_printf (_("Not saved: %s"), reason (edit));
    }
}

/**
 * ls_edit_words_failure:
 * @edit: an edit of state %LS_EDIT_DEAD
 *
 * Returns: (transfer full): what was put back and why, for a toast
 */
char *
ls_edit_words_failure (const LsEdit *edit)
{
  g_autofree char *summary = ls_edit_words_summary (edit);

  /* Translators: what was changed, as "Products: Price", then a sentence with the reason */
  return g_strdup_printf (_("%s was put back. %s"), summary, reason (edit));
}
