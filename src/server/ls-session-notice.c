/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "server/ls-hub-private.h"

/*
 * What the admin at the other end should know, and his app can't find out by itself. It has no words: the
 * app has its own, in the admin's language.
 */

/* How often at most a session is told that it is slowed down: a long queue is so many times a second. */
#define SLOWED_INTERVAL (60 * (int64_t) G_USEC_PER_SEC)

/* Tells the admin something. */
void
ls_session_notify (LsSession  *session,
                   const char *kind)
{
  g_autoptr (LsMessage) notice = ls_message_new (LS_MESSAGE_NOTICE);

  notice->notice.kind = g_strdup (kind);
  ls_session_send (session, notice);
}

/* Edits are taken more slowly than they come, which goes on by itself: said once in a while. */
void
ls_session_notify_slowed (LsSession *session)
{
  int64_t now = ls_environment_monotonic (session->hub->environment);

  if (now < session->slowed_until)
    return;
  session->slowed_until = now + SLOWED_INTERVAL;
  ls_session_notify (session, LS_NOTICE_RATE_LIMITED);
}

typedef struct {
  LsHub *hub;
  LsJobFunc func;
  gpointer user_data;
} Farewell;

static void
farewell_cb (gpointer data)
{
  Farewell *farewell = data;

  for (GList *link = farewell->hub->sessions.head; link != NULL; link = link->next)
    {
      LsSession *session = link->data;

      if (session->state == LS_SESSION_OPEN && !session->deaf)
        ls_session_notify (session, LS_NOTICE_MAINTENANCE);
    }
  farewell->func (farewell->user_data);
}

/**
 * ls_hub_announce_end:
 * @hub: a hub
 * @func: what to call when it is said, on the hub's queue
 * @user_data: for @func
 *
 * Tells all who are connected that the server goes down on purpose, so that their admins need not
 * wonder. From any thread.
 */
void
ls_hub_announce_end (LsHub    *hub,
                     LsJobFunc func,
                     gpointer  user_data)
{
  Farewell *farewell = g_new0 (Farewell, 1);

  farewell->hub = hub;
  farewell->func = func;
  farewell->user_data = user_data;
  ls_environment_post (hub->environment, hub->queue, farewell_cb, farewell, g_free);
}
