/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-event-bus.h"
#include "core/ls-change.h"

G_BEGIN_DECLS

/**
 * LS_TRACE_VERSION:
 *
 * The version of the form of traces.
 */
#define LS_TRACE_VERSION 1

char *ls_trace_to_ndjson (LsEventBus *bus,
                          int64_t     now,
                          size_t     *ret_length);
char *ls_trace_describe_change (const LsChange *change);
char *ls_trace_scrub (const char *text);

G_END_DECLS
