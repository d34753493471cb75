/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-summary-list"

#include "config.h"

#include "app/pages/ls-summary-list.h"

/**
 * LsSummaryList:
 *
 * The first rows of a query, a line each, on Overview: latest orders, top products … Signal
 * `record-activated` (key) for lists whose lines lead somewhere.
 */
struct _LsSummaryList {
  AdwBin parent_instance;

  /* template children */
  AdwPreferencesGroup *group;
  GtkListBox *list;
  GtkLabel *empty_label;

  /* owned */
  LsLiveQuery *query;
  GtkSliceListModel *slice;

  /* borrowed */
  LsRowLineFunc func;
  gpointer user_data;
};

G_DEFINE_FINAL_TYPE (LsSummaryList, ls_summary_list, ADW_TYPE_BIN)

typedef enum {
  PROP_TITLE = 1,
  PROP_EMPTY_TEXT,
} LsSummaryListProperty;

static GParamSpec *properties[PROP_EMPTY_TEXT + 1];

enum {
  RECORD_ACTIVATED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static GtkWidget *
make_line (gpointer item,
           gpointer user_data)
{
  LsSummaryList *self = user_data;
  GtkWidget *line = ls_row_line_new (item, self->func, self->user_data);

  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (line),
                                    g_signal_has_handler_pending (self, signals[RECORD_ACTIVATED], 0, TRUE));
  return line;
}

static void
row_activated_cb (LsSummaryList *self,
                  GtkListBoxRow *line)
{
  LsRecord *record = ls_row_get_record (ls_row_line_get_row (GTK_WIDGET (line)));

  if (record != NULL)
    g_signal_emit (self, signals[RECORD_ACTIVATED], 0, ls_record_get_key (record));
}

static void
ls_summary_list_get_property (GObject    *object,
                              unsigned    prop_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  LsSummaryList *self = LS_SUMMARY_LIST (object);

  switch ((LsSummaryListProperty) prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, adw_preferences_group_get_title (self->group));
      break;
    case PROP_EMPTY_TEXT:
      g_value_set_string (value, gtk_label_get_label (self->empty_label));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_summary_list_set_property (GObject      *object,
                              unsigned      prop_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  LsSummaryList *self = LS_SUMMARY_LIST (object);

  switch ((LsSummaryListProperty) prop_id)
    {
    case PROP_TITLE:
      adw_preferences_group_set_title (self->group, g_value_get_string (value));
      gtk_accessible_update_property (GTK_ACCESSIBLE (self->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      g_value_get_string (value), -1);
      break;
    case PROP_EMPTY_TEXT:
      gtk_label_set_label (self->empty_label, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_summary_list_dispose (GObject *object)
{
  LsSummaryList *self = LS_SUMMARY_LIST (object);

  if (self->list != NULL)
    ls_summary_list_set_query (self, NULL, NULL, NULL);
  G_OBJECT_CLASS (ls_summary_list_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_SUMMARY_LIST);
  self->list = NULL;
}

static void
ls_summary_list_class_init (LsSummaryListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ls_summary_list_get_property;
  object_class->set_property = ls_summary_list_set_property;
  object_class->dispose = ls_summary_list_dispose;

  /**
   * LsSummaryList:title:
   *
   * The heading.
   */
  properties[PROP_TITLE] =
      g_param_spec_string ("title", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);

  /**
   * LsSummaryList:empty-text:
   *
   * What it says without rows.
   */
  properties[PROP_EMPTY_TEXT] =
      g_param_spec_string ("empty-text", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * LsSummaryList::record-activated:
   * @self: the list
   * @key: key of a record
   *
   * The admin chose a line.
   */
  signals[RECORD_ACTIVATED] = g_signal_new ("record-activated", LS_TYPE_SUMMARY_LIST, G_SIGNAL_RUN_LAST,
                                            0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/pages/ls-summary-list.ui");
  gtk_widget_class_bind_template_child (widget_class, LsSummaryList, group);
  gtk_widget_class_bind_template_child (widget_class, LsSummaryList, list);
  gtk_widget_class_bind_template_child (widget_class, LsSummaryList, empty_label);
  gtk_widget_class_bind_template_callback (widget_class, row_activated_cb);
}

static void
ls_summary_list_init (LsSummaryList *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * ls_summary_list_set_query:
 * @self: a list
 * @query: (nullable): whose first %LS_SUMMARY_LIST_LINES rows it shows
 * @func: (scope forever): what a line shows of a row
 * @user_data: for @func; outlives the query
 *
 * Shows the first rows of @query.
 */
void
ls_summary_list_set_query (LsSummaryList *self,
                           LsLiveQuery   *query,
                           LsRowLineFunc  func,
                           gpointer       user_data)
{
  gtk_list_box_bind_model (self->list, NULL, NULL, NULL, NULL);
  g_clear_object (&self->slice);
  g_set_object (&self->query, query);
  self->func = func;
  self->user_data = user_data;
  if (query == NULL)
    return;
  self->slice = gtk_slice_list_model_new (G_LIST_MODEL (g_object_ref (query)), 0, LS_SUMMARY_LIST_LINES);
  gtk_list_box_bind_model (self->list, G_LIST_MODEL (self->slice), make_line, self, NULL);
}
