/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Forward declarations of the value types of core, so that headers never include each other in a
 * circle. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib-object.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct _LsChange LsChange;
typedef struct _LsCollection LsCollection;
typedef struct _LsDigest LsDigest;
typedef struct _LsEnvironment LsEnvironment;
typedef struct _LsField LsField;
typedef struct _LsFilter LsFilter;
typedef struct _LsJsonWriter LsJsonWriter;
typedef struct _LsMessage LsMessage;
typedef struct _LsPosition LsPosition;
typedef struct _LsQueue LsQueue;
typedef struct _LsRecord LsRecord;
typedef struct _LsValue LsValue;
typedef struct _LsView LsView;

G_END_DECLS
