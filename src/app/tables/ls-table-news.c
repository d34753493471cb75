/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-table-news"

#include "config.h"

#include "app/tables/ls-table-news.h"

#include "app/compat/ls-list-scroll.h"

/* The list is at its top while less than this of it is above, in pixels. */
#define TOP 1.0
/* Frames in which the view lays out what came. */
#define STAY_FRAMES 3

/**
 * LsTableNews:
 *
 * What becomes of rows that arrive above those on the screen. A row never moves under the pointer:
 * the view keeps in place what it shows, and a button over its top says how many rows came, and
 * leads to them. Where nobody is busy with the table, and it stands at its top, it stays there: the
 * newest rows are in sight as they come.
 *
 * What counts are rows more than before; one that is only sorted to another place is no news.
 */
struct _LsTableNews {
  AdwBin parent_instance;

  /* template children */
  GtkRevealer *revealer;
  AdwButtonContent *content;

  /* borrowed: siblings in the table's template */
  GtkScrolledWindow *scrolled;
  GtkColumnView *view;
  GtkEventControllerMotion *pointer;
  GtkEventControllerFocus *focus;

  /* owned */
  GListModel *rows;

  /* state */
  LsTableNewsFunc words;
  unsigned n_news;
  unsigned n_items;    /* after the last publication */
  unsigned n_above;    /* put in above what is seen, since the last publication */
  unsigned n_laid_out; /* rows that the adjustment is about */
  unsigned n_shifted;  /* put in above what is seen, since it was set */
  unsigned n_frames;   /* to come in which the view is held at its top */
};

G_DEFINE_FINAL_TYPE (LsTableNews, ls_table_news, ADW_TYPE_BIN)

static GtkAdjustment *
get_adjustment (LsTableNews *self)
{
  return gtk_scrolled_window_get_vadjustment (self->scrolled);
}

static gboolean
is_at_top (LsTableNews *self)
{
  return gtk_adjustment_get_value (get_adjustment (self)) < TOP;
}

static gboolean
is_used (LsTableNews *self)
{
  return gtk_event_controller_motion_contains_pointer (self->pointer) ||
         gtk_event_controller_focus_contains_focus (self->focus);
}

/* Whether all rows find room. */
static gboolean
all_fit (LsTableNews *self,
         unsigned     n_items)
{
  double height = ls_list_view_get_row_height (GTK_WIDGET (self->view));

  return height * n_items <= gtk_adjustment_get_page_size (get_adjustment (self));
}

/* The first row that is seen at least in part, counted in the rows that are there now. */
static double
first_seen (LsTableNews *self)
{
  GtkAdjustment *adjustment = get_adjustment (self);
  double upper = gtk_adjustment_get_upper (adjustment);

  return self->n_shifted +
         (upper > 0 ? gtk_adjustment_get_value (adjustment) / upper * self->n_laid_out : 0);
}

static void
show (LsTableNews *self,
      unsigned     n_news)
{
  self->n_news = n_news;
  if (n_news > 0)
    {
      g_autofree char *words = self->words (n_news);

      adw_button_content_set_label (self->content, words);
    }
  gtk_widget_set_can_target (GTK_WIDGET (self), n_news > 0);
  gtk_revealer_set_reveal_child (self->revealer, n_news > 0);
}

static void
items_changed_cb (LsTableNews *self,
                  unsigned     position,
                  unsigned     removed,
                  unsigned     added)
{
  if (added == 0 || position > first_seen (self))
    return;
  self->n_above += added;
  self->n_shifted += added;
}

static void
laid_out_cb (LsTableNews *self)
{
  self->n_shifted = 0;
  self->n_laid_out = self->rows != NULL ? g_list_model_get_n_items (self->rows) : 0;
}

static void
scrolled_cb (LsTableNews *self)
{
  laid_out_cb (self);
  if (self->n_news > 0 && is_at_top (self))
    show (self, 0);
}

static void
clicked_cb (LsTableNews *self)
{
  gtk_adjustment_set_value (get_adjustment (self), 0);
}

/* The view goes along with its first row when it lays out what came: only then can it be told to
 * come back. */
