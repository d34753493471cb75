/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ls-test-hub.h"

/*
 * What the admins at the other end are told: that edits are slowed down, once in a while, and that the
 * server goes down on purpose.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define BURST 3

typedef struct {
  LsTestHub *hub;
  LsTestLink *link;
  int64_t n; /* of the last edit that was taken */
} Fixture;

static LsTestLink *
connect_link (Fixture *fixture)
{
  LsTestLink *link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  g_autoptr (LsMessage) welcome = ls_test_link_hello (link, NULL, 0);

  g_assert_cmpint (welcome->type, ==, LS_MESSAGE_WELCOME);
  return link;
}

static void
set_up (Fixture       *fixture,
        gconstpointer  data)
{
  LsHubOptions options;

  ls_hub_options_init (&options);
  options.digest_interval = 3600 * SECOND;
  options.heartbeat = 3600 * SECOND;
  options.edit_rate = 1;
  options.edit_burst = BURST;
  fixture->hub = ls_test_hub_new (1, &options);
  fixture->link = connect_link (fixture);
  fixture->n = 0;
}

static void
tear_down (Fixture       *fixture,
           gconstpointer  data)
{
  ls_test_link_free (fixture->link);
  ls_test_hub_free (fixture->hub);
}

/* What a link was told since it was read last. */
typedef struct {
  unsigned notices;
  unsigned refusals;
  char *kind;
} Heard;

static void
listen (LsTestLink *link,
        Heard      *heard)
{
  LsMessage *message;

  *heard = (Heard) { 0 };
  ls_test_hub_run (link->hub);
  while ((message = ls_test_link_read (link)) != NULL)
    {
      if (message->type == LS_MESSAGE_NOTICE)
        {
          g_free (heard->kind);
          heard->kind = g_strdup (message->notice.kind);
          heard->notices++;
        }
      else if (message->type == LS_MESSAGE_ERROR)
        {
          g_assert_cmpint (message->error.code, ==, LS_ERROR_RATE_LIMIT);
          heard->refusals++;
        }
      ls_message_unref (message);
      ls_test_hub_run (link->hub);
    }
}

/* Sends @count edits at once; those that were refused come first the next time. */
static void
hurry (Fixture *fixture,
       unsigned count,
       Heard   *heard)
{
  for (unsigned i = 1; i <= count; i++)
    {
      int64_t n = fixture->n + i;
      g_autofree char *mid = g_strdup_printf ("01890000-0000-7000-8000-%012d", (int) n);
      g_autofree char *changes = g_strdup_printf (
          "[{'c':'products','k':'p-%d','op':'put','set':{'name':'N','status':'active'}}]", (int) n);

      ls_test_link_mutate (fixture->link, n, mid, changes);
    }
  listen (fixture->link, heard);
  fixture->n += count - heard->refusals;
}

static void
test_slowed (Fixture       *fixture,
             gconstpointer  data)
{
  Heard heard;

  /* As fast as is allowed: nothing to say. */
  hurry (fixture, BURST, &heard);
  g_assert_cmpuint (heard.refusals, ==, 0);
  g_assert_cmpuint (heard.notices, ==, 0);
  /* However many are refused, it is said once ... */
  hurry (fixture, BURST, &heard);
  g_assert_cmpuint (heard.refusals, ==, BURST);
  g_assert_cmpuint (heard.notices, ==, 1);
  g_assert_cmpstr (heard.kind, ==, LS_NOTICE_RATE_LIMITED);
  g_free (heard.kind);
  /* ... and while it goes on not again ... */
  for (unsigned i = 0; i < 19; i++)
    {
      ls_test_environment_advance (fixture->hub->environment, 3 * SECOND);
      hurry (fixture, 2 * BURST, &heard);
      g_assert_cmpuint (heard.refusals, ==, BURST);
      g_assert_cmpuint (heard.notices, ==, 0);
    }
  /* ... before a minute has gone. */
  ls_test_environment_advance (fixture->hub->environment, 3 * SECOND);
  hurry (fixture, 2 * BURST, &heard);
  g_assert_cmpuint (heard.refusals, ==, BURST);
  g_assert_cmpuint (heard.notices, ==, 1);
  g_free (heard.kind);
}

static void
said_cb (gpointer user_data)
{
  *(bool *) user_data = true;
}

static void
test_end (Fixture       *fixture,
          gconstpointer  data)
{
  LsTestLink *other = connect_link (fixture);
  LsTestLink *stranger = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  LsTestLink *const links[] = { fixture->link, other };
  bool said = false;

  ls_hub_announce_end (fixture->hub->hub, said_cb, &said);
  ls_test_hub_run (fixture->hub);
  g_assert_true (said);
  for (size_t i = 0; i < G_N_ELEMENTS (links); i++)
    {
      Heard heard;

      listen (links[i], &heard);
      g_assert_cmpuint (heard.notices, ==, 1);
      g_assert_cmpstr (heard.kind, ==, LS_NOTICE_MAINTENANCE);
      g_free (heard.kind);
    }
  /* Who has not said hello has nobody to tell it to. */
  ls_test_link_expect_none (stranger);
  ls_test_link_free (stranger);
  ls_test_link_free (other);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/hub-notice/slowed", Fixture, NULL, set_up, test_slowed, tear_down);
  g_test_add ("/hub-notice/end", Fixture, NULL, set_up, test_end, tear_down);
  return g_test_run ();
}
