/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gallery-pages.h"

#include <adwaita.h>
#include <math.h>

#include "app/charts/ls-chart.h"
#include "app/widgets/ls-banner.h"
#include "app/widgets/ls-cell-flash.h"
#include "app/widgets/ls-kpi-card.h"
#include "app/widgets/ls-placeholder.h"
#include "app/widgets/ls-skeleton.h"
#include "app/widgets/ls-status-dot.h"

#define SECOND INT64_C (1000000)
#define DAY (24 * 3600 * SECOND)

/* 1 March 2026, 00:00 UTC: fixed, so that pictures of two runs are equal */
#define FIRST (INT64_C (1772323200) * SECOND)
#define NOW (FIRST + 30 * DAY)

static int64_t
now_cb (gpointer user_data)
{
  return NOW;
}

/* Formats */

static char *
format_euros (int64_t        value,
              LsFormatLength length,
              gpointer       user_data)
{
  double euros = (double) value / 100;

  if (length == LS_FORMAT_SHORT)
    {
      if (fabs (euros) >= 1e6)
        return g_strdup_printf ("%.3g M", euros / 1e6);
      if (fabs (euros) >= 1e4)
        return g_strdup_printf ("%.4g k", euros / 1e3);
      return g_strdup_printf ("%.6g", euros);
    }

  return g_strdup_printf ("%.2f EUR", euros);
}

/* Data: the same at each run */

static int64_t
wave (int          i,
      unsigned int seed)
{
  double noise = (double) ((unsigned int) i * 2654435761u + seed * 40503u) / (double) G_MAXUINT;

  return (int64_t) (80000 + 45000 * sin (i / 4.0 + seed) + 900 * i + 50000 * noise);
}

static LsSeries *
create_days (const char  *title,
             int          n,
             unsigned int seed,
             int          days_before)
{
  LsSeries *series = ls_series_new (title);
  g_autofree int64_t *x = g_new (int64_t, n);
  g_autofree int64_t *y = g_new (int64_t, n);
  g_autofree int64_t *at = g_new (int64_t, n);

  for (int i = 0; i < n; i++)
    {
      x[i] = FIRST + i * DAY;
      y[i] = wave (i, seed);
      at[i] = x[i] - days_before * DAY;
    }
  ls_series_set_points (series, x, y, at, (size_t) n);
  return series;
}

static LsSeries *
create_values (const char    *title,
               const int64_t *y,
               size_t         n)
{
  LsSeries *series = ls_series_new (title);
  g_autofree int64_t *x = g_new (int64_t, n);

  for (size_t i = 0; i < n; i++)
    x[i] = FIRST + (int64_t) i * DAY;
  ls_series_set_points (series, x, y, NULL, n);
  return series;
}

/* Parts */

static GtkWidget *
create_page (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 18);

  gtk_widget_set_margin_start (box, 12);
  gtk_widget_set_margin_end (box, 12);
  gtk_widget_set_margin_top (box, 12);
  gtk_widget_set_margin_bottom (box, 24);
  return box;
}

static void
add_heading (GtkWidget  *page,
             const char *text)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_add_css_class (label, "heading");
  gtk_box_append (GTK_BOX (page), label);
}

static GtkWidget *
create_flow (void)
{
  GtkWidget *flow = gtk_flow_box_new ();

  gtk_flow_box_set_selection_mode (GTK_FLOW_BOX (flow), GTK_SELECTION_NONE);
  gtk_flow_box_set_column_spacing (GTK_FLOW_BOX (flow), 12);
  gtk_flow_box_set_row_spacing (GTK_FLOW_BOX (flow), 12);
  gtk_flow_box_set_homogeneous (GTK_FLOW_BOX (flow), TRUE);
  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), 4);
  return flow;
}

static LsAxis *
create_euro_axis (void)
{
  LsAxis *axis = ls_value_axis_new ();

  ls_value_axis_set_format_func (LS_VALUE_AXIS (axis), format_euros, NULL, NULL);
  ls_value_axis_set_unit (LS_VALUE_AXIS (axis), 100);
  return axis;
}

