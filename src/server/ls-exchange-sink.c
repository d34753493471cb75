/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-exchange"

#include "config.h"

#include "server/ls-exchange-private.h"

/*
 * The outbox of a session that comes in requests. Blobs are those that go to WebSockets too, shared
 * with them: their frames are taken apart only when a request fetches what they say.
 */

/* Messages are added to an answer while it is shorter. */
#define ANSWER_BYTES (512 * 1024)
/* Below this share of the most it may hold it is nearly empty. */
#define LOW_SHARE 8

static void
wake_cb (gpointer data)
{
  LsExchangeSink *self = (LsExchangeSink *) ls_session_get_sink (data);

  if (self->exchange != NULL)
    ls_exchange_wake (self->exchange);
}

/* With the lock held: whoever waits is woken, once. */
static void
wake (LsExchangeSink *self)
{
  if (!self->waiting)
    return;
  self->waiting = false;
  ls_environment_post (self->environment, self->main, wake_cb, ls_session_ref (self->session),
                       (GDestroyNotify) ls_session_unref);
}

static void
sink_send (LsSink *sink,
           LsBlob *blob)
{
  LsExchangeSink *self = (LsExchangeSink *) sink;
  size_t length = ls_blob_get_length (blob);
  bool overflows = false;

  g_mutex_lock (&self->lock);
  if (self->gone || self->full || self->close_code != 0)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  /* As on the wire: a single one may be longer than there is room. */
  overflows = self->bytes > 0 && self->bytes + length > self->max_unsent;
  if (overflows)
    self->full = true;
  else
    {
      g_queue_push_tail (&self->blobs, ls_blob_ref (blob));
      self->bytes += length;
    }
  wake (self);
  g_mutex_unlock (&self->lock);
  if (overflows)
    ls_session_overflowed (self->session);
}

static void
sink_resume (LsSink *sink)
{
  LsExchangeSink *self = (LsExchangeSink *) sink;

  g_mutex_lock (&self->lock);
  self->full = false;
  g_mutex_unlock (&self->lock);
}

static bool
is_low (LsExchangeSink *self)
{
  return self->bytes <= self->max_unsent / LOW_SHARE;
}

static void
sink_notify_drained (LsSink *sink)
{
  LsExchangeSink *self = (LsExchangeSink *) sink;
  bool drained;

  g_mutex_lock (&self->lock);
  drained = is_low (self);
  self->wants_drained = !drained;
  g_mutex_unlock (&self->lock);
  if (drained)
    ls_session_drained (self->session);
}

static void
sink_close (LsSink     *sink,
            uint16_t    code,
            const char *reason)
{
  LsExchangeSink *self = (LsExchangeSink *) sink;

  g_mutex_lock (&self->lock);
  if (self->close_code == 0)
    {
      self->close_code = code;
      self->reason = g_strdup (reason);
      wake (self);
    }
  g_mutex_unlock (&self->lock);
}

static void
sink_free (LsSink *sink)
{
  LsExchangeSink *self = (LsExchangeSink *) sink;

  g_queue_clear_full (&self->blobs, (GDestroyNotify) ls_blob_unref);
  g_mutex_clear (&self->lock);
  g_free (self->reason);
  g_object_unref (self->environment);
  g_free (self);
}

static const LsSinkClass exchange_sink = {
  sink_send, sink_resume, sink_notify_drained, sink_close, sink_free,
};

/* Makes an outbox to be given to a session, whose pointer is put into it then. */
LsExchangeSink *
ls_exchange_sink_new (LsEnvironment *environment,
                      size_t         max_unsent)
{
  LsExchangeSink *self = g_new0 (LsExchangeSink, 1);

  self->sink.klass = &exchange_sink;
  self->sink.quiet = true;
  self->environment = g_object_ref (environment);
  self->main = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  self->max_unsent = max_unsent;
  g_mutex_init (&self->lock);
  g_queue_init (&self->blobs);
  return self;
}

/* Nobody fetches anything any more. */
void
ls_exchange_sink_detach (LsExchangeSink *self)
{
  self->exchange = NULL;
  g_mutex_lock (&self->lock);
  self->gone = true;
  self->waiting = false;
  self->wants_drained = false;
  g_queue_clear_full (&self->blobs, (GDestroyNotify) ls_blob_unref);
  self->bytes = 0;
  g_mutex_unlock (&self->lock);
}

/* Says whether ls_exchange_wake() is wanted when something comes. Returns whether something is
 * there already; then it is not. */
bool
ls_exchange_sink_set_waiting (LsExchangeSink *self,
                              bool            waiting)
{
  bool there;

  g_mutex_lock (&self->lock);
  there = self->bytes > 0 || self->close_code != 0;
  self->waiting = waiting && !there;
  g_mutex_unlock (&self->lock);
  return there;
}

/* The payload of the server frame at @data, which is not masked. */
static LsTextSlice
payload_of (const uint8_t *data,
            size_t        *ret_frame)
{
  size_t head = 2, length = data[1] & 0x7f;

  if (length == 126)
    {
      length = (size_t) data[2] << 8 | data[3];
      head = 4;
    }
  else if (length == 127)
    {
      length = 0;
      for (unsigned i = 2; i < 10; i++)
        length = length << 8 | data[i];
      head = 10;
    }
  *ret_frame = head + length;
  return (LsTextSlice) { (const char *) data + head, length };
}

/* With the lock held: takes the messages of the first blob, as far as there is room. */
static size_t
take_blob (LsExchangeSink *self,
           LsEnvelope     *envelope,
           GPtrArray      *blobs,
           size_t          had)
{
  LsBlob *blob = g_queue_peek_head (&self->blobs);
  size_t length;
  const uint8_t *data = ls_blob_get_data (blob, &length);

  g_ptr_array_add (blobs, ls_blob_ref (blob));
  while (self->offset < length && had < ANSWER_BYTES)
    {
      size_t frame;
      LsTextSlice slice = payload_of (data + self->offset, &frame);

      ls_envelope_add (envelope, slice.text, slice.length);
      self->offset += frame;
      had += slice.length;
    }
  if (self->offset >= length)
    {
      ls_blob_unref (g_queue_pop_head (&self->blobs));
      self->bytes -= length;
      self->offset = 0;
    }
  return had;
}

/* Puts what waits into @envelope, up to a measure; its messages are in @blobs, which must live as
 * long. Returns whether that was the end of the session. */
bool
ls_exchange_sink_take (LsExchangeSink *self,
                       LsEnvelope     *envelope,
                       GPtrArray      *blobs)
{
  size_t had = 0;
  bool drained, over;

  g_mutex_lock (&self->lock);
  while (!g_queue_is_empty (&self->blobs) && had < ANSWER_BYTES)
    had = take_blob (self, envelope, blobs, had);
  over = g_queue_is_empty (&self->blobs) && self->close_code != 0;
  if (over)
    {
      envelope->close_code = self->close_code;
      envelope->reason = g_strdup (self->reason);
    }
  drained = self->wants_drained && is_low (self);
  if (drained)
    self->wants_drained = false;
  g_mutex_unlock (&self->lock);
  if (drained)
    ls_session_drained (self->session);
  return over;
}
