/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-overview-page"

#include "config.h"

#include "app/pages/ls-overview-page.h"

#include <glib/gi18n.h>

#include "app/charts/ls-chart.h"
#include "app/charts/ls-charts.h"
#include "app/text/ls-activity-words.h"
#include "app/text/ls-format.h"
#include "app/ls-window.h"
#include "app/pages/ls-summary-list.h"
#include "app/widgets/ls-kpi-card.h"
#include "core/ls-calendar.h"

/**
 * LsOverviewPage:
 *
 * How the shop does today, at a glance. The figures are those that the server derives and stores
 * (daily_sales); the consistency checker holds them against the orders themselves. Days are the
 * shop's own.
 */
struct _LsOverviewPage {
  LsPage parent_instance;

  /* template children */
  LsKpiCard *revenue_card;
  LsKpiCard *orders_card;
  LsKpiCard *average_card;
  LsKpiCard *units_card;
  LsChart *chart;
  LsSummaryList *latest_orders;
  LsSummaryList *activity;
  LsSummaryList *low_stock;
  LsSummaryList *top_products;

  /* owned */
  LsLiveAggregate *days; /* revenue, orders, units by day, in the shop's currency */
  LsSeries *chart_series;
  LsSeries *before_series;
  LsSeries *revenue_series;
  LsSeries *orders_series;
  LsSeries *average_series;
  LsSeries *units_series;
  unsigned midnight;

  /* state */
  int64_t today;
};

G_DEFINE_FINAL_TYPE (LsOverviewPage, ls_overview_page, LS_TYPE_PAGE)

/* Days of the chart and of the sparklines; as many before them are compared. */
#define N_DAYS 30

/* Terms of the aggregate. */
enum {
  TERM_REVENUE,
  TERM_ORDERS,
  TERM_UNITS,
  N_TERMS,
};

/* The figures of 2 × N_DAYS days up to today, oldest first. */
typedef struct {
  int64_t values[N_TERMS][2 * N_DAYS];
  int64_t averages[2 * N_DAYS];
} Days;

static unsigned
field (LsCollectionId id,
       const char    *name)
{
  return (unsigned) ls_collection_field (ls_schema_collection (id), name);
}

static char *
format_amount (int64_t        value,
               LsFormatLength length,
               gpointer       user_data)
{
  return ls_format_money (value, ls_page_get_currency (user_data));
}

static void
read_days (LsOverviewPage *self,
           Days           *days)
{
  *days = (Days) { { { 0 } }, { 0 } };
  for (unsigned i = 0; i < ls_live_aggregate_get_n_groups (self->days); i++)
    {
      int64_t day = ls_value_get_integer (ls_live_aggregate_get_group (self->days, i, 0), 0);
      int64_t index = day - (self->today - (2 * N_DAYS - 1));

      if (index < 0 || index >= 2 * N_DAYS)
        continue;
      for (unsigned term = 0; term < N_TERMS; term++)
        days->values[term][index] = ls_live_aggregate_get_value (self->days, i, term);
    }
  for (unsigned i = 0; i < 2 * N_DAYS; i++)
    if (days->values[TERM_ORDERS][i] > 0)
      days->averages[i] = days->values[TERM_REVENUE][i] / days->values[TERM_ORDERS][i];
}

static void
set_series (LsOverviewPage *self,
            LsSeries       *series,
            const int64_t  *values,
            int64_t         last_day)
{
  int64_t positions[N_DAYS];
  int64_t stands_for[N_DAYS];

  for (int i = 0; i < N_DAYS; i++)
    {
      positions[i] = (self->today - (N_DAYS - 1) + i) * LS_USEC_PER_DAY;
      stands_for[i] = (last_day - (N_DAYS - 1) + i) * LS_USEC_PER_DAY;
    }
  ls_series_set_points (series, positions, values, stands_for, N_DAYS);
}

