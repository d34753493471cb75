/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-edit-words"

#include "config.h"

#include "app/text/ls-edit-words.h"

#include <glib/gi18n.h>

#include "app/text/ls-error-words.h"
#include "app/text/ls-format.h"
#include "core/ls-error.h"
#include "core/ls-reason.h"

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

/* What the row says of its name, else what the edit does; NULL when neither does. */
static const char *
known_name (const LsChange *change,
            const LsRecord *record)
{
  int field = change->collection->name_field;
  const char *name = record != NULL && field >= 0 ? ls_record_get_text (record, (unsigned) field) : NULL;

  if (name == NULL || *name == '\0')
    name = row_name (change);
  return name != change->key ? name : NULL;
}

/**
 * ls_edit_words_summary:
 * @edit: an edit
 * @record: (nullable): the row that its first change is about, when it is at hand
 *
 * Returns: (transfer full): what it does, in one line
 */
char *
ls_edit_words_summary (const LsEdit   *edit,
                       const LsRecord *record)
{
  const LsChange *change;
  const char *name;
  g_autofree char *fields = NULL;

  if (edit->changes == NULL || edit->changes->len == 0)
    return g_strdup (_("A change"));
  change = g_ptr_array_index (edit->changes, 0);
  if (edit->changes->len > 1)
    return g_strdup_printf (ngettext ("%u change", "%u changes", edit->changes->len), edit->changes->len);
  fields = field_titles (change);
  name = known_name (change, record);
  switch (change->op)
    {
    case LS_CHANGE_PUT:
      /* Translators: a collection and the name of the record made in it, as "Products: new “Night
       * drive”" */
      return g_strdup_printf (_("%s: new “%s”"), _(change->collection->title), row_name (change));
    case LS_CHANGE_DEL:
      /* Translators: a collection and the name of the record deleted from it */
      return g_strdup_printf (_("%s: “%s” deleted"), _(change->collection->title),
                              name != NULL ? name : change->key);
    case LS_CHANGE_SET:
    case LS_CHANGE_ADD:
    default:
      /* Translators: the name of a record, or of a collection, and the fields that were changed, as
       * "Low Tide: Price, Stock" */
      return g_strdup_printf (_("%s: %s"), name != NULL ? name : _(change->collection->title), fields);
    }
}

static char *
format_as (const LsChange *change,
           unsigned        field,
           const LsRecord *record,
           const LsValue  *value,
           const char     *currency,
           GTimeZone      *time_zone)
{
  g_autoptr (LsRecord) shown = record != NULL ? ls_record_copy (record)
                                              : ls_record_new (change->collection, change->key);
  g_autofree char *text = NULL;

  ls_record_take (shown, field, ls_value_copy (value));
  text = ls_format_value (shown, field, currency != NULL ? currency : "", time_zone);
  return *text != '\0' ? g_steal_pointer (&text) : g_strdup (_("nothing"));
}

/* What an edit makes of one field, as "Price €24.99 → €19.50". */
static char *
field_words (const LsChange    *change,
             const LsFieldEdit *edit,
             const LsRecord    *record,
             const char        *currency,
             GTimeZone         *time_zone)
{
  const char *title = _(change->collection->fields[edit->field].title);
  int64_t number = ls_value_get_integer (&edit->set, 0);
  bool less = change->op == LS_CHANGE_ADD && number < 0 && number > INT64_MIN;
  const LsValue amount = less ? ls_value_integer (-number) : edit->set;
  g_autofree char *set = format_as (change, edit->field, record, &amount, currency, time_zone);
  g_autofree char *was = NULL;

  if (change->op == LS_CHANGE_ADD && less)
    /* Translators: a field and the number that was taken from it, as "Stock − 3" */
    return g_strdup_printf (_("%s − %s"), title, set);
  if (change->op == LS_CHANGE_ADD)
    /* Translators: a field and the number that was added to it, as "Stock + 3" */
    return g_strdup_printf (_("%s + %s"), title, set);
  if (!edit->has_was)
    return g_strdup_printf ("%s %s", title, set);
  was = format_as (change, edit->field, record, &edit->was, currency, time_zone);
  /* Translators: a field, what stood there and what it was set to, as "Price €24.99 → €19.50" */
  return g_strdup_printf (_("%s %s → %s"), title, was, set);
}

/**
 * ls_edit_words_title:
 * @edit: an edit
 * @record: (nullable): the row that its first change is about, when it is at hand
 * @currency: (nullable): the shop's currency
 * @time_zone: (nullable): the shop's time zone
 *
 * Returns: (transfer full): what it does to which record, with the values, in a line or two
 */
