/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-error-words"

#include "config.h"

#include "app/text/ls-error-words.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"

/**
 * ls_error_words_sentence:
 * @words: why, as the table of reasons or a server has it, with or without a capital letter and a
 *   full stop
 *
 * Returns: (transfer full): a sentence
 */
char *
ls_error_words_sentence (const char *words)
{
  const char *rest = *words != '\0' ? g_utf8_next_char (words) : words;
  g_autofree char *first = g_utf8_strup (words, rest - words);

  return g_strconcat (first, rest, g_str_has_suffix (words, ".") || *words == '\0' ? "" : ".", NULL);
}

static char *
number_words (const char    *arg,
              const LsField *field,
              const char    *currency)
{
  int64_t number = g_ascii_strtoll (arg, NULL, 10);

  return field != NULL && field->type == LS_TYPE_MONEY && currency != NULL
             ? ls_format_money (number, currency)
             : ls_format_number (number);
}

/* What `products.price` and `orders.status.paid` mean; as they stand when they are of a newer server. */
static char *
field_words (const char *arg)
{
  g_auto (GStrv) parts = g_strsplit (arg, ".", 3);
  const LsCollection *collection = ls_schema_find_collection (parts[0] != NULL ? parts[0] : "");
  int field = collection != NULL && parts[1] != NULL ? ls_collection_find_field (collection, parts[1]) : -1;

  if (field < 0)
    return g_strdup (arg);
  return g_strdup (parts[2] != NULL ? ls_format_enum_label (&collection->fields[field], parts[2])
                                    : _(collection->fields[field].title));
}

static char *
arg_words (char           kind,
           const char    *arg,
           const LsField *field,
           const char    *currency)
{
  const LsCollection *collection;

  switch (kind)
    {
    case 'n':
      return number_words (arg, NULL, NULL);
    case 'v':
      return number_words (arg, field, currency);
    case 'c':
      collection = ls_schema_find_collection (arg);
      return g_strdup (collection != NULL ? _(collection->title) : arg);
    case 'f':
    case 's':
      return field_words (arg);
    case 't':
    default:
      return g_strdup (arg);
    }
}

/**
 * ls_error_words_reason:
 * @reason: (nullable) (array zero-terminated=1): a name and arguments, of any server
 * @field: (nullable): the field that it is about
 * @currency: (nullable): the currency of its amounts
 *
 * Says in the admin's language why something is refused.
 *
 * Returns: (transfer full) (nullable): a sentence; %NULL when the reason is not known here
 */
char *
ls_error_words_reason (const char *const *reason,
                       const LsField     *field,
                       const char        *currency)
{
  const LsReasonInfo *info = ls_reason_find (reason);
  g_auto (GStrv) args = NULL;
  g_autofree char *words = NULL;

  if (info == NULL)
    return NULL;
  args = g_new0 (char *, LS_REASON_MAX_ARGS + 1);
  for (size_t i = 0; info->kinds[i] != '\0'; i++)
    args[i] = arg_words (info->kinds[i], reason[i + 1], field, currency);
  words = ls_reason_format (_(info->words), (const char *const *) args);
  return ls_error_words_sentence (words);
}

/**
 * ls_error_words_value:
 * @error: why what was typed is no value of a field, or anything else
 * @field: (nullable): the field
 * @currency: (nullable): the currency of its amounts
 *
 * Returns: (transfer full): a sentence in the admin's language
 */
char *
ls_error_words_value (const GError  *error,
                      const LsField *field,
                      const char    *currency)
{
  char *words = ls_error_words_reason (ls_error_get_reason (error), field, currency);

  return words != NULL ? words : g_strdup (_(ls_error_info (ls_error_code_of (error))->words));
}

/**
 * ls_error_words:
 * @error: an error of any domain
 *
 * Says what the table of errors has for it, or why exactly where there is a name for that. What the
 * error itself says is English, and for logs.
 *
 * Returns: (transfer full): a sentence in the admin's language
 */
char *
ls_error_words (const GError *error)
{
  return ls_error_words_value (error, NULL, NULL);
}
