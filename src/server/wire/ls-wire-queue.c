/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-wire-queue.h"

#include <string.h>

static LsBlob **
at (LsWireQueue *self,
    uint32_t     index)
{
  return &self->ring[(self->first + index) & (self->size - 1)];
}

static void
grow (LsWireQueue *self)
{
  LsBlob **ring = g_new (LsBlob *, self->size * 2);

  for (uint32_t i = 0; i < self->used; i++)
    ring[i] = *at (self, i);
  if (self->ring != self->room)
    g_free (self->ring);
  self->ring = ring;
  self->size *= 2;
  self->first = 0;
}

static void
pop (LsWireQueue *self)
{
  LsBlob *blob = *at (self, 0);

  self->unsent -= ls_blob_get_length (blob) - self->first_sent;
  self->first_sent = 0;
  self->first = (self->first + 1) & (self->size - 1);
  self->used--;
  self->popped++;
  ls_blob_unpin (blob, self->pinned);

  /* A long queue is the exception, and its memory is given back. */
  if (self->used == 0 && self->ring != self->room)
    {
      g_free (self->ring);
      self->ring = self->room;
      self->size = LS_WIRE_QUEUE_INLINE;
      self->first = 0;
    }
}

void
ls_wire_queue_init (LsWireQueue    *self,
                    _Atomic size_t *pinned)
{
  *self = (LsWireQueue){ .pinned = pinned, .size = LS_WIRE_QUEUE_INLINE };
  self->ring = self->room;
}

void
ls_wire_queue_clear (LsWireQueue *self)
{
  while (self->used > 0)
    pop (self);
}

uint64_t
ls_wire_queue_push (LsWireQueue *self,
                    LsBlob      *blob)
{
  if (self->used == self->size)
    grow (self);

  ls_blob_pin (blob, self->pinned);
  *at (self, self->used) = blob;
  self->unsent += ls_blob_get_length (blob);
  return self->popped + self->used++;
}

gboolean
ls_wire_queue_replace (LsWireQueue *self,
                       uint64_t     number,
                       LsBlob      *blob)
{
  uint64_t index = number - self->popped;
  LsBlob **place;

  if (number < self->popped || index >= self->used || (index == 0 && self->first_sent > 0))
    return FALSE;

  place = at (self, (uint32_t) index);
  self->unsent += ls_blob_get_length (blob);
  self->unsent -= ls_blob_get_length (*place);
  ls_blob_pin (blob, self->pinned);
  ls_blob_unpin (*place, self->pinned);
  *place = blob;
  return TRUE;
}

void
ls_wire_queue_drop (LsWireQueue *self)
{
  uint32_t keep = self->first_sent > 0 ? 1 : 0;

  while (self->used > keep)
    {
      LsBlob *blob = *at (self, --self->used);

      self->unsent -= ls_blob_get_length (blob);
      ls_blob_unpin (blob, self->pinned);
    }
}

unsigned
ls_wire_queue_peek (LsWireQueue  *self,
                    struct iovec *vector,
                    unsigned      room,
                    size_t       *length)
{
  unsigned count = MIN (self->used, room);

  *length = 0;
  for (unsigned i = 0; i < count; i++)
    {
      size_t skip = i == 0 ? self->first_sent : 0;
      size_t size;
      const uint8_t *data = ls_blob_get_data (*at (self, i), &size);

      vector[i] = (struct iovec){ (void *) (data + skip), size - skip };
      *length += size - skip;
    }
  return count;
}

unsigned
ls_wire_queue_advance (LsWireQueue *self,
                       size_t       length)
{
  unsigned whole = 0;

  while (length > 0)
    {
      size_t left = ls_blob_get_length (*at (self, 0)) - self->first_sent;

      if (length < left)
        {
          self->first_sent += length;
          self->unsent -= length;
          break;
        }
      length -= left;
      pop (self);
      whole++;
    }
  return whole;
}
