/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-monitor.h"

#include "core/ls-message.h"
#include "ls-sim-rights.h"
#include "ls-sim-server.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)

/* From an edit that is taken back to the last time that it may be sent. At once: a stall, and the two
 * queues that it holds up; else a request that is tried again and again. */
static const int64_t void_patience[] = { 7 * SECOND, 90 * SECOND };

struct _LsSimMonitor {
  LsSimOracle *oracle;
  unsigned client;
  LsSimPace pace;
  bool greeted;   /* told what it may do */
  LsRole role;    /* which is this */
  bool streaming; /* a delta went, and nothing since that ends the stream */
  int64_t sent;   /* the version that deltas led to */
  int64_t asked;  /* the version last subscribed from */
  LsScope told[2]; /* what the client said to hold, the last and the one before */
  int64_t asked_after; /* the first ping after that, 0 before it went */
  bool heard;     /* which was answered: by the last, then */
  bool unreadable; /* something that the client said was */
  char *suspicion; /* a result that may be told because the stream has ended: what comes next says */
};

LsSimMonitor *
ls_sim_monitor_new (LsSimOracle *oracle,
                    unsigned     client,
                    LsSimPace    pace)
{
  LsSimMonitor *self = g_new0 (LsSimMonitor, 1);

  self->oracle = oracle;
  self->client = client;
  self->pace = pace;
  self->heard = true;
  ls_scope_init (&self->told[0]);
  return self;
}

void
ls_sim_monitor_free (LsSimMonitor *self)
{
  g_free (self->suspicion);
  g_free (self);
}

static LsMessage *
decode (const char   *text,
        size_t        length,
        LsMessageSide from)
{
  static const char *const types[] = { "{\"t\":\"delta\"", "{\"t\":\"result\"", "{\"t\":\"resync\"",
                                       "{\"t\":\"error\"", "{\"t\":\"welcome\"",
                                       "{\"t\":\"forked\"", "{\"t\":\"subscribe\"",
                                       "{\"t\":\"mutate\"", "{\"t\":\"digest\"",
                                       "{\"t\":\"rows\"", "{\"t\":\"verify\"",
                                       "{\"t\":\"ping\"", "{\"t\":\"pong\"" };

  for (size_t i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_has_prefix (text, types[i]))
      return ls_message_decode (text, length, from, NULL);
  return NULL;
}

/* --- Scope ----------------------------------------------------------------------------------- */

static void
tell_scope (LsSimMonitor      *self,
            const LsSubscribe *subscribe)
{
  LsScope scope;

  ls_subscribe_get_scope (subscribe, &scope);
  if (ls_scope_equal (&scope, &self->told[0]))
    return;
  /* More than two that may be the last heard of nobody compares with. */
  if (!self->heard)
    ls_scope_init (&self->told[1]);
  else
    self->told[1] = self->told[0];
  self->told[0] = scope;
  self->heard = false;
  self->asked_after = 0;
}

static void
judge_scope (LsSimMonitor  *self,
             const LsDelta *delta)
{
  for (unsigned i = 0; i < delta->items->len; i++)
    {
      const LsChange *change = g_array_index (delta->items, LsDeltaItem, i).change;
      LsCollectionId id = change->collection->id;

      if (!self->unreadable && ls_sim_oracle_is_passed_by (self->told[0].since[id], change) &&
          (self->heard || ls_sim_oracle_is_passed_by (self->told[1].since[id], change)))
        ls_sim_oracle_accuse (self->oracle, "client %u is sent %s %s, of a part that it does not hold",
                              self->client, change->collection->name, change->key);
    }
}

/* What the client says, as it leaves. */
void
ls_sim_monitor_up (LsSimMonitor *self,
                   const char   *text,
                   size_t        length)
{
  g_autoptr (LsMessage) message = decode (text, length, LS_FROM_CLIENT);

  if (message == NULL)
    return;
  if (message->type == LS_MESSAGE_SUBSCRIBE)
    {
      self->asked = message->subscribe.position.version;
      tell_scope (self, &message->subscribe);
    }
  else if (message->type == LS_MESSAGE_PING && self->asked_after == 0)
    self->asked_after = message->ping.id;
  else if (message->type == LS_MESSAGE_VERIFY)
    ls_sim_oracle_asked (self->oracle, self->client, &message->verify);
  else if (message->type == LS_MESSAGE_MUTATE)
    ls_sim_oracle_sent (self->oracle, self->client, &message->mutate, void_patience[self->pace]);
}

