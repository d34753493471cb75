/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-frame-stream"

#include "config.h"

#include "client/ls-frame-stream.h"

#include <stdint.h>
#include <string.h>

#include "core/ls-error.h"

/* Bytes taken from the network at once: so many may be read after a pause began. */
#define BUFFER_BYTES 65536
#define MAX_HEADER_BYTES 14

/**
 * LsFrameStream:
 *
 * What stands between a socket and a WebSocket connection of libsoup, which bounds single frames
 * only and reads as long as there is something to read. This stream follows the frame headers,
 * fails when the fragments of one message add up to more than is allowed, before they are in
 * memory, hands out at most a buffer at a time, and can be paused, so that a reader who lags makes
 * the sender wait. One thread.
 */
struct _LsFrameStream {
  GInputStream parent_instance;

  /* Owned */
  GInputStream *base;
  GSource *gate; /* the last source made, while it waits */

  /* What was read and not handed out */
  uint8_t *buffer;
  size_t start;
  size_t end;
  bool drained; /* the buffer was handed out: let the reader digest before the next */
  bool paused;

  /* Where in the frames the bytes handed out end */
  uint8_t header[MAX_HEADER_BYTES];
  size_t header_have;
  uint64_t payload_left;
  uint64_t message_bytes;
  size_t max_message;
};

static void ls_frame_stream_pollable_init (GPollableInputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LsFrameStream, ls_frame_stream, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      ls_frame_stream_pollable_init))

static size_t
header_size (const uint8_t *header,
             size_t         have)
{
  size_t size = 2;

  if (have < 2)
    return 2;
  if ((header[1] & 0x7f) == 126)
    size += 2;
  else if ((header[1] & 0x7f) == 127)
    size += 8;
  return header[1] & 0x80 ? size + 4 : size;
}

static uint64_t
payload_size (const uint8_t *header)
{
  unsigned n = (header[1] & 0x7f) == 126 ? 2 : (header[1] & 0x7f) == 127 ? 8 : 0;
  uint64_t size = 0;

  if (n == 0)
    return header[1] & 0x7f;
  for (unsigned i = 0; i < n; i++)
    size = size << 8 | header[2 + i];
  return size;
}

/* Takes a whole header in. Control frames stand between the fragments of a message and are not of
 * it. */
static bool
begin_frame (LsFrameStream *self,
             GError       **error)
{
  uint8_t opcode = self->header[0] & 0x0f;

  self->payload_left = payload_size (self->header);
  self->header_have = 0;
  if (opcode & 0x08)
    return true;
  if (opcode != 0)
    self->message_bytes = 0;
  if (self->payload_left > self->max_message - MIN (self->message_bytes, self->max_message))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL,
                   "the server sent a message of more than %zu bytes", self->max_message);
      return false;
    }
  self->message_bytes += self->payload_left;
  return true;
}

/* Follows the frames over bytes that are about to be handed out. */
static bool
follow (LsFrameStream *self,
        const uint8_t *data,
        size_t         length,
        GError       **error)
{
  while (length > 0)
    {
      size_t taken;

      if (self->payload_left > 0)
        {
          taken = (size_t) MIN (self->payload_left, length);
          self->payload_left -= taken;
        }
      else
        {
          taken = MIN (header_size (self->header, self->header_have) - self->header_have, length);
          memcpy (self->header + self->header_have, data, taken);
          self->header_have += taken;
          if (self->header_have >= 2 &&
              self->header_have == header_size (self->header, self->header_have) &&
              !begin_frame (self, error))
            return false;
        }
      data += taken;
      length -= taken;
    }
  return true;
}

static gssize
hand_out (LsFrameStream *self,
          void          *target,
          size_t         count,
          GError       **error)
{
  size_t n = MIN (count, self->end - self->start);

  if (!follow (self, self->buffer + self->start, n, error))
    return -1;
  memcpy (target, self->buffer + self->start, n);
  self->start += n;
  self->drained = self->start == self->end;
  return (gssize) n;
}

static gssize
ls_frame_stream_read_nonblocking (GPollableInputStream *stream,
                                  void                 *target,
                                  gsize                 count,
                                  GError              **error)
{
  LsFrameStream *self = LS_FRAME_STREAM (stream);

  if (!self->paused && self->start == self->end && !self->drained)
    {
      gssize n = g_pollable_input_stream_read_nonblocking (
          G_POLLABLE_INPUT_STREAM (self->base), self->buffer, BUFFER_BYTES, NULL, error);

      if (n <= 0)
        return n;
      self->start = 0;
      self->end = (size_t) n;
    }
  if (self->paused || self->start == self->end)
    {
      self->drained = false;
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "nothing more for now");
      return -1;
    }
  return hand_out (self, target, count, error);
}

