/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-exchange.h"
#include "server/ls-http.h"
#include "server/ls-hub.h"
#include "server/ls-scrubber.h"
#include "server/wire/ls-wire.h"

G_BEGIN_DECLS

/**
 * LS_METRICS_CONTENT_TYPE:
 *
 * The media type of ls_metrics_format().
 */
#define LS_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/**
 * LsMetrics:
 * @hub: of the hub
 * @wire: of the wire
 * @http: of the front
 * @exchange: of the sessions that poll
 * @scrub: of the scrubber
 * @uptime: µs
 *
 * All numbers of a server.
 */
typedef struct {
  LsHubStats hub;
  LsWireStats wire;
  LsHttpStats http;
  LsExchangeStats exchange;
  LsScrubStats scrub;
  int64_t uptime;
} LsMetrics;

char *ls_metrics_format (const LsMetrics *metrics);

G_END_DECLS