static void
take_delta (LsSimMonitor  *self,
            const LsDelta *delta)
{
  const LsVersion *version = ls_sim_oracle_get_version (self->oracle, delta->to);

  if (self->streaming && delta->from > MAX (self->sent, self->asked))
    ls_sim_oracle_accuse (self->oracle,
                          "client %u was told of version %" G_GINT64_FORMAT
                          " on, and had %" G_GINT64_FORMAT,
                          self->client, delta->from, self->sent);
  if (version != NULL && version->check != delta->check &&
      !ls_sim_oracle_went_back (self->oracle))
    ls_sim_oracle_accuse (self->oracle, "a delta to version %" G_GINT64_FORMAT " has its own check",
                          delta->to);
  self->streaming = true;
  self->sent = MAX (delta->to, delta->from);
}

static void
take_result (LsSimMonitor   *self,
             const LsResult *result)
{
  if (!self->streaming || self->suspicion != NULL ||
      result->version <= MAX (self->sent, self->asked))
    return;
  self->suspicion = g_strdup_printf ("client %u heard of edit %s before the delta of its version %"
                                     G_GINT64_FORMAT, self->client, result->mid, result->version);
}

static void
take_welcome (LsSimMonitor    *self,
              const LsWelcome *welcome)
{
  LsRole widest = ls_sim_oracle_get_widest (self->oracle, self->client);

  self->greeted = false;
  for (unsigned i = 0; i < welcome->shops->len; i++)
    {
      const LsShopInfo *info = &g_array_index (welcome->shops, LsShopInfo, i);

      if (!g_str_equal (info->shop, LS_SIM_SHOP))
        continue;
      self->greeted = true;
      self->role = info->role;
    }
  if (self->greeted && self->pace == LS_SIM_AT_ONCE && self->role > widest)
    ls_sim_oracle_accuse (self->oracle, "client %u was told to be %s, and is %s", self->client,
                          ls_role_to_name (self->role), ls_role_to_name (widest));
}

/* Nothing beyond the rights that the client was told of leaves the server, and those are not older
 * than a look at them (rules 6 and 20). */
static void
judge_rights (LsSimMonitor    *self,
              const LsMessage *message,
              const char      *text,
              size_t           length)
{
  LsRole role = self->greeted ? self->role : LS_ROLE_VIEWER;
  g_autofree char *what = NULL;

  if (self->pace == LS_SIM_AT_ONCE)
    role = MIN (role, ls_sim_oracle_get_widest (self->oracle, self->client));
  what = ls_sim_rights_judge_text (role, text, length);
  if (what == NULL && message != NULL)
    what = ls_sim_rights_judge_message (role, message);
  if (what != NULL)
    ls_sim_oracle_accuse (self->oracle, "client %u, %s, was sent %s", self->client,
                          ls_role_to_name (role), what);
}

/* What the server says, as it leaves. */
void
ls_sim_monitor_down (LsSimMonitor *self,
                     const char   *text,
                     size_t        length)
{
  g_autoptr (LsMessage) message = decode (text, length, LS_FROM_SERVER);

  if (message != NULL && message->type == LS_MESSAGE_WELCOME)
    take_welcome (self, &message->welcome);
  judge_rights (self, message, text, length);
  if (message == NULL)
    return;
  switch ((unsigned) message->type)
    {
    case LS_MESSAGE_RESULT:
      take_result (self, &message->result);
      return;
    case LS_MESSAGE_ROWS:
      ls_sim_oracle_given (self->oracle, self->client, &message->rows);
      return;
    case LS_MESSAGE_DELTA:
    case LS_MESSAGE_DIGEST:
      if (self->suspicion != NULL)
        ls_sim_oracle_accuse (self->oracle, "%s", self->suspicion);
      if (message->type == LS_MESSAGE_DELTA)
        take_delta (self, &message->delta);
      if (message->type == LS_MESSAGE_DELTA)
        judge_scope (self, &message->delta);
      break;
    case LS_MESSAGE_PONG:
      self->heard |= self->asked_after != 0 && message->ping.id == self->asked_after;
      return;
    case LS_MESSAGE_PING:
      return;
    case LS_MESSAGE_ERROR:
      self->unreadable = true;
      self->streaming = false;
      break;
    default:
      /* The stream is over, until the next subscription. */
      self->streaming = false;
      break;
    }
  g_clear_pointer (&self->suspicion, g_free);
}
