/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-reason"

#include "config.h"

#include "core/ls-reason.h"

#include <string.h>

/*
 * Why a value or an edit is refused, as a name and arguments, so that whoever shows it can say it in
 * the admin's language: {name, argument …, NULL}. What is said in English beside it, in logs, imports
 * and to a client that does not know the name, is made of the same table.
 */

/* Marks a message id for translation; the app translates, core never does. */
#define N_(string) (string)

/* Between the parts of a reason that is kept in one text. No argument has a control character. */
#define SEPARATOR "\x1f"

static const LsReasonInfo reason_table[LS_N_REASONS] = {
  [LS_REASON_REQUIRED] = { "required", LS_ERROR_VALIDATION, "", N_ ("a value is required") },
  [LS_REASON_KEY] = { "key", LS_ERROR_VALIDATION, "", N_ ("not a valid key") },
  [LS_REASON_CURRENCY] = { "currency", LS_ERROR_VALIDATION, "",
                           N_ ("not a currency code of three capital letters") },
  [LS_REASON_TEXT_LENGTH] = { "text-length", LS_ERROR_VALIDATION, "nn",
                              N_ ("the text has %1$s bytes, at most %2$s are allowed") },
  [LS_REASON_TEXT_ENCODING] = { "text-encoding", LS_ERROR_VALIDATION, "n",
                                N_ ("the text is not valid UTF-8 at byte %1$s") },
  [LS_REASON_TEXT_CONTROL] = { "text-control", LS_ERROR_VALIDATION, "n",
                               N_ ("the text has a control character at byte %1$s") },
  [LS_REASON_TEXT_TYPE] = { "text-type", LS_ERROR_VALIDATION, "", N_ ("text where a number belongs") },
  [LS_REASON_NUMBER_TYPE] = { "number-type", LS_ERROR_VALIDATION, "",
                              N_ ("a number where text belongs") },
  [LS_REASON_RANGE] = { "range", LS_ERROR_VALIDATION, "vvv",
                        N_ ("%1$s is not between %2$s and %3$s") },
  [LS_REASON_NOT_AMOUNT] = { "not-amount", LS_ERROR_VALIDATION, "tt",
                             N_ ("“%1$s” is not an amount in %2$s") },
  [LS_REASON_NOT_NUMBER] = { "not-number", LS_ERROR_VALIDATION, "t",
                             N_ ("“%1$s” is not a whole number") },

  /* Translators: %1$s is a collection, such as “Products” */
  [LS_REASON_COLLECTION_DERIVED] = { "collection-derived", LS_ERROR_VALIDATION, "c",
                                     N_ ("%1$s: only the server writes this") },
  [LS_REASON_FIELD_DERIVED] = { "field-derived", LS_ERROR_VALIDATION, "",
                                N_ ("the server computes this field, it can't be set") },
  /* Translators: %1$s is a field, such as “Price” */
  [LS_REASON_FIELD_IMMUTABLE] = { "field-immutable", LS_ERROR_VALIDATION, "f",
                                  N_ ("%1$s is set when the row is made and never changed") },
  [LS_REASON_NOT_ADDABLE] = { "not-addable", LS_ERROR_VALIDATION, "",
                              N_ ("only a number can be added, and only to a number") },
  /* Translators: a field, such as “Stock”, and a number */
  [LS_REASON_SUM_RANGE] = { "sum-range", LS_ERROR_VALIDATION, "fv",
                            N_ ("%1$s: %2$s more would be out of bounds") },
  [LS_REASON_NO_CHANGES] = { "no-changes", LS_ERROR_VALIDATION, "", N_ ("there is nothing to change") },
  [LS_REASON_MANY_CHANGES] = { "many-changes", LS_ERROR_VALIDATION, "nn",
                               N_ ("%1$s changes at once, at most %2$s are allowed") },
  [LS_REASON_LARGE_EDIT] = { "large-edit", LS_ERROR_VALIDATION, "",
                             N_ ("the edit is too large to be sent") },

  /* Translators: a collection, such as “Products”, and the key of a record in it */
  [LS_REASON_GONE] = { "gone", LS_ERROR_CONFLICT, "ct", N_ ("%1$s %2$s is not there any more") },
  /* Translators: a field, such as “Price”, a collection and the key of a record in it */
  [LS_REASON_CHANGED] = { "changed", LS_ERROR_CONFLICT, "fct",
                          N_ ("%1$s of %2$s %3$s was changed by somebody else") },
  [LS_REASON_EDIT_GONE] = { "edit-gone", LS_ERROR_CONFLICT, "",
                            N_ ("there is no such edit any more that waits or has failed") },
  [LS_REASON_EDIT_DONE] = { "edit-done", LS_ERROR_CONFLICT, "", N_ ("this edit is done already") },
  /* Translators: a word, and a field that does not know it */
  [LS_REASON_UNKNOWN_VALUE] = { "unknown-value", LS_ERROR_VALIDATION, "tf",
                                N_ ("“%1$s” is not a known value of %2$s") },
  /* Translators: the name of a role, such as “viewer”, and a collection */
  [LS_REASON_ROLE_COLLECTION] = { "role-collection", LS_ERROR_FORBIDDEN, "tc",
                                  N_ ("the role %1$s may not change %2$s") },
  /* Translators: the name of a role, such as “viewer” */
  [LS_REASON_ROLE_FIELDS] = { "role-fields", LS_ERROR_FORBIDDEN, "t",
                              N_ ("the role %1$s may not change some of these fields") },
  [LS_REASON_SHOP_ROW] = { "shop-row", LS_ERROR_VALIDATION, "",
                           N_ ("a shop has one row of its own, which is changed but neither added nor deleted") },
  [LS_REASON_MANY_ROWS] = { "many-rows", LS_ERROR_VALIDATION, "nn",
                            N_ ("it changes %1$s rows with all that follows from it, at most %2$s are allowed at "
                                "once: make it several") },
  [LS_REASON_MANY_BYTES] = { "many-bytes", LS_ERROR_VALIDATION, "nn",
                             N_ ("it has %1$s KiB with all that follows from it, at most %2$s are allowed at "
                                 "once: make it several") },
  [LS_REASON_LARGE_SUMS] = { "large-sums", LS_ERROR_VALIDATION, "",
                             N_ ("the sums that follow from it would be too large") },
  [LS_REASON_ID_USED] = { "id-used", LS_ERROR_PROTOCOL, "",
                          N_ ("this id was used for another edit before") },
  [LS_REASON_TAKEN_BACK] = { "taken-back", LS_ERROR_VALIDATION, "",
                             N_ ("it was discarded before it was sent") },
  /* Translators: a collection, such as “Orders”, and the key of a record that is not in it */
  [LS_REASON_NO_TARGET] = { "no-target", LS_ERROR_VALIDATION, "ct", N_ ("there is no %1$s “%2$s”") },
  /* Translators: a number of records, their collection, and the key of one of them */
  [LS_REASON_STILL_USED] = { "still-used", LS_ERROR_VALIDATION, "nct",
                             N_ ("%1$s of %2$s still belong to it, among them “%3$s”") },

  /* Translators: %1$s is a field, such as “Price” */
  [LS_REASON_BELOW_ZERO] = { "below-zero", LS_ERROR_VALIDATION, "f", N_ ("%1$s can't be below zero") },
  [LS_REASON_SALE_PRICE] = { "sale-price", LS_ERROR_VALIDATION, "",
                             N_ ("a sale price can't be above the price") },
  [LS_REASON_ITEM_QUANTITY] = { "item-quantity", LS_ERROR_VALIDATION, "",
                                N_ ("an item has a quantity of at least 1") },
  [LS_REASON_ITEM_TOTAL] = { "item-total", LS_ERROR_VALIDATION, "",
                             N_ ("quantity × unit price is too large") },
  [LS_REASON_ITEM_DISCOUNT] = { "item-discount", LS_ERROR_VALIDATION, "",
                                N_ ("a discount can't be above the price") },
  /* Translators: %1$s is the key of a refund */
  [LS_REASON_ITEM_REFUNDED] = { "item-refunded", LS_ERROR_VALIDATION, "t",
                                N_ ("refund “%1$s” names this item, it can't be deleted") },
  /* Translators: two words for where an order stands, such as “Cancelled” and “Shipped” */
  [LS_REASON_ORDER_STATUS] = { "order-status", LS_ERROR_VALIDATION, "ss",
                               N_ ("an order that is %1$s can't become %2$s") },
  [LS_REASON_REFUND_NEEDS_ITEM] = { "refund-needs-item", LS_ERROR_VALIDATION, "",
                                    N_ ("a quantity needs the item it is of") },
  [LS_REASON_REFUND_ITEM] = { "refund-item", LS_ERROR_VALIDATION, "",
                              N_ ("the order has no such item") },
  [LS_REASON_REFUND_QUANTITY] = { "refund-quantity", LS_ERROR_VALIDATION, "",
                                  N_ ("that is more than the item has") },
  [LS_REASON_REFUND_AMOUNT] = { "refund-amount", LS_ERROR_VALIDATION, "",
                                N_ ("the amount is too large") },
  [LS_REASON_REFUND_PAID] = { "refund-paid", LS_ERROR_VALIDATION, "",
                              N_ ("more can't be refunded than was paid") },
  /* Translators: a room or the key of a service, and the key of a reservation */
  [LS_REASON_RESERVATION_CLASH] = { "reservation-clash", LS_ERROR_VALIDATION, "tt",
                                    N_ ("“%1$s” is taken at that time by reservation “%2$s”") },
  [LS_REASON_RESERVATION_ORDER] = { "reservation-order", LS_ERROR_VALIDATION, "",
                                    N_ ("a reservation ends after it starts") },
  [LS_REASON_RESERVATION_LENGTH] = { "reservation-length", LS_ERROR_VALIDATION, "",
                                     N_ ("a reservation lasts at most 31 days") },
  [LS_REASON_CATEGORY_CIRCLE] = { "category-circle", LS_ERROR_VALIDATION, "",
                                  N_ ("categories are in a circle, or more than 32 deep") },
  [LS_REASON_TIME_ZONE] = { "time-zone", LS_ERROR_VALIDATION, "",
                            N_ ("there is no time zone of that name") },
  [LS_REASON_TIME_ZONE_FIXED] = { "time-zone-fixed", LS_ERROR_VALIDATION, "",
                                  N_ ("the time zone can't be changed any more: there are orders, and it made "
                                      "their days") },

  [LS_REASON_CLOSED] = { "closed", LS_ERROR_NETWORK, "", N_ ("the account is not open") },
  [LS_REASON_ELSEWHERE] = { "elsewhere", LS_ERROR_FORBIDDEN, "",
                            N_ ("another Lockstep process has this account open") },
  [LS_REASON_NEWER_FILE] = { "newer-file", LS_ERROR_TOO_OLD, "",
                             N_ ("the copy on this computer was written by a newer version of this app") },
  [LS_REASON_NO_RECORD] = { "no-record", LS_ERROR_CONFLICT, "", N_ ("there is no such record here") },
  /* Translators: %1$s is what stands where a link should */
  [LS_REASON_LINK] = { "link", LS_ERROR_VALIDATION, "t", N_ ("“%1$s” is no link of Lockstep") },
  [LS_REASON_SAMPLE_PROGRAM] = { "sample-program", LS_ERROR_STORAGE, "",
                                 N_ ("it needs the program lockstepd, which is not installed") },
  /* Translators: %1$s is what the program said, in English */
  [LS_REASON_SAMPLE_MADE] = { "sample-made", LS_ERROR_STORAGE, "t", N_ ("it could not be made: %1$s") },
  [LS_REASON_SAMPLE_ENDED] = { "sample-ended", LS_ERROR_STORAGE, "", N_ ("its server ended at once") },
};

