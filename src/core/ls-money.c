/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-money"

#include "config.h"

#include "core/ls-money.h"

#include <string.h>

#include "core/ls-reason.h"

/* ISO 4217, the minor units that are not 2. */
static const struct {
  char code[4];
  unsigned digits;
} minor_units[] = {
  { "BHD", 3 }, { "BIF", 0 }, { "CLF", 4 }, { "CLP", 0 }, { "DJF", 0 }, { "GNF", 0 }, { "IQD", 3 },
  { "ISK", 0 }, { "JOD", 3 }, { "JPY", 0 }, { "KMF", 0 }, { "KRW", 0 }, { "KWD", 3 }, { "LYD", 3 },
  { "OMR", 3 }, { "PYG", 0 }, { "RWF", 0 }, { "TND", 3 }, { "UGX", 0 }, { "UYI", 0 }, { "UYW", 4 },
  { "VND", 0 }, { "VUV", 0 }, { "XAF", 0 }, { "XOF", 0 }, { "XPF", 0 },
};

/**
 * ls_money_get_digits:
 * @currency: an ISO 4217 code
 *
 * Returns: how many digits of an amount in minor units stand behind the decimal separator
 */
unsigned
ls_money_get_digits (const char *currency)
{
  g_return_val_if_fail (currency != NULL, 2);

  for (size_t i = 0; i < G_N_ELEMENTS (minor_units); i++)
    if (g_str_equal (minor_units[i].code, currency))
      return minor_units[i].digits;
  return 2;
}

static uint64_t
power_of_ten (unsigned exponent)
{
  uint64_t power = 1;

  while (exponent-- > 0)
    power *= 10;
  return power;
}

/**
 * ls_money_to_text:
 * @minor: an amount in minor units
 * @currency: an ISO 4217 code
 *
 * Writes an amount for files and logs: a point, no grouping, no currency. What an admin reads is
 * formatted by the app.
 *
 * Returns: (transfer full): such as "-12.05"
 */
char *
ls_money_to_text (int64_t     minor,
                  const char *currency)
{
  unsigned digits = ls_money_get_digits (currency);
  uint64_t amount = minor < 0 ? -(uint64_t) minor : (uint64_t) minor;
  uint64_t unit = power_of_ten (digits);
  const char *sign = minor < 0 ? "-" : "";

  if (digits == 0)
    return g_strdup_printf ("%s%" G_GUINT64_FORMAT, sign, amount);
  return g_strdup_printf ("%s%" G_GUINT64_FORMAT ".%0*" G_GUINT64_FORMAT, sign, amount / unit,
                          (int) digits, amount % unit);
}

/**
 * ls_money_from_text:
 * @text: an amount with a decimal point, such as "12.5"; spaces around it are allowed
 * @currency: an ISO 4217 code
 * @ret_minor: (out): the amount in minor units; untouched on failure
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Reads an amount exactly. More digits than the currency has are accepted only when they are zeros:
 * nothing is rounded in silence.
 *
 * Returns: whether @text is an amount
 */
bool
ls_money_from_text (const char *text,
                    const char *currency,
                    int64_t    *ret_minor,
                    GError    **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  unsigned digits = ls_money_get_digits (currency);
  const char *at = stripped;
  bool negative = *at == '-';
  int fraction = -1;
  bool any = false;
  int64_t minor = 0;

  if (*at == '-' || *at == '+')
    at++;
  for (; *at != '\0'; at++)
    {
      if (*at == '.' && fraction < 0)
        {
          fraction = 0;
          continue;
        }
      if (!g_ascii_isdigit (*at) || (fraction >= (int) digits && *at != '0'))
        break;
      any = true;
      if (fraction >= (int) digits)
        continue;
      if (__builtin_mul_overflow (minor, 10, &minor) ||
          __builtin_add_overflow (minor, *at - '0', &minor))
        break;
      if (fraction >= 0)
        fraction++;
    }
  for (; *at == '\0' && fraction < (int) digits; fraction = MAX (fraction, 0) + 1)
    {
      if (fraction < 0 && digits == 0)
        break;
      if (__builtin_mul_overflow (minor, 10, &minor))
        {
          any = false;
          break;
        }
    }
  if (*at != '\0' || !any)
    {
      ls_reason_set_error (error, LS_REASON_NOT_AMOUNT, stripped, currency);
      return false;
    }
  *ret_minor = negative ? -minor : minor;
  return true;
}