static GtkWidget *
create_chart (const char *title,
              LsTimeUnit  unit)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  g_autoptr (LsAxis) x_axis = ls_time_axis_new (zone, unit);
  g_autoptr (LsAxis) y_axis = create_euro_axis ();
  GtkWidget *chart = ls_chart_new (x_axis, y_axis);

  ls_chart_set_title (LS_CHART (chart), title);
  gtk_widget_set_size_request (chart, -1, 200);
  return chart;
}

static GtkWidget *
create_card (const char *title,
             GtkWidget  *child)
{
  GtkWidget *card = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  GtkWidget *label = gtk_label_new (title);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (label, "heading");
  gtk_widget_add_css_class (card, "card");
  gtk_widget_add_css_class (card, "gallery-card");
  gtk_widget_set_vexpand (child, TRUE);
  gtk_box_append (GTK_BOX (card), label);
  gtk_box_append (GTK_BOX (card), child);
  return card;
}

static void
add_line (GtkWidget *chart,
          LsSeries  *series,
          gboolean   fill,
          gboolean   comparison)
{
  GtkWidget *layer = ls_line_layer_new (series);

  ls_line_layer_set_fill (LS_LINE_LAYER (layer), fill);
  ls_chart_layer_set_comparison (LS_CHART_LAYER (layer), comparison);
  ls_chart_add_layer (LS_CHART (chart), LS_CHART_LAYER (layer));
}

static void
add_bars (GtkWidget    *chart,
          LsSeries     *series,
          unsigned int  color,
          gboolean      comparison)
{
  GtkWidget *layer = ls_bar_layer_new (series);

  ls_chart_layer_set_color (LS_CHART_LAYER (layer), color);
  ls_chart_layer_set_comparison (LS_CHART_LAYER (layer), comparison);
  ls_chart_add_layer (LS_CHART (chart), LS_CHART_LAYER (layer));
}

/* Pages */

static GtkWidget *
create_kpi (const char *title,
            const char *value,
            LsTrend     trend,
            const char *change,
            int         seed)
{
  GtkWidget *card = ls_kpi_card_new (title);

  ls_kpi_card_set_value (LS_KPI_CARD (card), value);
  ls_kpi_card_set_change (LS_KPI_CARD (card), trend, change, "from yesterday");
  if (seed >= 0)
    {
      g_autoptr (LsSeries) series = create_days (title, 30, (unsigned int) seed, 0);

      ls_kpi_card_set_series (LS_KPI_CARD (card), series, "Last 30 days");
    }
  return card;
}

static GtkWidget *
create_cards (void)
{
  GtkWidget *page = create_page ();
  GtkWidget *flow = create_flow ();
  GtkWidget *card;

  add_heading (page, "Figures");
  gtk_flow_box_append (GTK_FLOW_BOX (flow),
                       create_kpi ("Revenue", "12,480.50 €", LS_TREND_UP, "12.4 %", 1));
  gtk_flow_box_append (GTK_FLOW_BOX (flow),
                       create_kpi ("Orders", "184", LS_TREND_DOWN, "3.1 %", 2));
  card = create_kpi ("Refunds", "310.00 €", LS_TREND_DOWN, "8 %", 3);
  ls_kpi_card_set_lower_is_better (LS_KPI_CARD (card), TRUE);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), card);
  gtk_flow_box_append (GTK_FLOW_BOX (flow),
                       create_kpi ("Average order", "67.82 €", LS_TREND_FLAT, NULL, 4));

  card = create_kpi ("Downloads of all licences", "9,223,372,036,854 €", LS_TREND_UP, "1,204 %", 5);
  ls_age_label_set_clock (ls_kpi_card_get_age_label (LS_KPI_CARD (card)), now_cb, NULL, NULL);
  ls_kpi_card_set_updated_at (LS_KPI_CARD (card), NOW - 120 * SECOND);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), card);
  card = ls_kpi_card_new ("Customers");
  ls_kpi_card_set_loading (LS_KPI_CARD (card), TRUE);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), card);
  card = ls_kpi_card_new ("Reservations today");
  ls_kpi_card_set_value (LS_KPI_CARD (card), "7");
  gtk_flow_box_append (GTK_FLOW_BOX (flow), card);
  card = create_kpi ("Favorites", "48", LS_TREND_UP, "2", 6);
  ls_age_label_set_clock (ls_kpi_card_get_age_label (LS_KPI_CARD (card)), now_cb, NULL, NULL);
  ls_kpi_card_set_updated_at (LS_KPI_CARD (card), NOW - 26 * 3600 * SECOND);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), card);
  gtk_box_append (GTK_BOX (page), flow);
  return page;
}

