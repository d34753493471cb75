/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-reader.h"

const LsImportTarget *fuzz_import_target (void);
void                  fuzz_read_all      (LsImportReader *reader,
                                          size_t          size);
