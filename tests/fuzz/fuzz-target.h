/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

/* What libFuzzer, or fuzz-driver.c in its place, calls with every input. It returns 0, or aborts when a
 * property does not hold. */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

/* A refusal is in words that can be shown. */
void        fuzz_check_error (const GError  *error);

/* A file, in memory, that has just these bytes; the same one each time. */
const char *fuzz_file        (const uint8_t *data,
                              size_t         size);
