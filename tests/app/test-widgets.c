/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app-test.h"
#include "app/widgets/ls-age-label.h"
#include "app/widgets/ls-banner.h"
#include "app/widgets/ls-cell-flash.h"
#include "app/widgets/ls-kpi-card.h"
#include "app/widgets/ls-placeholder.h"
#include "app/widgets/ls-skeleton.h"
#include "app/widgets/ls-sparkline.h"
#include "app/widgets/ls-status-dot.h"

#define SECOND INT64_C (1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define assert_label(widget, text) \
  app_test_assert_words (GTK_WIDGET (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text)
#define assert_description(widget, text) \
  app_test_assert_words (GTK_WIDGET (widget), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text)

static void
count_cb (int *count)
{
  (*count)++;
}

static GtkWidget *
find_button (GtkWidget  *widget,
             const char *label)
{
  GtkWidget *child;

  if (GTK_IS_BUTTON (widget) && gtk_widget_get_visible (widget) &&
      g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), label) == 0)
    return widget;

  for (child = gtk_widget_get_first_child (widget);
       child;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_button (child, label);

      if (found)
        return found;
    }
  return NULL;
}

/* Banner */

static void
test_banner (void)
{
  const char *const signals[] = { "notify::title", "notify::button-label", "notify::kind",
                                  "notify::revealed" };
  LsBanner *banner = LS_BANNER (g_object_ref_sink (ls_banner_new ("Offline")));
  int n_clicks = 0;
  int n_notifies = 0;
  GtkWidget *button;

  g_assert_false (ls_banner_get_revealed (banner));
  g_assert_null (ls_banner_get_button_label (banner));
  assert_label (banner, "Offline");

  for (size_t i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_connect_swapped (banner, signals[i], G_CALLBACK (count_cb), &n_notifies);
  ls_banner_set_title (banner, "Offline: showing cached data");
  ls_banner_set_button_label (banner, "_Reconnect");
  ls_banner_set_kind (banner, LS_BANNER_OFFLINE);
  ls_banner_set_revealed (banner, TRUE);
  g_assert_cmpint (n_notifies, ==, 4);
  ls_banner_set_title (banner, "Offline: showing cached data");
  ls_banner_set_button_label (banner, "_Reconnect");
  ls_banner_set_kind (banner, LS_BANNER_OFFLINE);
  ls_banner_set_revealed (banner, TRUE);
  g_assert_cmpint (n_notifies, ==, 4);

  assert_label (banner, "Offline: showing cached data");
  g_assert_true (gtk_widget_has_css_class (GTK_WIDGET (banner), "offline"));
  g_assert_false (gtk_widget_has_css_class (GTK_WIDGET (banner), "information"));
  button = find_button (GTK_WIDGET (banner), "_Reconnect");
  g_assert_nonnull (button);
  g_signal_connect_swapped (banner, "button-clicked", G_CALLBACK (count_cb), &n_clicks);
  g_signal_emit_by_name (button, "clicked");
  g_assert_cmpint (n_clicks, ==, 1);

  gtk_actionable_set_action_name (GTK_ACTIONABLE (banner), "win.reconnect");
  g_assert_cmpstr (gtk_actionable_get_action_name (GTK_ACTIONABLE (button)), ==, "win.reconnect");
  ls_banner_set_button_label (banner, "");
  g_assert_null (find_button (GTK_WIDGET (banner), "_Reconnect"));
  g_assert_finalize_object (banner);
}

static void
test_banner_kinds (void)
{
  for (int kind = LS_BANNER_INFORMATION; kind <= LS_BANNER_ERROR; kind++)
    {
      GtkWidget *banner = ls_banner_new ("R&D <b>plain</b>");
      GtkWindow *window;

      ls_banner_set_kind (LS_BANNER (banner), kind);
      ls_banner_set_revealed (LS_BANNER (banner), TRUE);
      ls_banner_set_button_label (LS_BANNER (banner), "Details");
      window = app_test_show (banner, 360, 100);
      app_test_close (window);
    }
}

/* KPI card */

static int64_t
get_clock (gpointer user_data)
{
  return *(int64_t *) user_data;
}

static void
test_card_words (void)
{
  LsKpiCard *card = LS_KPI_CARD (g_object_ref_sink (ls_kpi_card_new ("Revenue")));
  int64_t now = 1000 * HOUR;

  assert_label (card, "Revenue");
  assert_description (card, "No data");
  ls_kpi_card_set_loading (card, TRUE);
  assert_description (card, "Loading");
  gtk_test_accessible_assert_state (card, GTK_ACCESSIBLE_STATE_BUSY, TRUE);
  ls_kpi_card_set_loading (card, FALSE);
  gtk_test_accessible_assert_state (card, GTK_ACCESSIBLE_STATE_BUSY, FALSE);

  ls_kpi_card_set_value (card, "1,234.50 EUR");
  assert_description (card, "1,234.50 EUR");
  ls_kpi_card_set_change (card, LS_TREND_UP, "12 %", "from yesterday");
  assert_description (card, "1,234.50 EUR. Up 12 % from yesterday");
  ls_kpi_card_set_change (card, LS_TREND_DOWN, "3 %", NULL);
  assert_description (card, "1,234.50 EUR. Down 3 %");
  ls_kpi_card_set_change (card, LS_TREND_FLAT, NULL, "from yesterday");
  assert_description (card, "1,234.50 EUR. Unchanged from yesterday");

  ls_age_label_set_clock (ls_kpi_card_get_age_label (card), get_clock, &now, NULL);
  ls_kpi_card_set_updated_at (card, now - 2 * MINUTE);
  ls_kpi_card_set_series (card, NULL, "Last 30 days: 10 to 240 EUR");
  assert_description (card, "1,234.50 EUR. Unchanged from yesterday. Last 30 days: 10 to 240 EUR. "
                            "Updated 2 minutes ago");
  ls_kpi_card_set_updated_at (card, LS_AGE_UNKNOWN);
  ls_kpi_card_set_change (card, LS_TREND_NONE, NULL, NULL);
  ls_kpi_card_set_series (card, NULL, NULL);
  assert_description (card, "1,234.50 EUR");
  g_assert_finalize_object (card);
}

static const struct
{
  LsTrend trend;
  gboolean lower_is_better;
  const char *css_class;
} tones[] = {
  { LS_TREND_UP, FALSE, "good" },
  { LS_TREND_UP, TRUE, "bad" },
  { LS_TREND_DOWN, FALSE, "bad" },
  { LS_TREND_DOWN, TRUE, "good" },
  { LS_TREND_FLAT, FALSE, "neutral" },
  { LS_TREND_FLAT, TRUE, "neutral" },
};

static GtkWidget *
find_css_class (GtkWidget  *widget,
                const char *css_class)
{
  GtkWidget *child;

  if (gtk_widget_has_css_class (widget, css_class))
    return widget;

  for (child = gtk_widget_get_first_child (widget);
       child;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_css_class (child, css_class);

      if (found)
        return found;
    }
  return NULL;
}

static void
test_card_tones (void)
{
  for (size_t i = 0; i < G_N_ELEMENTS (tones); i++)
    {
      LsKpiCard *card = LS_KPI_CARD (g_object_ref_sink (ls_kpi_card_new ("Refunds")));
      GtkWidget *change = find_css_class (GTK_WIDGET (card), "change");

      ls_kpi_card_set_lower_is_better (card, tones[i].lower_is_better);
      ls_kpi_card_set_change (card, tones[i].trend, "1 %", NULL);
      for (size_t j = 0; j < G_N_ELEMENTS (tones); j++)
        g_assert_cmpint (gtk_widget_has_css_class (change, tones[j].css_class), ==,
                         g_str_equal (tones[i].css_class, tones[j].css_class));
      g_assert_finalize_object (card);
    }
}

static void
test_card_sparkline (void)
{
  g_autoptr (LsSeries) series = ls_series_new ("Revenue");
  const int64_t x[] = { 1, 2, 3 };
  const int64_t y[] = { 4, 2, 9 };
  GtkWidget *card = ls_kpi_card_new ("Revenue");
  GtkWindow *window;

  ls_kpi_card_set_value (LS_KPI_CARD (card), "9");
  window = app_test_show (card, 200, 160);
  g_assert_cmpuint (app_test_count_accent (window), ==, 0);
  ls_kpi_card_set_series (LS_KPI_CARD (card), series, NULL);
  app_test_draw (window);
  g_assert_cmpuint (app_test_count_accent (window), ==, 0);
  ls_series_set_points (series, x, y, NULL, 3);
  app_test_draw (window);
  g_assert_cmpuint (app_test_count_accent (window), >, 20);

  /* What is refreshed stays; what is not known is a skeleton. */
  ls_kpi_card_set_loading (LS_KPI_CARD (card), TRUE);
  app_test_draw (window);
  g_assert_cmpuint (app_test_count_accent (window), >, 20);
  ls_kpi_card_set_value (LS_KPI_CARD (card), NULL);
  app_test_draw (window);
  g_assert_cmpuint (app_test_count_accent (window), ==, 0);
  app_test_close (window);
}

static void
test_sparkline_shapes (void)
{
  const int64_t x[] = { INT64_MIN, 0, INT64_MAX };
  const int64_t shapes[][3] = {
    { 5, 5, 5 },
    { INT64_MAX, -INT64_MAX, 0 },
    { LS_SERIES_GAP, 7, LS_SERIES_GAP },
    { LS_SERIES_GAP, LS_SERIES_GAP, LS_SERIES_GAP },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (LsSeries) series = ls_series_new ("Revenue");
      GtkWidget *sparkline = ls_sparkline_new (series);
      GtkWindow *window = app_test_show (sparkline, 120, 40);

      ls_series_set_points (series, x, shapes[i], NULL, 3);
      app_test_draw (window);
      g_assert_cmpint (app_test_count_accent (window) > 0, ==, i < 3);
      app_test_close (window);
    }
}

/* Age label */

static void
set_now (int64_t *now,
         int64_t  value)
{
  *now = value;
}

static gboolean
says_two_minutes (gpointer user_data)
{
  return g_str_equal (ls_age_label_get_text (user_data), "Updated 2 minutes ago");
}

/* One of its clocks goes a minute a look: the real timer need not be waited for. */
static int64_t
next_minute (gpointer user_data)
{
  int64_t *now = user_data;
  int64_t told = *now;

  *now += MINUTE;
  return told;
}

static void
test_age_label (void)
{
  LsAgeLabel *label = LS_AGE_LABEL (ls_age_label_new ());
  int64_t now = 1000 * HOUR;
  GtkWindow *window;
  int n_changes = 0;

  g_assert_cmpstr (ls_age_label_get_text (label), ==, "");
  ls_age_label_set_clock (label, get_clock, &now, NULL);
  g_signal_connect_swapped (label, "notify::text", G_CALLBACK (count_cb), &n_changes);
  ls_age_label_set_time (label, now - MINUTE);
  g_assert_cmpstr (ls_age_label_get_text (label), ==, "Updated 1 minute ago");
  g_assert_cmpint (n_changes, ==, 1);

  /* Unmapped it does not follow; mapped it looks at once. */
  set_now (&now, now + 2 * HOUR);
  g_assert_cmpstr (ls_age_label_get_text (label), ==, "Updated 1 minute ago");
  window = app_test_show (GTK_WIDGET (label), 200, 40);
  g_assert_cmpstr (ls_age_label_get_text (label), ==, "Updated 2 hours ago");
  gtk_widget_set_visible (GTK_WIDGET (label), FALSE);
  set_now (&now, now + HOUR);
  gtk_widget_set_visible (GTK_WIDGET (label), TRUE);
  g_assert_cmpstr (ls_age_label_get_text (label), ==, "Updated 3 hours ago");

  ls_age_label_set_time (label, LS_AGE_UNKNOWN);
  g_assert_cmpstr (ls_age_label_get_text (label), ==, "");
  app_test_close (window);
}

static void
test_age_label_wakes (void)
{
  LsAgeLabel *label = LS_AGE_LABEL (ls_age_label_new ());
  /* A moment before the words change: the label's own timer is what asks the clock again. */
  int64_t now = 1000 * HOUR;
  GtkWindow *window = app_test_show (GTK_WIDGET (label), 200, 40);

  ls_age_label_set_time (label, now - 2 * MINUTE + 1);
  ls_age_label_set_clock (label, next_minute, &now, NULL);
  g_assert_cmpstr (ls_age_label_get_text (label), ==, "Updated 1 minute ago");
  app_test_wait (says_two_minutes, label);
  app_test_close (window);
}

/* Status dot */

static void
test_status_dot (void)
{
  const char *const texts[] = { "", "Waiting to be confirmed", "Connecting", "Live", "Limited",
                                "Offline" };

  for (int status = LS_STATUS_NONE; status <= LS_STATUS_BAD; status++)
    {
      LsStatusDot *dot = LS_STATUS_DOT (ls_status_dot_new ());
      GtkWindow *window;

      ls_status_dot_set_status (dot, status);
      g_assert_cmpstr (ls_status_dot_get_text (dot), ==, texts[status]);
      assert_label (dot, texts[status]);
      window = app_test_show (GTK_WIDGET (dot), 40, 40);
      ls_status_dot_set_text (dot, "Live, 38 ms");
      assert_label (dot, "Live, 38 ms");
      ls_status_dot_set_text (dot, NULL);
      assert_label (dot, texts[status]);
      app_test_close (window);
    }
}

/* Placeholder */

static gboolean
shows_page (gpointer user_data)
{
  gpointer *pair = user_data;

  return g_str_equal (ls_placeholder_get_page (pair[0]), pair[1]);
}

static void
wait_page (LsPlaceholder *placeholder,
           const char    *page)
{
  gpointer pair[] = { placeholder, (gpointer) page };

  app_test_wait (shows_page, pair);
}

static void
test_placeholder_loading (void)
{
  GtkWidget *content = gtk_label_new ("Content");
  LsPlaceholder *placeholder = LS_PLACEHOLDER (ls_placeholder_new ());
  GtkWindow *window;

  g_object_set (placeholder, "child", content, "skeleton-delay", 1, "progress-delay", 2, NULL);
  g_assert_true (ls_placeholder_get_child (placeholder) == content);
  window = app_test_show (GTK_WIDGET (placeholder), 360, 300);
  g_assert_cmpstr (ls_placeholder_get_page (placeholder), ==, "content");

  /* What is there stays for a moment, then a skeleton, then numbers. */
  ls_placeholder_show_loading (placeholder);
  g_assert_cmpstr (ls_placeholder_get_page (placeholder), ==, "content");
  g_assert_cmpint (ls_placeholder_get_state (placeholder), ==, LS_PLACEHOLDER_LOADING);
  gtk_test_accessible_assert_state (placeholder, GTK_ACCESSIBLE_STATE_BUSY, TRUE);
  wait_page (placeholder, "skeleton");
  ls_placeholder_set_progress (placeholder, 12, 0);
  wait_page (placeholder, "progress");
  ls_placeholder_set_progress (placeholder, 1200, 10000);
  app_test_draw (window);

  ls_placeholder_show_content (placeholder);
  g_assert_cmpstr (ls_placeholder_get_page (placeholder), ==, "content");
  gtk_test_accessible_assert_state (placeholder, GTK_ACCESSIBLE_STATE_BUSY, FALSE);
  app_test_close (window);
}

/* What came in time is never replaced by a skeleton afterwards. */
static void
test_placeholder_quick (void)
{
  LsPlaceholder *placeholder = LS_PLACEHOLDER (g_object_ref_sink (ls_placeholder_new ()));
  int n_pages = 0;

  g_object_set (placeholder, "skeleton-delay", 0, "progress-delay", 0, NULL);
  g_signal_connect_swapped (placeholder, "notify::page", G_CALLBACK (count_cb), &n_pages);
  ls_placeholder_show_loading (placeholder);
  ls_placeholder_show_loading (placeholder);
  ls_placeholder_show_content (placeholder);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpint (n_pages, ==, 0);

  /* Nor does a placeholder that is gone wake up. */
  ls_placeholder_show_loading (placeholder);
  g_assert_finalize_object (placeholder);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
activated_cb (GSimpleAction *action,
              GVariant      *parameter,
              int           *count)
{
  *count += parameter ? g_variant_get_int32 (parameter) : 1;
}

static void
test_placeholder_actions (void)
{
  const LsPlaceholderAction actions[] = {
    { "_Retry", "page.retry", NULL },
    { "_Contact Support", "page.contact", g_variant_ref_sink (g_variant_new_int32 (10)) },
  };
  LsPlaceholder *placeholder = LS_PLACEHOLDER (ls_placeholder_new ());
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  g_autoptr (GSimpleAction) retry = g_simple_action_new ("retry", NULL);
  g_autoptr (GSimpleAction) contact = g_simple_action_new ("contact", G_VARIANT_TYPE_INT32);
  GtkWindow *window;
  int count = 0;

  g_signal_connect (retry, "activate", G_CALLBACK (activated_cb), &count);
  g_signal_connect (contact, "activate", G_CALLBACK (activated_cb), &count);
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (retry));
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (contact));
  gtk_widget_insert_action_group (GTK_WIDGET (placeholder), "page", G_ACTION_GROUP (group));

  /* Plain text, whatever it looks like: markup that is wrong would be a warning. */
  ls_placeholder_show_error (placeholder, "R&D <b>failed", "<b>Why & where", actions, 2);
  window = app_test_show (GTK_WIDGET (placeholder), 360, 500);
  g_assert_cmpstr (ls_placeholder_get_page (placeholder), ==, "error");
  g_signal_emit_by_name (find_button (GTK_WIDGET (placeholder), "_Retry"), "clicked");
  g_assert_cmpint (count, ==, 1);
  g_signal_emit_by_name (find_button (GTK_WIDGET (placeholder), "_Contact Support"), "clicked");
  g_assert_cmpint (count, ==, 11);

  ls_placeholder_show_error (placeholder, "Failed", NULL, actions, 1);
  g_assert_null (find_button (GTK_WIDGET (placeholder), "_Contact Support"));
  ls_placeholder_show_empty (placeholder, "view-list-symbolic", "No R&D", "a < b", &actions[0]);
  app_test_draw (window);
  g_assert_cmpstr (ls_placeholder_get_page (placeholder), ==, "empty");
  g_assert_cmpint (ls_placeholder_get_state (placeholder), ==, LS_PLACEHOLDER_EMPTY);

  /* From there loading does not go on saying that there is nothing. */
  g_object_set (placeholder, "skeleton-delay", G_MAXINT, NULL);
  ls_placeholder_show_loading (placeholder);
  g_assert_cmpstr (ls_placeholder_get_page (placeholder), ==, "blank");
  app_test_close (window);
  g_variant_unref (actions[1].target);
}