/**
 * ls_reason_info:
 * @reason: a reason
 *
 * Returns: (transfer none): its row of the table, static
 */
const LsReasonInfo *
ls_reason_info (LsReason reason)
{
  g_return_val_if_fail (reason < LS_N_REASONS, NULL);

  return &reason_table[reason];
}

/**
 * ls_reason_find:
 * @reason: (nullable) (array zero-terminated=1): a name and arguments, of any peer
 *
 * Looks a reason up by its name.
 *
 * Returns: (transfer none) (nullable): its row of the table; %NULL when the name is not known here,
 *   or other arguments belong to it
 */
const LsReasonInfo *
ls_reason_find (const char *const *reason)
{
  size_t n = reason != NULL ? g_strv_length ((char **) reason) : 0;

  for (size_t i = 0; n > 0 && i < LS_N_REASONS; i++)
    if (g_str_equal (reason_table[i].name, reason[0]))
      return n - 1 == strlen (reason_table[i].kinds) ? &reason_table[i] : NULL;
  return NULL;
}

/* One argument of ls_reason_new(), as text. */
static char *
next_arg (char     kind,
          va_list *args)
{
  const LsCollection *collection;
  const LsField *field;

  switch (kind)
    {
    case 'n':
    case 'v':
      return g_strdup_printf ("%" G_GINT64_FORMAT, va_arg (*args, int64_t));
    case 'c':
      return g_strdup (va_arg (*args, const LsCollection *)->name);
    case 'f':
    case 's':
      collection = va_arg (*args, const LsCollection *);
      field = &collection->fields[va_arg (*args, unsigned)];
      return g_strjoin (".", collection->name, field->name,
                        kind == 's' ? va_arg (*args, const char *) : NULL, NULL);
    case 't':
    default:
      return g_strdup (va_arg (*args, const char *));
    }
}

