/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-blob.h"

#include <string.h>

struct _LsBlob {
  _Atomic size_t refs;
  _Atomic size_t pins; /* session queues that hold it */
  size_t         length;
  uint8_t        data[];
};

LsBlob *
ls_blob_new_frame (LsFrameOpcode  opcode,
                   const void    *data,
                   size_t         length)
{
  LsBlobPart part = { data, length };

  return ls_blob_new_frames (opcode, &part, 1);
}

LsBlob *
ls_blob_new_frames (LsFrameOpcode     opcode,
                    const LsBlobPart *parts,
                    size_t            n_parts)
{
  uint8_t header[LS_FRAME_MAX_HEADER];
  size_t size = 0;
  LsBlob *self;

  g_return_val_if_fail (parts != NULL && n_parts > 0, NULL);

  for (size_t i = 0; i < n_parts; i++)
    size += ls_frame_write_header (header, opcode, TRUE, parts[i].length, NULL) + parts[i].length;

  self = g_malloc (sizeof *self + size);
  atomic_init (&self->refs, 1);
  atomic_init (&self->pins, 0);
  self->length = 0;
  for (size_t i = 0; i < n_parts; i++)
    {
      size_t used = ls_frame_write_header (header, opcode, TRUE, parts[i].length, NULL);

      memcpy (self->data + self->length, header, used);
      self->length += used;
      if (parts[i].length > 0)
        memcpy (self->data + self->length, parts[i].data, parts[i].length);
      self->length += parts[i].length;
    }
  g_assert (self->length == size);
  return self;
}

LsBlob *
ls_blob_ref (LsBlob *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  atomic_fetch_add_explicit (&self->refs, 1, memory_order_relaxed);
  return self;
}

void
ls_blob_unref (LsBlob *self)
{
  g_return_if_fail (self != NULL);

  /* Acquire and release, so that whoever frees it comes after all reads by others. */
  if (atomic_fetch_sub_explicit (&self->refs, 1, memory_order_acq_rel) == 1)
    g_free (self);
}

const uint8_t *
ls_blob_get_data (const LsBlob *self,
                  size_t       *length)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (length != NULL)
    *length = self->length;
  return self->data;
}

size_t
ls_blob_get_length (const LsBlob *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->length;
}

void
ls_blob_pin (LsBlob         *self,
             _Atomic size_t *pinned)
{
  if (atomic_fetch_add_explicit (&self->pins, 1, memory_order_acq_rel) == 0)
    {
      ls_blob_ref (self);
      atomic_fetch_add_explicit (pinned, self->length, memory_order_relaxed);
    }
}

void
ls_blob_unpin (LsBlob         *self,
               _Atomic size_t *pinned)
{
  /* Whoever pins it again at this moment holds a reference of its own, takes another one, and adds
   * the length again: in whichever order the two run, sum and count come out right. */
  if (atomic_fetch_sub_explicit (&self->pins, 1, memory_order_acq_rel) == 1)
    {
      atomic_fetch_sub_explicit (pinned, self->length, memory_order_relaxed);
      ls_blob_unref (self);
    }
}
