/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-fetch-private.h"

#include <string.h>
#include <xxhash.h>

#include "server/ls-exchange.h"

/* Messages in requests, at the server: what its front does with #LsExchanges, and who reads along. */

/* --- Reading along --------------------------------------------------------------------------- */

void
ls_sim_talk_free (gpointer data)
{
  LsSimTalk *talk = data;

  ls_sim_monitor_free (talk->monitor);
  g_free (talk->session);
  g_free (talk);
}

static LsSimTalk *
find_talk (LsSimNetwork *network,
           unsigned      client,
           const char   *session)
{
  LsSimTalk *talk;

  for (unsigned i = 0; i < network->talks->len; i++)
    {
      talk = g_ptr_array_index (network->talks, i);
      if (g_str_equal (talk->session, session))
        return talk;
    }
  talk = g_new0 (LsSimTalk, 1);
  talk->session = g_strdup (session);
  talk->monitor = ls_sim_monitor_new (network->oracle, client, LS_SIM_ON_REQUEST);
  g_ptr_array_add (network->talks, talk);
  return talk;
}

static void
read_messages (LsSimFetch       *self,
               LsSimTalk        *talk,
               const LsEnvelope *envelope,
               LsSimDirection    way)
{
  for (unsigned i = 0; i < envelope->messages->len; i++)
    {
      const LsTextSlice *slice = &g_array_index (envelope->messages, LsTextSlice, i);
      g_autofree char *text = g_strndup (slice->text, slice->length);

      ls_sim_world_note (self->network->world, "client %u %s (%" G_GINT64_FORMAT ") %s",
                         self->client, way == LS_SIM_UP ? ">" : "<", envelope->seq, text);
      if (way == LS_SIM_UP)
        ls_sim_monitor_up (talk->monitor, text, slice->length);
      else
        ls_sim_monitor_down (talk->monitor, text, slice->length);
    }
}

void
ls_sim_fetch_watch (LsSimFetch *self)
{
  size_t length;
  const char *text = g_bytes_get_data (self->request, &length);
  g_autoptr (LsEnvelope) envelope =
      ls_envelope_decode (text, length, LS_ENVELOPE_REQUEST, NULL);
  LsSimTalk *talk;

  g_assert_nonnull (envelope);
  if (envelope->session == NULL)
    return;
  talk = find_talk (self->network, self->client, envelope->session);
  if (envelope->seq <= talk->asked)
    return;
  talk->asked = envelope->seq;
  read_messages (self, talk, envelope, LS_SIM_UP);
}

/* The answer to a number is always the same, and each word is told once. */
static void
watch_answer (LsSimFetch *self,
              GBytes     *body)
{
  size_t length;
  const char *text = g_bytes_get_data (body, &length);
  g_autoptr (LsEnvelope) envelope = ls_envelope_decode (text, length, LS_ENVELOPE_ANSWER, NULL);
  uint64_t hash = XXH3_64bits (text, length);
  LsSimTalk *talk;

  if (envelope == NULL || envelope->session == NULL)
    {
      ls_sim_oracle_accuse (self->network->oracle, "an answer to client %u can't be read",
                            self->client);
      return;
    }
  talk = find_talk (self->network, self->client, envelope->session);
  if (envelope->seq <= talk->answered && talk->hashes[envelope->seq % LS_ENVELOPE_WINDOW] != hash)
    ls_sim_oracle_accuse (self->network->oracle,
                          "request %" G_GINT64_FORMAT " of client %u was answered in two ways",
                          envelope->seq, self->client);
  if (envelope->seq <= talk->answered)
    return;
  talk->answered = envelope->seq;
  talk->hashes[envelope->seq % LS_ENVELOPE_WINDOW] = hash;
  read_messages (self, talk, envelope, LS_SIM_DOWN);
}

/* --- At the server --------------------------------------------------------------------------- */

static void
take_body (LsSimFetch *self,
           GBytes     *body)
{
  size_t length;
  const uint8_t *data = g_bytes_get_data (body, &length);

  g_byte_array_append (self->body, data, (unsigned) length);
  if (self->breaks == LS_SIM_BREAK_GARBLED)
    self->body->data[ls_sim_dice_below (&self->network->dice, self->body->len)] = '\x01';
}

static void
answer_cb (const LsExchangeAnswer *told,
           gpointer                user_data)
{
  g_autoptr (LsSimFetch) self = user_data;
  LsSimServer *server = self->server;

  /* One that was killed tells nobody anything; its system closes the connection, if it still can. */
  if (!ls_sim_server_is_up (server))
    {
      if (server->end == LS_SIM_KILLED)
        ls_sim_fetch_answer (self, 0);
      return;
    }
  if (told->body != NULL)
    watch_answer (self, told->body);
  if (self->answered)
    return;
  self->retry_after = told->retry_after;
  if (told->body != NULL)
    take_body (self, told->body);
  ls_sim_fetch_answer (self, told->status);
}

void
ls_sim_fetch_ask_exchange (LsSimFetch *self,
                           LsIdentity *identity)
{
  size_t length;
  const char *text = g_bytes_get_data (self->request, &length);

  ls_exchanges_take (self->server->exchanges, identity, text, length, answer_cb,
                     g_object_ref (self));
}