static GtkWidget *
create_products_chart (void)
{
  const char *const labels[] = { "Night Drive", "Dusty Keys Vol. 2", "Trap Essentials",
                                "Lo-Fi Rain",
                                 "Studio hour" };
  const int64_t y[] = { 182050, 151000, 98000, 64510, 41000 };
  g_autoptr (LsSeries) series = ls_series_new ("Revenue");
  g_autoptr (LsAxis) x_axis = ls_category_axis_new (series);
  g_autoptr (LsAxis) y_axis = create_euro_axis ();
  GtkWidget *chart = ls_chart_new (x_axis, y_axis);

  ls_series_set_categories (series, labels, y, G_N_ELEMENTS (y));
  ls_chart_set_title (LS_CHART (chart), "Top products");
  gtk_widget_set_size_request (chart, -1, 200);
  add_bars (chart, series, 1, FALSE);
  return chart;
}

static void
activated_cb (LsChart  *chart,
              LsSeries *series,
              guint     index,
              GtkLabel *label)
{
  g_autofree char *text = g_strdup_printf ("Opened point %u of %s", index,
                                           ls_series_get_title (series));

  gtk_label_set_label (label, text);
}

static GtkWidget *
create_charts (void)
{
  GtkWidget *page = create_page ();
  GtkWidget *flow = create_flow ();
  g_autoptr (LsSeries) revenue = create_days ("Revenue", 30, 1, 0);
  g_autoptr (LsSeries) before = create_days ("Previous period", 30, 3, 30);
  g_autoptr (LsSeries) orders = create_days ("Beats", 14, 1, 0);
  g_autoptr (LsSeries) packs = create_days ("Sample packs", 14, 2, 0);
  g_autoptr (LsSeries) orders_before = create_days ("Beats, previous period", 14, 4, 14);
  GtkWidget *opened = gtk_label_new ("Enter or a click opens a point");
  GtkWidget *chart;

  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), 2);
  chart = create_chart ("Revenue", LS_TIME_UNIT_DAY);
  g_signal_connect (chart, "point-activated", G_CALLBACK (activated_cb), opened);
  add_line (chart, before, FALSE, TRUE);
  add_line (chart, revenue, TRUE, FALSE);
  ls_chart_set_cursor (LS_CHART (chart), 11);
  gtk_box_append (GTK_BOX (page), create_card ("Revenue, 1 to 30 March 2026", chart));
  gtk_box_append (GTK_BOX (page), opened);

  chart = create_chart ("Sales", LS_TIME_UNIT_DAY);
  add_bars (chart, orders, 1, FALSE);
  add_bars (chart, packs, 2, FALSE);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_card ("By kind", chart));

  chart = create_chart ("Sales compared", LS_TIME_UNIT_DAY);
  add_bars (chart, orders_before, 1, TRUE);
  add_bars (chart, orders, 1, FALSE);
  ls_chart_set_cursor (LS_CHART (chart), 3);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_card ("Compared", chart));

  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_card ("Top products", create_products_chart ()));

  chart = create_chart ("Year", LS_TIME_UNIT_DAY);
  {
    g_autoptr (LsSeries) year = create_days ("Revenue", 365, 5, 0);

    add_bars (chart, year, 3, FALSE);
  }
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_card ("365 days", chart));
  gtk_box_append (GTK_BOX (page), flow);
  return page;
}

static void
add_edge (GtkWidget     *flow,
          const char    *title,
          const int64_t *y,
          size_t         n,
          gboolean       bars)
{
  g_autoptr (LsSeries) series = create_values (title, y, n);
  GtkWidget *chart = create_chart (title, LS_TIME_UNIT_DAY);

  if (bars)
    add_bars (chart, series, 1, FALSE);
  else
    add_line (chart, series, TRUE, FALSE);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_card (title, chart));
}

