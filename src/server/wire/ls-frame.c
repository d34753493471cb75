/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-frame.h"

#include <string.h>

enum {
  STATE_HEADER,
  STATE_PAYLOAD,
  STATE_CLOSED,
  STATE_FAILED,
};

enum {
  BIT_FIN = 0x80,
  BITS_RSV = 0x70,
  BITS_OPCODE = 0x0f,
  BIT_CONTROL = 0x08,
  BIT_MASK = 0x80,
  BITS_LENGTH = 0x7f,
  LENGTH_16 = 126,
  LENGTH_64 = 127,
};

/* The first allocation for a message that has to be kept. */
#define BUFFER_START 512

static gboolean
fail (LsFrameParser *self,
      uint16_t       code,
      const char    *text)
{
  self->state = STATE_FAILED;
  self->error_code = code;
  self->error_text = text;
  return FALSE;
}

static gboolean
is_control (uint8_t opcode)
{
  return (opcode & BIT_CONTROL) != 0;
}

/* The first two bytes of a header. */
static gboolean
check_start (LsFrameParser *self)
{
  uint8_t first = self->header[0];
  uint8_t opcode = first & BITS_OPCODE;
  gboolean masked = (self->header[1] & BIT_MASK) != 0;

  if (first & BITS_RSV)
    return fail (self, LS_FRAME_CODE_PROTOCOL, "reserved bit set");
  if (masked != (self->limits->role == LS_FRAME_ROLE_SERVER))
    return fail (self, LS_FRAME_CODE_PROTOCOL, masked ? "masked server frame" : "unmasked frame");

  switch (opcode)
    {
    case LS_FRAME_CONTINUATION:
      if (self->message_opcode == 0)
        return fail (self, LS_FRAME_CODE_PROTOCOL, "continuation of nothing");
      break;

    case LS_FRAME_TEXT:
    case LS_FRAME_BINARY:
      if (self->message_opcode != 0)
        return fail (self, LS_FRAME_CODE_PROTOCOL, "message inside a message");
      break;

    case LS_FRAME_CLOSE:
    case LS_FRAME_PING:
    case LS_FRAME_PONG:
      if (!(first & BIT_FIN))
        return fail (self, LS_FRAME_CODE_PROTOCOL, "fragmented control frame");
      if ((self->header[1] & BITS_LENGTH) > LS_FRAME_MAX_CONTROL)
        return fail (self, LS_FRAME_CODE_PROTOCOL, "control frame too long");
      break;

    default:
      return fail (self, LS_FRAME_CODE_PROTOCOL, "reserved opcode");
    }
  return TRUE;
}

static unsigned
length_bytes (const LsFrameParser *self)
{
  switch (self->header[1] & BITS_LENGTH)
    {
    case LENGTH_16:
      return 2;
    case LENGTH_64:
      return 8;
    default:
      return 0;
    }
}

/* The length, as soon as all of it is there. */
static gboolean
check_length (LsFrameParser *self)
{
  unsigned bytes = length_bytes (self);
  uint64_t length = self->header[1] & BITS_LENGTH;

  if (bytes > 0)
    {
      length = 0;
      for (unsigned i = 0; i < bytes; i++)
        length = length << 8 | self->header[2 + i];
      if (length >> 63)
        return fail (self, LS_FRAME_CODE_PROTOCOL, "length has its top bit set");
      if (length < (bytes == 2 ? (uint64_t) LENGTH_16 : UINT64_C (65536)))
        return fail (self, LS_FRAME_CODE_PROTOCOL, "length not in its shortest form");
    }

  self->frame_left = length;
  if (is_control (self->header[0] & BITS_OPCODE))
    return TRUE;

  if (self->fragments >= self->limits->max_fragments)
    return fail (self, LS_FRAME_CODE_POLICY, "too many fragments");
  if (length > self->limits->max_message - self->message_size)
    return fail (self, LS_FRAME_CODE_TOO_BIG, "message too big");
  self->fragments++;
  self->message_size += length;
  return TRUE;
}

