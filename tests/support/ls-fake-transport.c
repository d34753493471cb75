/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-fake-transport.h"

#include <string.h>

#include "core/ls-error.h"

/*
 * A transport whose far end is the test: it reads what was sent, says what comes, hangs up. Nothing
 * happens but as a job of the queue, as with a real one.
 */

#define LS_TYPE_FAKE_FETCH (ls_fake_fetch_get_type ())
G_DECLARE_FINAL_TYPE (LsFakeFetch, ls_fake_fetch, LS, FAKE_FETCH, LsFetch)

struct _LsFakeFetch {
  LsFetch parent_instance;

  LsFakeTransport *transport;
  unsigned status;
  char *body;
  char *before;
  size_t at;
  size_t piece;
  LsErrorCode failure;
  bool fails;
};

struct _LsFakeTransport {
  LsTransport parent_instance;

  LsEnvironment *environment;
  LsQueue *queue;

  LsFakeMode mode;
  LsErrorCode refusal;
  LsAttention attention;
  unsigned n_opens;
  unsigned generation; /* of the connection: jobs of an older one do nothing */
  bool open;
  bool paused;
  char *token;
  GQueue sent;     /* LsMessage */
  GQueue held;     /* char *, while paused */

  unsigned status;
  char *answer;
  char *before; /* what the header says how far edits were decided in the epoch before */
  size_t piece;
  LsErrorCode failure;
  unsigned n_fetches;
  char *fetch;
  char *body;
};

/* A job for one connection. */
typedef struct {
  LsFakeTransport *transport;
  unsigned generation;
  char *text;
  LsErrorCode code;
} Job;

G_DEFINE_FINAL_TYPE (LsFakeTransport, ls_fake_transport, LS_TYPE_TRANSPORT)
G_DEFINE_FINAL_TYPE (LsFakeFetch, ls_fake_fetch, LS_TYPE_FETCH)

static void
job_free (gpointer data)
{
  Job *job = data;

  g_object_unref (job->transport);
  g_free (job->text);
  g_free (job);
}

static void
post (LsFakeTransport *self,
      LsJobFunc        func,
      const char      *text,
      LsErrorCode      code)
{
  Job *job = g_new (Job, 1);

  *job = (Job) { g_object_ref (self), self->generation, g_strdup (text), code };
  ls_environment_post (self->environment, self->queue, func, job, job_free);
}

static void
open_job (gpointer data)
{
  Job *job = data;

  if (job->generation != job->transport->generation)
    return;
  job->transport->open = true;
  ls_transport_emit_opened (LS_TRANSPORT (job->transport));
}

static void
close_job (gpointer data)
{
  Job *job = data;
  g_autoptr (GError) error = NULL;

  if (job->generation != job->transport->generation)
    return;
  job->transport->open = false;
  job->transport->generation++;
  error = g_error_new (LS_ERROR, (int) job->code, "the far end says %s",
                       ls_error_info (job->code)->name);
  ls_transport_emit_closed (LS_TRANSPORT (job->transport), error, 0);
}

static void
message_job (gpointer data)
{
  Job *job = data;

  if (job->generation != job->transport->generation || !job->transport->open)
    return;
  if (job->transport->paused)
    g_queue_push_tail (&job->transport->held, g_steal_pointer (&job->text));
  else
    ls_transport_emit_message (LS_TRANSPORT (job->transport), job->text, strlen (job->text));
}

static void
ls_fake_transport_close (LsTransport *transport)
{
  LsFakeTransport *self = LS_FAKE_TRANSPORT (transport);

  self->open = false;
  self->paused = false;
  self->generation++;
  g_queue_clear_full (&self->held, g_free);
}

static void
ls_fake_transport_open (LsTransport *transport,
                        LsEndpoint  *endpoint)
{
  LsFakeTransport *self = LS_FAKE_TRANSPORT (transport);

  ls_fake_transport_close (transport);
  self->n_opens++;
  g_free (self->token);
  self->token = g_strdup (ls_endpoint_get_token (endpoint));
  if (self->mode == LS_FAKE_ACCEPT)
    post (self, open_job, NULL, 0);
  else if (self->mode == LS_FAKE_REFUSE)
    post (self, close_job, NULL, self->refusal);
}