/* Cuts what is too long, between two characters, and lets nothing in that is no text of a row. */
static char *
fit_arg (char *arg)
{
  char *valid = g_utf8_make_valid (arg, -1);

  if (strlen (valid) > LS_REASON_MAX_ARG_BYTES)
    *g_utf8_find_prev_char (valid, valid + LS_REASON_MAX_ARG_BYTES + 1) = '\0';
  for (char *at = valid; *at != '\0'; at++)
    if ((unsigned char) *at < 0x20 || *at == 0x7f)
      *at = ' ';
  g_free (arg);
  return valid;
}

/**
 * ls_reason_new_va:
 * @reason: a reason
 * @args: as of ls_reason_new()
 *
 * Returns: (transfer full) (array zero-terminated=1): its name and arguments
 */
char **
ls_reason_new_va (LsReason reason,
                  va_list  args)
{
  const LsReasonInfo *info = ls_reason_info (reason);
  size_t n = strlen (info->kinds);
  char **made = g_new0 (char *, n + 2);
  va_list copy;

  va_copy (copy, args);
  made[0] = g_strdup (info->name);
  for (size_t i = 0; i < n; i++)
    made[i + 1] = fit_arg (next_arg (info->kinds[i], &copy));
  va_end (copy);
  return made;
}

/**
 * ls_reason_new:
 * @reason: a reason
 * @...: its arguments, by the letters of its row: 't' a text; 'n' a number, 'v' a value of the field
 *   that it is about, both int64_t; 'c' a collection (#LsCollection); 'f' a field (#LsCollection and
 *   an unsigned index); 's' a value of an enum (#LsCollection, unsigned, text)
 *
 * Makes a reason with its arguments. Fields stand in it as `products.price`, values of enums as
 * `orders.status.paid`.
 *
 * Returns: (transfer full) (array zero-terminated=1): its name and arguments
 */