static void
update_card (LsKpiCard *card,
             const char *text,
             int64_t    today,
             int64_t    yesterday)
{
  int64_t difference = today - yesterday;
  g_autofree char *change = NULL;

  ls_kpi_card_set_value (card, text);
  if (yesterday != 0)
    change = ls_format_percent (ABS (difference), ABS (yesterday));
  ls_kpi_card_set_change (card,
                          yesterday == 0   ? LS_TREND_NONE
                          : difference > 0 ? LS_TREND_UP
                          : difference < 0 ? LS_TREND_DOWN
                                           : LS_TREND_FLAT,
                          change, yesterday != 0 ? _("from yesterday") : NULL);
  ls_kpi_card_set_loading (card, FALSE);
}

static void
days_changed_cb (LsOverviewPage *self)
{
  const char *currency = ls_page_get_currency (LS_PAGE (self));
  unsigned today = 2 * N_DAYS - 1;
  g_autofree char *revenue = NULL;
  g_autofree char *orders = NULL;
  g_autofree char *average = NULL;
  g_autofree char *units = NULL;
  Days days;

  if (ls_live_aggregate_get_loading (self->days))
    return;
  read_days (self, &days);
  revenue = ls_format_money (days.values[TERM_REVENUE][today], currency);
  orders = ls_format_number (days.values[TERM_ORDERS][today]);
  average = ls_format_money (days.averages[today], currency);
  units = ls_format_number (days.values[TERM_UNITS][today]);
  update_card (self->revenue_card, revenue, days.values[TERM_REVENUE][today],
               days.values[TERM_REVENUE][today - 1]);
  update_card (self->orders_card, orders, days.values[TERM_ORDERS][today],
               days.values[TERM_ORDERS][today - 1]);
  update_card (self->average_card, average, days.averages[today], days.averages[today - 1]);
  update_card (self->units_card, units, days.values[TERM_UNITS][today],
               days.values[TERM_UNITS][today - 1]);
  set_series (self, self->chart_series, days.values[TERM_REVENUE] + N_DAYS, self->today);
  set_series (self, self->before_series, days.values[TERM_REVENUE], self->today - N_DAYS);
  set_series (self, self->revenue_series, days.values[TERM_REVENUE] + N_DAYS, self->today);
  set_series (self, self->orders_series, days.values[TERM_ORDERS] + N_DAYS, self->today);
  set_series (self, self->average_series, days.averages + N_DAYS, self->today);
  set_series (self, self->units_series, days.values[TERM_UNITS] + N_DAYS, self->today);
}

static LsFilter *
days_filter (LsOverviewPage *self)
{
  const LsCollection *sales = ls_schema_collection (LS_DAILY_SALES);
  LsFilter *all = ls_filter_new_all (sales);

  ls_filter_take_child (all, ls_filter_new_compare (sales, field (LS_DAILY_SALES, "day"),
                                                    LS_FILTER_GREATER,
                                                    ls_value_integer (self->today - 2 * N_DAYS)));
  ls_filter_take_child (all, ls_filter_new_compare (sales, field (LS_DAILY_SALES, "currency"), LS_FILTER_EQUAL,
                                                    ls_value_text (ls_page_get_currency (LS_PAGE (self)))));
  return all;
}

static int64_t
current_day (LsOverviewPage *self)
{
  return ls_calendar_day (g_get_real_time (), ls_page_get_time_zone (LS_PAGE (self)));
}

static gboolean
midnight_cb (gpointer data)
{
  LsOverviewPage *self = data;
  g_autoptr (LsFilter) filter = NULL;

  if (self->days == NULL || current_day (self) == self->today)
    return G_SOURCE_CONTINUE;
  self->today = current_day (self);
  filter = days_filter (self);
  ls_live_aggregate_set_filter (self->days, filter);
  return G_SOURCE_CONTINUE;
}

