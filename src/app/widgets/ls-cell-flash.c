/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-cell-flash.h"

/* As long as the animation of the style sheet */
#define DURATION 1200

typedef struct
{
  GtkWidget *cell; /* owns this */
  char *value;
  guint timeout_id;
  unsigned int n_flashes;
} Flash;

/* Two names for one animation: taking a class away and giving it again within a frame would be no
 * change to CSS, the other class is.
 */
static const char *const css_classes[] = { "ls-flash-even", "ls-flash-odd" };

static G_DEFINE_QUARK (ls-cell-flash, flash)

static void
stop (Flash *flash)
{
  for (size_t i = 0; i < G_N_ELEMENTS (css_classes); i++)
    gtk_widget_remove_css_class (flash->cell, css_classes[i]);
  g_clear_handle_id (&flash->timeout_id, g_source_remove);
}

static void
flash_free (Flash *flash)
{
  g_clear_handle_id (&flash->timeout_id, g_source_remove);
  g_free (flash->value);
  g_free (flash);
}

static Flash *
get_flash (GtkWidget *cell)
{
  return g_object_get_qdata (G_OBJECT (cell), flash_quark ());
}

static gboolean
timeout_cb (gpointer user_data)
{
  Flash *flash = user_data;

  flash->timeout_id = 0;
  stop (flash);
  return G_SOURCE_REMOVE;
}

static gboolean
may_move (GtkWidget *cell)
{
  gboolean animations = TRUE;

  g_object_get (gtk_widget_get_settings (cell), "gtk-enable-animations", &animations, NULL);
  return animations;
}

void
ls_cell_flash_bind (GtkWidget  *cell,
                    const char *value)
{
  Flash *flash;

  g_return_if_fail (GTK_IS_WIDGET (cell));

  flash = get_flash (cell);
  if (flash == NULL)
    {
      flash = g_new0 (Flash, 1);
      flash->cell = cell;
      g_object_set_qdata_full (G_OBJECT (cell), flash_quark (), flash, (GDestroyNotify) flash_free);
    }

  stop (flash);
  g_free (flash->value);
  flash->value = g_strdup (value);
}

void
ls_cell_flash_update (GtkWidget  *cell,
                      const char *value)
{
  Flash *flash;

  g_return_if_fail (GTK_IS_WIDGET (cell));

  flash = get_flash (cell);
  if (flash == NULL || g_strcmp0 (flash->value, value) == 0)
    return;

  g_free (flash->value);
  flash->value = g_strdup (value);
  if (!gtk_widget_get_mapped (cell) || !may_move (cell))
    return;

  stop (flash);
  flash->n_flashes++;
  gtk_widget_add_css_class (cell, css_classes[flash->n_flashes % G_N_ELEMENTS (css_classes)]);
  flash->timeout_id = g_timeout_add (DURATION, timeout_cb, flash);
  g_source_set_name_by_id (flash->timeout_id, "LsCellFlash");
}

void
ls_cell_flash_unbind (GtkWidget *cell)
{
  Flash *flash;

  g_return_if_fail (GTK_IS_WIDGET (cell));

  flash = get_flash (cell);
  if (flash == NULL)
    return;

  stop (flash);
  g_object_set_qdata (G_OBJECT (cell), flash_quark (), NULL);
}

gboolean
ls_cell_flash_is_flashing (GtkWidget *cell)
{
  Flash *flash;

  g_return_val_if_fail (GTK_IS_WIDGET (cell), FALSE);

  flash = get_flash (cell);
  return flash && flash->timeout_id != 0;
}