static bool
ls_fake_transport_send (LsTransport *transport,
                        const char  *text,
                        size_t       length)
{
  LsFakeTransport *self = LS_FAKE_TRANSPORT (transport);
  g_autoptr (GError) error = NULL;
  LsMessage *message;

  if (!self->open)
    return false;
  message = ls_message_decode (text, length, LS_FROM_CLIENT, &error);
  g_assert_no_error (error);
  g_queue_push_tail (&self->sent, message);
  return true;
}

static void
ls_fake_transport_set_attention (LsTransport *transport,
                                 LsAttention  attention)
{
  LS_FAKE_TRANSPORT (transport)->attention = attention;
}

static void
ls_fake_transport_set_paused (LsTransport *transport,
                              bool         paused)
{
  LsFakeTransport *self = LS_FAKE_TRANSPORT (transport);
  char *text;

  self->paused = paused;
  while (!paused && (text = g_queue_pop_head (&self->held)) != NULL)
    {
      post (self, message_job, text, 0);
      g_free (text);
    }
}

static void
head_job (gpointer data)
{
  LsFakeFetch *self = data;

  if (self->status == 0)
    {
      g_autoptr (GError) error = g_error_new (LS_ERROR, (int) self->failure, "the far end fails");

      ls_fetch_emit_end (LS_FETCH (self), error);
      return;
    }
  ls_fetch_emit_head (LS_FETCH (self), self->status);
}

static void
data_job (gpointer data)
{
  LsFakeFetch *self = data;
  size_t length = MIN (self->piece, strlen (self->body) - self->at);

  if (length > 0)
    {
      self->at += length;
      ls_fetch_emit_data (LS_FETCH (self), self->body + self->at - length, length);
    }
  else if (self->fails)
    {
      g_autoptr (GError) error = g_error_new (LS_ERROR, (int) self->failure, "the far end fails");

      ls_fetch_emit_end (LS_FETCH (self), error);
    }
  else
    ls_fetch_emit_end (LS_FETCH (self), NULL);
}

static void
ls_fake_fetch_read (LsFetch *fetch)
{
  LsFakeFetch *self = LS_FAKE_FETCH (fetch);

  ls_environment_post (self->transport->environment, self->transport->queue, data_job,
                       g_object_ref (self), g_object_unref);
}

static void
ls_fake_fetch_cancel (LsFetch *fetch)
{
}

static const char *
ls_fake_fetch_get_header (LsFetch    *fetch,
                          const char *name)
{
  if (g_ascii_strcasecmp (name, "Lockstep-Done-Before") == 0)
    return LS_FAKE_FETCH (fetch)->before;
  return g_ascii_strcasecmp (name, "Lockstep-Done") == 0 ? "0" : NULL;
}

static void
ls_fake_fetch_finalize (GObject *object)
{
  LsFakeFetch *self = LS_FAKE_FETCH (object);

  g_object_unref (self->transport);
  g_free (self->body);
  g_free (self->before);
  G_OBJECT_CLASS (ls_fake_fetch_parent_class)->finalize (object);
}

static void
ls_fake_fetch_class_init (LsFakeFetchClass *klass)
{
  LsFetchClass *fetch_class = LS_FETCH_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_fake_fetch_finalize;
  fetch_class->read = ls_fake_fetch_read;
  fetch_class->cancel = ls_fake_fetch_cancel;
  fetch_class->get_header = ls_fake_fetch_get_header;
}

static void
ls_fake_fetch_init (LsFakeFetch *self)
{
}

