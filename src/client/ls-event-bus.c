/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-event-bus"

#include "config.h"

#include "client/ls-event-bus.h"

/* Events that wait to be told; past it the newest are dropped, and counted. */
#define MAX_WAITING 10000
/* Events that are the same within so many µs are one. */
#define ONCE_WINDOW G_USEC_PER_SEC
/* How far back in the history the same event is looked for. */
#define ONCE_LOOK_BACK 64

/**
 * LsEventBus:
 *
 * Where everything that happens in a client can be heard of, each kind as a detail of one signal:
 * debug window, monitor and notifications listen; data does not flow through it. Publishing works
 * from any thread. Events are told one after the other, in the order published, on one queue: what
 * a listener publishes comes after the event it is hearing, and a chain of events that cause each
 * other is cut at %LS_EVENT_BUS_MAX_DEPTH.
 */
struct _LsEventBus {
  GObject parent_instance;

  LsEnvironment *environment;
  LsQueue *queue;

  GMutex lock; /* over what waits */
  GQueue waiting;
  bool posted;
  unsigned n_dropped;

  /* On the queue only */
  GQueue history; /* newest last */
  int64_t last_id;
  LsEvent *telling;
};

enum {
  SIGNAL_EVENT,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsEventBus, ls_event_bus, G_TYPE_OBJECT)

static LsEvent *
find_same (LsEventBus    *self,
           const LsEvent *event)
{
  GList *link = self->history.tail;

  if (event->once == NULL)
    return NULL;
  for (unsigned i = 0; link != NULL && i < ONCE_LOOK_BACK; i++, link = link->prev)
    {
      LsEvent *other = link->data;

      if (event->at - other->at >= ONCE_WINDOW)
        return NULL;
      if (other->once != NULL && g_str_equal (other->type, event->type) &&
          g_strcmp0 (other->shop, event->shop) == 0 && g_str_equal (other->once, event->once))
        return other;
    }
  return NULL;
}

static void
tell (LsEventBus *self,
      LsEvent    *event)
{
  LsEvent *same = find_same (self, event);

  if (same != NULL)
    {
      same->repeats++;
      return;
    }
  event->id = ++self->last_id;
  g_queue_push_tail (&self->history, ls_event_ref (event));
  if (self->history.length > LS_EVENT_BUS_HISTORY)
    ls_event_unref (g_queue_pop_head (&self->history));
  self->telling = event;
  g_signal_emit (self, signals[SIGNAL_EVENT], g_quark_from_static_string (event->type), event);
  self->telling = NULL;
}

static LsEvent *
take_waiting (LsEventBus *self)
{
  LsEvent *event;

  g_mutex_lock (&self->lock);
  event = g_queue_pop_head (&self->waiting);
  if (event == NULL)
    self->posted = false;
  g_mutex_unlock (&self->lock);
  return event;
}

static void
tell_all_job (gpointer user_data)
{
  LsEventBus *self = user_data;
  LsEvent *event;

  while ((event = take_waiting (self)) != NULL)
    {
      tell (self, event);
      ls_event_unref (event);
    }
}

static void
ls_event_bus_finalize (GObject *object)
{
  LsEventBus *self = LS_EVENT_BUS (object);

  g_queue_clear_full (&self->waiting, (GDestroyNotify) ls_event_unref);
  g_queue_clear_full (&self->history, (GDestroyNotify) ls_event_unref);
  g_mutex_clear (&self->lock);
  g_object_unref (self->environment);
  G_OBJECT_CLASS (ls_event_bus_parent_class)->finalize (object);
}

static void
ls_event_bus_class_init (LsEventBusClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_event_bus_finalize;

  /**
   * LsEventBus::event:
   * @self: the bus
   * @event: what happened
   *
   * Something happened. The detail is the event's type.
   */
  signals[SIGNAL_EVENT] =
      g_signal_new ("event", LS_TYPE_EVENT_BUS, G_SIGNAL_RUN_LAST | G_SIGNAL_DETAILED, 0, NULL,
                    NULL, NULL, G_TYPE_NONE, 1, LS_TYPE_EVENT | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
ls_event_bus_init (LsEventBus *self)
{
  g_mutex_init (&self->lock);
  g_queue_init (&self->waiting);
  g_queue_init (&self->history);
}

/**
 * ls_event_bus_new:
 * @environment: clock and queues
 * @queue: where events are told
 *
 * Returns: (transfer full): a bus
 */
LsEventBus *
ls_event_bus_new (LsEnvironment *environment,
                  LsQueue       *queue)
{
  LsEventBus *self = g_object_new (LS_TYPE_EVENT_BUS, NULL);

  self->environment = g_object_ref (environment);
  self->queue = queue;
  return self;
}

/**
 * ls_event_bus_publish:
 * @self: a bus
 * @event: (transfer full): what happened
 *
 * Tells it to the listeners, soon, on the bus's queue. Any thread.
 */
void
ls_event_bus_publish (LsEventBus *self,
                      LsEvent    *event)
{
  bool post = false;
  bool on_queue = ls_environment_is_current (self->environment, self->queue);

  g_return_if_fail (LS_IS_EVENT_BUS (self) && event != NULL && event->id == 0);

  event->at = ls_environment_now (self->environment);
  event->depth = on_queue && self->telling != NULL ? self->telling->depth + 1 : 0;
  g_mutex_lock (&self->lock);
  if (event->depth > LS_EVENT_BUS_MAX_DEPTH || self->waiting.length >= MAX_WAITING)
    {
      self->n_dropped++;
      ls_event_unref (event);
    }
  else
    {
      g_queue_push_tail (&self->waiting, event);
      post = !self->posted;
      self->posted = true;
    }
  g_mutex_unlock (&self->lock);
  if (post)
    ls_environment_post (self->environment, self->queue, tell_all_job, g_object_ref (self),
                         g_object_unref);
}

/**
 * ls_event_bus_get_history:
 * @self: a bus
 * @correlation: (nullable): only events of this cause, or %NULL for all
 *
 * On the bus's queue only. O(history).
 *
 * Returns: (transfer full) (element-type LsEvent): the last events, oldest first
 */
GPtrArray *
ls_event_bus_get_history (LsEventBus *self,
                          const char *correlation)
{
  GPtrArray *events = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_event_unref);

  for (GList *link = self->history.head; link != NULL; link = link->next)
    {
      LsEvent *event = link->data;

      if (correlation == NULL || g_strcmp0 (event->correlation, correlation) == 0)
        g_ptr_array_add (events, ls_event_ref (event));
    }
  return events;
}

/**
 * ls_event_bus_get_n_dropped:
 * @self: a bus
 *
 * Returns: how many events were dropped, because they went round in circles or were too many
 */
unsigned
ls_event_bus_get_n_dropped (LsEventBus *self)
{
  unsigned n_dropped;

  g_mutex_lock (&self->lock);
  n_dropped = self->n_dropped;
  g_mutex_unlock (&self->lock);
  return n_dropped;
}
