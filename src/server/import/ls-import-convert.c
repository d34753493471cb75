/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-convert.h"

#include <string.h>

#include "core/ls-calendar.h"
#include "core/ls-error.h"
#include "core/ls-money.h"

/* What may stand behind a % in the format of a time. */
#define TIME_LETTERS "YymdHMSfbz%"

static bool
refuse (GError     **error,
        const char  *text,
        const char  *what)
{
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "“%.*s”%s is not %s",
               (int) MIN (strlen (text), 60), text, strlen (text) > 60 ? "…" : "", what);
  return false;
}

/* Digits without the marks between their groups, with a point before the fraction. */
static char *
plain_number (const LsImportConversion *conversion,
              const char               *text)
{
  GString *plain = g_string_new (NULL);

  for (; *text != '\0'; text++)
    {
      if (conversion->group != '\0' && *text == conversion->group)
        continue;
      g_string_append_c (plain, conversion->decimal != '\0' && *text == conversion->decimal
                                    ? '.'
                                    : *text);
    }
  return g_string_free (plain, FALSE);
}

static bool
convert_integer (const LsImportConversion  *conversion,
                 const char                *text,
                 LsValue                   *ret_value,
                 GError                   **error)
{
  g_autofree char *plain = plain_number (conversion, text);
  const char *digits = *plain == '+' ? plain + 1 : plain;
  gint64 number;

  if (!g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, &number, NULL))
    return refuse (error, text, "a whole number");
  *ret_value = ls_value_integer (number);
  return true;
}

static bool
convert_money (const LsImportConversion  *conversion,
               const char                *text,
               LsValue                   *ret_value,
               GError                   **error)
{
  g_autofree char *plain = plain_number (conversion, text);
  int64_t minor = 0;

  if (!ls_money_from_text (plain, conversion->currency, &minor, error))
    return false;
  *ret_value = ls_value_integer (minor);
  return true;
}

static bool
has_word (const char *const *words,
          const char        *text)
{
  for (; *words != NULL; words++)
    if (g_ascii_strcasecmp (*words, text) == 0)
      return true;
  return false;
}

static bool
convert_bool (const LsImportConversion  *conversion,
              const char                *text,
              LsValue                   *ret_value,
              GError                   **error)
{
  static const char *const yes[] = { "1", "true", "yes", NULL };
  static const char *const no[] = { "0", "false", "no", NULL };
  bool is_true =
      has_word (conversion->true_words != NULL ? conversion->true_words : yes, text);

  if (!is_true &&
      !has_word (conversion->false_words != NULL ? conversion->false_words : no, text))
    return refuse (error, text, "one of the words for yes and no");
  *ret_value = ls_value_integer (is_true ? 1 : 0);
  return true;
}

static bool
convert_time (const LsImportConversion  *conversion,
              const char                *text,
              LsValue                   *ret_value,
              GError                   **error)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  int64_t time = 0;

  if (!ls_import_parse_time (text, conversion->time_format,
                             conversion->zone != NULL ? conversion->zone : utc, &time))
    {
      if (conversion->time_format == NULL)
        return refuse (error, text, "a date, or a date and time, as ISO 8601 writes them");
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "“%s” is not a time written as %s", text,
                   conversion->time_format);
      return false;
    }
  *ret_value = ls_value_integer (time);
  return true;
}

/* Files of other systems end their lines as they like; text is composed when it is entered. */
static void
convert_text (const char *text,
              LsValue    *ret_value)
{
  g_autofree char *composed = g_utf8_normalize (text, -1, G_NORMALIZE_DEFAULT_COMPOSE);
  const char *from = composed != NULL ? composed : text;
  g_autoptr (GString) clean = g_string_sized_new (strlen (from));

  for (; *from != '\0'; from++)
    if (from[0] != '\r' || from[1] != '\n')
      g_string_append_c (clean, *from);
  *ret_value = ls_value_text (clean->str);
}

static bool
convert_enum (const LsField  *field,
              const char     *text,
              LsValue        *ret_value,
              GError        **error)
{
  g_autofree char *known = NULL;
  g_autofree char *what = NULL;

  if (ls_field_knows_value (field, text))
    {
      *ret_value = ls_value_text (text);
      return true;
    }
  known = g_strjoinv (", ", (char **) field->values);
  what = g_strconcat ("one of: ", known, NULL);
  return refuse (error, text, what);
}

/**
 * ls_import_convert:
 * @field: what it shall become a value of
 * @conversion: how
 * @text: what stands in the file
 * @ret_value: (out): the value; NULL for no text; untouched on failure
 * @error: where to put why not, %LS_ERROR_VALIDATION; it does not name the field
 *
 * Makes a value of a text, and checks it against the field.
 *
 * Returns: whether @text can stand for a value of @field
 */
bool
ls_import_convert (const LsField             *field,
                   const LsImportConversion  *conversion,
                   const char                *text,
                   LsValue                   *ret_value,
                   GError                   **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  const char *mapped =
      conversion->values != NULL ? g_hash_table_lookup (conversion->values, stripped) : NULL;
  const char *from = mapped != NULL ? mapped : stripped;
  g_auto (LsValue) value = LS_VALUE_INIT;
  bool good = true;

  if (*from != '\0')
    switch (field->type)
      {
      case LS_TYPE_INTEGER:
      case LS_TYPE_DAY:
        good = convert_integer (conversion, from, &value, error);
        break;
      case LS_TYPE_MONEY:
        good = convert_money (conversion, from, &value, error);
        break;
      case LS_TYPE_TIME:
        good = convert_time (conversion, from, &value, error);
        break;
      case LS_TYPE_BOOL:
        good = convert_bool (conversion, from, &value, error);
        break;
      case LS_TYPE_ENUM:
        good = convert_enum (field, from, &value, error);
        break;
      case LS_TYPE_TEXT:
      case LS_TYPE_KEY:
      case LS_TYPE_CURRENCY:
      default:
        convert_text (from, &value);
        break;
      }
  if (!good || !ls_field_check_value (field, &value, error))
    return false;
  *ret_value = value;
  value = (LsValue) LS_VALUE_INIT;
  return true;
}

