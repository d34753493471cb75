/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes of a stream of WebSocket frames is the same however it is cut, text that is told is
 * UTF-8, and what the parser holds is at most twice what it may. The first two bytes of the input
 * choose the role and the cuts. */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "fuzz-target.h"
#include "server/wire/ls-frame.h"

#define MAX_MESSAGE 5000
#define MAX_FRAGMENTS 20

static void
note (GString     *told,
      LsFrameItem *item)
{
  g_string_append_printf (told, "%d %u %" G_GSIZE_FORMAT ":", item->opcode, item->code, item->length);
  g_string_append_len (told, (const char *) item->data, (gssize) item->length);
}

static void
check_item (LsFrameItem *item)
{
  LsUtf8 utf8 = { 0 };

  g_assert_cmpuint (item->length, <=, MAX_MESSAGE);
  if (item->opcode == LS_FRAME_TEXT || item->opcode == LS_FRAME_CLOSE)
    g_assert_true (ls_utf8_feed (&utf8, item->data, item->length) && ls_utf8_is_complete (&utf8));
  if (item->opcode == LS_FRAME_CLOSE && item->code != LS_FRAME_CODE_NO_STATUS)
    g_assert_true (ls_frame_code_is_valid (item->code));
}

/* In one piece, or in pieces of random lengths. */
static GString *
parse (LsFrameRole    role,
       const uint8_t *data,
       size_t         size,
       GRand         *random)
{
  const LsFrameLimits limits = {
    .role = role, .max_message = MAX_MESSAGE, .max_fragments = MAX_FRAGMENTS,
  };
  LsFrameStatus status = LS_FRAME_MORE;
  GString *told = g_string_new (NULL);
  LsFrameParser parser;

  ls_frame_parser_init (&parser, &limits);
  while (size > 0 && status != LS_FRAME_ERROR)
    {
      size_t left = random != NULL ? (size_t) g_rand_int_range (random, 1, 40) : size;

      left = MIN (left, size);
      do
        {
          g_autofree uint8_t *piece = g_malloc (left + 1);
          LsFrameItem item = { 0 };
          size_t consumed;

          memcpy (piece, data, left);
          status = ls_frame_parser_feed (&parser, piece, left, &consumed, &item);
          g_assert_cmpuint (consumed, <=, left);
          g_assert_cmpuint (ls_frame_parser_get_buffered (&parser), <=, 2 * MAX_MESSAGE);
          data += consumed;
          size -= consumed;
          left -= consumed;
          if (status == LS_FRAME_ITEM)
            check_item (&item);
          if (status != LS_FRAME_MORE)
            note (told, &item);
        }
      while (status == LS_FRAME_ITEM);
    }
  g_string_append_printf (told, "%d", ls_frame_parser_is_idle (&parser));
  ls_frame_parser_clear (&parser);

  return told;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GRand) random = NULL;
  GString *whole, *pieces;
  LsFrameRole role;

  if (size < 2)
    return 0;

  role = data[0] & 1 ? LS_FRAME_ROLE_CLIENT : LS_FRAME_ROLE_SERVER;
  random = g_rand_new_with_seed (data[1]);
  whole = parse (role, data + 2, size - 2, NULL);
  pieces = parse (role, data + 2, size - 2, random);
  g_assert_cmpmem (whole->str, whole->len, pieces->str, pieces->len);
  g_string_free (whole, TRUE);
  g_string_free (pieces, TRUE);

  return 0;
}