static GtkWidget *
create_edges (void)
{
  const int64_t gap = LS_SERIES_GAP;
  const int64_t single[] = { 123450 };
  const int64_t equal[] = { 5000, 5000, 5000, 5000, 5000 };
  const int64_t zeros[] = { 0, 0, 0, 0 };
  const int64_t negative[] = { -1200, -900, -3000, -200, -700, -1500 };
  const int64_t mixed[] = { 1200, -900, 3000, gap, -2000, 700, gap, 1500, gap, 900, 1100 };
  const int64_t huge[] = { INT64_MAX, -INT64_MAX, 0, INT64_MAX / 2, INT64_MAX };
  GtkWidget *page = create_page ();
  GtkWidget *flow = create_flow ();
  g_autoptr (LsSeries) many = ls_series_new ("Latency");
  g_autofree int64_t *x = g_new (int64_t, 10000);
  g_autofree int64_t *y = g_new (int64_t, 10000);
  GtkWidget *chart;

  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), 3);
  add_edge (flow, "Empty", NULL, 0, FALSE);
  add_edge (flow, "Single point", single, 1, FALSE);
  add_edge (flow, "Single bar", single, 1, TRUE);
  add_edge (flow, "All equal", equal, G_N_ELEMENTS (equal), FALSE);
  add_edge (flow, "All zero", zeros, G_N_ELEMENTS (zeros), TRUE);
  add_edge (flow, "Negative", negative, G_N_ELEMENTS (negative), TRUE);
  add_edge (flow, "Gaps, both signs", mixed, G_N_ELEMENTS (mixed), FALSE);
  add_edge (flow, "Bars, both signs", mixed, G_N_ELEMENTS (mixed), TRUE);
  add_edge (flow, "Huge", huge, G_N_ELEMENTS (huge), FALSE);

  for (int i = 0; i < 10000; i++)
    {
      x[i] = FIRST + i * 4 * 60 * SECOND;
      y[i] = wave (i / 200, 7) + (wave (i % 97, 9) - 120000) / 3;
    }
  ls_series_set_points (many, x, y, NULL, 10000);
  chart = create_chart ("10,000 points", LS_TIME_UNIT_HOUR);
  add_line (chart, many, TRUE, FALSE);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_card ("10,000 points", chart));
  gtk_box_append (GTK_BOX (page), flow);
  return page;
}

static GtkWidget *
create_banners (void)
{
  static const struct
  {
    LsBannerKind kind;
    const char *title;
    const char *button;
  } banners[] = {
    { LS_BANNER_OFFLINE, "Offline: showing cached data", "Reconnect" },
    { LS_BANNER_BUSY, "Reconnecting…", "Work offline" },
    { LS_BANNER_LIMITED,
      "Limited: connection trouble, background pages update less often", "Details" },
    { LS_BANNER_ERROR, "You are signed out", "Sign in" },
    { LS_BANNER_INFORMATION, "A new version of Lockstep is there", "_Update" },
    { LS_BANNER_INFORMATION, "This is a sample shop", NULL },
  };
  GtkWidget *page = create_page ();

  add_heading (page, "Banners");
  for (size_t i = 0; i < G_N_ELEMENTS (banners); i++)
    {
      GtkWidget *banner = ls_banner_new (banners[i].title);

      ls_banner_set_kind (LS_BANNER (banner), banners[i].kind);
      ls_banner_set_button_label (LS_BANNER (banner), banners[i].button);
      ls_banner_set_revealed (LS_BANNER (banner), TRUE);
      gtk_box_append (GTK_BOX (page), banner);
    }
  return page;
}

static GtkWidget *
create_frame (GtkWidget *child)
{
  GtkWidget *frame = gtk_frame_new (NULL);

  gtk_widget_set_size_request (child, 280, 440);
  gtk_frame_set_child (GTK_FRAME (frame), child);
  return frame;
}