static void
begin_payload (LsFrameParser *self)
{
  self->state = STATE_PAYLOAD;
  self->fin = (self->header[0] & BIT_FIN) != 0;
  self->opcode = self->header[0] & BITS_OPCODE;
  self->mask_at = 0;
  if (self->header[1] & BIT_MASK)
    memcpy (self->mask, self->header + self->header_used - 4, 4);
  else
    memset (self->mask, 0, 4);
  if (!is_control (self->opcode) && self->opcode != LS_FRAME_CONTINUATION)
    self->message_opcode = self->opcode;
}

/* Takes bytes of a header, and checks each part as it gets complete. With the last of them the
 * payload begins. */
static size_t
take_header (LsFrameParser *self,
             const uint8_t *data,
             size_t         length)
{
  size_t taken = 0;

  while (taken < length && self->state == STATE_HEADER)
    {
      unsigned start;

      self->header[self->header_used++] = data[taken++];
      if (self->header_used < 2)
        continue;
      if (self->header_used == 2 && !check_start (self))
        break;
      start = 2 + length_bytes (self);
      if (self->header_used == start && !check_length (self))
        break;
      if (self->header_used == start + (self->header[1] & BIT_MASK ? 4 : 0))
        begin_payload (self);
    }
  return taken;
}

/* Room for more bytes of a message. Doubles, so that many small fragments are not copied over and
 * over, but never beyond what the message can still come to. */
static void
reserve (LsFrameParser *self,
         size_t         more)
{
  size_t need = self->buffer_used + more;

  if (need > self->buffer_size)
    {
      uint64_t most = self->fin ? self->message_size : self->limits->max_message;
      uint64_t size = MAX (self->buffer_size * 2, BUFFER_START);

      self->buffer_size = MAX (need, (size_t) MIN (size, most));
      self->buffer = g_realloc (self->buffer, self->buffer_size);
    }
}

static gboolean
check_text (LsFrameParser *self,
            const uint8_t *data,
            size_t         length)
{
  if (self->message_opcode == LS_FRAME_TEXT && !ls_utf8_feed (&self->utf8, data, length))
    return fail (self, LS_FRAME_CODE_INVALID_DATA, "invalid UTF-8");
  return TRUE;
}

static gboolean
finish_close (LsFrameParser *self,
              const uint8_t *data,
              size_t         length,
              LsFrameItem   *item)
{
  LsUtf8 utf8 = { 0 };
  uint16_t code = LS_FRAME_CODE_NO_STATUS;

  if (length == 1)
    return fail (self, LS_FRAME_CODE_PROTOCOL, "close frame with half a code");
  if (length >= 2)
    {
      code = (uint16_t) (data[0] << 8 | data[1]);
      if (!ls_frame_code_is_valid (code))
        return fail (self, LS_FRAME_CODE_PROTOCOL, "invalid close code");
      data += 2;
      length -= 2;
      if (!ls_utf8_feed (&utf8, data, length) || !ls_utf8_is_complete (&utf8))
        return fail (self, LS_FRAME_CODE_INVALID_DATA, "invalid UTF-8 in close reason");
    }

  self->state = STATE_CLOSED;
  *item = (LsFrameItem){ .opcode = LS_FRAME_CLOSE, .code = code, .data = data, .length = length };
  return TRUE;
}

/* All of a control frame is at @data. */
static gboolean
finish_control (LsFrameParser *self,
                const uint8_t *data,
                size_t         length,
                LsFrameItem   *item)
{
  self->state = STATE_HEADER;
  self->header_used = 0;
  self->control_used = 0;

  if (self->opcode == LS_FRAME_CLOSE)
    return finish_close (self, data, length, item);

  *item = (LsFrameItem){ .opcode = self->opcode, .data = data, .length = length };
  return TRUE;
}

