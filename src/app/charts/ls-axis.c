/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-axis.h"

#include <string.h>

typedef struct
{
  int64_t low;
  int64_t high;
  GArray *ticks; /* owned, of int64_t */
} LsAxisPrivate;

enum {
  CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsAxis, ls_axis, G_TYPE_OBJECT)

/* The difference of two int64 may need all 64 bits: it is taken unsigned, and its sign is kept
 * apart.
 */
static double
difference (int64_t a,
            int64_t b)
{
  return a >= b ? (double) ((uint64_t) a - (uint64_t) b) : -(double) ((uint64_t) b - (uint64_t) a);
}

static double
ls_axis_real_get_fraction (LsAxis  *self,
                           int64_t  value)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (self);

  if (priv->low == priv->high)
    return 0.5;

  return difference (value, priv->low) / difference (priv->high, priv->low);
}

static int64_t
ls_axis_real_get_value (LsAxis *self,
                        double  fraction)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (self);
  double offset = fraction * difference (priv->high, priv->low);

  /* Near its end the product may round to more than the distance. */
  if (offset >= difference (priv->high, priv->low))
    return priv->high;

  return (int64_t) ((uint64_t) priv->low + (uint64_t) offset);
}

static void
ls_axis_finalize (GObject *object)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (LS_AXIS (object));

  g_clear_pointer (&priv->ticks, g_array_unref);

  G_OBJECT_CLASS (ls_axis_parent_class)->finalize (object);
}

static void
ls_axis_class_init (LsAxisClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = ls_axis_finalize;
  klass->get_fraction = ls_axis_real_get_fraction;
  klass->get_value = ls_axis_real_get_value;

  /**
   * LsAxis::changed:
   * @self: the axis
   *
   * Places or words may differ from now on.
   */
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                   0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ls_axis_init (LsAxis *self)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (self);

  priv->ticks = g_array_new (FALSE, FALSE, sizeof (int64_t));
}

void
ls_axis_layout (LsAxis       *self,
                int64_t       min,
                int64_t       max,
                unsigned int  n_ticks)
{
  g_return_if_fail (LS_IS_AXIS (self));
  g_return_if_fail (min <= max);

  LS_AXIS_GET_CLASS (self)->layout (self, min, max, MAX (n_ticks, 1));
}

int64_t
ls_axis_get_low (LsAxis *self)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (self);

  g_return_val_if_fail (LS_IS_AXIS (self), 0);

  return priv->low;
}

int64_t
ls_axis_get_high (LsAxis *self)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (self);

  g_return_val_if_fail (LS_IS_AXIS (self), 0);

  return priv->high;
}

const int64_t *
ls_axis_get_ticks (LsAxis *self,
                   size_t *n)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (self);

  g_return_val_if_fail (LS_IS_AXIS (self), NULL);
  g_return_val_if_fail (n != NULL, NULL);

  *n = priv->ticks->len;
  return (const int64_t *) (void *) priv->ticks->data;
}

double
ls_axis_get_fraction (LsAxis  *self,
                      int64_t  value)
{
  g_return_val_if_fail (LS_IS_AXIS (self), 0.0);

  return LS_AXIS_GET_CLASS (self)->get_fraction (self, value);
}

int64_t
ls_axis_get_value (LsAxis *self,
                   double  fraction)
{
  g_return_val_if_fail (LS_IS_AXIS (self), 0);

  return LS_AXIS_GET_CLASS (self)->get_value (self, CLAMP (fraction, 0.0, 1.0));
}

char *
ls_axis_format (LsAxis         *self,
                int64_t         value,
                LsFormatLength  length)
{
  g_return_val_if_fail (LS_IS_AXIS (self), NULL);

  return LS_AXIS_GET_CLASS (self)->format (self, value, length);
}

void
ls_axis_take_layout (LsAxis  *self,
                     int64_t  low,
                     int64_t  high,
                     GArray  *ticks)
{
  LsAxisPrivate *priv = ls_axis_get_instance_private (self);
  gboolean same;

  g_return_if_fail (LS_IS_AXIS (self));
  g_return_if_fail (low <= high);
  g_return_if_fail (ticks != NULL);

  same = low == priv->low && high == priv->high && ticks->len == priv->ticks->len &&
         (ticks->len == 0 ||
          memcmp (ticks->data, priv->ticks->data, ticks->len * sizeof (int64_t)) == 0);

  priv->low = low;
  priv->high = high;
  g_clear_pointer (&priv->ticks, g_array_unref);
  priv->ticks = ticks;
  if (!same)
    ls_axis_changed (self);
}

void
ls_axis_changed (LsAxis *self)
{
  g_return_if_fail (LS_IS_AXIS (self));

  g_signal_emit (self, signals[CHANGED], 0);
}
