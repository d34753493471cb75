/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-commands.h"

#include <signal.h>
#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <libsoup/soup.h>

#include "core/ls-error.h"
#include "core/ls-json-guard.h"
#include "core/ls-json-reader.h"
#include "core/ls-json-writer.h"
#include "server/ls-data-dir.h"
#include "server/sample/ls-simulation.h"

#define PATIENCE_SECONDS 10
/* The server ends traffic that nobody asks for: three times in its lease. */
#define RENEWAL (5 * G_USEC_PER_SEC)
#define MAX_FAILURES 3
#define MAX_ANSWER (1024 * 1024)
#define TOKEN_LIFETIME (INT64_C (24) * 3600 * G_USEC_PER_SEC)
#define DEFAULT_RATE 600

typedef struct {
  char *server;
  char *token;
  char *shop;
  int rate;
  int64_t seed;
  int duration;
} SimulateWords;

typedef struct {
  const SimulateWords *words;
  LsEnvironment *environment;
  LsAccess *access;     /* of a data folder, with a token made for this */
  char *token_hash;
  char *token;
  char *url;
  SoupSession *session;
  GPtrArray *shops;
  GMainLoop *loop;
  unsigned failures;
  GError *error;
} Traffic;

static void
words_clear (SimulateWords *words)
{
  g_free (words->server);
  g_free (words->token);
  g_free (words->shop);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SimulateWords, words_clear)

static void
traffic_clear (Traffic *traffic)
{
  if (traffic->token_hash != NULL)
    ls_access_revoke_token (traffic->access, traffic->token_hash, NULL);
  g_clear_pointer (&traffic->access, ls_access_free);
  g_free (traffic->token_hash);
  g_free (traffic->token);
  g_free (traffic->url);
  g_clear_object (&traffic->session);
  g_clear_pointer (&traffic->shops, g_ptr_array_unref);
  g_clear_pointer (&traffic->loop, g_main_loop_unref);
  g_clear_object (&traffic->environment);
  g_clear_error (&traffic->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Traffic, traffic_clear)

/* A token of some owner, for as long as this runs: who can read the folder may have one. */
static bool
make_token (Traffic     *traffic,
            const char  *data,
            GError     **error)
{
  g_autoptr (GPtrArray) users = NULL;
  g_autoptr (LsIdentity) identity = NULL;

  traffic->access = ls_access_open (traffic->environment, data, error);
  if (traffic->access != NULL)
    users = ls_access_list_users (traffic->access, error);
  for (unsigned i = 0; users != NULL && traffic->token == NULL && i < users->len; i++)
    {
      const LsUser *user = g_ptr_array_index (users, i);

      if (strstr (user->roles, LS_ACCESS_ANY_SHOP ": owner") == NULL)
        continue;
      traffic->token =
          ls_access_issue_token (traffic->access, user->name, NULL, TOKEN_LIFETIME, error);
      if (traffic->token == NULL)
        return false;
    }
  if (users == NULL)
    return false;
  if (traffic->token == NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_FORBIDDEN, "%s: no user owns all shops", data);
      return false;
    }
  identity = ls_access_check_token (traffic->access, traffic->token, error);
  traffic->token_hash = identity != NULL ? g_strdup (identity->token_hash) : NULL;
  return identity != NULL;
}

/* Where the server is: `http://…`, or a Unix socket behind a name that stands for it. */
static void
set_url (Traffic    *traffic,
         const char *url)
{
  if (g_str_has_prefix (url, "unix:"))
    {
      g_autoptr (GSocketAddress) address = g_unix_socket_address_new (url + strlen ("unix:"));

      traffic->session = soup_session_new_with_options ("timeout", PATIENCE_SECONDS,
                                                        "remote-connectable", address, NULL);
      traffic->url = g_strdup ("http://localhost");
      return;
    }
  traffic->session = soup_session_new_with_options ("timeout", PATIENCE_SECONDS, NULL);
  traffic->url = g_strdup (url);
}

static bool
find_server (Traffic     *traffic,
             LsConfig    *config,
             GError     **error)
{
  const char *data = ls_config_get_text (config, LS_OPTION_DATA);
  g_autofree char *url = NULL;

  if (traffic->words->server != NULL)
    {
      traffic->token = g_strdup (traffic->words->token);
      set_url (traffic, traffic->words->server);
      return true;
    }
  if (!ls_data_dir_check (data, error))
    return false;
  url = ls_data_dir_read_address (data, error);
  if (url == NULL || !make_token (traffic, data, error))
    return false;
  set_url (traffic, url);
  return true;
}

