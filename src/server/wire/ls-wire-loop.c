/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-wire-private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/ls-error.h"

/* A thread and its sessions. A turn of it: wait for events; let the sessions read; take the
 * commands of others; look at those whose time has come; let the sessions write.
 *
 * Commands are a list without lock: others push at the front, the thread takes all at once and
 * turns them round. Whoever finds the list empty rings the bell, so that many commands cost one
 * wake. The bell is waited for by its edge, and so is never read.
 *
 * Times are kept in a wheel of buckets, one a tick. A session stands in the bucket of its next
 * time, or in an earlier one: when a read or write puts the time off it is not moved, but looked at
 * in vain once. So an idle session costs one look and one ping in each heartbeat, and a busy one no
 * more. */

#define EVENTS 256
/* No handle: loops count from 1. */
#define BELL UINT64_C (0)

static _Thread_local LsWireLoop *current_loop;

static void
read_clock (LsWireLoop *self)
{
  const LsWireOptions *options = &self->wire->options;

  /* One more than it says, so that 0 can mean never. */
  self->now = options->clock (options->clock_data) + 1;
}

static LsWireSession *
lookup (LsWireLoop   *self,
        LsWireHandle  handle)
{
  uint32_t slot = ls_wire_handle_slot (handle);
  LsWireSession *session;

  if (slot >= self->n_places)
    return NULL;
  session = self->sessions[slot];
  return session != NULL && session->handle == handle ? session : NULL;
}

/* The wheel */

static void
wheel_remove (LsWireLoop    *self,
              LsWireSession *session)
{
  if (session->wheel_tick == 0)
    return;
  if (session->wheel_next != NULL)
    session->wheel_next->wheel_previous = session->wheel_previous;
  if (session->wheel_previous != NULL)
    session->wheel_previous->wheel_next = session->wheel_next;
  else
    self->wheel[session->wheel_tick % LS_WIRE_WHEEL] = session->wheel_next;
  session->wheel_next = NULL;
  session->wheel_previous = NULL;
  session->wheel_tick = 0;
}

static void
wheel_insert (LsWireLoop    *self,
              LsWireSession *session,
              uint64_t       tick)
{
  LsWireSession **bucket = &self->wheel[tick % LS_WIRE_WHEEL];

  session->wheel_tick = tick;
  session->wheel_next = *bucket;
  if (*bucket != NULL)
    (*bucket)->wheel_previous = session;
  *bucket = session;
}

static void
look_at_bucket (LsWireLoop *self,
                uint64_t    tick)
{
  LsWireSession **bucket = &self->wheel[tick % LS_WIRE_WHEEL];
  LsWireSession *list = *bucket;

  /* Taken off as a whole: a session that is looked at may be put back into this very bucket. */
  *bucket = NULL;
  for (LsWireSession *s = list; s != NULL; s = s->wheel_next)
    s->wheel_tick = 0;

  while (list != NULL)
    {
      LsWireSession *session = list;

      list = session->wheel_next;
      session->wheel_next = NULL;
      session->wheel_previous = NULL;
      ls_wire_session_time_out (session);
      if (session->state != LS_WIRE_STATE_DEAD)
        ls_wire_loop_set_timer (self, session);
    }
}

static void
turn_wheel (LsWireLoop *self)
{
  uint64_t tick = self->now / self->wire->tick_ms;
  uint64_t steps = MIN (tick - self->tick, LS_WIRE_WHEEL);
  uint64_t first = tick - steps + 1;

  self->tick = tick;
  for (uint64_t i = 0; i < steps; i++)
    look_at_bucket (self, first + i);
}

/* Commands */

static void
close_going_away (LsWireSession *session)
{
  static const char reason[] = "server is going away";

  ls_wire_session_close (session, LS_FRAME_CODE_GOING_AWAY, reason, sizeof reason - 1);
}