/* Cell flash */

static gboolean
is_still (gpointer user_data)
{
  return !ls_cell_flash_is_flashing (user_data);
}

static void
test_cell_flash (void)
{
  GtkSettings *settings = gtk_settings_get_default ();
  GtkWidget *cell = gtk_label_new ("41");
  GtkWindow *window = app_test_show (cell, 100, 40);

  /* Less motion: nothing moves. */
  ls_cell_flash_bind (cell, "41");
  ls_cell_flash_update (cell, "42");
  g_assert_false (ls_cell_flash_is_flashing (cell));

  g_object_set (settings, "gtk-enable-animations", TRUE, NULL);
  ls_cell_flash_update (cell, "42");
  g_assert_false (ls_cell_flash_is_flashing (cell));
  ls_cell_flash_update (cell, "43");
  g_assert_true (ls_cell_flash_is_flashing (cell));
  g_assert_true (gtk_widget_has_css_class (cell, "ls-flash-odd") !=
                 gtk_widget_has_css_class (cell, "ls-flash-even"));

  /* Another row in the same cell is no change. */
  ls_cell_flash_bind (cell, "7");
  g_assert_false (ls_cell_flash_is_flashing (cell));
  g_assert_false (gtk_widget_has_css_class (cell, "ls-flash-odd"));
  g_assert_false (gtk_widget_has_css_class (cell, "ls-flash-even"));

  /* Once, and again from the beginning. */
  ls_cell_flash_update (cell, "8");
  ls_cell_flash_update (cell, NULL);
  g_assert_true (ls_cell_flash_is_flashing (cell));
  app_test_wait (is_still, cell);
  g_assert_null (find_css_class (cell, "ls-flash-odd"));
  g_assert_null (find_css_class (cell, "ls-flash-even"));

  /* Off screen, and unbound. */
  gtk_widget_set_visible (cell, FALSE);
  ls_cell_flash_update (cell, "9");
  g_assert_false (ls_cell_flash_is_flashing (cell));
  gtk_widget_set_visible (cell, TRUE);
  ls_cell_flash_unbind (cell);
  ls_cell_flash_update (cell, "10");
  g_assert_false (ls_cell_flash_is_flashing (cell));

  /* A cell that goes while it flashes */
  ls_cell_flash_bind (cell, "10");
  ls_cell_flash_update (cell, "11");
  app_test_close (window);
  g_object_set (settings, "gtk-enable-animations", FALSE, NULL);
}

