/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "app/widgets/ls-widgets-enums.h"

G_BEGIN_DECLS

/**
 * LsBannerKind:
 * @LS_BANNER_INFORMATION: good to know
 * @LS_BANNER_BUSY: something is being done about it; a spinner turns
 * @LS_BANNER_LIMITED: it works, with limits
 * @LS_BANNER_OFFLINE: what is shown is what was known last
 * @LS_BANNER_ERROR: something must be done
 *
 * How serious a banner is: its icon and colour.
 */
typedef enum {
  LS_BANNER_INFORMATION,
  LS_BANNER_BUSY,
  LS_BANNER_LIMITED,
  LS_BANNER_OFFLINE,
  LS_BANNER_ERROR,
} LsBannerKind;

#define LS_TYPE_BANNER (ls_banner_get_type ())

/**
 * LsBanner:
 *
 * A strip under the header that says one thing, with one action.
 *
 * Properties are named as those of AdwBanner, which the floor lacks. Implements GtkActionable for
 * its button; or listen to [signal@Banner::button-clicked]. The title is plain text. A screen
 * reader announces the title when the banner appears and when it changes. The main thread's.
 */
G_DECLARE_FINAL_TYPE (LsBanner, ls_banner, LS, BANNER, GtkWidget)

/**
 * ls_banner_new:
 * @title: what it says, translated
 *
 * Creates a banner that is not revealed.
 *
 * Returns: (transfer floating): a new banner
 */
GtkWidget    *ls_banner_new              (const char   *title);

/**
 * ls_banner_get_title:
 * @self: a banner
 *
 * Gets what it says.
 *
 * Returns: (transfer none): the title
 */
const char   *ls_banner_get_title        (LsBanner     *self);

/**
 * ls_banner_set_title:
 * @self: a banner
 * @title: what it says, translated, plain text
 *
 * Sets what it says.
 */
void          ls_banner_set_title        (LsBanner     *self,
                                          const char   *title);

/**
 * ls_banner_get_button_label:
 * @self: a banner
 *
 * Gets what is on its button.
 *
 * Returns: (transfer none) (nullable): the label, or %NULL if there is no button
 */
const char   *ls_banner_get_button_label (LsBanner     *self);

/**
 * ls_banner_set_button_label:
 * @self: a banner
 * @label: (nullable): what is on its button, translated, with a mnemonic; %NULL or "" for none
 *
 * Sets what is on its button.
 */
void          ls_banner_set_button_label (LsBanner     *self,
                                          const char   *label);

/**
 * ls_banner_get_revealed:
 * @self: a banner
 *
 * Gets whether it shows, or is on its way to.
 *
 * Returns: whether it does
 */
gboolean      ls_banner_get_revealed     (LsBanner     *self);

/**
 * ls_banner_set_revealed:
 * @self: a banner
 * @revealed: whether it shows
 *
 * Shows or hides it.
 */
void          ls_banner_set_revealed     (LsBanner     *self,
                                          gboolean      revealed);

/**
 * ls_banner_get_kind:
 * @self: a banner
 *
 * Gets how serious it is.
 *
 * Returns: the kind
 */
LsBannerKind  ls_banner_get_kind         (LsBanner     *self);

/**
 * ls_banner_set_kind:
 * @self: a banner
 * @kind: how serious it is
 *
 * Sets how serious it is.
 */
void          ls_banner_set_kind         (LsBanner     *self,
                                          LsBannerKind  kind);

G_END_DECLS