/* All of a message is at @data. */
static gboolean
finish_message (LsFrameParser *self,
                const uint8_t *data,
                size_t         length,
                LsFrameItem   *item)
{
  if (self->message_opcode == LS_FRAME_TEXT && !ls_utf8_is_complete (&self->utf8))
    return fail (self, LS_FRAME_CODE_INVALID_DATA, "text ends inside a character");

  *item = (LsFrameItem){ .opcode = self->message_opcode, .data = data, .length = length };
  self->message_opcode = 0;
  self->message_size = 0;
  self->fragments = 0;
  return TRUE;
}

/* Takes payload of a control frame. Says whether something is complete or wrong. */
static gboolean
take_control (LsFrameParser *self,
              uint8_t       *data,
              size_t         length,
              LsFrameItem   *item)
{
  self->frame_left -= length;
  ls_frame_mask (data, length, self->mask, self->mask_at);

  if (self->frame_left == 0 && self->control_used == 0)
    {
      finish_control (self, data, length, item);
      return TRUE;
    }

  self->mask_at = (self->mask_at + length) & 3;
  if (self->control == NULL)
    self->control = g_malloc (LS_FRAME_MAX_CONTROL);
  memcpy (self->control + self->control_used, data, length);
  self->control_used += length;
  if (self->frame_left > 0)
    return FALSE;

  self->lent = TRUE;
  finish_control (self, self->control, self->control_used, item);
  return TRUE;
}

/* The same for a message. */
static gboolean
take_message (LsFrameParser *self,
              uint8_t       *data,
              size_t         length,
              LsFrameItem   *item)
{
  gboolean ends;

  self->frame_left -= length;
  ends = self->frame_left == 0 && self->fin;
  ls_frame_mask (data, length, self->mask, self->mask_at);
  self->mask_at = (self->mask_at + length) & 3;
  if (!check_text (self, data, length))
    return TRUE;

  if (self->frame_left == 0)
    {
      self->state = STATE_HEADER;
      self->header_used = 0;
    }
  if (ends && self->buffer_used == 0)
    {
      finish_message (self, data, length, item);
      return TRUE;
    }
  if (length > 0)
    {
      reserve (self, length);
      memcpy (self->buffer + self->buffer_used, data, length);
      self->buffer_used += length;
    }
  if (!ends)
    return FALSE;

  self->lent = TRUE;
  finish_message (self, self->buffer, self->buffer_used, item);
  return TRUE;
}

/* Frees what the last item pointed into. Between the fragments of a message a control frame may
 * have been lent, so the two buffers are told apart by what is under way. */
static void
take_back (LsFrameParser *self)
{
  if (!self->lent)
    return;
  self->lent = FALSE;
  g_clear_pointer (&self->control, g_free);
  if (self->message_opcode == 0)
    {
      g_clear_pointer (&self->buffer, g_free);
      self->buffer_used = 0;
      self->buffer_size = 0;
    }
}

void
ls_frame_parser_init (LsFrameParser       *self,
                      const LsFrameLimits *limits)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (limits != NULL);

  *self = (LsFrameParser){ .limits = limits };
}

void
ls_frame_parser_clear (LsFrameParser *self)
{
  g_return_if_fail (self != NULL);

  g_free (self->control);
  g_free (self->buffer);
  *self = (LsFrameParser){ .limits = self->limits };
}

