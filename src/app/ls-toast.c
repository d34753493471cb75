/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-toast"

#include "config.h"

#include "app/ls-toast.h"

/*
 * Toasts with whole sentences and more than one button. AdwToast has one, which GTK 4.8 does not show
 * to screen readers, since it is hidden when the toast is made; and it cuts words off after a line.
 *
 * An overlay gives a toast the height that it has at its natural width, and then less width where there
 * is less. So that nothing is cut off a toast is naturally no wider than the narrowest window has room
 * for (360 pixels, less 24 round the toast): long words wrap, and have their buttons below them.
 */

/* About 240 pixels in the default font; with the close button and what is round it 310. */
#define MAX_CHARS 30

/* Long enough to be read out, and reached by the keyboard. */
#define SECONDS 10

/* What leaves room for a button beside it. */
#define SHORT_CHARS 18

static void
clicked_cb (AdwToast *toast)
{
  g_autoptr (AdwToast) alive = g_object_ref (toast);

  adw_toast_dismiss (toast);
}

/**
 * ls_toast_new:
 * @words: what it says; what is longer than five lines is cut off
 *
 * Returns: (transfer full): a toast without buttons, which goes after ten seconds
 */
AdwToast *
ls_toast_new (const char *words)
{
  g_autofree char *escaped = g_markup_escape_text (words, -1);
  AdwToast *toast = adw_toast_new (escaped);
  GtkWidget *box = gtk_box_new (g_utf8_strlen (words, -1) > SHORT_CHARS ? GTK_ORIENTATION_VERTICAL
                                                                        : GTK_ORIENTATION_HORIZONTAL,
                                6);
  GtkWidget *label = gtk_label_new (words);

  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (label), MAX_CHARS);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_lines (GTK_LABEL (label), 5);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (label, "heading");
  gtk_box_append (GTK_BOX (box), label);
  if (gtk_orientable_get_orientation (GTK_ORIENTABLE (box)) == GTK_ORIENTATION_VERTICAL)
    {
      GtkWidget *buttons = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

      gtk_widget_set_visible (buttons, FALSE);
      gtk_box_append (GTK_BOX (box), buttons);
    }
  adw_toast_set_custom_title (toast, box);
  adw_toast_set_timeout (toast, SECONDS);
  return toast;
}

/**
 * ls_toast_add_button:
 * @toast: a toast of ls_toast_new()
 * @label: what stands on the button, translated
 * @action_name: (nullable): the action that it activates, in the window that shows the toast
 *
 * Adds a button. A click on it does its work and takes the toast away. There is room for two of some
 * ten letters.
 *
 * Returns: (transfer none): the button
 */
GtkWidget *
ls_toast_add_button (AdwToast   *toast,
                     const char *label,
                     const char *action_name)
{
  GtkWidget *box = adw_toast_get_custom_title (toast);
  GtkWidget *last = gtk_widget_get_last_child (box);
  GtkWidget *buttons = GTK_IS_BOX (last) ? last : box;
  GtkWidget *button = gtk_button_new_with_label (label);

  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action_name);
  gtk_box_append (GTK_BOX (buttons), button);
  gtk_widget_set_visible (buttons, TRUE);
  g_signal_connect_object (button, "clicked", G_CALLBACK (clicked_cb), toast,
                           G_CONNECT_SWAPPED | G_CONNECT_AFTER);
  return button;
}