static void
describe_order (LsRecord      *record,
                LsRowLineText *text,
                gpointer       user_data)
{
  const char *name = ls_record_get_text (record, field (LS_ORDERS, "customer_name"));
  const char *number = ls_record_get_text (record, field (LS_ORDERS, "number"));
  LsPage *page = user_data;
  g_autofree char *status = ls_format_value (record, field (LS_ORDERS, "status"), NULL, NULL);
  g_autofree char *placed =
      ls_format_value (record, field (LS_ORDERS, "placed_at"), NULL, ls_page_get_time_zone (page));

  /* Translators: number and customer of an order */
  text->title = name != NULL ? g_strdup_printf (_("%s, %s"), number, name) : g_strdup (number);
  /* Translators: status and time of an order */
  text->subtitle = g_strdup_printf (_("%s · %s"), status, placed);
  text->amount = ls_format_value (record, field (LS_ORDERS, "total"), ls_page_get_currency (page), NULL);
}

static void
describe_activity (LsRecord      *record,
                   LsRowLineText *text,
                   gpointer       user_data)
{
  const char *name = ls_record_get_text (record, field (LS_ACTIVITY, "name"));
  const char *actor = ls_record_get_text (record, field (LS_ACTIVITY, "actor"));
  g_autofree char *words = ls_activity_words (record);

  /* Translators: what happened, and to what */
  text->title = name != NULL ? g_strdup_printf (_("%s: %s"), words, name) : g_steal_pointer (&words);
  text->subtitle = g_strdup (actor);
  text->amount =
      ls_format_value (record, field (LS_ACTIVITY, "at"), NULL, ls_page_get_time_zone (user_data));
}

static void
describe_low_stock (LsRecord      *record,
                    LsRowLineText *text,
                    gpointer       user_data)
{
  g_autofree char *least = ls_format_value (record, field (LS_PRODUCTS, "low_stock_at"), NULL, NULL);

  text->title = g_strdup (ls_record_get_text (record, field (LS_PRODUCTS, "name")));
  /* Translators: %s is the number from which on a product counts as low */
  text->subtitle = g_strdup_printf (_("Low from %s on"), least);
  text->amount = ls_format_value (record, field (LS_PRODUCTS, "stock"), NULL, NULL);
}

static void
describe_top_product (LsRecord      *record,
                      LsRowLineText *text,
                      gpointer       user_data)
{
  int64_t units = ls_record_get_integer (record, field (LS_PRODUCTS, "units_sold"), 0);
  g_autofree char *number = ls_format_number (units);

  text->title = g_strdup (ls_record_get_text (record, field (LS_PRODUCTS, "name")));
  /* Translators: %s is a formatted number */
  text->subtitle = g_strdup_printf (ngettext ("%s sold", "%s sold", (unsigned long) units), number);
  text->amount =
      ls_format_value (record, field (LS_PRODUCTS, "revenue"), ls_page_get_currency (user_data), NULL);
}

static void
show_list (LsOverviewPage *self,
           LsSummaryList  *list,
           LsCollectionId  id,
           const char     *order_field,
           bool            descending,
           LsFilter       *filter,
           LsRowLineFunc   func)
{
  LsPage *page = LS_PAGE (self);
  LsOrder order = { field (id, order_field), descending };
  g_autoptr (LsLiveQuery) query =
      ls_store_query_first (ls_page_get_store (page), ls_page_get_shop (page), ls_schema_collection (id),
                            filter, &order, 1, LS_SUMMARY_LIST_LINES);

  ls_summary_list_set_query (list, query, func, self);
}

/* What is not kept on this computer is not what has not happened. */
static void
scope_changed_cb (LsOverviewPage *self)
{
  const LsShopEntry *shop =
      ls_client_find_shop (ls_page_get_client (LS_PAGE (self)), ls_page_get_shop (LS_PAGE (self)));
  bool is_off = shop != NULL && (shop->choice.off & (UINT32_C (1) << LS_ACTIVITY)) != 0;

  g_object_set (self->activity, "empty-text",
                is_off ? _("Not kept on this computer; see Preferences") : _("Nothing has happened yet"), NULL);
}

