/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message that is understood is written and understood again as the same message. One that is not
 * has a reason in words. The quick look at an ack agrees with the whole one. The first byte says
 * from which side the message comes. */
#include "config.h"

#include <string.h>

#include "core/ls-message.h"
#include "fuzz-target.h"

static void
check_ack (const char *text,
           size_t      length,
           LsMessage  *message)
{
  char shop[LS_KEY_MAX_BYTES + 1];
  LsAck ack = { NULL };

  if (!ls_message_scan_ack (text, length, shop, sizeof shop, &ack))
    return;
  g_assert_nonnull (message);
  g_assert_cmpint (message->type, ==, LS_MESSAGE_ACK);
  g_assert_cmpstr (message->ack.shop, ==, shop);
  g_assert_cmpint (message->ack.version, ==, ack.version);
  g_assert_cmpint (message->ack.n, ==, ack.n);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  LsMessageSide from = size > 0 && data[0] == 's' ? LS_FROM_SERVER : LS_FROM_CLIENT;
  const char *text = (const char *) data + 1;
  g_autoptr (LsMessage) message = NULL;
  g_autoptr (LsMessage) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  size_t first_length, second_length;

  if (size == 0)
    return 0;
  message = ls_message_decode (text, size - 1, from, &error);
  if (from == LS_FROM_CLIENT)
    check_ack (text, size - 1, message);
  if (message == NULL)
    {
      fuzz_check_error (error);
      return 0;
    }
  g_assert_no_error (error);
  /* The server rejects such an edit; nobody writes one. */
  if (message->type == LS_MESSAGE_MUTATE && message->mutate.body_error != NULL)
    {
      fuzz_check_error (message->mutate.body_error);
      return 0;
    }
  first = ls_message_encode (message, &first_length);
  again = ls_message_decode (first, first_length, from, &error);
  if (again == NULL)
    g_error ("What was written is not understood: %s: %s", error->message, first);
  second = ls_message_encode (again, &second_length);
  g_assert_cmpmem (first, first_length, second, second_length);
  return 0;
}
