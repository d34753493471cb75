/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes through POST /v1/exchange, both ways: an envelope that is understood is written and
 * understood again as the same one, and the messages in it lie within the text that they came in. The
 * first byte says which of the two it is. */
#include "config.h"

#include <string.h>

#include "core/ls-envelope.h"
#include "fuzz-target.h"

static void
check_messages (const LsEnvelope *envelope,
                const char       *text,
                size_t            length)
{
  g_assert_cmpuint (envelope->messages->len, <=, LS_MAX_ENVELOPE_MESSAGES);
  for (unsigned i = 0; i < envelope->messages->len; i++)
    {
      const LsTextSlice *slice = &g_array_index (envelope->messages, LsTextSlice, i);

      g_assert_true (slice->text >= text && slice->text + slice->length <= text + length);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  LsEnvelopeKind kind = size > 0 && data[0] == 'a' ? LS_ENVELOPE_ANSWER : LS_ENVELOPE_REQUEST;
  const char *text = (const char *) data + 1;
  g_autoptr (LsEnvelope) envelope = NULL;
  g_autoptr (LsEnvelope) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  size_t first_length, second_length;

  if (size == 0)
    return 0;
  envelope = ls_envelope_decode (text, size - 1, kind, &error);
  if (envelope == NULL)
    {
      fuzz_check_error (error);
      return 0;
    }
  g_assert_no_error (error);
  check_messages (envelope, text, size - 1);
  first = ls_envelope_encode (envelope, kind, &first_length);
  again = ls_envelope_decode (first, first_length, kind, &error);
  if (again == NULL)
    g_error ("What was written is not understood: %s: %s", error->message, first);
  g_assert_cmpuint (ls_envelope_hash (envelope), ==, ls_envelope_hash (again));
  second = ls_envelope_encode (again, kind, &second_length);
  g_assert_cmpmem (first, first_length, second, second_length);
  return 0;
}