char *
ls_edit_words_title (const LsEdit   *edit,
                     const LsRecord *record,
                     const char     *currency,
                     GTimeZone      *time_zone)
{
  const LsChange *change =
      edit->changes != NULL && edit->changes->len == 1 ? g_ptr_array_index (edit->changes, 0) : NULL;
  int name_field = change != NULL ? change->collection->name_field : -1;
  const char *name = record != NULL && name_field >= 0
                         ? ls_record_get_text (record, (unsigned) name_field)
                         : NULL;
  g_autoptr (GString) fields = NULL;

  if (change == NULL || (change->op != LS_CHANGE_SET && change->op != LS_CHANGE_ADD))
    return ls_edit_words_summary (edit, record);
  fields = g_string_new (NULL);
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *field = &g_array_index (change->edits, LsFieldEdit, i);
      g_autofree char *words =
          field->has_set ? field_words (change, field, record, currency, time_zone) : NULL;

      if (words != NULL && fields->len > 0)
        g_string_append (fields, _(", "));
      if (words != NULL)
        g_string_append (fields, words);
    }
  /* Translators: the name of a record and what was changed in it, as "Low Tide: Price €24.99 →
   * €19.50" */
  return g_strdup_printf (_("%s: %s"), name != NULL ? name : row_name (change), fields->str);
}

/**
 * ls_edit_words_done:
 * @changes: (element-type LsChange): what the admin did
 *
 * Returns: (transfer full): that it is saved, in a few words
 */
char *
ls_edit_words_done (GPtrArray *changes)
{
  const LsChange *change = g_ptr_array_index (changes, 0);
  g_autofree char *fields = NULL;

  if (changes->len > 1)
    return g_strdup_printf (ngettext ("%u change saved", "%u changes saved", changes->len),
                            changes->len);
  fields = field_titles (change);
  switch (change->op)
    {
    case LS_CHANGE_PUT:
      /* Translators: the name of a record */
      return g_strdup_printf (_("“%s” created"), row_name (change));
    case LS_CHANGE_DEL:
      /* Translators: the name of a record */
      return g_strdup_printf (_("“%s” deleted"), row_name (change));
    case LS_CHANGE_SET:
    case LS_CHANGE_ADD:
    default:
      /* Translators: names of fields, as "Price" or "Price, Stock" */
      return g_strdup_printf (_("%s changed"), fields);
    }
}

/* Where a refusal names a field of the one row that the edit is about. */
static const LsField *
refused_field (const LsEdit *edit)
{
  g_auto (GStrv) parts = g_strsplit (edit->path != NULL ? edit->path : "", "/", 0);
  unsigned n = g_strv_length (parts);
  const LsCollection *collection = n > 2 ? ls_schema_find_collection (parts[0]) : NULL;
  int field = collection != NULL ? ls_collection_find_field (collection, parts[n - 1]) : -1;

  return field >= 0 ? &collection->fields[field] : NULL;
}

/* The server names the row by its key, for logs; the admin has before him which row and field it is. */
static bool
is_overtaken (const LsEdit *edit)
{
  const LsReasonInfo *info = ls_reason_find ((const char *const *) edit->reason);

  return info != NULL && g_str_equal (info->name, "changed");
}

/* In the admin's language where this version knows the reason; else what the server says of a rule,
 * which is English, or what is known of the class. */
static char *
reason (const LsEdit *edit)
{
  LsErrorCode code = LS_ERROR_VALIDATION;
  char *words;

  if (edit->depends_on != NULL)
    return g_strdup (_("It needs another change that was not saved."));
  words = is_overtaken (edit) ? g_strdup (_(ls_error_info (LS_ERROR_CONFLICT)->words))
                              : ls_error_words_reason ((const char *const *) edit->reason, refused_field (edit), NULL);
  if (words != NULL)
    return words;
  if (edit->code != NULL && ls_error_from_name (edit->code, &code) && code != LS_ERROR_VALIDATION)
    return g_strdup (_(ls_error_info (code)->words));
  if (edit->message != NULL && *edit->message != '\0')
    return ls_error_words_sentence (edit->message);
  return g_strdup (_(ls_error_info (code)->words));
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
  g_autofree char *why = NULL;

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
    case LS_EDIT_LOST:
      return g_strdup (_("Lost when the server was restored"));
    case LS_EDIT_DEAD:
    default:
      why = reason (edit);
      /* Translators: %s is a sentence with the reason */
      return g_strdup_printf (_("Not saved: %s"), why);
    }
}

/**
 * ls_edit_words_failure:
 * @edit: an edit of state %LS_EDIT_DEAD
 * @record: (nullable): the row that its first change is about, when it is at hand
 *
 * Returns: (transfer full): what was put back and why, for a toast
 */
char *
ls_edit_words_failure (const LsEdit   *edit,
                       const LsRecord *record)
{
  g_autofree char *summary = ls_edit_words_summary (edit, record);
  g_autofree char *why = reason (edit);

  /* Translators: what was changed, as "Low Tide: Price", then a sentence with the reason */
  return g_strdup_printf (_("%s was put back. %s"), summary, why);
}
