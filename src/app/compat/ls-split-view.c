/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-split-view.h"

#include <adwaita.h>

#define DEFAULT_COLLAPSE_WIDTH 640
#define DEFAULT_SIDEBAR_WIDTH 240

struct _LsSplitView
{
  GtkWidget parent_instance;

  /* Children */
  GtkWidget *pane;
  GtkWidget *sidebar_clamp;

  /* Borrowed: the pane owns them */
  GtkWidget *sidebar;
  GtkWidget *content;

  /* State */
  int collapse_width;
  int folded_minimum; /* what the content needed when it was collapsed last, 0 before */
  gboolean collapsed;
  guint collapse_id;
};

enum {
  PROP_SIDEBAR = 1,
  PROP_CONTENT,
  PROP_COLLAPSED,
  PROP_SHOW_SIDEBAR,
  PROP_COLLAPSE_WIDTH,
  PROP_SIDEBAR_WIDTH,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsSplitView, ls_split_view, GTK_TYPE_WIDGET)

/* The pane: one block a libadwaita generation, with the same four functions */

#if ADW_CHECK_VERSION (1, 4, 0)

#define PANE_SHOWS "show-sidebar"

static GtkWidget *
pane_new (GtkWidget *sidebar)
{
  GtkWidget *pane = adw_overlay_split_view_new ();

  adw_overlay_split_view_set_sidebar (ADW_OVERLAY_SPLIT_VIEW (pane), sidebar);
  return pane;
}

static void
pane_set_content (GtkWidget *pane,
                  GtkWidget *content)
{
  adw_overlay_split_view_set_content (ADW_OVERLAY_SPLIT_VIEW (pane), content);
}

static void
pane_set_collapsed (GtkWidget *pane,
                    gboolean   collapsed)
{
  adw_overlay_split_view_set_collapsed (ADW_OVERLAY_SPLIT_VIEW (pane), collapsed);
}

static void
pane_set_sidebar_width (GtkWidget *pane,
                        int        width)
{
  adw_overlay_split_view_set_sidebar_width_unit (ADW_OVERLAY_SPLIT_VIEW (pane), ADW_LENGTH_UNIT_PX);
  adw_overlay_split_view_set_min_sidebar_width (ADW_OVERLAY_SPLIT_VIEW (pane), width);
  adw_overlay_split_view_set_max_sidebar_width (ADW_OVERLAY_SPLIT_VIEW (pane), width);
}

#else

#define PANE_SHOWS "reveal-flap"

static GtkWidget *
pane_new (GtkWidget *sidebar)
{
  GtkWidget *pane = adw_flap_new ();

  /* Without a background the other would show through while one slides over it. */
  gtk_widget_add_css_class (sidebar, "background");
  adw_flap_set_fold_policy (ADW_FLAP (pane), ADW_FLAP_FOLD_POLICY_NEVER);
  adw_flap_set_flap (ADW_FLAP (pane), sidebar);
  adw_flap_set_separator (ADW_FLAP (pane), gtk_separator_new (GTK_ORIENTATION_VERTICAL));
  return pane;
}

static void
pane_set_content (GtkWidget *pane,
                  GtkWidget *content)
{
  adw_flap_set_content (ADW_FLAP (pane), content);
}

static void
pane_set_collapsed (GtkWidget *pane,
                    gboolean   collapsed)
{
  adw_flap_set_fold_policy (ADW_FLAP (pane),
                            collapsed ? ADW_FLAP_FOLD_POLICY_ALWAYS : ADW_FLAP_FOLD_POLICY_NEVER);
}

static void
pane_set_sidebar_width (GtkWidget *pane,
                        int        width)
{
  /* AdwFlap has no width of its own: it takes its child's. */
  gtk_widget_set_size_request (adw_flap_get_flap (ADW_FLAP (pane)), width, -1);
}

#endif

/* Collapsing */

static int
get_collapse_pixels (LsSplitView *self)
{
  GtkSettings *settings = gtk_widget_get_settings (GTK_WIDGET (self));
  int dpi = -1; /* 1,024 times the dots an inch; 96 is normal size */

  g_object_get (settings, "gtk-xft-dpi", &dpi, NULL);
  if (dpi <= 0)
    return self->collapse_width;

  return (int) ((int64_t) self->collapse_width * dpi / (96 * 1024));
}

