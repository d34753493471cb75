/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-series.h"

struct _LsSeries
{
  GObject parent_instance;

  /* Owned: n each; at and labels may be NULL */
  int64_t *x;
  int64_t *y;
  int64_t *at;
  char **labels;
  size_t n;
  char *title;

  /* Computed when the points are set */
  int64_t min;
  int64_t max;
  int64_t total;
  int64_t min_step;
  size_t last;
  gboolean has_values;
  gboolean total_fits;

  gboolean additive;
};

enum {
  PROP_TITLE = 1,
  N_PROPS,
};

enum {
  CHANGED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsSeries, ls_series, G_TYPE_OBJECT)

static void
compute_steps (LsSeries *self)
{
  uint64_t step = 0;

  for (size_t i = 1; i < self->n; i++)
    {
      uint64_t distance = (uint64_t) self->x[i] - (uint64_t) self->x[i - 1];

      if (step == 0 || distance < step)
        step = distance;
    }
  self->min_step = (int64_t) MIN (step, (uint64_t) INT64_MAX);
}

static void
compute_values (LsSeries *self)
{
  /* Summed in halves: a sum on the way may be too big while the total is not. */
  int64_t upper = 0;
  uint64_t lower = 0;

  self->min = INT64_MAX;
  self->max = INT64_MIN;
  self->has_values = FALSE;

  for (size_t i = 0; i < self->n; i++)
    {
      int64_t value = self->y[i];

      if (value == LS_SERIES_GAP)
        continue;

      self->has_values = TRUE;
      self->last = i;
      self->min = MIN (self->min, value);
      self->max = MAX (self->max, value);
      upper += (value - (int64_t) (value & UINT32_MAX)) / ((int64_t) UINT32_MAX + 1);
      lower += value & UINT32_MAX;
    }

  upper += (int64_t) (lower >> 32);
  lower &= UINT32_MAX;
  self->total_fits = upper >= INT32_MIN && upper <= INT32_MAX;
  self->total = self->total_fits ? upper * ((int64_t) UINT32_MAX + 1) + (int64_t) lower : 0;
}

static void
clear_points (LsSeries *self)
{
  g_clear_pointer (&self->x, g_free);
  g_clear_pointer (&self->y, g_free);
  g_clear_pointer (&self->at, g_free);
  g_clear_pointer (&self->labels, g_strfreev);
  self->n = 0;
}

