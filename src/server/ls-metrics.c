/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-metrics"

#include "config.h"

#include "server/ls-metrics.h"

#include "core/ls-message.h"

static void
head (GString    *text,
      const char *name,
      const char *type,
      const char *help)
{
  g_string_append_printf (text, "# HELP lockstep_%s %s\n# TYPE lockstep_%s %s\n", name, help, name,
                          type);
}

static void
line (GString    *text,
      const char *name,
      const char *labels,
      uint64_t    value)
{
  g_string_append_printf (text, "lockstep_%s%s %" G_GUINT64_FORMAT "\n", name, labels, value);
}

static void
gauge (GString    *text,
       const char *name,
       uint64_t    value,
       const char *help)
{
  head (text, name, "gauge", help);
  line (text, name, "", value);
}

static void
counter (GString    *text,
         const char *name,
         uint64_t    value,
         const char *help)
{
  head (text, name, "counter", help);
  line (text, name, "", value);
}

/* µs as seconds, without a floating point number whose look depends on the locale. */
static void
append_seconds (GString  *text,
                uint64_t  microseconds)
{
  g_string_append_printf (text, "%" G_GUINT64_FORMAT ".%06u", microseconds / G_USEC_PER_SEC,
                          (unsigned) (microseconds % G_USEC_PER_SEC));
}

static void
add_hub (GString          *text,
         const LsHubStats *hub)
{
  static const char *const statuses[] = { "applied", "conflict", "rejected", "decided" };

  gauge (text, "sessions", hub->sessions, "Clients connected.");
  gauge (text, "subscriptions_live", hub->live, "Subscriptions that get versions as they come.");
  gauge (text, "subscriptions_behind", hub->behind, "Subscriptions that are fed from the log.");
  counter (text, "versions_total", hub->versions, "Versions published.");
  counter (text, "deltas_total", hub->deltas, "Deltas sent.");
  counter (text, "delta_encodings_total", hub->encoded, "Blobs encoded for them.");
  counter (text, "catch_up_reads_total", hub->catch_ups, "Reads for clients that were behind.");
  counter (text, "resyncs_total", hub->resyncs, "Clients told to fetch a shop anew.");
  counter (text, "overflows_total", hub->overflows, "Clients that read too slowly.");
  counter (text, "acks_total", hub->acks, "Acknowledgements read.");
  counter (text, "digests_total", hub->digests, "Digests sent.");
  counter (text, "verifies_total", hub->verifies, "Questions of clients in doubt, answered.");
  counter (text, "healed_rows_total", hub->healed_rows, "Rows sent to clients whose own were wrong.");
  counter (text, "errors_total", hub->errors, "Errors told to clients.");
  counter (text, "refused_total", hub->refused, "Connections closed for what they sent.");
  head (text, "results_total", "counter", "Edits by how they ended.");
  for (size_t i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *labels = g_strdup_printf ("{status=\"%s\"}", statuses[i]);

      line (text, "results_total", labels, hub->results[i]);
    }
}

static void
add_latency (GString          *text,
             const LsHubStats *hub)
{
  const int64_t *bounds = ls_hub_latency_bounds ();
  uint64_t sum = 0;

  head (text, "edit_seconds", "histogram",
        "Edits by the time from their coming to their decision.");
  for (size_t i = 0; i < LS_HUB_LATENCIES; i++)
    {
      sum += hub->latency[i];
      g_string_append (text, "lockstep_edit_seconds_bucket{le=\"");
      if (bounds[i] == INT64_MAX)
        g_string_append (text, "+Inf");
      else
        append_seconds (text, (uint64_t) bounds[i]);
      g_string_append_printf (text, "\"} %" G_GUINT64_FORMAT "\n", sum);
    }
  g_string_append (text, "lockstep_edit_seconds_sum ");
  append_seconds (text, hub->latency_sum);
  g_string_append_printf (text, "\nlockstep_edit_seconds_count %" G_GUINT64_FORMAT "\n", sum);
}

