/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "frame-lines.h"

#include <string.h>

void
frame_lines_append_hex (GByteArray *bytes,
                        const char *hex)
{
  for (; g_ascii_isxdigit (hex[0]) && g_ascii_isxdigit (hex[1]); hex += 2)
    {
      uint8_t byte = (uint8_t) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

      g_byte_array_append (bytes, &byte, 1);
    }
}

void
frame_lines_append_frame (GByteArray    *bytes,
                          uint8_t        first,
                          const uint8_t *payload,
                          size_t         length,
                          const uint8_t *mask)
{
  uint8_t header[LS_FRAME_MAX_HEADER];
  size_t used = ls_frame_write_header (header, LS_FRAME_BINARY, TRUE, length, mask);
  unsigned start;

  header[0] = first;
  g_byte_array_append (bytes, header, (unsigned) used);
  start = bytes->len;
  if (length > 0)
    g_byte_array_append (bytes, payload, (unsigned) length);
  if (mask != NULL)
    ls_frame_mask (bytes->data + start, length, mask, 0);
}

GByteArray *
frame_lines_build (const char *input)
{
  static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
  g_auto (GStrv) words = g_strsplit (input, " ", -1);
  GByteArray *bytes = g_byte_array_new ();

  for (unsigned i = 0; words[i] != NULL; i++)
    {
      const char *word = words[i];
      g_autoptr (GByteArray) payload = g_byte_array_new ();
      uint8_t first;

      if (word[0] == '~')
        {
          frame_lines_append_hex (bytes, word + 1);
          continue;
        }

      first = (uint8_t) (g_ascii_xdigit_value (word[0]) << 4 | g_ascii_xdigit_value (word[1]));
      if (word[2] == '=')
        {
          frame_lines_append_hex (payload, word + 3);
        }
      else if (word[2] == '*')
        {
          g_byte_array_set_size (payload, (unsigned) g_ascii_strtoull (word + 3, NULL, 10));
          memset (payload->data, 'a', payload->len);
        }
      else
        {
          g_assert_cmpint (word[2], ==, '\'');
          g_byte_array_append (payload, (const uint8_t *) word + 3,
                               (unsigned) strlen (word + 3) - 1);
        }
      frame_lines_append_frame (bytes, first, payload->data, payload->len, mask);
    }
  return bytes;
}

static void
print_payload (GString       *out,
               const uint8_t *data,
               size_t         length)
{
  gboolean printable = TRUE;
  gboolean same = length > 40;

  for (size_t i = 0; i < length; i++)
    {
      printable = printable && g_ascii_isprint (data[i]);
      same = same && data[i] == 'a';
    }
  if (same)
    {
      g_string_append_printf (out, "*%" G_GSIZE_FORMAT, length);
    }
  else if (printable)
    {
      g_string_append_c (out, '\'');
      g_string_append_len (out, (const char *) data, (gssize) length);
      g_string_append_c (out, '\'');
    }
  else
    {
      g_string_append_c (out, '=');
      for (size_t i = 0; i < length; i++)
        g_string_append_printf (out, "%02x", data[i]);
    }
}

void
frame_lines_print_item (GString     *out,
                        LsFrameItem *item)
{
  if (out->len > 0)
    g_string_append_c (out, ' ');
  switch (item->opcode)
    {
    case LS_FRAME_TEXT:
      g_string_append (out, "text");
      break;
    case LS_FRAME_BINARY:
      g_string_append (out, "binary");
      break;
    case LS_FRAME_PING:
      g_string_append (out, "ping");
      break;
    case LS_FRAME_PONG:
      g_string_append (out, "pong");
      break;
    case LS_FRAME_CLOSE:
      g_string_append_printf (out, "close %u", item->code);
      break;
    case LS_FRAME_CONTINUATION:
    default:
      g_assert_not_reached ();
    }
  print_payload (out, item->data, item->length);
}

void
frame_lines_print_more (GString *out)
{
  g_string_append (out, out->len > 0 ? " more" : "more");
}

void
frame_lines_print_error (GString *out,
                         unsigned code)
{
  g_string_append_printf (out, "%serror %u", out->len > 0 ? " " : "", code);
}

/* Feeds all bytes, in pieces of at most @piece bytes (of random length if @random). Returns what
 * came, and after how many bytes an error did. */
char *
frame_lines_parse (const LsFrameLimits *with,
                   GByteArray          *input,
                   size_t               piece,
                   GRand               *random,
                   size_t              *error_at)
{
  g_autofree uint8_t *bytes = g_memdup2 (input->data, input->len);
  g_autoptr (GString) out = g_string_new (NULL);
  LsFrameParser parser;
  size_t at = 0;

  *error_at = 0;
  ls_frame_parser_init (&parser, with);
  while (at < input->len && *error_at == 0)
    {
      size_t most = MIN (piece, input->len - at);
      size_t left = random != NULL ? (size_t) g_rand_int_range (random, 0, (int) most + 1) : most;
      LsFrameStatus status;

      do
        {
          /* A copy of its own, so that a sanitizer sees any step beyond it. */
          g_autofree uint8_t *copy = g_malloc (MAX (left, 1));
          LsFrameItem item = { 0 };
          size_t consumed;

          memcpy (copy, bytes + at, left);
          status = ls_frame_parser_feed (&parser, copy, left, &consumed, &item);
          g_assert_cmpuint (consumed, <=, left);
          at += consumed;
          left -= consumed;
          if (status == LS_FRAME_ITEM)
            {
              frame_lines_print_item (out, &item);
            }
          else if (status == LS_FRAME_ERROR)
            {
              g_assert_nonnull (item.text);
              frame_lines_print_error (out, item.code);
              *error_at = at;
            }
          else
            {
              g_assert_cmpuint (left, ==, 0);
            }
        }
      while (status == LS_FRAME_ITEM);
    }
  if (*error_at == 0 && !ls_frame_parser_is_idle (&parser))
    frame_lines_print_more (out);
  ls_frame_parser_clear (&parser);
  g_assert_cmpuint (ls_frame_parser_get_buffered (&parser), ==, 0);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