static void
points_changed (LsSeries *self)
{
  compute_steps (self);
  compute_values (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
ls_series_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  LsSeries *self = LS_SERIES (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_series_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  LsSeries *self = LS_SERIES (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      ls_series_set_title (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_series_finalize (GObject *object)
{
  LsSeries *self = LS_SERIES (object);

  clear_points (self);
  g_clear_pointer (&self->title, g_free);

  G_OBJECT_CLASS (ls_series_parent_class)->finalize (object);
}

static void
ls_series_class_init (LsSeriesClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = ls_series_get_property;
  object_class->set_property = ls_series_set_property;
  object_class->finalize = ls_series_finalize;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "",
                                                G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
                                                G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * LsSeries::changed:
   * @self: the series
   *
   * All points were replaced.
   */
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ls_series_init (LsSeries *self)
{
  self->title = g_strdup ("");
  self->additive = TRUE;
}

LsSeries *
ls_series_new (const char *title)
{
  return g_object_new (LS_TYPE_SERIES, "title", title, NULL);
}

const char *
ls_series_get_title (LsSeries *self)
{
  g_return_val_if_fail (LS_IS_SERIES (self), NULL);

  return self->title;
}

void
ls_series_set_title (LsSeries   *self,
                     const char *title)
{
  g_return_if_fail (LS_IS_SERIES (self));

  if (title == NULL)
    title = "";
  if (g_str_equal (self->title, title))
    return;

  g_free (self->title);
  self->title = g_strdup (title);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

gboolean
ls_series_get_additive (LsSeries *self)
{
  g_return_val_if_fail (LS_IS_SERIES (self), FALSE);

  return self->additive;
}

void
ls_series_set_additive (LsSeries *self,
                        gboolean  additive)
{
  g_return_if_fail (LS_IS_SERIES (self));

  self->additive = !!additive;
}

void
ls_series_set_points (LsSeries      *self,
                      const int64_t *x,
                      const int64_t *y,
                      const int64_t *at,
                      size_t         n)
{
  g_return_if_fail (LS_IS_SERIES (self));
  g_return_if_fail (n == 0 || (x != NULL && y != NULL));

  for (size_t i = 1; i < n; i++)
    g_return_if_fail (x[i - 1] < x[i]);

  clear_points (self);
  self->x = g_memdup2 (x, n * sizeof (int64_t));
  self->y = g_memdup2 (y, n * sizeof (int64_t));
  self->at = at ? g_memdup2 (at, n * sizeof (int64_t)) : NULL;
  self->n = n;
  points_changed (self);
}

void
ls_series_set_categories (LsSeries          *self,
                          const char *const *labels,
                          const int64_t     *y,
                          size_t             n)
{
  g_return_if_fail (LS_IS_SERIES (self));
  g_return_if_fail (n == 0 || (labels != NULL && y != NULL));

  clear_points (self);
  self->x = g_new (int64_t, n);
  self->y = g_memdup2 (y, n * sizeof (int64_t));
  self->labels = g_new0 (char *, n + 1);
  self->n = n;
  for (size_t i = 0; i < n; i++)
    {
      self->x[i] = (int64_t) i;
      self->labels[i] = g_strdup (labels[i]);
    }
  points_changed (self);
}

size_t
ls_series_get_length (LsSeries *self)
{
  g_return_val_if_fail (LS_IS_SERIES (self), 0);

  return self->n;
}

const int64_t *
ls_series_get_xs (LsSeries *self)
{
  g_return_val_if_fail (LS_IS_SERIES (self), NULL);

  return self->x;
}

const int64_t *
ls_series_get_ys (LsSeries *self)
{
  g_return_val_if_fail (LS_IS_SERIES (self), NULL);

  return self->y;
}

int64_t
ls_series_get_at (LsSeries *self,
                  size_t    index)
{
  g_return_val_if_fail (LS_IS_SERIES (self), 0);
  g_return_val_if_fail (index < self->n, 0);

  return self->at ? self->at[index] : self->x[index];
}

const char *
ls_series_get_category (LsSeries *self,
                        size_t    index)
{
  g_return_val_if_fail (LS_IS_SERIES (self), NULL);

  return self->labels && index < self->n ? self->labels[index] : NULL;
}

gboolean
ls_series_find (LsSeries *self,
                int64_t   x,
                size_t   *index)
{
  size_t low = 0, high;

  g_return_val_if_fail (LS_IS_SERIES (self), FALSE);

  high = self->n;
  while (low < high)
    {
      size_t middle = low + (high - low) / 2;

      if (self->x[middle] < x)
        low = middle + 1;
      else
        high = middle;
    }
  if (low == self->n || self->x[low] != x)
    return FALSE;

  if (index)
    *index = low;
  return TRUE;
}

gboolean
ls_series_get_range (LsSeries *self,
                     int64_t  *min,
                     int64_t  *max)
{
  g_return_val_if_fail (LS_IS_SERIES (self), FALSE);

  if (!self->has_values)
    return FALSE;

  if (min)
    *min = self->min;
  if (max)
    *max = self->max;
  return TRUE;
}

gboolean
ls_series_get_total (LsSeries *self,
                     int64_t  *total)
{
  g_return_val_if_fail (LS_IS_SERIES (self), FALSE);
  g_return_val_if_fail (total != NULL, FALSE);

  if (!self->has_values || !self->total_fits || !self->additive)
    return FALSE;

  *total = self->total;
  return TRUE;
}

gboolean
ls_series_get_last (LsSeries *self,
                    size_t   *index)
{
  g_return_val_if_fail (LS_IS_SERIES (self), FALSE);
  g_return_val_if_fail (index != NULL, FALSE);

  if (!self->has_values)
    return FALSE;

  *index = self->last;
  return TRUE;
}

int64_t
ls_series_get_min_step (LsSeries *self)
{
  g_return_val_if_fail (LS_IS_SERIES (self), 0);

  return self->min_step;
}
