/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-error.h"
#include "ls-sim-fetch-private.h"
#include "ls-sim-rights.h"

/* A request for rows, at the server: what its front does with #LsSnapshots. */

#define PIECE 16384

typedef struct {
  LsSimFetch *fetch;
  LsRole role;
  LsScope scope;
} Asked;

static void
asked_free (gpointer data)
{
  Asked *asked = data;

  g_object_unref (asked->fetch);
  g_free (asked);
}

static GByteArray *
unzip (GBytes *gzipped)
{
  g_autoptr (GZlibDecompressor) decompressor =
      g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GInputStream) memory = g_memory_input_stream_new_from_bytes (gzipped);
  g_autoptr (GInputStream) stream =
      g_converter_input_stream_new (memory, G_CONVERTER (decompressor));
  g_autoptr (GError) error = NULL;
  GByteArray *body = g_byte_array_new ();
  uint8_t piece[PIECE];
  gssize length;

  while ((length = g_input_stream_read (stream, piece, sizeof piece, NULL, &error)) > 0)
    g_byte_array_append (body, piece, (unsigned) length);
  g_assert_no_error (error);
  return body;
}

static void
judge_rights (const Asked *asked)
{
  const LsSimFetch *self = asked->fetch;
  g_autofree char *what = ls_sim_rights_judge_snapshot (
      asked->role, &asked->scope, (const char *) self->body->data, self->body->len);

  if (what != NULL)
    ls_sim_oracle_accuse (self->network->oracle, "client %u, %s, was sent %s", self->client,
                          ls_role_to_name (asked->role), what);
}

static void
snapshot_cb (GBytes            *body,
             int64_t            done,
             const LsEditCount *before,
             const GError      *error,
             gpointer           user_data)
{
  const Asked *asked = user_data;
  LsSimFetch *self = asked->fetch;

  if (body == NULL)
    {
      ls_sim_fetch_answer (self,
                           g_error_matches (error, LS_ERROR, LS_ERROR_VALIDATION) ? 403 : 503);
      return;
    }
  if (self->answered)
    return;
  self->done = done;
  self->before = *before;
  g_byte_array_unref (self->body);
  self->body = unzip (body);
  judge_rights (asked);
  if (self->breaks == LS_SIM_BREAK_GARBLED)
    self->body->data[self->body->len / 2 +
                     ls_sim_dice_below (&self->network->dice, self->body->len / 2)] ^= 0x10;
  ls_sim_world_note (self->network->world,
                     "client %u gets rows, done %" G_GINT64_FORMAT ": %.120s", self->client, done,
                     (char *) self->body->data);
  ls_sim_world_note_bytes (self->network->world, self->body->data, self->body->len);
  ls_sim_fetch_answer (self, 200);
}

void
ls_sim_fetch_ask_snapshot (LsSimFetch *self,
                           LsIdentity *identity)
{
  g_autoptr (GError) error = NULL;
  Asked *asked;
  LsScope scope;
  LsRole role;

  if (!ls_identity_get_role (identity, LS_SIM_SHOP, &role))
    {
      ls_sim_fetch_answer (self, 403);
      return;
    }
  ls_scope_from_text (self->collections, &scope, &error);
  g_assert_no_error (error);
  asked = g_new0 (Asked, 1);
  asked->fetch = g_object_ref (self);
  asked->role = role;
  asked->scope = scope;
  ls_snapshots_get (self->server->snapshots, identity, LS_SIM_SHOP,
                    ls_view_get (role, LS_SCHEMA_VERSION), &scope, self->min_version,
                    self->client_id, snapshot_cb, asked, asked_free);
}
