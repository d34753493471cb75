/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/ls-colour-dot.h"
#include "app/ls-connection-button.h"
#include "app/ls-sidebar.h"
#include "app/ls-undo-stack.h"
#include "app/ls-welcome-view.h"
#include "app/ls-window.h"
#include "app/pages/ls-page.h"
#include "app/compat/ls-split-view.h"
#include "app/widgets/ls-banner.h"

G_BEGIN_DECLS

struct _LsWindow {
  AdwApplicationWindow parent_instance;

  /* template children */
  AdwToastOverlay *toast_overlay;
  GtkStack *view_stack;
  LsWelcomeView *welcome_view;
  LsSplitView *split_view;
  GtkMenuButton *shop_button;
  LsColourDot *shop_dot;
  GtkLabel *shop_label;
  GtkLabel *sample_label;
  LsSidebar *sidebar;
  AdwWindowTitle *title;
  GtkToggleButton *sidebar_button;
  GtkToggleButton *search_button;
  GtkWidget *refresh_button;
  GtkStack *refresh_stack;
  GtkImage *refresh_icon;
  GtkSpinner *refresh_spinner;
  LsConnectionButton *connection_button;
  GtkSearchBar *search_bar;
  GtkSearchEntry *search_entry;
  LsBanner *banner;
  GtkStack *content_stack;
  GtkStack *page_stack;

  /* owned */
  LsContext *context;
  GSignalGroup *client_signals;
  GSignalGroup *store_signals;
  char *shop;
  char *wanted_shop; /* asked for before there was an account */
  LsLiveQuery *shop_query;
  LsRow *shop_row;
  gulong shop_row_handler;
  LsLiveAggregate *open_orders;
  unsigned refresh_timeout;
  LsUndoStack *undo;
  AdwToast *told_toast;  /* on show: that numbers do not add up */
  AdwToast *passing_toast; /* the one that went before those that stay */
  AdwToast *saved_toast; /* the last one that said that something is saved */
  char *saved_words;     /* of what is not told yet */
  unsigned saved_settle;

  /* state */
  gboolean sample;
  gboolean saved_undone;
  unsigned n_saved;
  unsigned n_lasting; /* toasts that stay until they are closed */
  gboolean restoring; /* made while the account of the last session was being opened */
};

void ls_window_follow_shop     (LsWindow *self);
void ls_window_update_open_orders (LsWindow *self);
void ls_window_forget_shop     (LsWindow *self);
void ls_window_update_banner   (LsWindow *self);
void ls_window_banner_clicked  (LsWindow *self);
void ls_window_tell_shown      (LsWindow *self);
void ls_window_update_waiting  (LsWindow *self);
void ls_window_set_undo_store  (LsWindow *self,
                                LsStore  *store);
void ls_window_verify          (LsWindow *self);
void ls_window_take_told       (LsWindow *self,
                                LsFinding *finding);
void ls_window_add_actions     (LsWindow *self);
void ls_window_bind_keys       (LsWindowClass *klass);

G_END_DECLS