static void
set_collapsed (LsSplitView *self,
               gboolean     collapsed)
{
  if (self->collapsed == collapsed)
    return;

  self->collapsed = collapsed;
  pane_set_collapsed (self->pane, collapsed);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COLLAPSED]);
}

static gboolean
collapse_cb (gpointer user_data)
{
  LsSplitView *self = user_data;

  self->collapse_id = 0;
  set_collapsed (self, gtk_widget_get_width (GTK_WIDGET (self)) < get_collapse_pixels (self));
  return G_SOURCE_REMOVE;
}

/* A widget must not ask for another layout from within one. */
static void
queue_collapse (LsSplitView *self)
{
  if (self->collapse_id == 0)
    {
      self->collapse_id = g_idle_add_full (G_PRIORITY_HIGH, collapse_cb, self, NULL);
      g_source_set_name_by_id (self->collapse_id, "LsSplitView collapse");
    }
}

/* A sidebar that is away is still a mapped or at least a sized widget: screen readers would go on
 * reading it.
 */
static void
pane_shows_cb (LsSplitView *self)
{
  gtk_accessible_update_state (GTK_ACCESSIBLE (self->sidebar_clamp), GTK_ACCESSIBLE_STATE_HIDDEN,
                               !ls_split_view_get_show_sidebar (self), -1);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_SIDEBAR]);
}

/* GtkWidget */

static int
measure_min_width (GtkWidget *widget)
{
  int minimum = 0;

  if (widget && gtk_widget_get_visible (widget))
    gtk_widget_measure (widget, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  return minimum;
}

/* Beside the sidebar the content may need more than it will once it has all the room, and has had time to
 * fold. That must not keep a window from becoming so narrow that it does: the one layout before is
 * clipped. */
static int
measure_content (LsSplitView *self)
{
  int minimum = measure_min_width (self->content);

  if (!self->collapsed)
    return MIN (minimum, self->folded_minimum);
  self->folded_minimum = minimum;
  return minimum;
}

static void
ls_split_view_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  LsSplitView *self = LS_SPLIT_VIEW (widget);
  int pane_minimum, pane_natural;

  *minimum_baseline = *natural_baseline = -1;

  if (orientation == GTK_ORIENTATION_VERTICAL && for_size >= 0)
    {
      gtk_widget_measure (self->pane, GTK_ORIENTATION_HORIZONTAL, -1, &pane_minimum, NULL, NULL,
                          NULL);
      for_size = MAX (for_size, pane_minimum);
    }
  gtk_widget_measure (self->pane, orientation, for_size, &pane_minimum, &pane_natural, NULL, NULL);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = MAX (measure_min_width (self->sidebar_clamp), measure_content (self));
  else
    *minimum = pane_minimum;
  *natural = MAX (*minimum, pane_natural);
}

static void
ls_split_view_size_allocate (GtkWidget *widget,
                             int        width,
                             int        height,
                             int        baseline)
{
  LsSplitView *self = LS_SPLIT_VIEW (widget);
  int minimum;

  if ((width < get_collapse_pixels (self)) != self->collapsed)
    queue_collapse (self);

  /* For the one layout before it collapses the pane may need more than there is: clipped then. */
  gtk_widget_measure (self->pane, GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL, NULL);
  gtk_widget_allocate (self->pane, MAX (width, minimum), height, baseline, NULL);
}

static void
ls_split_view_root (GtkWidget *widget)
{
  LsSplitView *self = LS_SPLIT_VIEW (widget);
  GtkRoot *root;
  int width = -1;
  int height; /* GTK 4.8 does not take NULL for it */

  GTK_WIDGET_CLASS (ls_split_view_parent_class)->root (widget);

  /* A window that opens narrow should not show its first frame wide. */
  root = gtk_widget_get_root (widget);
  if (GTK_IS_WINDOW (root))
    gtk_window_get_default_size (GTK_WINDOW (root), &width, &height);
  if (width > 0)
    set_collapsed (self, width < get_collapse_pixels (self));
}

