/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-hub.h"

#include <string.h>

#include "server/ls-storage-memory.h"

#define LIFETIME (INT64_C (86400) * G_USEC_PER_SEC)
/* Below a quarter a sink that was full tells that it is nearly empty. */
#define LOW_MARK(limit) ((limit) / 4)

typedef struct {
  LsSink sink;
  LsTestLink *link; /* NULL when the test has let go of it */
} TestSink;

/* Adds the shop @shop to a storage. */
void
ls_test_hub_make_shop (LsStorage  *storage,
                       const char *shop)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (LsRecord) row = ls_record_new (shops, shop);
  g_autoptr (GError) error = NULL;

  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "name"), "The shop");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "currency"), "EUR");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "time_zone"), "UTC");
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  ls_storage_create_shop (storage, row, &error);
  g_assert_no_error (error);
}

static void
make_user (LsTestHub *self,
           LsRole     role)
{
  g_autoptr (GError) error = NULL;

  ls_access_add_user (self->access, ls_role_to_name (role), NULL, &error);
  g_assert_no_error (error);
  ls_access_set_role (self->access, ls_role_to_name (role), LS_ACCESS_ANY_SHOP, &role, &error);
  g_assert_no_error (error);
}

static void
open_hub (LsTestHub          *self,
          const LsHubOptions *options)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->environment);
  g_autoptr (GError) error = NULL;

  self->committer = ls_committer_new (environment, self->storage);
  self->access = ls_access_open (environment, ls_test_dir_get_path (self->dir), &error);
  g_assert_no_error (error);
  self->hub =
      ls_hub_new (environment, self->storage, self->committer, self->access, options, &error);
  g_assert_no_error (error);
  ls_hub_start (self->hub);
}

LsTestHub *
ls_test_hub_new (uint64_t            seed,
                 const LsHubOptions *options)
{
  LsTestHub *self = g_new0 (LsTestHub, 1);
  LsEnvironment *environment;
  g_autoptr (GError) error = NULL;

  self->dir = ls_test_dir_new ();
  self->environment = ls_test_environment_new (seed);
  environment = LS_ENVIRONMENT (self->environment);
  self->storage = ls_storage_memory_new (environment, &error);
  g_assert_no_error (error);
  ls_test_hub_make_shop (self->storage, "s");
  open_hub (self, options);
  make_user (self, LS_ROLE_OWNER);
  make_user (self, LS_ROLE_STAFF);
  return self;
}

/* Another node on the storage of @other, with its users: @storage (transfer full) leads there. It is
 * freed first. */
LsTestHub *
ls_test_hub_new_node (LsTestHub          *other,
                      LsStorage          *storage,
                      uint64_t            seed,
                      const LsHubOptions *options)
{
  LsTestHub *self = g_new0 (LsTestHub, 1);

  self->dir = other->dir;
  self->is_node = true;
  self->environment = ls_test_environment_new (seed);
  self->storage = storage;
  open_hub (self, options);
  return self;
}

void
ls_test_hub_free (LsTestHub *self)
{
  ls_test_environment_run (self->environment);
  ls_environment_stop (LS_ENVIRONMENT (self->environment));
  ls_hub_free (self->hub);
  g_assert_finalize_object (self->committer);
  if (self->is_node)
    g_object_unref (self->storage);
  else
    g_assert_finalize_object (self->storage);
  ls_access_free (self->access);
  if (self->is_node)
    g_object_unref (self->environment);
  else
    g_assert_finalize_object (self->environment);
  if (!self->is_node)
    ls_test_dir_free (self->dir);
  g_free (self);
}

LsIdentity *
ls_test_hub_sign_in (LsTestHub *self,
                     LsRole     role)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *token =
      ls_access_issue_token (self->access, ls_role_to_name (role), NULL, LIFETIME, &error);
  LsIdentity *identity;

  g_assert_no_error (error);
  identity = ls_access_check_token (self->access, token, &error);
  g_assert_no_error (error);
  return identity;
}

void
ls_test_hub_run (LsTestHub *self)
{
  ls_test_environment_run (self->environment);
}

LsPosition
ls_test_hub_position (LsTestHub *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsShop) shop = ls_storage_get_shop (self->storage, "s", &error);

  g_assert_no_error (error);
  return shop->position;
}

/* The payloads of server frames, one after the other. */
static void
take_frames (LsTestLink    *link,
             const uint8_t *data,
             size_t         length)
{
  while (length > 0)
    {
      size_t head = 2, payload = data[1] & 0x7f;

      g_assert_cmpuint (data[0], ==, 0x81);
      if (payload == 126)
        {
          payload = (size_t) data[2] << 8 | data[3];
          head = 4;
        }
      else if (payload == 127)
        {
          payload = 0;
          for (unsigned i = 2; i < 10; i++)
            payload = payload << 8 | data[i];
          head = 10;
        }
      g_assert_cmpuint (payload, <=, LS_MAX_SERVER_MESSAGE);
      g_queue_push_tail (&link->waiting, g_bytes_new (data + head, payload));
      link->bytes += payload;
      data += head + payload;
      length -= head + payload;
    }
}

static void
sink_send (LsSink *sink,
           LsBlob *blob)
{
  LsTestLink *link = ((TestSink *) sink)->link;
  const uint8_t *data;
  size_t length;

  if (link == NULL || link->full)
    return;
  data = ls_blob_get_data (blob, &length);
  /* As on the wire: a blob for which there is no room is dropped, but a single one may be longer. */
  if (link->bytes > 0 && link->bytes + length > link->limit)
    {
      link->full = true;
      link->overflows++;
      ls_session_overflowed (link->session);
      return;
    }
  take_frames (link, data, length);
}

