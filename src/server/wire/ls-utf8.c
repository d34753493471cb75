/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-wire"

#include "config.h"

#include "server/wire/ls-utf8.h"

#include <string.h>

/* Takes the first byte of a character: how many follow, and the bounds of the next one. The bounds
 * of the bytes after that one are always 0x80 to 0xbf. */
static gboolean
start_character (LsUtf8  *utf8,
                 uint8_t  byte)
{
  utf8->low = 0x80;
  utf8->high = 0xbf;

  if (byte >= 0xc2 && byte <= 0xdf)
    {
      utf8->need = 1;
    }
  else if (byte >= 0xe0 && byte <= 0xef)
    {
      utf8->need = 2;
      if (byte == 0xe0)
        utf8->low = 0xa0; /* below would be an overlong form */
      else if (byte == 0xed)
        utf8->high = 0x9f; /* above are the surrogates */
    }
  else if (byte >= 0xf0 && byte <= 0xf4)
    {
      utf8->need = 3;
      if (byte == 0xf0)
        utf8->low = 0x90;
      else if (byte == 0xf4)
        utf8->high = 0x8f; /* above is beyond U+10FFFF */
    }
  else
    {
      return FALSE;
    }
  return TRUE;
}

static size_t
skip_ascii (const uint8_t *data,
            size_t         length)
{
  size_t i = 0;

  for (; i + 8 <= length; i += 8)
    {
      uint64_t word;

      memcpy (&word, data + i, sizeof word);
      if (word & UINT64_C (0x8080808080808080))
        break;
    }
  while (i < length && data[i] < 0x80)
    i++;
  return i;
}

gboolean
ls_utf8_feed (LsUtf8        *utf8,
              const uint8_t *data,
              size_t         length)
{
  size_t i = 0;

  while (i < length)
    {
      if (utf8->need == 0)
        {
          i += skip_ascii (data + i, length - i);
          if (i < length && !start_character (utf8, data[i++]))
            return FALSE;
          continue;
        }

      if (data[i] < utf8->low || data[i] > utf8->high)
        return FALSE;
      utf8->low = 0x80;
      utf8->high = 0xbf;
      utf8->need--;
      i++;
    }
  return TRUE;
}

gboolean
ls_utf8_is_complete (const LsUtf8 *utf8)
{
  return utf8->need == 0;
}
