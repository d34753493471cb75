/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-format"

#include "config.h"

#include "app/text/ls-format.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>
#include <unicode/ucurr.h>
#include <unicode/udat.h>
#include <unicode/unum.h>
#include <unicode/ustring.h>

#include "core/ls-calendar.h"
#include "core/ls-reason.h"
#include "core/ls-money.h"

/*
 * What an admin reads and types: amounts, numbers and times in the manner of his locale, by ICU.
 * What stands in files and on the wire is core's affair. Main thread only: the formatters are made
 * once.
 */

#define USEC_PER_SECOND INT64_C (1000000)

/* Longest result of a formatter, in UTF-16 units; an amount has at most 20 digits. */
#define MAX_UNITS 128

static const char *
locale_name (void)
{
  const char *name = setlocale (LC_MESSAGES, NULL);

  return name == NULL || g_str_equal (name, "C") || g_str_has_prefix (name, "C.") ||
                 g_str_equal (name, "POSIX")
             ? "en_US_POSIX"
             : name;
}

static UNumberFormat *
number_format (UNumberFormatStyle style)
{
  static UNumberFormat *formats[UNUM_FORMAT_STYLE_COUNT];
  UErrorCode status = U_ZERO_ERROR;

  if (formats[style] == NULL)
    {
      const char *locale = locale_name ();

      /* The POSIX locale groups nothing and writes no currency signs; English serves a reader
       * better. */
      if (g_str_equal (locale, "en_US_POSIX"))
        locale = "en_US";
      formats[style] = unum_open (style, NULL, 0, locale, NULL, &status);
      if (U_FAILURE (status))
        g_error ("no number format for %s: %s", locale, u_errorName (status));
    }
  return formats[style];
}

static char *
from_units (const UChar *units,
            int32_t      length)
{
  return g_utf16_to_utf8 ((const gunichar2 *) units, length, NULL, NULL, NULL);
}

/**
 * ls_format_money:
 * @minor: an amount in minor units
 * @currency: an ISO 4217 code
 *
 * Returns: (transfer full): the amount with its currency, such as "€12.05" or "12,05 €"
 */
char *
ls_format_money (int64_t     minor,
                 const char *currency)
{
  UNumberFormat *format = number_format (UNUM_CURRENCY);
  g_autofree char *decimal = ls_money_to_text (minor, currency);
  unsigned digits = ls_money_get_digits (currency);
  UErrorCode status = U_ZERO_ERROR;
  UChar units[MAX_UNITS];
  UChar code[4] = { 0 };
  int32_t length;

  if (strlen (currency) != 3)
    return g_strdup_printf ("%s %s", decimal, currency);
  u_charsToUChars (currency, code, 3);
  unum_setTextAttribute (format, UNUM_CURRENCY_CODE, code, 3, &status);
  unum_setAttribute (format, UNUM_MIN_FRACTION_DIGITS, (int32_t) digits);
  unum_setAttribute (format, UNUM_MAX_FRACTION_DIGITS, (int32_t) digits);
  length = unum_formatDecimal (format, decimal, -1, units, MAX_UNITS, NULL, &status);
  if (U_FAILURE (status) || length >= MAX_UNITS)
    return g_strdup_printf ("%s %s", decimal, currency);
  return from_units (units, length);
}

/**
 * ls_format_number:
 * @number: a number
 *
 * Returns: (transfer full): it with the grouping of the locale
 */
char *
ls_format_number (int64_t number)
{
  UErrorCode status = U_ZERO_ERROR;
  UChar units[MAX_UNITS];
  int32_t length =
      unum_formatInt64 (number_format (UNUM_DECIMAL), number, units, MAX_UNITS, NULL, &status);

  if (U_FAILURE (status) || length >= MAX_UNITS)
    return g_strdup_printf ("%" G_GINT64_FORMAT, number);
  return from_units (units, length);
}

/**
 * ls_format_percent:
 * @numerator: a part
 * @denominator: of this, not 0
 *
 * Returns: (transfer full): the share in whole percent, such as "12%"
 */
char *
ls_format_percent (int64_t numerator,
                   int64_t denominator)
{
  UNumberFormat *format = number_format (UNUM_PERCENT);
  UErrorCode status = U_ZERO_ERROR;
  UChar units[MAX_UNITS];
  int32_t length = unum_formatDouble (format, (double) numerator / (double) denominator, units,
                                      MAX_UNITS, NULL, &status);

  if (U_FAILURE (status) || length >= MAX_UNITS)
    return g_strdup ("?");
  return from_units (units, length);
}

/**
 * ls_format_time:
 * @time: µs since the epoch, UTC
 * @zone: (nullable): the time zone to tell it in; %NULL for the admin's own
 *
 * Returns: (transfer full): date and time; today's times without a date
 */