static gboolean
ls_frame_stream_is_readable (GPollableInputStream *stream)
{
  LsFrameStream *self = LS_FRAME_STREAM (stream);

  if (self->paused)
    return FALSE;
  return self->start < self->end ||
         g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (self->base));
}

/* Lets the source through that a reader waits on. */
static void
open_gate (LsFrameStream *self,
           GSource       *gate)
{
  g_autoptr (GSource) base = NULL;

  if (self->start < self->end)
    {
      g_source_set_ready_time (gate, 0);
      return;
    }
  base = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (self->base), NULL);
  g_source_set_dummy_callback (base);
  g_source_add_child_source (gate, base);
}

static GSource *
ls_frame_stream_create_source (GPollableInputStream *stream,
                               GCancellable         *cancellable)
{
  LsFrameStream *self = LS_FRAME_STREAM (stream);
  GSource *gate = g_pollable_source_new_full (self, NULL, cancellable);

  g_clear_pointer (&self->gate, g_source_unref);
  if (self->paused)
    self->gate = g_source_ref (gate);
  else
    open_gate (self, gate);
  return gate;
}

static void
ls_frame_stream_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->read_nonblocking = ls_frame_stream_read_nonblocking;
  iface->is_readable = ls_frame_stream_is_readable;
  iface->create_source = ls_frame_stream_create_source;
}

static gboolean
ls_frame_stream_close (GInputStream *stream,
                       GCancellable *cancellable,
                       GError      **error)
{
  return g_input_stream_close (LS_FRAME_STREAM (stream)->base, cancellable, error);
}

static gssize
ls_frame_stream_read (GInputStream *stream,
                      void         *target,
                      gsize         count,
                      GCancellable *cancellable,
                      GError      **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "this stream does not block");
  return -1;
}

static void
ls_frame_stream_finalize (GObject *object)
{
  LsFrameStream *self = LS_FRAME_STREAM (object);

  g_clear_pointer (&self->gate, g_source_unref);
  g_clear_object (&self->base);
  g_free (self->buffer);
  G_OBJECT_CLASS (ls_frame_stream_parent_class)->finalize (object);
}

static void
ls_frame_stream_class_init (LsFrameStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_frame_stream_finalize;
  stream_class->read_fn = ls_frame_stream_read;
  stream_class->close_fn = ls_frame_stream_close;
}

static void
ls_frame_stream_init (LsFrameStream *self)
{
}

/**
 * ls_frame_stream_new:
 * @base: a pollable stream of a socket
 * @first: what was read from it after the end of the HTTP headers
 * @max_message: the most bytes of a message over all its fragments
 *
 * Returns: (transfer full): a stream of the frames that follow
 */
GInputStream *
ls_frame_stream_new (GInputStream *base,
                     GBytes       *first,
                     size_t        max_message)
{
  LsFrameStream *self;
  size_t size = g_bytes_get_size (first);

  g_return_val_if_fail (G_IS_POLLABLE_INPUT_STREAM (base), NULL);
  g_return_val_if_fail (size <= BUFFER_BYTES, NULL);

  self = g_object_new (LS_TYPE_FRAME_STREAM, NULL);
  self->base = g_object_ref (base);
  self->max_message = max_message;
  self->buffer = g_malloc (BUFFER_BYTES);
  if (size > 0)
    memcpy (self->buffer, g_bytes_get_data (first, NULL), size);
  self->end = size;
  return G_INPUT_STREAM (self);
}

/**
 * ls_frame_stream_set_max_message:
 * @self: a stream
 * @bytes: the most bytes of a message
 *
 * Sets the bound for the messages that begin from now on.
 */
void
ls_frame_stream_set_max_message (LsFrameStream *self,
                                 size_t         bytes)
{
  self->max_message = bytes;
}

/**
 * ls_frame_stream_set_paused:
 * @self: a stream
 * @paused: whether nothing shall be handed out
 *
 * Stops the reader, or lets it go on.
 */
void
ls_frame_stream_set_paused (LsFrameStream *self,
                            bool           paused)
{
  if (self->paused == paused)
    return;
  self->paused = paused;
  if (!paused && self->gate != NULL && !g_source_is_destroyed (self->gate))
    open_gate (self, self->gate);
  if (!paused)
    g_clear_pointer (&self->gate, g_source_unref);
}
