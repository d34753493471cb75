/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api.h"

#include "core/ls-error.h"
#include "core/ls-snapshot.h"
#include "server/ls-server.h"

#define NO_SHOP "no such shop, or no right in it"
/* For a shop of millions of rows, with others before it. */
#define PATIENCE (INT64_C (600) * G_USEC_PER_SEC)

static void
fail (LsRequest  *request,
      unsigned    status,
      LsErrorCode code,
      const char *words)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, (int) code, words);

  ls_request_fail (request, status, error, 0);
}

static bool
parse_number (const char *text,
              uint64_t    fallback,
              uint64_t   *ret_number)
{
  *ret_number = fallback;
  return text == NULL || g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT64, ret_number, NULL);
}

static void
snapshot_cb (GBytes            *body,
             int64_t            done,
             const LsEditCount *before,
             const GError      *error,
             gpointer           user_data)
{
  LsRequest *request = user_data;
  SoupMessageHeaders *headers =
      soup_server_message_get_response_headers (ls_request_get_message (request));

  if (g_error_matches (error, LS_ERROR, LS_ERROR_VALIDATION))
    {
      fail (request, SOUP_STATUS_FORBIDDEN, LS_ERROR_FORBIDDEN, NO_SHOP);
      return;
    }
  if (error != NULL)
    {
      ls_request_fail (request, SOUP_STATUS_SERVICE_UNAVAILABLE, error, G_USEC_PER_SEC);
      return;
    }
  soup_message_headers_replace (headers, "Content-Encoding", "gzip");
  if (done >= 0)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, done);

      soup_message_headers_replace (headers, LS_SNAPSHOT_DONE_HEADER, text);
    }
  if (before->epoch[0] != '\0')
    {
      g_autofree char *text = ls_edit_count_to_text (before);

      soup_message_headers_replace (headers, LS_SNAPSHOT_BEFORE_HEADER, text);
    }
  ls_request_answer (request, SOUP_STATUS_OK, LS_SNAPSHOT_CONTENT_TYPE, body);
}

void
ls_api_snapshot (LsRequest  *request,
                 const char *path,
                 gpointer    user_data)
{
  LsServer *server = user_data;
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (ls_request_get_message (request));
  LsIdentity *identity = ls_request_get_identity (request);
  g_autoptr (GError) error = NULL;
  LsScope scope;
  uint64_t schema, version;
  LsRole role;

  if (!ls_key_is_valid (path) || !ls_identity_get_role (identity, path, &role))
    fail (request, SOUP_STATUS_FORBIDDEN, LS_ERROR_FORBIDDEN, NO_SHOP);
  else if (!ls_scope_from_text (ls_request_get_query (request, "collections"), &scope, &error))
    {
      g_prefix_error (&error, "collections: ");
      ls_request_fail (request, SOUP_STATUS_BAD_REQUEST, error, 0);
    }
  else if (!parse_number (ls_request_get_query (request, "schema"), LS_SCHEMA_VERSION, &schema))
    fail (request, SOUP_STATUS_BAD_REQUEST, LS_ERROR_PROTOCOL, "schema: not a number");
  else if (!parse_number (ls_request_get_query (request, "version"), 0, &version))
    fail (request, SOUP_STATUS_BAD_REQUEST, LS_ERROR_PROTOCOL, "version: not a number");
  else
    {
      ls_request_hold (request, PATIENCE);
      ls_snapshots_get (server->snapshots, identity, path,
                        ls_view_get (role, (unsigned) MIN (schema, LS_SCHEMA_VERSION)), &scope,
                        (int64_t) version,
                        soup_message_headers_get_one (headers, LS_SNAPSHOT_CLIENT_HEADER),
                        snapshot_cb, ls_request_ref (request), (GDestroyNotify) ls_request_unref);
    }
}