static void
show_lists (LsOverviewPage *self)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autoptr (LsFilter) low = ls_filter_new_all (products);
  g_autoptr (LsFilter) sold = ls_filter_new_compare (products, field (LS_PRODUCTS, "revenue"),
                                                     LS_FILTER_GREATER, ls_value_integer (0));

  ls_filter_take_child (low, ls_filter_new_compare (products, field (LS_PRODUCTS, "low_stock"),
                                                    LS_FILTER_EQUAL, ls_value_integer (1)));
  ls_filter_take_child (low, ls_filter_new_compare (products, field (LS_PRODUCTS, "status"),
                                                    LS_FILTER_EQUAL, ls_value_text ("active")));
  show_list (self, self->latest_orders, LS_ORDERS, "placed_at", true, NULL, describe_order);
  show_list (self, self->activity, LS_ACTIVITY, "at", true, NULL, describe_activity);
  show_list (self, self->low_stock, LS_PRODUCTS, "stock", false, low, describe_low_stock);
  show_list (self, self->top_products, LS_PRODUCTS, "revenue", true, sold, describe_top_product);
}

static void
open_on_page (LsOverviewPage *self,
              const char     *page,
              const char     *key)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (LS_IS_WINDOW (root))
    ls_window_open_record (LS_WINDOW (root), page, key);
}

static void
order_activated_cb (LsOverviewPage *self,
                    const char     *key)
{
  open_on_page (self, "orders", key);
}

static void
product_activated_cb (LsOverviewPage *self,
                      const char     *key)
{
  open_on_page (self, "products", key);
}

static void
ls_overview_page_bind (LsPage *page)
{
  LsOverviewPage *self = LS_OVERVIEW_PAGE (page);
  unsigned day = field (LS_DAILY_SALES, "day");
  const LsAggregateTerm terms[N_TERMS] = {
    [TERM_REVENUE] = { LS_AGGREGATE_SUM, field (LS_DAILY_SALES, "revenue") },
    [TERM_ORDERS] = { LS_AGGREGATE_SUM, field (LS_DAILY_SALES, "orders") },
    [TERM_UNITS] = { LS_AGGREGATE_SUM, field (LS_DAILY_SALES, "units") },
  };
  g_autoptr (LsFilter) filter = NULL;

  LS_PAGE_CLASS (ls_overview_page_parent_class)->bind (page);
  self->today = current_day (self);
  filter = days_filter (self);
  self->days = ls_store_aggregate (ls_page_get_store (page), ls_page_get_shop (page),
                                   ls_schema_collection (LS_DAILY_SALES), filter, &day, 1, terms, N_TERMS);
  g_signal_connect_object (self->days, "changed", G_CALLBACK (days_changed_cb), self, G_CONNECT_SWAPPED);
  days_changed_cb (self);
  show_lists (self);
  scope_changed_cb (self);
  g_signal_connect_object (ls_page_get_client (page), "shops-changed", G_CALLBACK (scope_changed_cb), self,
                           G_CONNECT_SWAPPED);
}

static void
ls_overview_page_unbind (LsPage *page)
{
  LsOverviewPage *self = LS_OVERVIEW_PAGE (page);

  if (self->days != NULL)
    g_signal_handlers_disconnect_by_data (self->days, self);
  g_clear_object (&self->days);
  if (ls_page_get_client (page) != NULL)
    g_signal_handlers_disconnect_by_func (ls_page_get_client (page), scope_changed_cb, self);
  ls_summary_list_set_query (self->latest_orders, NULL, NULL, NULL);
  ls_summary_list_set_query (self->activity, NULL, NULL, NULL);
  ls_summary_list_set_query (self->low_stock, NULL, NULL, NULL);
  ls_summary_list_set_query (self->top_products, NULL, NULL, NULL);
  LS_PAGE_CLASS (ls_overview_page_parent_class)->unbind (page);
}

static void
ls_overview_page_map (GtkWidget *widget)
{
  LsOverviewPage *self = LS_OVERVIEW_PAGE (widget);

  GTK_WIDGET_CLASS (ls_overview_page_parent_class)->map (widget);
  midnight_cb (self);
  self->midnight = g_timeout_add_seconds (30, midnight_cb, self);
}