static void
test_skeleton (void)
{
  GtkWidget *skeleton = ls_skeleton_new (3);
  GtkWindow *window = app_test_show (skeleton, 200, 200);
  int few, many;

  gtk_widget_measure (skeleton, GTK_ORIENTATION_VERTICAL, -1, &few, NULL, NULL, NULL);
  ls_skeleton_set_lines (LS_SKELETON (skeleton), 6);
  ls_skeleton_set_line_height (LS_SKELETON (skeleton), 20);
  gtk_widget_measure (skeleton, GTK_ORIENTATION_VERTICAL, -1, &many, NULL, NULL, NULL);
  g_assert_cmpint (few, ==, 5 * 12);
  g_assert_cmpint (many, ==, 11 * 20);
  app_test_draw (window);
  app_test_close (window);
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);

  g_test_add_func ("/widgets/banner", test_banner);
  g_test_add_func ("/widgets/banner/kinds", test_banner_kinds);
  g_test_add_func ("/widgets/kpi-card/words", test_card_words);
  g_test_add_func ("/widgets/kpi-card/tones", test_card_tones);
  g_test_add_func ("/widgets/kpi-card/sparkline", test_card_sparkline);
  g_test_add_func ("/widgets/sparkline/shapes", test_sparkline_shapes);
  g_test_add_func ("/widgets/age-label", test_age_label);
  g_test_add_func ("/widgets/age-label/wakes", test_age_label_wakes);
  g_test_add_func ("/widgets/status-dot", test_status_dot);
  g_test_add_func ("/widgets/placeholder/loading", test_placeholder_loading);
  g_test_add_func ("/widgets/placeholder/quick", test_placeholder_quick);
  g_test_add_func ("/widgets/placeholder/actions", test_placeholder_actions);
  g_test_add_func ("/widgets/cell-flash", test_cell_flash);
  g_test_add_func ("/widgets/skeleton", test_skeleton);

  return g_test_run ();
}
