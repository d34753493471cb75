/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api.h"

#include "core/ls-error.h"
#include "core/ls-json-writer.h"
#include "server/ls-api-bodies.h"
#include "server/ls-server.h"

/* Passwords are checked one after the other; who comes when so many wait comes again later. */
#define MAX_WAITING 32

typedef struct {
  LsServer *server;
  LsRequest *request;
  LsSignInBody body;

  /* Filled on the queue. */
  LsIdentity *identity;
  char *token;
  char *client;
  GError *error;
} SignIn;

static void
sign_in_free (gpointer data)
{
  SignIn *job = data;

  job->server->sign_ins--;
  ls_request_unref (job->request);
  ls_sign_in_body_clear (&job->body);
  g_clear_pointer (&job->identity, ls_identity_unref);
  g_free (job->token);
  g_free (job->client);
  g_clear_error (&job->error);
  g_free (job);
}

static bool
read_body (SignIn  *job,
           GError **error)
{
  SoupServerMessage *message = ls_request_get_message (job->request);
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (message));
  size_t length;
  const char *text = g_bytes_get_data (body, &length);

  return ls_sign_in_body_read (text, length, &job->body, error);
}

static GBytes *
make_body (SignIn *job)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
  size_t length;
  char *text;

  ls_json_writer_begin_object (writer);
  ls_json_writer_name (writer, "token");
  ls_json_writer_text (writer, job->token);
  ls_json_writer_name (writer, "client");
  ls_json_writer_text (writer, job->client);
  ls_json_writer_name (writer, "user");
  ls_json_writer_text (writer, job->identity->user);
  ls_json_writer_name (writer, "expires");
  ls_json_writer_integer (writer, job->identity->expires);
  ls_json_writer_end_object (writer);
  text = ls_json_writer_finish (writer, &length);
  return g_bytes_new_take (text, length);
}

static void
answer_cb (gpointer data)
{
  SignIn *job = data;
  g_autoptr (GBytes) body = NULL;

  if (job->client == NULL)
    {
      unsigned status = SOUP_STATUS_SERVICE_UNAVAILABLE;

      if (g_error_matches (job->error, LS_ERROR, LS_ERROR_AUTH))
        status = SOUP_STATUS_UNAUTHORIZED;
      else if (g_error_matches (job->error, LS_ERROR, LS_ERROR_VALIDATION))
        status = SOUP_STATUS_BAD_REQUEST;
      else
        g_warning ("A sign-in failed: %s", job->error->message);
      ls_request_fail (job->request, status, job->error, 0);
      return;
    }
  ls_http_return_sign_in (job->server->http, job->request);
  body = make_body (job);
  ls_request_answer (job->request, SOUP_STATUS_OK, "application/json", body);
}

static void
sign_in_cb (gpointer data)
{
  SignIn *job = data;
  LsAccess *access = job->server->access;
  int64_t lifetime = ls_config_get_number (job->server->config, LS_OPTION_TOKEN_LIFETIME);

  if (!ls_access_check_password (access, job->body.user, job->body.password, &job->error))
    return;
  job->token = ls_access_issue_token (access, job->body.user, job->body.device, lifetime, &job->error);
  if (job->token != NULL)
    job->identity = ls_access_check_token (access, job->token, &job->error);
  if (job->identity != NULL)
    job->client = ls_access_issue_client (access, job->identity, &job->error);
}

/* Done on the queue, or dropped by it: the rest belongs to the main thread. */
static void
post_answer (gpointer data)
{
  SignIn *job = data;
  LsEnvironment *environment = job->server->environment;

  if (job->client == NULL && job->error == NULL)
    job->error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the server is ending");
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN),
                       answer_cb, job, sign_in_free);
}

void
ls_api_sign_in (LsRequest  *request,
                const char *path,
                gpointer    user_data)
{
  LsServer *server = user_data;
  SignIn *job;
  g_autoptr (GError) error = NULL;
  int64_t wait = 0;

  if (!ls_http_take_sign_in (server->http, request, &wait) || server->sign_ins >= MAX_WAITING)
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_RATE_LIMIT, "too many sign-ins");
      ls_request_fail (request, LS_STATUS_TOO_MANY_REQUESTS, error, MAX (wait, G_USEC_PER_SEC));
      return;
    }
  job = g_new0 (SignIn, 1);
  server->sign_ins++;
  job->server = server;
  job->request = ls_request_ref (request);
  if (!read_body (job, &error))
    {
      ls_request_fail (request, SOUP_STATUS_BAD_REQUEST, error, 0);
      sign_in_free (job);
      return;
    }
  ls_environment_post (server->environment,
                       ls_environment_get_queue (server->environment, "sign-in"), sign_in_cb, job,
                       post_answer);
}