static LsFetch *
ls_fake_transport_fetch (LsTransport       *transport,
                         LsEndpoint        *endpoint,
                         const LsFetchSpec *spec)
{
  LsFakeTransport *self = LS_FAKE_TRANSPORT (transport);
  LsFakeFetch *fetch = g_object_new (LS_TYPE_FAKE_FETCH, NULL);

  ls_fetch_set_spec (LS_FETCH (fetch), spec);
  fetch->transport = g_object_ref (self);
  fetch->status = self->status;
  fetch->body = g_strdup (self->answer != NULL ? self->answer : "");
  fetch->before = g_strdup (self->before);
  fetch->piece = self->piece;
  fetch->failure = self->failure;
  fetch->fails = self->failure != LS_ERROR_VALIDATION;
  self->n_fetches++;
  g_free (self->fetch);
  self->fetch = g_strconcat (spec->method, " ", spec->path, spec->query != NULL ? "?" : "",
                             spec->query != NULL ? spec->query : "", NULL);
  g_clear_pointer (&self->body, g_free);
  if (spec->body != NULL)
    self->body = g_strndup (g_bytes_get_data (spec->body, NULL), g_bytes_get_size (spec->body));
  ls_environment_post (self->environment, self->queue, head_job, g_object_ref (fetch),
                       g_object_unref);
  return LS_FETCH (fetch);
}

static const char *
ls_fake_transport_get_name (LsTransport *transport)
{
  return "fake";
}

static void
ls_fake_transport_finalize (GObject *object)
{
  LsFakeTransport *self = LS_FAKE_TRANSPORT (object);

  g_queue_clear_full (&self->sent, (GDestroyNotify) ls_message_unref);
  g_queue_clear_full (&self->held, g_free);
  g_free (self->token);
  g_free (self->answer);
  g_free (self->before);
  g_free (self->fetch);
  g_free (self->body);
  G_OBJECT_CLASS (ls_fake_transport_parent_class)->finalize (object);
}

static void
ls_fake_transport_class_init (LsFakeTransportClass *klass)
{
  LsTransportClass *transport_class = LS_TRANSPORT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_fake_transport_finalize;
  transport_class->get_name = ls_fake_transport_get_name;
  transport_class->open = ls_fake_transport_open;
  transport_class->close = ls_fake_transport_close;
  transport_class->send = ls_fake_transport_send;
  transport_class->set_attention = ls_fake_transport_set_attention;
  transport_class->set_paused = ls_fake_transport_set_paused;
  transport_class->fetch = ls_fake_transport_fetch;
}

static void
ls_fake_transport_init (LsFakeTransport *self)
{
  g_queue_init (&self->sent);
  g_queue_init (&self->held);
  self->status = 404;
  self->piece = 1024;
  self->failure = LS_ERROR_VALIDATION;
}

/**
 * ls_fake_transport_new:
 * @environment: (transfer none): must outlive it
 * @queue: where its events happen
 *
 * Returns: (transfer full): a transport whose far end accepts
 */
LsFakeTransport *
ls_fake_transport_new (LsEnvironment *environment,
                       LsQueue       *queue)
{
  LsFakeTransport *self = g_object_new (LS_TYPE_FAKE_TRANSPORT, NULL);

  self->environment = environment;
  self->queue = queue;
  return self;
}

/**
 * ls_fake_transport_set_mode:
 * @self: a transport
 * @mode: what the far end does from now on
 * @code: the error of a refusal
 *
 * Sets how the next opens go.
 */
void
ls_fake_transport_set_mode (LsFakeTransport *self,
                            LsFakeMode       mode,
                            LsErrorCode      code)
{
  self->mode = mode;
  self->refusal = code;
}

/**
 * ls_fake_transport_get_n_opens:
 * @self: a transport
 *
 * Returns: how often it was opened
 */
unsigned
ls_fake_transport_get_n_opens (LsFakeTransport *self)
{
  return self->n_opens;
}

/**
 * ls_fake_transport_is_open:
 * @self: a transport
 *
 * Returns: whether it is open
 */
bool
ls_fake_transport_is_open (LsFakeTransport *self)
{
  return self->open;
}

/**
 * ls_fake_transport_get_attention:
 * @self: a transport
 *
 * Returns: how much it was told to matter that what is new comes soon
 */
LsAttention
ls_fake_transport_get_attention (LsFakeTransport *self)
{
  return self->attention;
}

/**
 * ls_fake_transport_is_paused:
 * @self: a transport
 *
 * Returns: whether its owner paused it
 */
bool
ls_fake_transport_is_paused (LsFakeTransport *self)
{
  return self->paused;
}