static gboolean
ls_split_view_focus (GtkWidget        *widget,
                     GtkDirectionType  direction)
{
  LsSplitView *self = LS_SPLIT_VIEW (widget);

  return gtk_widget_child_focus (self->pane, direction);
}

/* GObject */

static void
ls_split_view_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  LsSplitView *self = LS_SPLIT_VIEW (object);

  switch (prop_id)
    {
    case PROP_SIDEBAR:
      g_value_set_object (value, self->sidebar);
      break;
    case PROP_CONTENT:
      g_value_set_object (value, self->content);
      break;
    case PROP_COLLAPSED:
      g_value_set_boolean (value, self->collapsed);
      break;
    case PROP_SHOW_SIDEBAR:
      g_value_set_boolean (value, ls_split_view_get_show_sidebar (self));
      break;
    case PROP_COLLAPSE_WIDTH:
      g_value_set_int (value, self->collapse_width);
      break;
    case PROP_SIDEBAR_WIDTH:
      g_value_set_int (value, ls_split_view_get_sidebar_width (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_split_view_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  LsSplitView *self = LS_SPLIT_VIEW (object);

  switch (prop_id)
    {
    case PROP_SIDEBAR:
      ls_split_view_set_sidebar (self, g_value_get_object (value));
      break;
    case PROP_CONTENT:
      ls_split_view_set_content (self, g_value_get_object (value));
      break;
    case PROP_SHOW_SIDEBAR:
      ls_split_view_set_show_sidebar (self, g_value_get_boolean (value));
      break;
    case PROP_COLLAPSE_WIDTH:
      ls_split_view_set_collapse_width (self, g_value_get_int (value));
      break;
    case PROP_SIDEBAR_WIDTH:
      ls_split_view_set_sidebar_width (self, g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_split_view_dispose (GObject *object)
{
  LsSplitView *self = LS_SPLIT_VIEW (object);

  g_clear_handle_id (&self->collapse_id, g_source_remove);
  self->sidebar = NULL;
  self->content = NULL;
  self->sidebar_clamp = NULL;
  g_clear_pointer (&self->pane, gtk_widget_unparent);

  G_OBJECT_CLASS (ls_split_view_parent_class)->dispose (object);
}

static void
ls_split_view_class_init (LsSplitViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags readwrite =
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = ls_split_view_get_property;
  object_class->set_property = ls_split_view_set_property;
  object_class->dispose = ls_split_view_dispose;

  widget_class->measure = ls_split_view_measure;
  widget_class->size_allocate = ls_split_view_size_allocate;
  widget_class->root = ls_split_view_root;
  widget_class->focus = ls_split_view_focus;

  properties[PROP_SIDEBAR] = g_param_spec_object ("sidebar", NULL, NULL, GTK_TYPE_WIDGET,
                                                  readwrite);
  properties[PROP_CONTENT] = g_param_spec_object ("content", NULL, NULL, GTK_TYPE_WIDGET,
                                                  readwrite);
  properties[PROP_COLLAPSED] = g_param_spec_boolean ("collapsed", NULL, NULL, FALSE,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  properties[PROP_SHOW_SIDEBAR] = g_param_spec_boolean ("show-sidebar", NULL, NULL, TRUE,
                                                        readwrite);
  properties[PROP_COLLAPSE_WIDTH] =
    g_param_spec_int ("collapse-width", NULL, NULL, 0, G_MAXINT16, DEFAULT_COLLAPSE_WIDTH,
                      readwrite);
  properties[PROP_SIDEBAR_WIDTH] =
    g_param_spec_int ("sidebar-width", NULL, NULL, 0, G_MAXINT16, DEFAULT_SIDEBAR_WIDTH, readwrite);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "splitview");
}

static void
ls_split_view_init (LsSplitView *self)
{
  self->collapse_width = DEFAULT_COLLAPSE_WIDTH;

  self->sidebar_clamp = adw_clamp_new ();
  adw_clamp_set_maximum_size (ADW_CLAMP (self->sidebar_clamp), DEFAULT_SIDEBAR_WIDTH);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (self->sidebar_clamp), DEFAULT_SIDEBAR_WIDTH);
  /* What expands inside of it shall not take half of the window. */
  gtk_widget_set_hexpand (self->sidebar_clamp, FALSE);
  self->pane = pane_new (self->sidebar_clamp);
  pane_set_sidebar_width (self->pane, DEFAULT_SIDEBAR_WIDTH);
  gtk_widget_set_parent (self->pane, GTK_WIDGET (self));
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  g_signal_connect_object (self->pane, "notify::" PANE_SHOWS, G_CALLBACK (pane_shows_cb), self,
                           G_CONNECT_SWAPPED);
}

/* Public API */

GtkWidget *
ls_split_view_new (void)
{
  return g_object_new (LS_TYPE_SPLIT_VIEW, NULL);
}

GtkWidget *
ls_split_view_get_sidebar (LsSplitView *self)
{
  g_return_val_if_fail (LS_IS_SPLIT_VIEW (self), NULL);

  return self->sidebar;
}

void
ls_split_view_set_sidebar (LsSplitView *self,
                           GtkWidget   *sidebar)
{
  g_return_if_fail (LS_IS_SPLIT_VIEW (self));
  g_return_if_fail (sidebar == NULL || GTK_IS_WIDGET (sidebar));

  if (self->sidebar == sidebar)
    return;

  self->sidebar = sidebar;
  adw_clamp_set_child (ADW_CLAMP (self->sidebar_clamp), sidebar);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SIDEBAR]);
}

GtkWidget *
ls_split_view_get_content (LsSplitView *self)
{
  g_return_val_if_fail (LS_IS_SPLIT_VIEW (self), NULL);

  return self->content;
}

void
ls_split_view_set_content (LsSplitView *self,
                           GtkWidget   *content)
{
  g_return_if_fail (LS_IS_SPLIT_VIEW (self));
  g_return_if_fail (content == NULL || GTK_IS_WIDGET (content));

  if (self->content == content)
    return;

  self->content = content;
  if (content)
    gtk_widget_add_css_class (content, "background");
  pane_set_content (self->pane, content);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONTENT]);
}

