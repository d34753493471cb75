/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-event"

#include "config.h"

#include "client/ls-event.h"

G_DEFINE_BOXED_TYPE (LsEvent, ls_event, ls_event_ref, ls_event_unref)

/**
 * ls_event_new:
 * @type: one of the types of events, static
 * @shop: (nullable): the shop concerned
 *
 * Returns: (transfer full): an event for its maker to fill
 */
LsEvent *
ls_event_new (const char *type,
              const char *shop)
{
  LsEvent *event;

  g_return_val_if_fail (type != NULL, NULL);

  event = g_new0 (LsEvent, 1);
  g_atomic_ref_count_init (&event->ref_count);
  event->type = type;
  event->shop = g_strdup (shop);
  return event;
}

/**
 * ls_event_ref:
 * @event: an event
 *
 * Returns: (transfer full): @event
 */
LsEvent *
ls_event_ref (LsEvent *event)
{
  g_atomic_ref_count_inc (&event->ref_count);
  return event;
}

/**
 * ls_event_unref:
 * @event: (transfer full): an event
 *
 * Drops a reference.
 */
void
ls_event_unref (LsEvent *event)
{
  if (!g_atomic_ref_count_dec (&event->ref_count))
    return;
  g_free (event->shop);
  g_free (event->key);
  g_free (event->correlation);
  g_free (event->message);
  g_free (event->code);
  g_free (event->once);
  g_free (event);
}