char *
ls_format_time (int64_t    time,
                GTimeZone *zone)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (time / USEC_PER_SECOND);
  g_autoptr (GDateTime) local = NULL;

  if (utc == NULL)
    return g_strdup ("?");
  local = zone != NULL ? g_date_time_to_timezone (utc, zone) : g_date_time_to_local (utc);
  /* Translators: date and time in a table, see g_date_time_format() */
  return g_date_time_format (local, _("%-d %b %Y, %H:%M"));
}

/**
 * ls_format_day:
 * @day: days since 1970-01-01
 *
 * Returns: (transfer full): the day, such as "12 Mar 2026"
 */
char *
ls_format_day (int64_t day)
{
  g_autoptr (GDateTime) date =
      g_date_time_new_from_unix_utc (day * (LS_USEC_PER_DAY / USEC_PER_SECOND));

  /* Translators: a day in a chart or table, see g_date_time_format() */
  return date != NULL ? g_date_time_format (date, _("%-d %b %Y")) : g_strdup ("?");
}

/**
 * ls_format_duration:
 * @span: µs
 *
 * Returns: (transfer full): a span in its largest unit, such as "3 minutes"
 */
char *
ls_format_duration (int64_t span)
{
  int64_t seconds = span / USEC_PER_SECOND;
  unsigned long count;

  if (seconds < 60)
    {
      count = (unsigned long) MAX (seconds, 0);
      return g_strdup_printf (ngettext ("%lu second", "%lu seconds", count), count);
    }
  if (seconds < 3600)
    {
      count = (unsigned long) (seconds / 60);
      return g_strdup_printf (ngettext ("%lu minute", "%lu minutes", count), count);
    }
  if (seconds < 86400)
    {
      count = (unsigned long) (seconds / 3600);
      return g_strdup_printf (ngettext ("%lu hour", "%lu hours", count), count);
    }
  count = (unsigned long) (seconds / 86400);
  return g_strdup_printf (ngettext ("%lu day", "%lu days", count), count);
}

/**
 * ls_format_age:
 * @span: µs
 *
 * Returns: (transfer full): how long ago something was, such as "3 minutes ago" or "just now"
 */
char *
ls_format_age (int64_t span)
{
  g_autofree char *duration = ls_format_duration (span);

  if (span < 2 * USEC_PER_SECOND)
    return g_strdup (_("just now"));
  /* Translators: %s is a span of time, such as "3 minutes" */
  return g_strdup_printf (_("%s ago"), duration);
}

/* The words of every known value of the schema's enums; the msgids stand here since core does not
 * translate. */
static const struct {
  const char *value;
  const char *label;
} enum_labels[] = {
  { "draft", NC_ ("status", "Draft") },
  { "active", NC_ ("status", "Active") },
  { "archived", NC_ ("status", "Archived") },
  { "beat", NC_ ("kind", "Beat") },
  { "pack", NC_ ("kind", "Sample pack") },
  { "licence", NC_ ("kind", "Licence") },
  { "service", NC_ ("kind", "Service") },
  { "physical", NC_ ("kind", "Physical") },
  { "download", NC_ ("kind", "Download") },
  { "bundle", NC_ ("kind", "Bundle") },
  { "pending", NC_ ("status", "Pending") },
  { "paid", NC_ ("status", "Paid") },
  { "processing", NC_ ("status", "Processing") },
  { "shipped", NC_ ("status", "Shipped") },
  { "completed", NC_ ("status", "Completed") },
  { "on-hold", NC_ ("status", "On hold") },
  { "cancelled", NC_ ("status", "Cancelled") },
  { "refunded", NC_ ("status", "Refunded") },
  { "failed", NC_ ("status", "Failed") },
  { "captured", NC_ ("status", "Captured") },
  { "requested", NC_ ("status", "Requested") },
  { "confirmed", NC_ ("status", "Confirmed") },
  { "no-show", NC_ ("status", "No-show") },
  { "trial", NC_ ("status", "Trial") },
  { "past-due", NC_ ("status", "Past due") },
  { "mp3", NC_ ("licence", "MP3") },
  { "wav", NC_ ("licence", "WAV") },
  { "stems", NC_ ("licence", "Stems") },
  { "unlimited", NC_ ("licence", "Unlimited") },
  { "exclusive", NC_ ("licence", "Exclusive") },
  { "month", NC_ ("period", "Monthly") },
  { "year", NC_ ("period", "Yearly") },
};

static const char *
enum_context (const LsField *field)
{
  if (g_str_equal (field->name, "period"))
    return "period";
  if (g_str_equal (field->name, "kind"))
    return ls_field_knows_value (field, "mp3") ? "licence" : "kind";
  return "status";
}

/**
 * ls_format_is_number:
 * @field: a field
 *
 * Returns: whether its values are numbers or amounts, which stand one below the other at the end of a cell
 */
bool
ls_format_is_number (const LsField *field)
{
  return field->type == LS_TYPE_MONEY || field->type == LS_TYPE_INTEGER;
}