static void
run_accept (LsWireLoop    *self,
            LsWireCommand *command)
{
  LsWireHandle handle = command->handles[0];
  uint32_t slot = ls_wire_handle_slot (handle);
  LsWireSession *session;

  if (slot >= self->n_places)
    {
      uint32_t places = MAX (MAX (slot + 1, self->n_places * 2), 16);

      self->sessions = g_renew (LsWireSession *, self->sessions, places);
      for (uint32_t i = self->n_places; i < places; i++)
        self->sessions[i] = NULL;
      self->n_places = places;
    }

  session = ls_wire_session_new (self, handle, command->fd, command->user_data);
  command->fd = -1;
  self->sessions[slot] = session;
  self->n_sessions++;
  ls_wire_session_open (session, (uint8_t *) (command->handles + 1), command->n_bytes);
  /* It was let in just before draining began, and the command to drain overtook it. */
  if (atomic_load (&self->wire->draining))
    close_going_away (session);
}

static void
run_for_each (LsWireLoop    *self,
              LsWireCommand *command)
{
  const char *bytes = (const char *) (command->handles + command->n_handles);

  for (size_t i = 0; i < command->n_handles; i++)
    {
      LsWireSession *session = lookup (self, command->handles[i]);

      if (session == NULL)
        continue;
      switch (command->kind)
        {
        case LS_WIRE_COMMAND_SEND:
          ls_wire_session_send (session, command->blob);
          break;
        case LS_WIRE_COMMAND_RESUME:
          ls_wire_session_resume (session);
          break;
        case LS_WIRE_COMMAND_NOTIFY:
          ls_wire_session_notify (session);
          break;
        case LS_WIRE_COMMAND_CLOSE:
          ls_wire_session_close (session, command->code, bytes, command->n_bytes);
          break;
        case LS_WIRE_COMMAND_ACCEPT:
        case LS_WIRE_COMMAND_DRAIN:
        case LS_WIRE_COMMAND_LOOK:
        case LS_WIRE_COMMAND_STOP:
        default:
          g_assert_not_reached ();
        }
    }
}

static void
run_drain (LsWireLoop *self)
{
  for (uint32_t i = 0; i < self->n_places; i++)
    if (self->sessions[i] != NULL)
      close_going_away (self->sessions[i]);
}

static void
run_stop (LsWireLoop *self)
{
  self->stopped = TRUE;
  for (uint32_t i = 0; i < self->n_places; i++)
    if (self->sessions[i] != NULL)
      ls_wire_session_end (self->sessions[i], LS_FRAME_CODE_ABNORMAL, LS_WIRE_CLOSED_SHUTDOWN);
}