static GtkWidget *
create_loading (gboolean numbers)
{
  GtkWidget *placeholder = ls_placeholder_new ();

  g_object_set (placeholder, "skeleton-delay", 0, "progress-delay", numbers ? 0 : G_MAXINT, NULL);
  ls_placeholder_show_loading (LS_PLACEHOLDER (placeholder));
  if (numbers)
    ls_placeholder_set_progress (LS_PLACEHOLDER (placeholder), 1200, 10000);
  return placeholder;
}

static GtkWidget *
create_states (void)
{
  const LsPlaceholderAction actions[] = {
    { "_Retry", "gallery.retry", NULL },
    { "_Contact Support", "gallery.contact", NULL },
  };
  GtkWidget *page = create_page ();
  GtkWidget *flow = create_flow ();
  GtkWidget *placeholder;

  gtk_flow_box_set_max_children_per_line (GTK_FLOW_BOX (flow), 2);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_frame (create_loading (FALSE)));
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_frame (create_loading (TRUE)));
  placeholder = ls_placeholder_new ();
  ls_placeholder_show_empty (LS_PLACEHOLDER (placeholder), "view-list-symbolic", "No Orders Yet",
                             "Orders show here as soon as they come in.", &actions[0]);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_frame (placeholder));
  placeholder = ls_placeholder_new ();
  ls_placeholder_show_error (LS_PLACEHOLDER (placeholder), "R&D Orders Could Not Be Loaded",
                             "The server did not answer <in time>.", actions, 2);
  gtk_flow_box_append (GTK_FLOW_BOX (flow), create_frame (placeholder));
  gtk_box_append (GTK_BOX (page), flow);
  return page;
}

static void
flash_cb (GtkButton *button,
          GtkWidget *cell)
{
  g_autofree char *text = g_strdup_printf ("%d", atoi (gtk_label_get_label (GTK_LABEL (cell))) + 1);

  gtk_label_set_label (GTK_LABEL (cell), text);
  ls_cell_flash_update (cell, text);
}

static GtkWidget *
create_small (void)
{
  static const LsStatus statuses[] = { LS_STATUS_GOOD, LS_STATUS_LIMITED, LS_STATUS_BAD,
                                       LS_STATUS_PENDING, LS_STATUS_CONNECTING };
  static const int64_t ages[] = { 0, 30, 60, 120, 3600, 5 * 3600, 2 * 86400, 20 * 86400 };
  GtkWidget *page = create_page ();
  GtkWidget *cell = gtk_label_new ("41");
  GtkWidget *button = gtk_button_new_with_label ("Change the Cell");

  add_heading (page, "Status");
  for (size_t i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 9);
      GtkWidget *dot = ls_status_dot_new ();

      ls_status_dot_set_status (LS_STATUS_DOT (dot), statuses[i]);
      gtk_box_append (GTK_BOX (row), dot);
      gtk_box_append (GTK_BOX (row),
                      gtk_label_new (ls_status_dot_get_text (LS_STATUS_DOT (dot))));
      gtk_box_append (GTK_BOX (page), row);
    }

  add_heading (page, "Ages");
  for (size_t i = 0; i < G_N_ELEMENTS (ages); i++)
    {
      GtkWidget *label = ls_age_label_new ();

      ls_age_label_set_clock (LS_AGE_LABEL (label), now_cb, NULL, NULL);
      ls_age_label_set_time (LS_AGE_LABEL (label), NOW - ages[i] * SECOND);
      gtk_box_append (GTK_BOX (page), label);
    }

  add_heading (page, "Skeleton");
  gtk_box_append (GTK_BOX (page), ls_skeleton_new (4));
  add_heading (page, "Flash");
  ls_cell_flash_bind (cell, "41");
  g_signal_connect (button, "clicked", G_CALLBACK (flash_cb), cell);
  gtk_box_append (GTK_BOX (page), cell);
  gtk_box_append (GTK_BOX (page), button);
  return page;
}

const GalleryPage gallery_pages[] = {
  { "cards", "Cards", create_cards },
  { "charts", "Charts", create_charts },
  { "edges", "Edge Cases", create_edges },
  { "banners", "Banners", create_banners },
  { "states", "States", create_states },
  { "small", "Small Things", create_small },
  { NULL, NULL, NULL },
};
