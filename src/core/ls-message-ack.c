/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-message"

#include "config.h"

#include "core/ls-message.h"

#include <string.h>

static bool
scan_literal (const char **at,
              const char  *end,
              const char  *literal)
{
  size_t length = strlen (literal);

  if ((size_t) (end - *at) < length || memcmp (*at, literal, length) != 0)
    return false;
  *at += length;
  return true;
}

static bool
scan_number (const char **at,
             const char  *end,
             int64_t     *ret_number)
{
  const char *start = *at;
  int64_t number = 0;

  while (*at < end && g_ascii_isdigit (**at) && *at - start < 16)
    number = number * 10 + (*(*at)++ - '0');
  if (*at == start || (*start == '0' && *at - start > 1) || number >= INT64_C (1) << 53)
    return false;
  *ret_number = number;
  return true;
}

/**
 * ls_message_scan_ack:
 * @text: a message as it came
 * @length: its bytes
 * @ret_shop: where to put the shop's id
 * @shop_size: bytes there
 * @ret_ack: (out): the numbers; its shop is left %NULL
 *
 * Reads an `ack` in the fixed form in which ls_message_encode() writes it, without a parser: an ack
 * comes with every delta. Any other text is not an error: ls_message_decode() reads it.
 *
 * Returns: whether @text is an ack in that form
 */
bool
ls_message_scan_ack (const char *text,
                     size_t      length,
                     char       *ret_shop,
                     size_t      shop_size,
                     LsAck      *ret_ack)
{
  const char *at = text;
  const char *end = text + length;
  const char *shop;
  char id[LS_KEY_MAX_BYTES + 1];
  LsAck ack = { NULL, 0, 0, 0 };

  if (!scan_literal (&at, end, "{\"t\":\"ack\",\"shop\":\""))
    return false;
  shop = at;
  while (at < end && *at != '"' && *at != '\\' && (unsigned char) *at >= 0x20)
    at++;
  length = (size_t) (at - shop);
  if (at == end || *at != '"' || length >= MIN (shop_size, sizeof id))
    return false;
  memcpy (id, shop, length);
  id[length] = '\0';
  if (!scan_literal (&at, end, "\",\"version\":") || !scan_number (&at, end, &ack.version) ||
      !scan_literal (&at, end, ",\"n\":") || !scan_number (&at, end, &ack.n) ||
      !scan_literal (&at, end, ",\"applied\":") || !scan_number (&at, end, &ack.applied) ||
      !scan_literal (&at, end, "}") || at != end || !ls_key_is_valid (id))
    return false;
  g_strlcpy (ret_shop, id, shop_size);
  *ret_ack = ack;
  return true;
}