/**
 * ls_format_enum_label:
 * @field: a field of %LS_TYPE_ENUM
 * @value: one of its values, known or not
 *
 * Returns: (transfer none): its words in the admin's language; an unknown value is shown as it is,
 * for as long as @value lives
 */
const char *
ls_format_enum_label (const LsField *field,
                      const char    *value)
{
  for (size_t i = 0; i < G_N_ELEMENTS (enum_labels); i++)
    if (g_str_equal (enum_labels[i].value, value))
      return g_dpgettext2 (NULL, enum_context (field), enum_labels[i].label);
  return value;
}

/**
 * ls_format_value:
 * @record: a row
 * @field: index of a field
 * @shop_currency: the shop's currency, for rows without their own
 * @zone: (nullable): the time zone to tell times in
 *
 * Returns: (transfer full): the value of @field as a table shows it; "" for NULL
 */
char *
ls_format_value (const LsRecord *record,
                 unsigned        field,
                 const char     *shop_currency,
                 GTimeZone      *zone)
{
  const LsCollection *collection = ls_record_get_collection (record);
  const LsField *description = &collection->fields[field];
  const LsValue *value = ls_record_get (record, field);
  const char *currency = NULL;

  if (value->kind == LS_VALUE_NULL)
    return g_strdup ("");
  switch (description->type)
    {
    case LS_TYPE_ENUM:
      return g_strdup (ls_format_enum_label (description, value->text));
    case LS_TYPE_TEXT:
    case LS_TYPE_KEY:
    case LS_TYPE_CURRENCY:
      return g_strdup (value->text);
    case LS_TYPE_MONEY:
      if (collection->currency_field >= 0)
        currency = ls_record_get_text (record, (unsigned) collection->currency_field);
      return ls_format_money (value->integer, currency != NULL ? currency : shop_currency);
    case LS_TYPE_TIME:
      return ls_format_time (value->integer, zone);
    case LS_TYPE_DAY:
      return ls_format_day (value->integer);
    case LS_TYPE_BOOL:
      return g_strdup (value->integer != 0 ? _("Yes") : _("No"));
    case LS_TYPE_INTEGER:
    default:
      return ls_format_number (value->integer);
    }
}

/* Writes what was typed in the locale's manner with a point and ASCII digits, without grouping,
 * signs of currency and spaces. */
static char *
normalise_number (const char *text)
{
  UNumberFormat *format = number_format (UNUM_DECIMAL);
  UErrorCode status = U_ZERO_ERROR;
  UChar separator[8];
  g_autofree char *decimal = NULL;
  g_autofree char *grouping = NULL;
  GString *plain = g_string_new (NULL);
  int32_t length = unum_getSymbol (format, UNUM_DECIMAL_SEPARATOR_SYMBOL, separator, 8, &status);

  decimal = from_units (separator, length);
  length = unum_getSymbol (format, UNUM_GROUPING_SEPARATOR_SYMBOL, separator, 8, &status);
  grouping = from_units (separator, length);
  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);

      if (g_unichar_isdigit (character))
        g_string_append_c (plain, (char) ('0' + g_unichar_digit_value (character)));
      else if (character == '-' || character == 0x2212)
        g_string_append_c (plain, '-');
      else if (decimal != NULL && g_str_has_prefix (at, decimal))
        g_string_append_c (plain, '.');
      else if (g_unichar_isspace (character) || (grouping != NULL && g_str_has_prefix (at, grouping)) ||
               g_unichar_type (character) == G_UNICODE_CURRENCY_SYMBOL)
        continue;
      else
        g_string_append_unichar (plain, character);
    }
  return g_string_free (plain, FALSE);
}

/**
 * ls_format_parse_money:
 * @text: what an admin typed, in the manner of his locale, with or without the currency's sign or
 *   code
 * @currency: an ISO 4217 code
 * @ret_minor: (out): the amount in minor units; untouched on failure
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Returns: whether @text is an amount
 */
bool
ls_format_parse_money (const char *text,
                       const char *currency,
                       int64_t    *ret_minor,
                       GError    **error)
{
  g_autoptr (GString) bare = g_string_new (text);
  g_autofree char *plain = NULL;

  g_string_replace (bare, currency, "", 1);
  plain = normalise_number (bare->str);
  return ls_money_from_text (plain, currency, ret_minor, error);
}

/**
 * ls_format_parse_number:
 * @text: what an admin typed, in the manner of his locale
 * @ret_number: (out): the whole number; untouched on failure
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Returns: whether @text is a whole number
 */
bool
ls_format_parse_number (const char *text,
                        int64_t    *ret_number,
                        GError    **error)
{
  g_autofree char *plain = normalise_number (text);

  if (g_ascii_string_to_signed (plain, 10, -INT64_C (9007199254740991), INT64_C (9007199254740991),
                                ret_number, NULL))
    return true;
  ls_reason_set_error (error, LS_REASON_NOT_NUMBER, text);
  return false;
}