static gboolean
stay_cb (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  LsTableNews *self = LS_TABLE_NEWS (widget);

  if (is_at_top (self) && --self->n_frames > 0)
    return G_SOURCE_CONTINUE;
  gtk_adjustment_set_value (get_adjustment (self), 0);
  self->n_frames = 0;
  return G_SOURCE_REMOVE;
}

static void
stay_at_top (LsTableNews *self)
{
  if (self->n_frames == 0)
    gtk_widget_add_tick_callback (GTK_WIDGET (self), stay_cb, NULL, NULL);
  self->n_frames = STAY_FRAMES;
}

static void
ls_table_news_dispose (GObject *object)
{
  LsTableNews *self = LS_TABLE_NEWS (object);

  if (self->rows != NULL)
    g_signal_handlers_disconnect_by_data (self->rows, self);
  g_clear_object (&self->rows);
  G_OBJECT_CLASS (ls_table_news_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_TABLE_NEWS);
}

static void
ls_table_news_class_init (LsTableNewsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_table_news_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/tables/ls-table-news.ui");
  gtk_widget_class_bind_template_child (widget_class, LsTableNews, revealer);
  gtk_widget_class_bind_template_child (widget_class, LsTableNews, content);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
}

static void
ls_table_news_init (LsTableNews *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_can_target (GTK_WIDGET (self), FALSE);
}

/**
 * ls_table_news_watch:
 * @self: news
 * @scrolled: what scrolls @view; outlives @self
 * @view: the view that the news are about; outlives @self
 *
 * Says where rows are shown. Called once.
 */
void
ls_table_news_watch (LsTableNews       *self,
                     GtkScrolledWindow *scrolled,
                     GtkColumnView     *view)
{
  g_return_if_fail (self->view == NULL);

  self->scrolled = scrolled;
  self->view = view;
  self->pointer = GTK_EVENT_CONTROLLER_MOTION (gtk_event_controller_motion_new ());
  self->focus = GTK_EVENT_CONTROLLER_FOCUS (gtk_event_controller_focus_new ());
  gtk_widget_add_controller (GTK_WIDGET (scrolled), GTK_EVENT_CONTROLLER (self->pointer));
  gtk_widget_add_controller (GTK_WIDGET (view), GTK_EVENT_CONTROLLER (self->focus));
  g_signal_connect_object (get_adjustment (self), "value-changed", G_CALLBACK (scrolled_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (get_adjustment (self), "changed", G_CALLBACK (laid_out_cb), self,
                           G_CONNECT_SWAPPED);
}

/**
 * ls_table_news_set:
 * @self: news
 * @rows: (nullable): the rows that the view shows
 * @words: (nullable): what to say of new ones, %NULL to say nothing
 *
 * Follows other rows; those that are there are not news.
 */
void
ls_table_news_set (LsTableNews     *self,
                   GListModel      *rows,
                   LsTableNewsFunc  words)
{
  if (self->rows != NULL)
    g_signal_handlers_disconnect_by_data (self->rows, self);
  self->words = words;
  show (self, 0);
  g_set_object (&self->rows, rows);
  self->n_above = self->n_shifted = 0;
  self->n_items = self->n_laid_out = rows != NULL ? g_list_model_get_n_items (rows) : 0;
  if (rows != NULL)
    g_signal_connect_object (rows, "items-changed", G_CALLBACK (items_changed_cb), self,
                             G_CONNECT_SWAPPED);
}

/**
 * ls_table_news_pass:
 * @self: news
 * @is_another: whether what is shown was asked for anew: another order, another filter
 *
 * A publication is over: says what it brought.
 */
void
ls_table_news_pass (LsTableNews *self,
                    gboolean     is_another)
{
  unsigned n_items = self->rows != NULL ? g_list_model_get_n_items (self->rows) : 0;
  unsigned n_more = n_items > self->n_items ? n_items - self->n_items : 0;
  unsigned n_new = MIN (self->n_above, n_more);

  self->n_above = 0;
  self->n_items = n_items;
  if (is_another)
    show (self, 0);
  else if (n_new == 0 || all_fit (self, n_items))
    return;
  else if ((is_at_top (self) || self->n_frames > 0) && self->n_news == 0 && !is_used (self))
    stay_at_top (self);
  else if (self->words != NULL)
    show (self, self->n_news + n_new);
}
