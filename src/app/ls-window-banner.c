/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include <glib/gi18n.h>

#include "app/ls-window-private.h"

/* What a window says under the header, when it matters and only then: how the connection stands, and
 * what the server says that lasts. */

typedef struct {
  LsBannerKind kind;
  const char *title; /* NULL for no banner */
  const char *button;
} Saying;

static const LsConnectionStatus *
get_status (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);

  return client != NULL ? ls_client_get_status (client) : NULL;
}

/* What is so whatever the server says, or what only the admin can change. */
static bool
say_what_rules (const LsConnectionStatus *status,
                Saying                   *saying)
{
  if (status == NULL)
    return true;
  if (status->elsewhere)
    *saying = (Saying) { LS_BANNER_INFORMATION,
                         _("Read-only: this account is open in another Lockstep process"), NULL };
  else if (status->state == LS_CONNECTION_SIGNED_OUT)
    *saying = (Saying) { LS_BANNER_ERROR, _("You are signed out. Your changes are kept."), _("Sign in") };
  else if (status->state == LS_CONNECTION_TOO_OLD)
    *saying = (Saying) { LS_BANNER_ERROR, _("This app is too old for the server. Update it to go on."),
                         NULL };
  else if (status->state == LS_CONNECTION_OFFLINE && status->by_hand)
    *saying = (Saying) { LS_BANNER_OFFLINE, _("Working offline: showing cached data"), _("Go online") };
  return saying->title != NULL;
}

static void
say_connection (const LsConnectionStatus *status,
                Saying                   *saying)
{
  if (status->state == LS_CONNECTION_OFFLINE)
    *saying = (Saying) { LS_BANNER_OFFLINE, _("Offline: showing cached data"), _("Reconnect") };
  else if (status->state == LS_CONNECTION_CONNECTING && status->attempts > 0)
    *saying = (Saying) { LS_BANNER_BUSY, _("Reconnecting…"), NULL };
  /* Polling works, if not as fast: the button says so, and that is enough. */
  else if (status->state == LS_CONNECTION_LIMITED && status->health == LS_HEALTH_POOR)
    *saying = (Saying) { LS_BANNER_LIMITED,
                         _("Limited: connection trouble, background pages update less often"),
                         _("Reconnect") };
}

/* Says why the server is away, instead of only that it is; while it is still there the admin may be
 * done with that. */
static void
say_notice (const LsConnectionStatus *status,
            const char               *words,
            Saying                   *saying)
{
  if (status->state == LS_CONNECTION_OFFLINE)
    *saying = (Saying) { LS_BANNER_OFFLINE, words, _("Reconnect") };
  else if (status->state == LS_CONNECTION_CONNECTING)
    *saying = (Saying) { LS_BANNER_BUSY, words, NULL };
  else
    *saying = (Saying) { LS_BANNER_INFORMATION, words, _("Close") };
}

/* Says under the header what the admin must know of the connection and the server, and only then. */
void
ls_window_update_banner (LsWindow *self)
{
  const LsConnectionStatus *status = get_status (self);
  const char *words = ls_notice_board_get_words (ls_context_get_notices (self->context));
  Saying saying = { LS_BANNER_INFORMATION, NULL, NULL };

  if (!say_what_rules (status, &saying))
    {
      if (words != NULL)
        say_notice (status, words, &saying);
      else
        say_connection (status, &saying);
    }
  if (saying.title != NULL)
    {
      ls_banner_set_kind (self->banner, saying.kind);
      ls_banner_set_title (self->banner, saying.title);
      ls_banner_set_button_label (self->banner, saying.button);
    }
  ls_banner_set_revealed (self->banner, saying.title != NULL);
}

/* The banner's button was pressed. */
void
ls_window_banner_clicked (LsWindow *self)
{
  const LsConnectionStatus *status = get_status (self);
  LsNoticeBoard *notices = ls_context_get_notices (self->context);
  Saying rules = { LS_BANNER_INFORMATION, NULL, NULL };

  if (status == NULL)
    return;
  if (status->state == LS_CONNECTION_SIGNED_OUT)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.sign-in-again", NULL);
  else if ((status->state == LS_CONNECTION_LIVE || status->state == LS_CONNECTION_LIMITED) &&
           !say_what_rules (status, &rules) && ls_notice_board_get_words (notices) != NULL)
    ls_notice_board_dismiss (notices);
  else
    gtk_widget_activate_action (GTK_WIDGET (self), "app.reconnect", NULL);
}