/* What the server says is wrong. */
static void
set_error_from_answer (GBytes      *body,
                       unsigned     status,
                       GError     **error)
{
  size_t length;
  const char *text = g_bytes_get_data (body, &length);
  g_autoptr (LsJsonDocument) document =
      length > 0 && length < MAX_ANSWER ? ls_json_document_new (text, length, NULL, NULL) : NULL;
  g_auto (LsJsonReader) reader = { NULL, NULL };
  g_autofree char *words = NULL;

  ls_json_reader_init (&reader);
  if (document != NULL && ls_json_document_get_object (document) != NULL)
    words = ls_json_reader_text (&reader, ls_json_document_get_object (document), "message",
                                 LS_JSON_OPTIONAL, MAX_ANSWER);
  g_set_error (error, LS_ERROR,
               status >= 500 ? LS_ERROR_NETWORK : LS_ERROR_FORBIDDEN,
               "the server says %u: %s", status, words != NULL ? words : "nothing more");
}

static GBytes *
ask (Traffic     *traffic,
     const char  *method,
     const char  *path,
     const char  *body,
     GError     **error)
{
  g_autofree char *url = g_strconcat (traffic->url, path, NULL);
  g_autofree char *authorization = g_strconcat ("Bearer ", traffic->token, NULL);
  g_autoptr (SoupMessage) message = soup_message_new (method, url);
  g_autoptr (GBytes) answer = NULL;

  if (message == NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: not a URL", url);
      return NULL;
    }
  soup_message_headers_append (soup_message_get_request_headers (message), "Authorization",
                               authorization);
  if (body != NULL)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  answer = soup_session_send_and_read (traffic->session, message, NULL, error);
  if (answer == NULL)
    return NULL;
  if (soup_message_get_status (message) == SOUP_STATUS_OK)
    return g_steal_pointer (&answer);
  set_error_from_answer (answer, soup_message_get_status (message), error);
  return NULL;
}

static bool
read_shops (Traffic     *traffic,
            GBytes      *answer,
            GError     **error)
{
  size_t length;
  const char *text = g_bytes_get_data (answer, &length);
  g_autoptr (LsJsonDocument) document = ls_json_document_new (text, length, NULL, error);
  g_auto (LsJsonReader) reader = { NULL, NULL };
  const LsJsonNode *shops = NULL;

  if (document == NULL)
    return false;
  ls_json_reader_init (&reader);
  if (ls_json_document_get_object (document) != NULL)
    shops = ls_json_reader_array (&reader, ls_json_document_get_object (document), "shops",
                                  LS_JSON_REQUIRED, 10000);
  for (unsigned i = 0; shops != NULL && i < shops->length; i++)
    {
      const LsJsonNode *shop = ls_json_reader_element (&reader, shops, i);
      g_autofree char *id = shop != NULL ? ls_json_reader_text (&reader, shop, "shop",
                                                                LS_JSON_REQUIRED, 1024)
                                         : NULL;

      if (id != NULL && ls_json_reader_boolean (&reader, shop, "sample", false))
        g_ptr_array_add (traffic->shops, g_steal_pointer (&id));
    }
  if (traffic->shops->len > 0)
    return true;
  g_set_error_literal (error, LS_ERROR, LS_ERROR_FORBIDDEN,
                       "there is no sample shop: traffic is made up in those only");
  return false;
}

static bool
find_shops (Traffic  *traffic,
            GError  **error)
{
  g_autoptr (GBytes) answer = NULL;

  traffic->shops = g_ptr_array_new_with_free_func (g_free);
  if (traffic->words->shop != NULL)
    {
      g_ptr_array_add (traffic->shops, g_strdup (traffic->words->shop));
      return true;
    }
  answer = ask (traffic, "GET", "/v1/status", NULL, error);
  return answer != NULL && read_shops (traffic, answer, error);
}

/* Asks for traffic in all shops for a while. */
static bool
ask_for_traffic (Traffic  *traffic,
                 int64_t   rate,
                 GError  **error)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();
  g_autofree char *body = NULL;

  ls_json_writer_begin_object (writer);
  ls_json_writer_name (writer, "rate");
  ls_json_writer_integer (writer, rate);
  ls_json_writer_name (writer, "seed");
  ls_json_writer_integer (writer, traffic->words->seed);
  ls_json_writer_end_object (writer);
  body = ls_json_writer_finish (writer, NULL);
  for (unsigned i = 0; i < traffic->shops->len; i++)
    {
      g_autofree char *shop =
          g_uri_escape_string (g_ptr_array_index (traffic->shops, i), NULL, FALSE);
      g_autofree char *path = g_strconcat ("/v1/shops/", shop, "/simulate", NULL);
      g_autoptr (GBytes) answer = ask (traffic, "POST", path, body, error);

      if (answer == NULL)
        return false;
    }
  return true;
}

