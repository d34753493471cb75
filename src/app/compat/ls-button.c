/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-button.h"

void
ls_button_set_mnemonic (GtkButton  *button,
                        const char *label)
{
  g_return_if_fail (GTK_IS_BUTTON (button));
  g_return_if_fail (label != NULL);

  gtk_button_set_use_underline (button, TRUE);
  gtk_button_set_label (button, label);
  /* The label inside is related to the button by its mnemonic, and names it alone then. */
  gtk_accessible_reset_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL);
}
