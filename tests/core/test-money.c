/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-error.h"
#include "core/ls-money.h"

static const struct {
  const char *text;
  const char *currency;
  bool valid;
  int64_t minor;
  const char *written;
} amounts[] = {
  { "12.05", "EUR", true, 1205, "12.05" },
  { "12.5", "EUR", true, 1250, "12.50" },
  { "12", "EUR", true, 1200, "12.00" },
  { " 7 ", "EUR", true, 700, "7.00" },
  { "-0.01", "EUR", true, -1, "-0.01" },
  { "+3", "EUR", true, 300, "3.00" },
  { ".5", "EUR", true, 50, "0.50" },
  { "5.", "EUR", true, 500, "5.00" },
  { "0", "EUR", true, 0, "0.00" },
  { "12.500", "EUR", true, 1250, "12.50" },
  { "129.9", "USD", true, 12990, "129.90" },
  { "1200", "JPY", true, 1200, "1200" },
  { "1200.0", "JPY", true, 1200, "1200" },
  { "1.234", "KWD", true, 1234, "1.234" },
  { "1.2", "BHD", true, 1200, "1.200" },
  { "92233720368547758.07", "EUR", true, INT64_MAX, "92233720368547758.07" },
  { "92233720368547758.08", "EUR", false, 0, NULL },
  { "92233720368547759", "EUR", false, 0, NULL },
  { "12.505", "EUR", false, 0, NULL },
  { "1.5", "JPY", false, 0, NULL },
  { "", "EUR", false, 0, NULL },
  { "-", "EUR", false, 0, NULL },
  { ".", "EUR", false, 0, NULL },
  { "1,5", "EUR", false, 0, NULL },
  { "1.2.3", "EUR", false, 0, NULL },
  { "0x10", "EUR", false, 0, NULL },
  { "1e3", "EUR", false, 0, NULL },
  { "--1", "EUR", false, 0, NULL },
  { "NaN", "EUR", false, 0, NULL },
  { "٣", "EUR", false, 0, NULL },
};

static void
test_text (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (amounts); i++)
    {
      g_autoptr (GError) error = NULL;
      int64_t minor = -77;
      bool valid = ls_money_from_text (amounts[i].text, amounts[i].currency, &minor, &error);

      g_test_message ("“%s” %s", amounts[i].text, amounts[i].currency);
      g_assert_cmpint (valid, ==, amounts[i].valid);
      if (valid)
        {
          g_autofree char *written = ls_money_to_text (minor, amounts[i].currency);

          g_assert_no_error (error);
          g_assert_cmpint (minor, ==, amounts[i].minor);
          g_assert_cmpstr (written, ==, amounts[i].written);
        }
      else
        {
          g_assert_error (error, LS_ERROR, LS_ERROR_VALIDATION);
          g_assert_cmpint (minor, ==, -77);
        }
    }
}

static void
test_extremes (void)
{
  g_autofree char *least = ls_money_to_text (INT64_MIN, "EUR");
  g_autofree char *yen = ls_money_to_text (INT64_MIN, "JPY");

  g_assert_cmpstr (least, ==, "-92233720368547758.08");
  g_assert_cmpstr (yen, ==, "-9223372036854775808");
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/money/text", test_text);
  g_test_add_func ("/money/extremes", test_extremes);
  return g_test_run ();
}