static void
run_command (LsWireLoop    *self,
             LsWireCommand *command)
{
  switch (command->kind)
    {
    case LS_WIRE_COMMAND_ACCEPT:
      run_accept (self, command);
      break;
    case LS_WIRE_COMMAND_SEND:
    case LS_WIRE_COMMAND_RESUME:
    case LS_WIRE_COMMAND_NOTIFY:
    case LS_WIRE_COMMAND_CLOSE:
      run_for_each (self, command);
      break;
    case LS_WIRE_COMMAND_DRAIN:
      run_drain (self);
      break;
    case LS_WIRE_COMMAND_LOOK:
      break;
    case LS_WIRE_COMMAND_STOP:
      run_stop (self);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Everything that was pushed, the first one first. */
static LsWireCommand *
take_commands (LsWireLoop *self)
{
  LsWireCommand *command = atomic_exchange_explicit (&self->commands, NULL, memory_order_acquire);
  LsWireCommand *list = NULL;

  while (command != NULL)
    {
      LsWireCommand *next = command->next;

      command->next = list;
      list = command;
      command = next;
    }
  return list;
}

static void
run_commands (LsWireLoop *self)
{
  /* Twice, for a command may call back: what is asked for from there, such as the answer to a
   * message that came with a new connection, belongs to this turn as well. Not until there are
   * none, which need never be. */
  for (unsigned round = 0; round < 2; round++)
    {
      LsWireCommand *list = take_commands (self);

      while (list != NULL)
        {
          LsWireCommand *command = list;

          list = command->next;
          if (command->blob != NULL)
            atomic_fetch_sub_explicit (&self->queued, ls_blob_get_length (command->blob),
                                       memory_order_relaxed);
          run_command (self, command);
          ls_wire_command_free (command);
        }
    }
}

/* The thread */

static void
flush (LsWireLoop *self)
{
  while (self->dirty != NULL)
    {
      LsWireSession *session = self->dirty;

      self->dirty = session->next_dirty;
      session->next_dirty = NULL;
      session->is_dirty = FALSE;
      if (session->state != LS_WIRE_STATE_DEAD)
        ls_wire_session_flush (session);
    }
}

static void
bury (LsWireLoop *self)
{
  while (self->dead != NULL)
    {
      LsWireSession *session = self->dead;

      self->dead = session->next_dead;
      ls_wire_session_free (session);
      ls_wire_session_gone (self->wire);
    }
}

static int
get_timeout (LsWireLoop *self)
{
  unsigned tick_ms = self->wire->tick_ms;

  /* What a callback asked for rang no bell. */
  if (atomic_load_explicit (&self->commands, memory_order_relaxed) != NULL)
    return 0;
  if (self->n_sessions == 0)
    return -1;
  return (int) (tick_ms - self->now % tick_ms);
}

static void *
run (void *data)
{
  LsWireLoop *self = data;
  struct epoll_event events[EVENTS];
  char name[16];

  snprintf (name, sizeof name, "ls-wire-%u", self->index);
  prctl (PR_SET_NAME, name);
  current_loop = self;
  read_clock (self);
  self->tick = self->now / self->wire->tick_ms;
  while (!self->stopped)
    {
      int n = epoll_wait (self->epoll_fd, events, EVENTS, get_timeout (self));

      read_clock (self);
      ls_wire_count (&self->counters.turns, 1);
      for (int i = 0; i < n; i++)
        {
          LsWireSession *session;

          if (events[i].data.u64 == BELL)
            continue;
          session = lookup (self, events[i].data.u64);
          if (session != NULL)
            ls_wire_session_event (session, events[i].events);
        }
      run_commands (self);
      turn_wheel (self);
      flush (self);
      bury (self);
    }
  current_loop = NULL;
  return NULL;
}

gboolean
ls_wire_loop_init (LsWireLoop *self,
                   LsWire     *wire,
                   unsigned    index,
                   GError    **error)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = BELL };

  self->wire = wire;
  self->index = index;
  self->wake_fd = -1;
  pthread_mutex_init (&self->lock, NULL);
  self->buffer = g_malloc (LS_WIRE_READ_SIZE);

  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (self->epoll_fd >= 0)
    self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (self->wake_fd < 0 || epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, self->wake_fd, &event) < 0)
    {
      int code = errno;

      g_set_error (error, LS_ERROR, LS_ERROR_NETWORK,
                   "Could not make an epoll descriptor: %s", g_strerror (code));
      return FALSE;
    }
  return TRUE;
}

