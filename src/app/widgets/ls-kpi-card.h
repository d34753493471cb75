/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>
#include <stdint.h>

#include "app/charts/ls-series.h"
#include "app/widgets/ls-age-label.h"
#include "app/widgets/ls-widgets-enums.h"

G_BEGIN_DECLS

/**
 * LsTrend:
 * @LS_TREND_NONE: there is nothing to compare with
 * @LS_TREND_UP: more than before
 * @LS_TREND_DOWN: less than before
 * @LS_TREND_FLAT: as before
 *
 * Which way a figure went.
 */
typedef enum {
  LS_TREND_NONE,
  LS_TREND_UP,
  LS_TREND_DOWN,
  LS_TREND_FLAT,
} LsTrend;

#define LS_TYPE_KPI_CARD (ls_kpi_card_get_type ())

/**
 * LsKpiCard:
 *
 * A card with one figure: its name, its value, how it changed, a sparkline, and its age.
 *
 * It writes no numbers itself: texts are given, translated and formatted. While it loads and has no
 * value it shows a skeleton. A screen reader reads the title as its label and all else as its
 * description. The main thread's.
 */
G_DECLARE_FINAL_TYPE (LsKpiCard, ls_kpi_card, LS, KPI_CARD, GtkWidget)

/**
 * ls_kpi_card_new:
 * @title: what the figure is, translated
 *
 * Creates a card without a value.
 *
 * Returns: (transfer floating): a new card
 */
GtkWidget  *ls_kpi_card_new                  (const char *title);

/**
 * ls_kpi_card_get_title:
 * @self: a card
 *
 * Gets what the figure is.
 *
 * Returns: (transfer none): the title
 */
const char *ls_kpi_card_get_title            (LsKpiCard  *self);

/**
 * ls_kpi_card_set_title:
 * @self: a card
 * @title: what the figure is, translated
 *
 * Sets what the figure is.
 */
void        ls_kpi_card_set_title            (LsKpiCard  *self,
                                              const char *title);

/**
 * ls_kpi_card_get_value:
 * @self: a card
 *
 * Gets the figure as shown.
 *
 * Returns: (transfer none): the text, empty if it is not known
 */
const char *ls_kpi_card_get_value            (LsKpiCard  *self);

/**
 * ls_kpi_card_set_value:
 * @self: a card
 * @value: (nullable): the figure as text, or %NULL if it is not known
 *
 * Sets the figure.
 */
void        ls_kpi_card_set_value            (LsKpiCard  *self,
                                              const char *value);

/**
 * ls_kpi_card_set_change:
 * @self: a card
 * @trend: which way it went
 * @change: (nullable): by how much, without a sign: the arrow says the direction
 * @caption: (nullable): compared with what, such as "from yesterday"
 *
 * Sets how the figure changed.
 */
void        ls_kpi_card_set_change           (LsKpiCard  *self,
                                              LsTrend     trend,
                                              const char *change,
                                              const char *caption);

/**
 * ls_kpi_card_get_trend:
 * @self: a card
 *
 * Gets which way the figure went.
 *
 * Returns: the trend
 */
LsTrend     ls_kpi_card_get_trend            (LsKpiCard  *self);

/**
 * ls_kpi_card_get_lower_is_better:
 * @self: a card
 *
 * Gets whether less is good.
 *
 * Returns: whether it is
 */
gboolean    ls_kpi_card_get_lower_is_better  (LsKpiCard  *self);

/**
 * ls_kpi_card_set_lower_is_better:
 * @self: a card
 * @lower_is_better: whether less is good, as of refunds
 *
 * Sets which direction is green.
 */
void        ls_kpi_card_set_lower_is_better  (LsKpiCard  *self,
                                              gboolean    lower_is_better);

/**
 * ls_kpi_card_get_series:
 * @self: a card
 *
 * Gets what the sparkline draws.
 *
 * Returns: (transfer none) (nullable): the series
 */
LsSeries   *ls_kpi_card_get_series           (LsKpiCard  *self);

/**
 * ls_kpi_card_set_series:
 * @self: a card
 * @series: (nullable) (transfer none): what the sparkline draws, or %NULL for none
 * @description: (nullable): what it shows in words, such as "Last 30 days: 10 to 240 orders"
 *
 * Sets what the sparkline draws and means.
 */
void        ls_kpi_card_set_series           (LsKpiCard  *self,
                                              LsSeries   *series,
                                              const char *description);

/**
 * ls_kpi_card_set_updated_at:
 * @self: a card
 * @time: µs since the epoch, or %LS_AGE_UNKNOWN while it is live: then no age shows
 *
 * Sets since when the figure is known.
 */
void        ls_kpi_card_set_updated_at       (LsKpiCard  *self,
                                              int64_t     time);

/**
 * ls_kpi_card_get_age_label:
 * @self: a card
 *
 * Gets the label of the age, to give it another clock.
 *
 * Returns: (transfer none): the label
 */
LsAgeLabel *ls_kpi_card_get_age_label        (LsKpiCard  *self);

/**
 * ls_kpi_card_get_loading:
 * @self: a card
 *
 * Gets whether a value is on its way.
 *
 * Returns: whether it is
 */
gboolean    ls_kpi_card_get_loading          (LsKpiCard  *self);

/**
 * ls_kpi_card_set_loading:
 * @self: a card
 * @loading: whether a value is on its way
 *
 * Shows a skeleton while there is no value. A value that is being refreshed stays.
 */
void        ls_kpi_card_set_loading          (LsKpiCard  *self,
                                              gboolean    loading);

/**
 * ls_kpi_card_dup_description:
 * @self: a card
 *
 * Writes what a screen reader reads after the title.
 *
 * Returns: (transfer full): the text
 */
char       *ls_kpi_card_dup_description      (LsKpiCard  *self);

G_END_DECLS
