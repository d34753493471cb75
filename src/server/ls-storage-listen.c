/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage-private.h"

/* Who is told of commits, of nodes that share a storage in one process. */

typedef struct {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsQueue *queue;
  LsStorageListenFunc func;
  GWeakRef owner;
} Listener;

typedef struct {
  Listener *listener;
  char *shop;
  int64_t version;
} Event;

struct _LsStorageListeners {
  GMutex lock;
  GPtrArray *all; /* Listener */
};

static void
listener_unref (gpointer data)
{
  Listener *listener = data;

  if (!g_atomic_ref_count_dec (&listener->ref_count))
    return;
  g_weak_ref_clear (&listener->owner);
  g_object_unref (listener->environment);
  g_free (listener);
}

static void
event_free (gpointer data)
{
  Event *event = data;

  listener_unref (event->listener);
  g_free (event->shop);
  g_free (event);
}

static void
event_cb (gpointer data)
{
  Event *event = data;
  g_autoptr (GObject) owner = g_weak_ref_get (&event->listener->owner);

  if (owner != NULL)
    event->listener->func (event->shop, event->version, owner);
}

LsStorageListeners *
ls_storage_listeners_new (void)
{
  LsStorageListeners *self = g_new0 (LsStorageListeners, 1);

  g_mutex_init (&self->lock);
  self->all = g_ptr_array_new_with_free_func (listener_unref);
  return self;
}

void
ls_storage_listeners_free (LsStorageListeners *self)
{
  g_ptr_array_unref (self->all);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Called with the lock held: lets those go whose owner has ended. */
static void
sweep (LsStorageListeners *self)
{
  for (unsigned i = self->all->len; i > 0; i--)
    {
      Listener *listener = g_ptr_array_index (self->all, i - 1);
      g_autoptr (GObject) owner = g_weak_ref_get (&listener->owner);

      if (owner == NULL)
        g_ptr_array_remove_index (self->all, i - 1);
    }
}

void
ls_storage_listeners_add (LsStorageListeners  *self,
                          LsEnvironment       *environment,
                          LsQueue             *queue,
                          LsStorageListenFunc  func,
                          GObject             *owner)
{
  Listener *listener = g_new0 (Listener, 1);

  g_atomic_ref_count_init (&listener->ref_count);
  listener->environment = g_object_ref (environment);
  listener->queue = queue;
  listener->func = func;
  g_weak_ref_init (&listener->owner, owner);
  g_mutex_lock (&self->lock);
  sweep (self);
  g_ptr_array_add (self->all, listener);
  g_mutex_unlock (&self->lock);
}

void
ls_storage_listeners_tell (LsStorageListeners *self,
                           const char         *shop,
                           int64_t             version)
{
  g_autoptr (GPtrArray) events = g_ptr_array_new ();

  g_mutex_lock (&self->lock);
  for (unsigned i = 0; i < self->all->len; i++)
    {
      Event *event = g_new (Event, 1);

      *event = (Event) { g_ptr_array_index (self->all, i), g_strdup (shop), version };
      g_atomic_ref_count_inc (&event->listener->ref_count);
      g_ptr_array_add (events, event);
    }
  g_mutex_unlock (&self->lock);
  for (unsigned i = 0; i < events->len; i++)
    {
      Event *event = g_ptr_array_index (events, i);

      ls_environment_post (event->listener->environment, event->listener->queue, event_cb, event,
                           event_free);
    }
}