static void
renew_cb (gpointer data)
{
  Traffic *traffic = data;
  g_autoptr (GError) error = NULL;

  if (ask_for_traffic (traffic, traffic->words->rate, &error))
    traffic->failures = 0;
  else if (g_error_matches (error, LS_ERROR, LS_ERROR_FORBIDDEN) ||
           ++traffic->failures >= MAX_FAILURES)
    {
      traffic->error = g_steal_pointer (&error);
      g_main_loop_quit (traffic->loop);
      return;
    }
  ls_environment_post_after (traffic->environment,
                             ls_environment_get_queue (traffic->environment, LS_QUEUE_MAIN),
                             RENEWAL, renew_cb, traffic, NULL);
}

static void
over_cb (gpointer data)
{
  g_main_loop_quit (((Traffic *) data)->loop);
}

static gboolean
signal_cb (gpointer data)
{
  g_main_loop_quit (data);
  return G_SOURCE_CONTINUE;
}

static bool
run (Traffic  *traffic,
     GError  **error)
{
  LsQueue *queue = ls_environment_get_queue (traffic->environment, LS_QUEUE_MAIN);
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

  if (!ask_for_traffic (traffic, traffic->words->rate, error))
    return false;
  traffic->loop = g_main_loop_new (NULL, FALSE);
  for (size_t i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      g_autoptr (GSource) source = g_unix_signal_source_new (signals[i]);

      g_source_set_callback (source, signal_cb, traffic->loop, NULL);
      g_source_set_static_name (source, "ls-signal");
      g_source_attach (source, NULL);
    }
  ls_environment_post_after (traffic->environment, queue, RENEWAL, renew_cb, traffic, NULL);
  if (traffic->words->duration > 0)
    ls_environment_post_after (traffic->environment, queue,
                               traffic->words->duration * G_USEC_PER_SEC, over_cb, traffic, NULL);
  g_main_loop_run (traffic->loop);
  ls_environment_stop (traffic->environment);
  if (traffic->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&traffic->error));
      return false;
    }
  return ask_for_traffic (traffic, 0, error);
}

/**
 * ls_command_simulate:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd simulate`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_simulate (int    argc,
                     char **argv)
{
  g_auto (SimulateWords) words = { .rate = DEFAULT_RATE, .seed = 1 };
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &words.server,
      "On the server at URL, instead of the one that runs on --data", "URL" },
    { "token", 0, 0, G_OPTION_ARG_STRING, &words.token, "A token of an owner, for --server",
      "TOKEN" },
    { "shop", 0, 0, G_OPTION_ARG_STRING, &words.shop, "In one shop (default: all sample shops)",
      "SHOP" },
    { "rate", 0, 0, G_OPTION_ARG_INT, &words.rate,
      "Events in an average hour, in each shop (default: 600)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &words.seed, "Of what happens (default: 1)", "N" },
    { "duration", 0, 0, G_OPTION_ARG_INT, &words.duration, "End after so many seconds", "SECONDS" },
    { NULL },
  };
  const LsCommandSpec spec = {
    .summary =
        "Makes traffic up in sample shops, as long as it runs: orders and their way, downloads,\n"
        "bookings, deliveries, prices; more of it when it is evening where the shop is. The server\n"
        "does it, so that every window sees it; a shop that is no sample is refused.",
    .examples = "  lockstepd simulate --data ~/sample --rate 1200\n"
                "  lockstepd simulate --server http://127.0.0.1:8484 --token TOKEN --shop nachtwerk\n",
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_auto (Traffic) traffic = { .words = &words };
  g_autoptr (GError) error = NULL;

  if (config == NULL)
    return exit;
  if (argc > 1)
    return ls_command_misused ("simulate", "it takes no words");
  if ((words.server == NULL) != (words.token == NULL))
    return ls_command_misused ("simulate", "--server and --token belong together");
  if (words.rate < 1 || words.rate > LS_SIMULATION_MAX_RATE || words.duration < 0)
    return ls_command_misused ("simulate", "a rate is from 1 to 360000 events an hour");
  traffic.environment = ls_system_environment_new ();
  if (!find_server (&traffic, config, &error) || !find_shops (&traffic, &error) ||
      !run (&traffic, &error))
    return ls_command_fail (error);
  return LS_EXIT_OK;
}