gboolean
ls_wire_loop_start (LsWireLoop *self,
                    GError    **error)
{
  sigset_t all, before;
  int code;

  /* Signals are the main thread's. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  code = pthread_create (&self->thread, NULL, run, self);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  if (code != 0)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_NETWORK, "Could not start a thread: %s",
                   g_strerror (code));
      return FALSE;
    }
  self->has_thread = TRUE;
  return TRUE;
}

/* Frees a loop whose thread has ended, or never began. */
void
ls_wire_loop_clear (LsWireLoop *self)
{
  const LsWireCallbacks *callbacks = &self->wire->callbacks;
  LsWireCommand *list = take_commands (self);

  while (list != NULL)
    {
      LsWireCommand *command = list;

      list = command->next;
      if (command->kind == LS_WIRE_COMMAND_ACCEPT && callbacks->closed != NULL)
        callbacks->closed (command->handles[0], command->user_data, LS_FRAME_CODE_ABNORMAL,
                           LS_WIRE_CLOSED_SHUTDOWN);
      ls_wire_command_free (command);
    }

  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  if (self->wake_fd >= 0)
    close (self->wake_fd);
  pthread_mutex_destroy (&self->lock);
  g_free (self->generations);
  g_free (self->free_slots);
  g_free (self->sessions);
  g_free (self->buffer);
}

/* A place for a session, %LS_WIRE_HANDLE_NONE if there are no more numbers. */
LsWireHandle
ls_wire_loop_take_slot (LsWireLoop *self)
{
  LsWireHandle handle = LS_WIRE_HANDLE_NONE;

  pthread_mutex_lock (&self->lock);
  if (self->n_free == 0 && self->n_slots < LS_WIRE_MAX_SLOTS)
    {
      uint32_t slots = MAX (self->n_slots * 2, 16);

      self->generations = g_renew (uint32_t, self->generations, slots);
      self->free_slots = g_renew (uint32_t, self->free_slots, slots);
      while (slots > self->n_slots)
        {
          self->generations[--slots] = 1;
          self->free_slots[self->n_free++] = slots;
        }
      self->n_slots += self->n_free;
    }
  if (self->n_free > 0)
    {
      uint32_t slot = self->free_slots[--self->n_free];

      handle = (uint64_t) (self->index + 1) << 56 | (uint64_t) slot << 32 | self->generations[slot];
    }
  pthread_mutex_unlock (&self->lock);
  return handle;
}

void
ls_wire_loop_push (LsWireLoop    *self,
                   LsWireCommand *command)
{
  static const uint64_t one = 1;
  LsWireCommand *first = atomic_load_explicit (&self->commands, memory_order_relaxed);

  do
    command->next = first;
  while (!atomic_compare_exchange_weak_explicit (&self->commands, &first, command,
                                                 memory_order_release, memory_order_relaxed));

  /* The counter of the bell cannot be full: it would take 2^64 rings. */
  if (first == NULL && current_loop != self && write (self->wake_fd, &one, sizeof one) < 0)
    g_warning ("Could not wake a thread: %s", g_strerror (errno));
}

gboolean
ls_wire_loop_is_current (void)
{
  return current_loop != NULL;
}

/* Takes a dead session out of everything; it is freed at the end of the turn. */
void
ls_wire_loop_forget (LsWireLoop    *self,
                     LsWireSession *session)
{
  uint32_t slot = ls_wire_handle_slot (session->handle);

  self->sessions[slot] = NULL;
  self->n_sessions--;
  wheel_remove (self, session);
  session->next_dead = self->dead;
  self->dead = session;

  pthread_mutex_lock (&self->lock);
  self->generations[slot]++;
  self->free_slots[self->n_free++] = slot;
  pthread_mutex_unlock (&self->lock);
}

void
ls_wire_loop_set_dirty (LsWireLoop    *self,
                        LsWireSession *session)
{
  if (session->is_dirty)
    return;
  session->is_dirty = TRUE;
  session->next_dirty = self->dirty;
  self->dirty = session;
}

/* To be called whenever the time may have come nearer. */
void
ls_wire_loop_set_timer (LsWireLoop    *self,
                        LsWireSession *session)
{
  uint64_t due = ls_wire_session_get_due (session);
  uint64_t soonest = self->tick + 1;
  uint64_t latest = self->tick + LS_WIRE_WHEEL - 1;
  uint64_t tick = CLAMP (due / self->wire->tick_ms, soonest, latest);

  if (session->wheel_tick != 0 && session->wheel_tick <= tick)
    return;
  wheel_remove (self, session);
  wheel_insert (self, session, tick);
}
