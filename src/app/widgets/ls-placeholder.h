/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>
#include <stdint.h>

#include "app/widgets/ls-widgets-enums.h"

G_BEGIN_DECLS

/**
 * LsPlaceholderState:
 * @LS_PLACEHOLDER_CONTENT: the content shows
 * @LS_PLACEHOLDER_LOADING: it is on its way
 * @LS_PLACEHOLDER_EMPTY: there is none
 * @LS_PLACEHOLDER_ERROR: it could not be had
 *
 * What a page can be.
 */
typedef enum {
  LS_PLACEHOLDER_CONTENT,
  LS_PLACEHOLDER_LOADING,
  LS_PLACEHOLDER_EMPTY,
  LS_PLACEHOLDER_ERROR,
} LsPlaceholderState;

/**
 * LsPlaceholderAction:
 * @label: text of the button, translated, with a mnemonic
 * @action_name: the action it activates, such as `page.retry`
 * @target: (nullable): its parameter, sunk if floating
 *
 * What can be done about an empty page or an error.
 */
typedef struct
{
  const char *label;
  const char *action_name;
  GVariant *target;
} LsPlaceholderAction;

#define LS_TYPE_PLACEHOLDER (ls_placeholder_get_type ())

/**
 * LsPlaceholder:
 *
 * Content, or what stands in its place while it loads, is empty or failed.
 *
 * Loading shows what was there for 200 ms, so that quick loads do not flicker; then a skeleton;
 * after 2 s a progress bar, with numbers once they are known. Texts are plain, not markup. The main
 * thread's.
 */
G_DECLARE_FINAL_TYPE (LsPlaceholder, ls_placeholder, LS, PLACEHOLDER, GtkWidget)

/**
 * ls_placeholder_new:
 *
 * Creates a placeholder that shows its content, which is none yet.
 *
 * Returns: (transfer floating): a new placeholder
 */
GtkWidget          *ls_placeholder_new          (void);

/**
 * ls_placeholder_get_child:
 * @self: a placeholder
 *
 * Gets the content.
 *
 * Returns: (transfer none) (nullable): the content
 */
GtkWidget          *ls_placeholder_get_child    (LsPlaceholder             *self);

/**
 * ls_placeholder_set_child:
 * @self: a placeholder
 * @child: (nullable): the content
 *
 * Sets the content.
 */
void                ls_placeholder_set_child    (LsPlaceholder             *self,
                                                 GtkWidget                 *child);

/**
 * ls_placeholder_set_skeleton:
 * @self: a placeholder
 * @skeleton: (nullable): what stands for the content, or %NULL for lines of text
 *
 * Sets a skeleton that looks like the content to come.
 */
void                ls_placeholder_set_skeleton (LsPlaceholder             *self,
                                                 GtkWidget                 *skeleton);

/**
 * ls_placeholder_get_state:
 * @self: a placeholder
 *
 * Gets what it is; watch `notify::state`.
 *
 * Returns: the state
 */
LsPlaceholderState  ls_placeholder_get_state    (LsPlaceholder             *self);

/**
 * ls_placeholder_get_page:
 * @self: a placeholder
 *
 * Gets what is on screen; watch `notify::page`.
 *
 * Returns: (transfer none): "content", "blank", "skeleton", "progress", "empty" or "error"
 */
const char         *ls_placeholder_get_page     (LsPlaceholder             *self);

/**
 * ls_placeholder_show_content:
 * @self: a placeholder
 *
 * Shows the content.
 */
void                ls_placeholder_show_content (LsPlaceholder             *self);

/**
 * ls_placeholder_show_loading:
 * @self: a placeholder
 *
 * Says that the content is on its way. While it says so already, nothing changes.
 */
void                ls_placeholder_show_loading (LsPlaceholder             *self);

/**
 * ls_placeholder_set_progress:
 * @self: a placeholder that is loading
 * @done: how many have come
 * @total: how many there will be, or 0 if that is not known
 *
 * Says how far it is.
 */
void                ls_placeholder_set_progress (LsPlaceholder             *self,
                                                 uint64_t                   done,
                                                 uint64_t                   total);

/**
 * ls_placeholder_show_empty:
 * @self: a placeholder
 * @icon_name: an icon
 * @title: what there is none of, translated
 * @description: (nullable): what to do, translated
 * @action: (nullable): a button to do it
 *
 * Says that there is nothing to show.
 */
void                ls_placeholder_show_empty   (LsPlaceholder             *self,
                                                 const char                *icon_name,
                                                 const char                *title,
                                                 const char                *description,
                                                 const LsPlaceholderAction *action);

/**
 * ls_placeholder_show_error:
 * @self: a placeholder
 * @title: what failed, translated
 * @description: (nullable): why, translated
 * @actions: (array length=n_actions): what can be done, the best first
 * @n_actions: 0 to 2
 *
 * Says that the content could not be had.
 */
void                ls_placeholder_show_error   (LsPlaceholder             *self,
                                                 const char                *title,
                                                 const char                *description,
                                                 const LsPlaceholderAction *actions,
                                                 size_t                     n_actions);

G_END_DECLS
