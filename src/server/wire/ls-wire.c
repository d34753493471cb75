/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-wire-private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_THREADS 64

/* Bytes that the kernel keeps for a connection besides those in flight. Without a bound a slow
 * reader would hide megabytes there, out of sight of max_unsent. */
#define KERNEL_UNSENT (128 * 1024)

static uint64_t
monotonic_ms (gpointer data)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

void
ls_wire_options_init (LsWireOptions *options)
{
  g_return_if_fail (options != NULL);

  *options = (LsWireOptions){
    .threads = 1,
    .max_sessions = 10000,
    .max_message = 640 * 1024,
    .max_fragments = 4096,
    .max_unsent = 4 * 1024 * 1024,
    .max_memory = 256 * 1024 * 1024,
    .max_queued = 64 * 1024 * 1024,
    .max_pings = 50,
    .pause_unsent = 2 * 1024 * 1024,
    .heartbeat_ms = 30 * 1000,
    .pong_ms = 15 * 1000,
    .stall_ms = 60 * 1000,
    .message_ms = 120 * 1000,
    .close_ms = 5 * 1000,
  };
}

static unsigned
get_tick (const LsWireOptions *options)
{
  unsigned shortest = MIN (options->pong_ms, options->stall_ms);

  shortest = MIN (shortest, MIN (options->message_ms, options->close_ms));
  if (options->heartbeat_ms > 0)
    shortest = MIN (shortest, options->heartbeat_ms);
  return CLAMP (shortest / 4, 10, 1000);
}

LsWire *
ls_wire_new (const LsWireOptions   *options,
             const LsWireCallbacks *callbacks,
             GError               **error)
{
  g_autoptr (LsWire) self = NULL;
  pthread_condattr_t attributes;

  g_return_val_if_fail (options != NULL && callbacks != NULL, NULL);
  g_return_val_if_fail (options->threads >= 1 && options->threads <= MAX_THREADS, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  self = g_new0 (LsWire, 1);
  self->options = *options;
  if (self->options.clock == NULL)
    self->options.clock = monotonic_ms;
  self->callbacks = *callbacks;
  self->limits = (LsFrameLimits){
    .role = LS_FRAME_ROLE_SERVER,
    .max_message = options->max_message,
    .max_fragments = options->max_fragments,
  };
  self->tick_ms = get_tick (options);

  pthread_mutex_init (&self->lock, NULL);
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (&self->emptied, &attributes);
  pthread_condattr_destroy (&attributes);

  self->loops = g_new0 (LsWireLoop, options->threads);
  for (unsigned i = 0; i < options->threads; i++)
    {
      self->n_loops = i + 1;
      if (!ls_wire_loop_init (&self->loops[i], self, i, error))
        return NULL;
    }
  for (unsigned i = 0; i < options->threads; i++)
    if (!ls_wire_loop_start (&self->loops[i], error))
      return NULL;
  return g_steal_pointer (&self);
}

static LsWireCommand *
command_new (LsWireCommandKind kind,
             size_t            n_handles,
             size_t            n_bytes)
{
  LsWireCommand *command;

  command = g_malloc (sizeof *command + n_handles * sizeof (LsWireHandle) + n_bytes);
  *command = (LsWireCommand){ .kind = kind, .fd = -1, .n_handles = n_handles, .n_bytes = n_bytes };
  return command;
}

void
ls_wire_command_free (LsWireCommand *command)
{
  if (command->fd >= 0)
    close (command->fd);
  g_clear_pointer (&command->blob, ls_blob_unref);
  g_free (command);
}

static void
push_to_all (LsWire           *self,
             LsWireCommandKind kind)
{
  for (unsigned i = 0; i < self->n_loops; i++)
    ls_wire_loop_push (&self->loops[i], command_new (kind, 0, 0));
}

void
ls_wire_free (LsWire *self)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (!ls_wire_loop_is_current ());

  atomic_store (&self->draining, 1);
  for (unsigned i = 0; i < self->n_loops; i++)
    if (self->loops[i].has_thread)
      ls_wire_loop_push (&self->loops[i], command_new (LS_WIRE_COMMAND_STOP, 0, 0));
  for (unsigned i = 0; i < self->n_loops; i++)
    if (self->loops[i].has_thread)
      pthread_join (self->loops[i].thread, NULL);
  /* Only now, for up to its end each thread may still send to sessions of the others. */
  for (unsigned i = 0; i < self->n_loops; i++)
    ls_wire_loop_clear (&self->loops[i]);

  pthread_cond_destroy (&self->emptied);
  pthread_mutex_destroy (&self->lock);
  g_free (self->loops);
  g_free (self);
}

static gboolean
reserve_session (LsWire *self)
{
  gboolean reserved = FALSE;

  pthread_mutex_lock (&self->lock);
  if (!atomic_load (&self->draining) && self->n_sessions < self->options.max_sessions)
    {
      self->n_sessions++;
      reserved = TRUE;
    }
  pthread_mutex_unlock (&self->lock);
  return reserved;
}