/* Up to @digits digits, at least one. */
static bool
take_digits (const char **text,
             unsigned     digits,
             int         *ret_number)
{
  int number = 0;
  unsigned n = 0;

  for (; n < digits && g_ascii_isdigit (**text); n++, (*text)++)
    number = number * 10 + (**text - '0');
  *ret_number = number;
  return n > 0;
}

static bool
take_month (const char **text,
            int         *ret_month)
{
  static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

  for (int i = 0; i < 12; i++)
    if (g_ascii_strncasecmp (*text, months + 3 * i, 3) == 0)
      {
        *text += 3;
        *ret_month = i + 1;
        return true;
      }
  return false;
}

static bool
take_zone (const char **text,
           GTimeZone  **zone)
{
  size_t length = strspn (*text, "+-:0123456789Z");
  g_autofree char *name = g_strndup (*text, length);

  g_clear_pointer (zone, g_time_zone_unref);
  *zone = length > 0 ? g_time_zone_new_identifier (name) : NULL;
  *text += length;
  return *zone != NULL;
}

typedef struct {
  int year, month, day, hour, minute, second, micro;
  GTimeZone *zone;
} Parts;

static bool
take_fraction (const char **text,
               Parts       *parts)
{
  const char *start = *text;
  bool any = take_digits (text, 6, &parts->micro);

  for (size_t n = (size_t) (*text - start); any && n < 6; n++)
    parts->micro *= 10;
  while (any && g_ascii_isdigit (**text))
    (*text)++;
  return any;
}

static bool
take_part (char         letter,
           const char **text,
           Parts       *parts)
{
  switch (letter)
    {
    case 'Y':
      return take_digits (text, 4, &parts->year);
    case 'y':
      if (!take_digits (text, 2, &parts->year))
        return false;
      parts->year += parts->year < 70 ? 2000 : 1900;
      return true;
    case 'm':
      return take_digits (text, 2, &parts->month);
    case 'b':
      return take_month (text, &parts->month);
    case 'd':
      return take_digits (text, 2, &parts->day);
    case 'H':
      return take_digits (text, 2, &parts->hour);
    case 'M':
      return take_digits (text, 2, &parts->minute);
    case 'S':
      return take_digits (text, 2, &parts->second);
    case 'f':
      return take_fraction (text, parts);
    case 'z':
      return take_zone (text, &parts->zone);
    default:
      return *(*text)++ == letter;
    }
}

static bool
parse_parts (const char *text,
             const char *format,
             Parts      *parts)
{
  for (; *format != '\0'; format++)
    {
      if (*format == '%' && format[1] != '\0')
        {
          if (!take_part (*++format, &text, parts))
            return false;
        }
      else if (*text++ != *format)
        return false;
    }
  return *text == '\0';
}

static bool
parse_unix (const char *text,
            const char *format,
            int64_t    *ret_time)
{
  int64_t unit = g_str_equal (format, "unix") ? G_USEC_PER_SEC
                 : g_str_equal (format, "unix-ms") ? 1000
                                                   : 1;
  gint64 number;

  return g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &number, NULL) &&
         !__builtin_mul_overflow (number, unit, ret_time);
}

/**
 * ls_import_parse_time:
 * @text: a time
 * @format: (nullable): how it is written, see #LsImportConversion
 * @zone: of a text that does not say its own
 * @ret_time: (out): µs since the epoch; untouched on failure
 *
 * Reads a time. Names of months are English, whatever the locale.
 *
 * Returns: whether @text is a time so written
 */
bool
ls_import_parse_time (const char *text,
                      const char *format,
                      GTimeZone  *zone,
                      int64_t    *ret_time)
{
  Parts parts = { .year = 1970, .month = 1, .day = 1 };
  g_autoptr (GDateTime) time = NULL;
  g_autoptr (GTimeZone) own = NULL;
  int64_t found = 0;

  if (format == NULL)
    return ls_calendar_parse_time (text, zone, ret_time);
  if (g_str_has_prefix (format, "unix"))
    {
      if (!parse_unix (text, format, &found))
        return false;
      *ret_time = found;
      return true;
    }
  if (parse_parts (text, format, &parts))
    time = g_date_time_new (parts.zone != NULL ? parts.zone : zone, parts.year, parts.month,
                            parts.day, parts.hour, parts.minute, parts.second);
  own = parts.zone;
  if (time == NULL)
    return false;
  *ret_time = g_date_time_to_unix (time) * G_USEC_PER_SEC + parts.micro;
  return true;
}

/**
 * ls_import_check_format:
 * @format: how times are written
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Returns: whether ls_import_parse_time() understands @format
 */
bool
ls_import_check_format (const char  *format,
                        GError     **error)
{
  if (g_str_equal (format, "unix") || g_str_equal (format, "unix-ms") ||
      g_str_equal (format, "unix-us"))
    return true;
  if (strchr (format, '%') == NULL)
    return refuse (error, format, "the format of a time: such as %Y-%m-%d %H:%M, or unix");
  for (const char *at = format; *at != '\0'; at++)
    if (*at == '%' && (*++at == '\0' || strchr (TIME_LETTERS, *at) == NULL))
      return refuse (error, format,
                     "the format of a time: behind a % stands one of Y y m b d H M S f z %");
  return true;
}