LsFrameStatus
ls_frame_parser_feed (LsFrameParser *self,
                      uint8_t       *data,
                      size_t         length,
                      size_t        *consumed,
                      LsFrameItem   *item)
{
  gboolean found = FALSE;
  size_t at = 0;

  g_return_val_if_fail (self != NULL && self->limits != NULL && data != NULL, LS_FRAME_ERROR);
  g_return_val_if_fail (consumed != NULL && item != NULL, LS_FRAME_ERROR);

  take_back (self);

  while (!found && self->state < STATE_CLOSED)
    {
      size_t take;

      at += take_header (self, data + at, length - at);
      if (self->state != STATE_PAYLOAD)
        break;

      take = MIN (self->frame_left, length - at);
      if (take == 0 && self->frame_left > 0)
        break;
      if (is_control (self->opcode))
        found = take_control (self, data + at, take, item);
      else
        found = take_message (self, data + at, take, item);
      at += take;
    }

  if (self->state == STATE_FAILED)
    {
      *consumed = at;
      *item = (LsFrameItem){ .code = self->error_code, .text = self->error_text };
      return LS_FRAME_ERROR;
    }
  *consumed = self->state == STATE_CLOSED && !found ? length : at;
  return found ? LS_FRAME_ITEM : LS_FRAME_MORE;
}

gboolean
ls_frame_parser_is_idle (const LsFrameParser *self)
{
  return self->state >= STATE_CLOSED ||
         (self->state == STATE_HEADER && self->header_used == 0 && self->message_opcode == 0);
}

size_t
ls_frame_parser_get_buffered (const LsFrameParser *self)
{
  return self->buffer_size + (self->control != NULL ? LS_FRAME_MAX_CONTROL : 0);
}

gboolean
ls_frame_code_is_valid (uint16_t code)
{
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

size_t
ls_frame_write_header (uint8_t       *out,
                       LsFrameOpcode  opcode,
                       gboolean       fin,
                       uint64_t       length,
                       const uint8_t *mask)
{
  size_t at = 2;
  unsigned bytes = 0;

  g_return_val_if_fail (out != NULL, 0);
  g_return_val_if_fail (!is_control (opcode) || (fin && length <= LS_FRAME_MAX_CONTROL), 0);
  g_return_val_if_fail (length <= INT64_MAX, 0);

  out[0] = (uint8_t) ((fin ? BIT_FIN : 0) | opcode);
  if (length < LENGTH_16)
    {
      out[1] = (uint8_t) length;
    }
  else
    {
      bytes = length <= UINT16_MAX ? 2 : 8;
      out[1] = bytes == 2 ? LENGTH_16 : LENGTH_64;
    }
  while (bytes-- > 0)
    out[at++] = (uint8_t) (length >> (8 * bytes));

  if (mask != NULL)
    {
      out[1] |= BIT_MASK;
      memcpy (out + at, mask, 4);
      at += 4;
    }
  return at;
}

size_t
ls_frame_write_close (uint8_t    *out,
                      uint16_t    code,
                      const char *reason,
                      size_t      length)
{
  g_return_val_if_fail (out != NULL, 0);
  g_return_val_if_fail (code == LS_FRAME_CODE_NONE || ls_frame_code_is_valid (code), 0);

  if (code == LS_FRAME_CODE_NONE)
    return 0;

  out[0] = (uint8_t) (code >> 8);
  out[1] = (uint8_t) code;
  if (reason == NULL)
    return 2;
  if (length > LS_FRAME_MAX_REASON)
    {
      length = LS_FRAME_MAX_REASON;
      while (length > 0 && ((uint8_t) reason[length] & 0xc0) == 0x80)
        length--;
    }
  memcpy (out + 2, reason, length);
  return 2 + length;
}

void
ls_frame_mask (uint8_t       *data,
               size_t         length,
               const uint8_t *mask,
               size_t         offset)
{
  uint8_t turned[8];
  uint64_t wide;
  size_t i = 0;

  for (unsigned j = 0; j < sizeof turned; j++)
    turned[j] = mask[(offset + j) & 3];
  memcpy (&wide, turned, sizeof wide);
  if (wide == 0)
    return;

  for (; i + sizeof wide <= length; i += sizeof wide)
    {
      uint64_t word;

      memcpy (&word, data + i, sizeof word);
      word ^= wide;
      memcpy (data + i, &word, sizeof word);
    }
  for (; i < length; i++)
    data[i] ^= turned[i & 7];
}
