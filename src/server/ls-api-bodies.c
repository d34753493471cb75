/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api-bodies.h"

#include <string.h>


#include "core/ls-error.h"
#include "core/ls-json-guard.h"
#include "core/ls-json-reader.h"
#include "server/sample/ls-simulation.h"

#define MAX_NAME_BYTES 200
#define MAX_PASSWORD_BYTES 1024

/* A body is an object. */
static LsJsonDocument *
parse (const char *text,
       size_t      length,
       GError    **error)
{
  static const LsJsonLimits limits = { .max_depth = 2, .max_values = 64 };
  g_autoptr (LsJsonDocument) document =
      ls_json_document_new (text != NULL ? text : "", length, &limits, error);

  if (document == NULL || ls_json_document_get_object (document) != NULL)
    return g_steal_pointer (&document);
  g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL, "the body is a JSON object");
  return NULL;
}

/**
 * ls_sign_in_body_read:
 * @text: (nullable): a body
 * @length: its length
 * @body: what to fill; empty
 * @error: where to put why not: %LS_ERROR_PROTOCOL with the place
 *
 * Reads what somebody not yet known sent. At most 64 values and 2 levels are looked at.
 *
 * Returns: whether @body is filled; clear it in any case
 */
bool
ls_sign_in_body_read (const char   *text,
                      size_t        length,
                      LsSignInBody *body,
                      GError      **error)
{
  g_autoptr (LsJsonDocument) document = parse (text, length, error);
  g_auto (LsJsonReader) reader = { NULL, NULL };
  const LsJsonNode *object;

  if (document == NULL)
    return false;
  object = ls_json_document_get_object (document);
  ls_json_reader_init (&reader);
  body->user = ls_json_reader_text (&reader, object, "user", LS_JSON_REQUIRED, MAX_NAME_BYTES);
  body->password =
      ls_json_reader_text (&reader, object, "password", LS_JSON_REQUIRED, MAX_PASSWORD_BYTES);
  body->device = ls_json_reader_text (&reader, object, "device", LS_JSON_REQUIRED, MAX_NAME_BYTES);
  if (reader.error == NULL)
    return true;
  g_propagate_error (error, g_steal_pointer (&reader.error));
  return false;
}

/**
 * ls_sign_in_body_clear:
 * @body: a body
 *
 * Frees it, and wipes the password.
 */
void
ls_sign_in_body_clear (LsSignInBody *body)
{
  if (body->password != NULL)
    memset (body->password, 0, strlen (body->password));
  g_clear_pointer (&body->user, g_free);
  g_clear_pointer (&body->password, g_free);
  g_clear_pointer (&body->device, g_free);
}

/**
 * ls_simulate_body_read:
 * @text: (nullable): a body
 * @length: its length
 * @body: what to fill
 * @error: where to put why not: %LS_ERROR_PROTOCOL with the place
 *
 * Reads how much traffic is wanted.
 *
 * Returns: whether @body is filled
 */
bool
ls_simulate_body_read (const char     *text,
                       size_t          length,
                       LsSimulateBody *body,
                       GError        **error)
{
  g_autoptr (LsJsonDocument) document = parse (text, length, error);
  g_auto (LsJsonReader) reader = { NULL, NULL };
  const LsJsonNode *object;

  if (document == NULL)
    return false;
  object = ls_json_document_get_object (document);
  ls_json_reader_init (&reader);
  body->rate = ls_json_reader_integer (&reader, object, "rate", LS_JSON_REQUIRED, 0);
  body->seed = ls_json_reader_integer (&reader, object, "seed", LS_JSON_OPTIONAL, 1);
  if (reader.error == NULL && body->rate > LS_SIMULATION_MAX_RATE)
    ls_json_reader_fail (&reader, "rate", "at most %d events an hour", LS_SIMULATION_MAX_RATE);
  if (reader.error == NULL)
    return true;
  g_propagate_error (error, g_steal_pointer (&reader.error));
  return false;
}