static void
ls_overview_page_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&LS_OVERVIEW_PAGE (widget)->midnight, g_source_remove);
  GTK_WIDGET_CLASS (ls_overview_page_parent_class)->unmap (widget);
}

static void
ls_overview_page_dispose (GObject *object)
{
  LsOverviewPage *self = LS_OVERVIEW_PAGE (object);

  /* The parent unbinds, which needs the widgets. */
  G_OBJECT_CLASS (ls_overview_page_parent_class)->dispose (object);
  g_clear_handle_id (&self->midnight, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_OVERVIEW_PAGE);
  g_clear_object (&self->chart_series);
  g_clear_object (&self->before_series);
  g_clear_object (&self->revenue_series);
  g_clear_object (&self->orders_series);
  g_clear_object (&self->average_series);
  g_clear_object (&self->units_series);
}

static void
ls_overview_page_class_init (LsOverviewPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  LsPageClass *page_class = LS_PAGE_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_overview_page_dispose;
  widget_class->map = ls_overview_page_map;
  widget_class->unmap = ls_overview_page_unmap;
  page_class->shows = UINT32_C (1) << LS_DAILY_SALES | UINT32_C (1) << LS_ORDERS |
                      UINT32_C (1) << LS_ACTIVITY | UINT32_C (1) << LS_PRODUCTS;
  page_class->bind = ls_overview_page_bind;
  page_class->unbind = ls_overview_page_unbind;

  g_type_ensure (LS_TYPE_CHART);
  g_type_ensure (LS_TYPE_KPI_CARD);
  g_type_ensure (LS_TYPE_SUMMARY_LIST);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/pages/ls-overview-page.ui");
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, revenue_card);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, orders_card);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, average_card);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, units_card);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, chart);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, latest_orders);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, activity);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, low_stock);
  gtk_widget_class_bind_template_child (widget_class, LsOverviewPage, top_products);
  gtk_widget_class_bind_template_callback (widget_class, order_activated_cb);
  gtk_widget_class_bind_template_callback (widget_class, product_activated_cb);
}

static LsSeries *
make_spark (LsKpiCard *card)
{
  LsSeries *series = ls_series_new (ls_kpi_card_get_title (card));

  ls_kpi_card_set_series (card, series, _("Last 30 days"));
  ls_kpi_card_set_loading (card, TRUE);
  return series;
}

static void
make_chart (LsOverviewPage *self)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  /* Days are numbers on the shop's calendar: as times they stand at midnight, UTC. */
  LsAxis *days = ls_time_axis_new (utc, LS_TIME_UNIT_DAY);
  LsAxis *amounts = ls_value_axis_new ();
  GtkWidget *before = ls_line_layer_new (self->before_series);

  ls_value_axis_set_format_func (LS_VALUE_AXIS (amounts), format_amount, self, NULL);
  ls_value_axis_set_unit (LS_VALUE_AXIS (amounts), 100);
  ls_chart_set_axes (self->chart, days, amounts);
  ls_chart_layer_set_comparison (LS_CHART_LAYER (before), TRUE);
  ls_chart_add_layer (self->chart, LS_CHART_LAYER (before));
  ls_chart_add_layer (self->chart, LS_CHART_LAYER (ls_line_layer_new (self->chart_series)));
  ls_chart_set_title (self->chart, _("Revenue, last 30 days"));
  ls_chart_set_empty_text (self->chart, _("No sales yet"));
}

static void
ls_overview_page_init (LsOverviewPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->chart_series = ls_series_new (_("Last 30 days"));
  self->before_series = ls_series_new (_("30 days before"));
  self->revenue_series = make_spark (self->revenue_card);
  self->orders_series = make_spark (self->orders_card);
  self->average_series = make_spark (self->average_card);
  self->units_series = make_spark (self->units_card);
  ls_series_set_additive (self->average_series, FALSE);
  make_chart (self);
}