/**
 * ls_fake_transport_get_token:
 * @self: a transport
 *
 * Returns: (transfer none) (nullable): the token of the last open
 */
const char *
ls_fake_transport_get_token (LsFakeTransport *self)
{
  return self->token;
}

/**
 * ls_fake_transport_has_sent:
 * @self: a transport
 *
 * Returns: whether ls_fake_transport_pop() has something
 */
bool
ls_fake_transport_has_sent (LsFakeTransport *self)
{
  return !g_queue_is_empty (&self->sent);
}

/**
 * ls_fake_transport_pop:
 * @self: a transport
 *
 * Returns: (transfer full) (nullable): the oldest message sent and not popped, or %NULL
 */
LsMessage *
ls_fake_transport_pop (LsFakeTransport *self)
{
  return g_queue_pop_head (&self->sent);
}

/**
 * ls_fake_transport_expect:
 * @self: a transport
 * @type: what the oldest message must be
 *
 * Returns: (transfer full): that message
 */
LsMessage *
ls_fake_transport_expect (LsFakeTransport *self,
                          LsMessageType    type)
{
  LsMessage *message = g_queue_pop_head (&self->sent);

  g_assert_nonnull (message);
  g_assert_cmpstr (ls_message_type_to_name (message->type), ==, ls_message_type_to_name (type));
  return message;
}

/**
 * ls_fake_transport_push:
 * @self: a transport that is open
 * @message: (transfer full): what the far end says
 *
 * Sends a message to the owner.
 */
void
ls_fake_transport_push (LsFakeTransport *self,
                        LsMessage       *message)
{
  g_autofree char *text = ls_message_encode (message, NULL);

  ls_fake_transport_push_text (self, text);
  ls_message_unref (message);
}

/**
 * ls_fake_transport_push_text:
 * @self: a transport that is open
 * @text: what the far end says
 *
 * Sends any text to the owner.
 */
void
ls_fake_transport_push_text (LsFakeTransport *self,
                             const char      *text)
{
  post (self, message_job, text, 0);
}

/**
 * ls_fake_transport_drop:
 * @self: a transport that is open
 * @code: the error to say
 *
 * Hangs up, after what was pushed before.
 */
void
ls_fake_transport_drop (LsFakeTransport *self,
                        LsErrorCode      code)
{
  post (self, close_job, NULL, code);
}

/**
 * ls_fake_transport_set_answer:
 * @self: a transport
 * @status: of the fetches to come; 0 fails before any answer
 * @body: (nullable): what they bring
 * @piece: in pieces of so many bytes
 * @failure: an error after the last piece; %LS_ERROR_VALIDATION for none
 *
 * Sets how the next fetches go.
 */
void
ls_fake_transport_set_answer (LsFakeTransport *self,
                              unsigned         status,
                              const char      *body,
                              size_t           piece,
                              LsErrorCode      failure)
{
  self->status = status;
  g_free (self->answer);
  self->answer = g_strdup (body);
  self->piece = piece;
  self->failure = failure;
}

/**
 * ls_fake_transport_set_before:
 * @self: a transport
 * @before: (nullable): an #LsEditCount as text
 *
 * Sets how far the next fetches say that edits were decided in the epoch before.
 */
void
ls_fake_transport_set_before (LsFakeTransport *self,
                              const char      *before)
{
  g_free (self->before);
  self->before = g_strdup (before);
}

/**
 * ls_fake_transport_get_n_fetches:
 * @self: a transport
 *
 * Returns: how many fetches were begun
 */
unsigned
ls_fake_transport_get_n_fetches (LsFakeTransport *self)
{
  return self->n_fetches;
}

/**
 * ls_fake_transport_get_fetch:
 * @self: a transport
 *
 * Returns: (transfer none) (nullable): method, path and query of the last fetch
 */
const char *
ls_fake_transport_get_fetch (LsFakeTransport *self)
{
  return self->fetch;
}

/**
 * ls_fake_transport_get_body:
 * @self: a transport
 *
 * Returns: (transfer none) (nullable): what the last fetch sent along
 */
const char *
ls_fake_transport_get_body (LsFakeTransport *self)
{
  return self->body;
}