static void
add_wire (GString           *text,
          const LsWireStats *wire)
{
  gauge (text, "connections", wire->sessions, "WebSockets.");
  counter (text, "connections_total", wire->accepted, "WebSockets, ever.");
  counter (text, "connections_refused_total", wire->refused,
           "WebSockets refused, there being many.");
  counter (text, "messages_received_total", wire->messages, "Messages of clients.");
  counter (text, "received_bytes_total", wire->bytes_read, "Bytes read from WebSockets.");
  counter (text, "sent_bytes_total", wire->bytes_written, "Bytes written to WebSockets.");
  counter (text, "sent_blobs_total", wire->blobs_written, "Blobs written to WebSockets.");
  counter (text, "writes_total", wire->writes, "System calls for that.");
  counter (text, "dropped_blobs_total", wire->dropped, "Blobs that slow clients did not get.");
  counter (text, "pings_total", wire->pings, "Pings of the wire.");
  gauge (text, "unsent_bytes", wire->memory, "Bytes that wait for slow clients.");
  head (text, "connections_closed_total", "counter", "WebSockets that ended, by why.");
  for (int why = 0; why < LS_WIRE_N_WHY; why++)
    {
      g_autofree char *labels =
          g_strdup_printf ("{why=\"%s\"}", ls_wire_why_to_string ((LsWireWhy) why));

      line (text, "connections_closed_total", labels, wire->closed[why]);
    }
}

static void
add_http (GString           *text,
          const LsHttpStats *http)
{
  gauge (text, "http_connections", http->connections, "Requests under way.");
  counter (text, "http_connections_total", http->accepted, "Requests accepted.");
  counter (text, "http_refused_total", http->refused, "Requests refused, there being many.");
  counter (text, "http_timeouts_total", http->timed_out, "Requests that took too long.");
  counter (text, "http_limited_total", http->limited, "Answers 429.");
  head (text, "http_answers_total", "counter", "Answers by the first digit of their status.");
  for (unsigned i = 1; i < G_N_ELEMENTS (http->answers); i++)
    {
      g_autofree char *labels = g_strdup_printf ("{class=\"%uxx\"}", i);

      line (text, "http_answers_total", labels, http->answers[i]);
    }
}

static void
add_exchange (GString               *text,
              const LsExchangeStats *exchange)
{
  gauge (text, "poll_sessions", exchange->sessions, "Clients that poll.");
  gauge (text, "polls_waiting", exchange->waiting, "Requests of theirs that wait for news.");
  counter (text, "poll_sessions_total", exchange->opened, "Clients that polled, ever.");
  counter (text, "poll_sessions_expired_total", exchange->expired,
           "Clients that stopped polling without a word.");
  counter (text, "polls_total", exchange->requests, "Requests of clients that poll.");
  counter (text, "polls_repeated_total", exchange->repeated, "Requests that came again.");
  counter (text, "polls_refused_total", exchange->refused, "Requests that were refused.");
  counter (text, "polls_crowded_total", exchange->crowded,
           "Requests that could not wait, there being many.");
  counter (text, "polls_received_bytes_total", exchange->bytes_in, "Bytes of their bodies.");
  counter (text, "polls_sent_bytes_total", exchange->bytes_out, "Bytes of the answers' bodies.");
}

static void
add_scrub (GString            *text,
           const LsScrubStats *scrub)
{
  counter (text, "scrub_passes_total", scrub->passes, "Shops read to their end.");
  counter (text, "scrub_found_total", scrub->found, "Differences found in what is stored.");
  counter (text, "scrub_repaired_total", scrub->repaired, "Rows put right through the log.");
  gauge (text, "scrub_unrepaired", scrub->unrepaired, "Differences that stay.");
  gauge (text, "scrub_last_pass_timestamp_seconds", (uint64_t) scrub->passed_at / G_USEC_PER_SEC,
         "When a shop was last read to its end.");
  head (text, "scrub_repair_seconds", "gauge", "The last repair, from found to committed.");
  g_string_append (text, "lockstep_scrub_repair_seconds ");
  append_seconds (text, (uint64_t) scrub->repair_time);
  g_string_append_c (text, '\n');
}

/**
 * ls_metrics_format:
 * @metrics: the numbers
 *
 * Writes them as Prometheus reads them (text format 0.0.4).
 *
 * Returns: (transfer full): the text
 */
char *
ls_metrics_format (const LsMetrics *metrics)
{
  GString *text = g_string_new (NULL);

  gauge (text, "uptime_seconds", (uint64_t) metrics->uptime / G_USEC_PER_SEC,
         "Time since the start.");
  add_hub (text, &metrics->hub);
  add_latency (text, &metrics->hub);
  add_wire (text, &metrics->wire);
  add_exchange (text, &metrics->exchange);
  add_http (text, &metrics->http);
  add_scrub (text, &metrics->scrub);
  return g_string_free (text, FALSE);
}