char **
ls_reason_new (LsReason reason,
               ...)
{
  va_list args;
  char **made;

  va_start (args, reason);
  made = ls_reason_new_va (reason, args);
  va_end (args);
  return made;
}

/**
 * ls_reason_format:
 * @words: words of a row of the table, or their translation
 * @args: (array zero-terminated=1): what to put for %1$s, %2$s …
 *
 * Puts arguments into words. What @words name and @args do not have is left out.
 *
 * Returns: (transfer full): the words
 */
char *
ls_reason_format (const char        *words,
                  const char *const *args)
{
  size_t n = g_strv_length ((char **) args);
  GString *text = g_string_new (NULL);

  for (const char *at = words; *at != '\0'; at++)
    {
      if (at[0] != '%' || !g_ascii_isdigit (at[1]) || !g_str_has_prefix (at + 2, "$s"))
        {
          g_string_append_c (text, *at);
          continue;
        }
      if (at[1] != '0' && (size_t) (at[1] - '0') <= n)
        g_string_append (text, args[at[1] - '1']);
      at += 3;
    }
  return g_string_free (text, FALSE);
}

/* Of a field or a value its own name is enough for a reader. */
static const char *
plain_arg (char        kind,
           const char *arg)
{
  for (unsigned dots = kind == 'f' ? 1 : kind == 's' ? 2 : 0; dots > 0; dots--)
    {
      const char *dot = strchr (arg, '.');

      arg = dot != NULL ? dot + 1 : arg;
    }
  return arg;
}

/**
 * ls_reason_to_text:
 * @reason: (array zero-terminated=1): a name and arguments
 *
 * Returns: (transfer full) (nullable): why, in English; %NULL when the reason is not known here
 */
char *
ls_reason_to_text (const char *const *reason)
{
  const LsReasonInfo *info = ls_reason_find (reason);
  const char *args[LS_REASON_MAX_ARGS + 1] = { NULL };

  if (info == NULL)
    return NULL;
  for (size_t i = 0; info->kinds[i] != '\0'; i++)
    args[i] = plain_arg (info->kinds[i], reason[i + 1]);
  return ls_reason_format (info->words, args);
}

/**
 * ls_reason_join:
 * @reason: (nullable) (array zero-terminated=1): a name and arguments
 *
 * Returns: (transfer full) (nullable): all of it in one text, for a column of a database
 */
char *
ls_reason_join (const char *const *reason)
{
  return reason != NULL ? g_strjoinv (SEPARATOR, (char **) reason) : NULL;
}

/**
 * ls_reason_split:
 * @text: (nullable): a text of ls_reason_join()
 *
 * Returns: (transfer full) (array zero-terminated=1) (nullable): what was joined
 */
char **
ls_reason_split (const char *text)
{
  return text != NULL ? g_strsplit (text, SEPARATOR, -1) : NULL;
}

/**
 * ls_reason_set_error:
 * @error: (nullable): where to put it
 * @reason: a reason
 * @...: its arguments, as of ls_reason_new()
 *
 * Sets an error that carries its reason (ls_error_get_reason()) beside the English words.
 */
void
ls_reason_set_error (GError **error,
                     LsReason reason,
                     ...)
{
  g_autofree char *text = NULL;
  char **made;
  va_list args;

  if (error == NULL)
    return;
  va_start (args, reason);
  made = ls_reason_new_va (reason, args);
  va_end (args);
  text = ls_reason_to_text ((const char *const *) made);
  *error = g_error_new_literal (LS_ERROR, (int) ls_reason_info (reason)->code, text);
  ls_error_take_reason (*error, made);
}
