/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-api"

#include "config.h"

#include "server/ls-api.h"

#include "core/ls-error.h"
#include "core/ls-json-writer.h"
#include "server/ls-api-bodies.h"
#include "server/ls-server.h"

/* Whoever wants traffic asks again within this time: when he is gone, it ends. */
#define LEASE (15 * G_USEC_PER_SEC)

typedef struct {
  LsServer *server;
  LsRequest *request;
  char *shop;
  LsSimulateBody body;

  /* Filled on the queue. */
  bool done;
  GError *error;
} Simulate;

static void
simulate_free (gpointer data)
{
  Simulate *job = data;

  ls_request_unref (job->request);
  g_free (job->shop);
  g_clear_error (&job->error);
  g_free (job);
}

static bool
read_body (Simulate *job,
           GError  **error)
{
  g_autoptr (GBytes) body = soup_message_body_flatten (
      soup_server_message_get_request_body (ls_request_get_message (job->request)));
  size_t length;
  const char *text = g_bytes_get_data (body, &length);

  return ls_simulate_body_read (text, length, &job->body, error);
}

static void
answer_cb (gpointer data)
{
  Simulate *job = data;
  g_autoptr (LsJsonWriter) writer = NULL;
  g_autoptr (GBytes) body = NULL;
  size_t length;
  char *text;

  if (job->error != NULL)
    {
      unsigned status = SOUP_STATUS_SERVICE_UNAVAILABLE;

      if (g_error_matches (job->error, LS_ERROR, LS_ERROR_FORBIDDEN))
        status = SOUP_STATUS_FORBIDDEN;
      else if (g_error_matches (job->error, LS_ERROR, LS_ERROR_VALIDATION))
        status = SOUP_STATUS_NOT_FOUND;
      ls_request_fail (job->request, status, job->error, 0);
      return;
    }
  writer = ls_json_writer_new ();
  ls_json_writer_begin_object (writer);
  ls_json_writer_name (writer, "lease");
  ls_json_writer_integer (writer, job->body.rate > 0 ? LEASE : 0);
  ls_json_writer_end_object (writer);
  text = ls_json_writer_finish (writer, &length);
  body = g_bytes_new_take (text, length);
  ls_request_answer (job->request, SOUP_STATUS_OK, "application/json", body);
}

static void
run_cb (gpointer data)
{
  Simulate *job = data;

  job->done = ls_simulator_run (job->server->simulator, job->shop, job->body.rate, (uint64_t) job->body.seed,
                                LEASE, &job->error);
}

/* Done on the queue, or dropped by it: the rest belongs to the main thread. */
static void
post_answer (gpointer data)
{
  Simulate *job = data;
  LsEnvironment *environment = job->server->environment;

  if (!job->done && job->error == NULL)
    job->error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the server is ending");
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN),
                       answer_cb, job, simulate_free);
}

void
ls_api_simulate (LsRequest  *request,
                 const char *path,
                 gpointer    user_data)
{
  LsServer *server = user_data;
  g_autoptr (GError) error = NULL;
  LsRole role;
  Simulate *job;

  if (!ls_identity_get_role (ls_request_get_identity (request), path, &role) ||
      role != LS_ROLE_OWNER)
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_FORBIDDEN,
                                   "no such shop, or not its owner");
      ls_request_fail (request, SOUP_STATUS_FORBIDDEN, error, 0);
      return;
    }
  job = g_new0 (Simulate, 1);
  job->server = server;
  job->request = ls_request_ref (request);
  job->shop = g_strdup (path);
  if (!read_body (job, &error))
    {
      ls_request_fail (request, SOUP_STATUS_BAD_REQUEST, error, 0);
      simulate_free (job);
      return;
    }
  ls_environment_post (server->environment,
                       ls_environment_get_queue (server->environment, LS_SIMULATION_QUEUE), run_cb,
                       job, post_answer);
}