void
ls_wire_session_gone (LsWire *self)
{
  pthread_mutex_lock (&self->lock);
  if (--self->n_sessions == 0)
    pthread_cond_broadcast (&self->emptied);
  pthread_mutex_unlock (&self->lock);
}

static void
set_up_socket (int fd)
{
  static const int on = 1;
  static const int unsent = KERNEL_UNSENT;
  int flags = fcntl (fd, F_GETFL);

  if (flags >= 0)
    fcntl (fd, F_SETFL, flags | O_NONBLOCK);
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  /* Both fail on a Unix socket, which needs neither. */
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
}

/* As kindly as can be without a session: what fits into the empty socket is sent. */
static void
refuse (LsWire *self,
        int     fd)
{
  static const char reason[] = "too many connections";
  uint8_t payload[LS_FRAME_MAX_CONTROL];
  size_t used = ls_frame_write_close (payload, LS_FRAME_CODE_TRY_LATER, reason, sizeof reason - 1);
  g_autoptr (LsBlob) blob = ls_blob_new_frame (LS_FRAME_CLOSE, payload, used);
  size_t length;
  const uint8_t *data = ls_blob_get_data (blob, &length);

  atomic_fetch_add_explicit (&self->refused, 1, memory_order_relaxed);
  if (send (fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    g_debug ("Could not tell a refused connection why: %s", g_strerror (errno));
  close (fd);
}

LsWireHandle
ls_wire_accept (LsWire     *self,
                int         fd,
                const void *initial,
                size_t      length,
                gpointer    user_data)
{
  LsWireHandle handle = LS_WIRE_HANDLE_NONE;
  LsWireCommand *command;
  LsWireLoop *loop;

  g_return_val_if_fail (self != NULL, LS_WIRE_HANDLE_NONE);
  g_return_val_if_fail (fd >= 0, LS_WIRE_HANDLE_NONE);
  g_return_val_if_fail (length == 0 || initial != NULL, LS_WIRE_HANDLE_NONE);

  set_up_socket (fd);
  loop = &self->loops[atomic_fetch_add (&self->next_loop, 1) % self->n_loops];
  if (reserve_session (self))
    {
      handle = ls_wire_loop_take_slot (loop);
      if (handle == LS_WIRE_HANDLE_NONE)
        ls_wire_session_gone (self);
    }
  if (handle == LS_WIRE_HANDLE_NONE)
    {
      refuse (self, fd);
      return LS_WIRE_HANDLE_NONE;
    }

  command = command_new (LS_WIRE_COMMAND_ACCEPT, 1, length);
  command->fd = fd;
  command->user_data = user_data;
  command->handles[0] = handle;
  if (length > 0)
    memcpy (command->handles + 1, initial, length);
  ls_wire_loop_push (loop, command);
  return handle;
}

/* Gives the blob to a command, unless the thread has too much to take up already: without a blob
 * the sessions overflow. */
static void
push_blob (LsWireLoop    *loop,
           LsWireCommand *command,
           LsBlob        *blob)
{
  size_t length = ls_blob_get_length (blob);
  size_t queued = atomic_fetch_add_explicit (&loop->queued, length, memory_order_relaxed);

  if (queued > 0 && queued + length > loop->wire->options.max_queued)
    atomic_fetch_sub_explicit (&loop->queued, length, memory_order_relaxed);
  else
    command->blob = ls_blob_ref (blob);
  ls_wire_loop_push (loop, command);
}

void
ls_wire_send (LsWire             *self,
              const LsWireHandle *handles,
              size_t              n_handles,
              LsBlob             *blob)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (n_handles == 0 || handles != NULL);
  g_return_if_fail (blob != NULL);

  for (unsigned i = 0; n_handles > 0 && i < self->n_loops; i++)
    {
      LsWireCommand *command = command_new (LS_WIRE_COMMAND_SEND, n_handles, 0);
      size_t n = 0;

      for (size_t j = 0; j < n_handles; j++)
        if (ls_wire_handle_loop (handles[j]) == i)
          command->handles[n++] = handles[j];
      command->n_handles = n;
      if (n > 0)
        push_blob (&self->loops[i], command, blob);
      else
        ls_wire_command_free (command);
    }
}

void
ls_wire_send_one (LsWire      *self,
                  LsWireHandle handle,
                  LsBlob      *blob)
{
  ls_wire_send (self, &handle, 1, blob);
}

static void
push_to_one (LsWire        *self,
             LsWireHandle   handle,
             LsWireCommand *command)
{
  unsigned index = ls_wire_handle_loop (handle);

  if (index < self->n_loops)
    {
      command->handles[0] = handle;
      ls_wire_loop_push (&self->loops[index], command);
    }
  else
    {
      ls_wire_command_free (command);
    }
}

void
ls_wire_resume (LsWire      *self,
                LsWireHandle handle)
{
  g_return_if_fail (self != NULL);

  push_to_one (self, handle, command_new (LS_WIRE_COMMAND_RESUME, 1, 0));
}

void
ls_wire_notify_drained (LsWire      *self,
                        LsWireHandle handle)
{
  g_return_if_fail (self != NULL);

  push_to_one (self, handle, command_new (LS_WIRE_COMMAND_NOTIFY, 1, 0));
}

void
ls_wire_close (LsWire      *self,
               LsWireHandle handle,
               uint16_t     code,
               const char  *reason)
{
  size_t length = reason != NULL ? strlen (reason) : 0;
  LsWireCommand *command;

  g_return_if_fail (self != NULL);
  g_return_if_fail (ls_frame_code_is_valid (code));

  command = command_new (LS_WIRE_COMMAND_CLOSE, 1, length);
  command->code = code;
  if (length > 0)
    memcpy (command->handles + 1, reason, length);
  push_to_one (self, handle, command);
}

gboolean
ls_wire_drain (LsWire  *self,
               unsigned timeout_ms)
{
  struct timespec until;
  gboolean empty;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (!ls_wire_loop_is_current (), FALSE);

  clock_gettime (CLOCK_MONOTONIC, &until);
  until.tv_sec += timeout_ms / 1000;
  until.tv_nsec += (long) (timeout_ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000)
    {
      until.tv_sec++;
      until.tv_nsec -= 1000000000;
    }

  atomic_store (&self->draining, 1);
  push_to_all (self, LS_WIRE_COMMAND_DRAIN);

  pthread_mutex_lock (&self->lock);
  while (self->n_sessions > 0 &&
         pthread_cond_timedwait (&self->emptied, &self->lock, &until) != ETIMEDOUT)
    ;
  empty = self->n_sessions == 0;
  pthread_mutex_unlock (&self->lock);
  return empty;
}

void
ls_wire_look_at_clock (LsWire *self)
{
  g_return_if_fail (self != NULL);

  push_to_all (self, LS_WIRE_COMMAND_LOOK);
}

gboolean
ls_wire_is_full (LsWire *self)
{
  gboolean full;

  g_return_val_if_fail (self != NULL, TRUE);

  pthread_mutex_lock (&self->lock);
  full = atomic_load (&self->draining) || self->n_sessions >= self->options.max_sessions;
  pthread_mutex_unlock (&self->lock);
  return full;
}

static uint64_t
load (const _Atomic uint64_t *counter)
{
  return atomic_load_explicit (counter, memory_order_relaxed);
}

void
ls_wire_get_stats (LsWire      *self,
                   LsWireStats *stats)
{
  g_return_if_fail (self != NULL && stats != NULL);

  *stats = (LsWireStats){ .refused = load (&self->refused), .memory = ls_wire_memory (self) };
  pthread_mutex_lock (&self->lock);
  stats->sessions = self->n_sessions;
  pthread_mutex_unlock (&self->lock);

  for (unsigned i = 0; i < self->n_loops; i++)
    {
      const LsWireCounters *counters = &self->loops[i].counters;

      stats->accepted += load (&counters->accepted);
      for (unsigned why = 0; why < LS_WIRE_N_WHY; why++)
        stats->closed[why] += load (&counters->closed[why]);
      stats->messages += load (&counters->messages);
      stats->bytes_read += load (&counters->bytes_read);
      stats->bytes_written += load (&counters->bytes_written);
      stats->blobs_written += load (&counters->blobs_written);
      stats->writes += load (&counters->writes);
      stats->overflows += load (&counters->overflows);
      stats->dropped += load (&counters->dropped);
      stats->pings += load (&counters->pings);
      stats->turns += load (&counters->turns);
      stats->queued += atomic_load_explicit (&self->loops[i].queued, memory_order_relaxed);
    }
}

const char *
ls_wire_why_to_string (LsWireWhy why)
{
  switch (why)
    {
    case LS_WIRE_CLOSED_BY_PEER:
      return "peer";
    case LS_WIRE_CLOSED_BY_US:
      return "server";
    case LS_WIRE_CLOSED_PROTOCOL:
      return "protocol";
    case LS_WIRE_CLOSED_LIMIT:
      return "limit";
    case LS_WIRE_CLOSED_EOF:
      return "eof";
    case LS_WIRE_CLOSED_ERROR:
      return "error";
    case LS_WIRE_CLOSED_TIMEOUT:
      return "timeout";
    case LS_WIRE_CLOSED_STALLED:
      return "stalled";
    case LS_WIRE_CLOSED_SHUTDOWN:
      return "shutdown";
    default:
      g_return_val_if_reached ("unknown");
    }
}