gboolean
ls_split_view_get_collapsed (LsSplitView *self)
{
  g_return_val_if_fail (LS_IS_SPLIT_VIEW (self), FALSE);

  return self->collapsed;
}

gboolean
ls_split_view_get_show_sidebar (LsSplitView *self)
{
  gboolean shows = FALSE;

  g_return_val_if_fail (LS_IS_SPLIT_VIEW (self), FALSE);

  if (self->pane)
    g_object_get (self->pane, PANE_SHOWS, &shows, NULL);
  return shows;
}

void
ls_split_view_set_show_sidebar (LsSplitView *self,
                                gboolean     show_sidebar)
{
  g_return_if_fail (LS_IS_SPLIT_VIEW (self));

  /* The pane's own change is what is passed on. */
  if (ls_split_view_get_show_sidebar (self) != !!show_sidebar)
    g_object_set (self->pane, PANE_SHOWS, show_sidebar, NULL);
}

int
ls_split_view_get_collapse_width (LsSplitView *self)
{
  g_return_val_if_fail (LS_IS_SPLIT_VIEW (self), 0);

  return self->collapse_width;
}

void
ls_split_view_set_collapse_width (LsSplitView *self,
                                  int          width)
{
  g_return_if_fail (LS_IS_SPLIT_VIEW (self));
  g_return_if_fail (width >= 0);

  if (self->collapse_width == width)
    return;

  self->collapse_width = width;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COLLAPSE_WIDTH]);
}

int
ls_split_view_get_sidebar_width (LsSplitView *self)
{
  g_return_val_if_fail (LS_IS_SPLIT_VIEW (self), 0);

  return adw_clamp_get_maximum_size (ADW_CLAMP (self->sidebar_clamp));
}

void
ls_split_view_set_sidebar_width (LsSplitView *self,
                                 int          width)
{
  g_return_if_fail (LS_IS_SPLIT_VIEW (self));
  g_return_if_fail (width >= 0);

  if (ls_split_view_get_sidebar_width (self) == width)
    return;

  adw_clamp_set_maximum_size (ADW_CLAMP (self->sidebar_clamp), width);
  adw_clamp_set_tightening_threshold (ADW_CLAMP (self->sidebar_clamp), width);
  pane_set_sidebar_width (self->pane, width);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SIDEBAR_WIDTH]);
}
