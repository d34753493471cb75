/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What libFuzzer, or fuzz-driver.c in its place, calls with every input. It returns 0, or aborts when a
 * property does not hold. */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);