static void
sink_resume (LsSink *sink)
{
  LsTestLink *link = ((TestSink *) sink)->link;

  if (link != NULL)
    link->full = false;
}

static void
maybe_drained (LsTestLink *link)
{
  if (!link->wants_drained || link->bytes > LOW_MARK (link->limit) || link->session == NULL)
    return;
  link->wants_drained = false;
  ls_session_drained (link->session);
}

static void
sink_notify_drained (LsSink *sink)
{
  LsTestLink *link = ((TestSink *) sink)->link;

  if (link == NULL)
    return;
  link->wants_drained = true;
  maybe_drained (link);
}

static void
sink_close (LsSink     *sink,
            uint16_t    code,
            const char *reason)
{
  LsTestLink *link = ((TestSink *) sink)->link;

  if (link != NULL && link->close_code == 0)
    link->close_code = code;
}

static void
sink_free (LsSink *sink)
{
  g_free (sink);
}

static const LsSinkClass sink_class = {
  sink_send, sink_resume, sink_notify_drained, sink_close, sink_free,
};

LsTestLink *
ls_test_link_new (LsTestHub *hub,
                  LsRole     role)
{
  LsTestLink *self = g_new0 (LsTestLink, 1);
  TestSink *sink = g_new0 (TestSink, 1);
  g_autoptr (LsIdentity) identity = ls_test_hub_sign_in (hub, role);

  sink->sink.klass = &sink_class;
  sink->link = self;
  self->hub = hub;
  self->limit = SIZE_MAX;
  self->sink = &sink->sink;
  g_queue_init (&self->waiting);
  self->session = ls_session_new (hub->hub, identity, self->sink);
  ls_session_opened (self->session);
  return self;
}

/* The connection is gone, with what was on its way. */
void
ls_test_link_cut (LsTestLink *self)
{
  if (self->session == NULL)
    return;
  ((TestSink *) self->sink)->link = NULL;
  ls_session_closed (self->session);
  g_clear_pointer (&self->session, ls_session_unref);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) g_bytes_unref);
}

void
ls_test_link_free (LsTestLink *self)
{
  ls_test_link_cut (self);
  g_free (self);
}

void
ls_test_link_send_text (LsTestLink *self,
                        const char *text)
{
  ls_session_receive (self->session, (const uint8_t *) text, strlen (text), false);
}

void
ls_test_link_send (LsTestLink      *self,
                   const LsMessage *message)
{
  g_autofree char *text = ls_message_encode (message, NULL);

  ls_test_link_send_text (self, text);
}

/* The next message, NULL when none waits. */
LsMessage *
ls_test_link_read (LsTestLink *self)
{
  g_autoptr (GBytes) bytes = g_queue_pop_head (&self->waiting);
  g_autoptr (GError) error = NULL;
  LsMessage *message;

  if (bytes == NULL)
    return NULL;
  message = ls_message_decode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                               LS_FROM_SERVER, &error);
  g_assert_no_error (error);
  self->bytes -= g_bytes_get_size (bytes);
  if (self->full && self->bytes <= LOW_MARK (self->limit))
    self->wants_drained = true;
  maybe_drained (self);
  return message;
}

/* Runs all, then expects the next message to be of a type. */
LsMessage *
ls_test_link_expect (LsTestLink   *self,
                     LsMessageType type)
{
  LsMessage *message;

  ls_test_hub_run (self->hub);
  message = ls_test_link_read (self);
  if (message == NULL)
    g_error ("Nothing instead of %s", ls_message_type_to_name (type));
  if (message->type != type)
    {
      g_autofree char *text = ls_message_encode (message, NULL);

      g_error ("Instead of %s: %s", ls_message_type_to_name (type), text);
    }
  return message;
}

void
ls_test_link_expect_none (LsTestLink *self)
{
  g_autoptr (LsMessage) message = NULL;

  ls_test_hub_run (self->hub);
  message = ls_test_link_read (self);
  if (message != NULL)
    {
      g_autofree char *text = ls_message_encode (message, NULL);

      g_error ("Instead of nothing: %s", text);
    }
}

LsMessage *
ls_test_link_hello (LsTestLink *self,
                    const char *client,
                    int64_t     n)
{
  g_autoptr (LsMessage) hello = ls_message_new (LS_MESSAGE_HELLO);
  LsShopInfo info = { .shop = g_strdup ("s"), .n = n };

  hello->hello.protocol = LS_PROTOCOL_VERSION;
  hello->hello.client = g_strdup (client);
  hello->hello.app_version = g_strdup ("test");
  hello->hello.schema_version = LS_SCHEMA_VERSION;
  g_array_append_val (hello->hello.shops, info);
  ls_test_link_send (self, hello);
  ls_test_hub_run (self->hub);
  return ls_test_link_read (self);
}

void
ls_test_link_subscribe (LsTestLink       *self,
                        const LsPosition *position,
                        LsRole            role)
{
  g_autoptr (LsMessage) subscribe = ls_message_new (LS_MESSAGE_SUBSCRIBE);

  subscribe->subscribe.shop = g_strdup ("s");
  subscribe->subscribe.position = *position;
  subscribe->subscribe.view = ls_view_get_total_hash (ls_view_get (role, LS_SCHEMA_VERSION));
  ls_test_link_send (self, subscribe);
}

/* With ' for " in @changes. */
void
ls_test_link_mutate (LsTestLink *self,
                     int64_t     n,
                     const char *mid,
                     const char *changes)
{
  g_autofree char *quoted = g_strdelimit (g_strdup (changes), "'", '"');
  g_autofree char *text = g_strdup_printf (
      "{\"t\":\"mutate\",\"shop\":\"s\",\"n\":%" G_GINT64_FORMAT ",\"mid\":\"%s\",\"changes\":%s}",
      n, mid, quoted);

  ls_test_link_send_text (self, text);
}
