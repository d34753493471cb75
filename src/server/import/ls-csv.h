/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsCsvOptions:
 * @delimiter: between fields; 0 for a comma
 * @quote: around fields that hold a delimiter, a quote or the end of a line; 0 for the double quote
 * @max_field_bytes: of one field; 0 for 128 KiB
 * @max_record_bytes: of the fields of a record together; 0 for 1 MiB
 * @max_fields: of a record; 0 for 1,024
 *
 * How a file of comma-separated values is written, and how much of everything it may have.
 */
typedef struct {
  char delimiter;
  char quote;
  size_t max_field_bytes;
  size_t max_record_bytes;
  unsigned max_fields;
} LsCsvOptions;

/**
 * LsCsvStep:
 * @LS_CSV_RECORD: there is a record to look at
 * @LS_CSV_BAD: there is a malformed one instead; ls_csv_get_problem() tells why, and reading may go
 *   on
 * @LS_CSV_END: nothing more
 * @LS_CSV_FAILED: the stream can't be read; the error is set
 *
 * What ls_csv_read() came to.
 */
typedef enum {
  LS_CSV_RECORD,
  LS_CSV_BAD,
  LS_CSV_END,
  LS_CSV_FAILED,
} LsCsvStep;

/**
 * LsCsvProblem:
 * @line: the line in the file, from 1
 * @field: the field in the record, from 1
 * @message: what is wrong there
 *
 * Where and why a record is malformed.
 */
typedef struct {
  int64_t line;
  unsigned field;
  const char *message;
} LsCsvProblem;

/**
 * LsCsv:
 *
 * Reads comma-separated values by RFC 4180, to the letter but for three things that are common in
 * real files: lines may end in a line feed alone, the file may begin with the byte order mark of
 * UTF-8, and empty lines are passed over. Inside quotes anything may stand but U+0000; what is no
 * UTF-8 is refused. Holds one record and 64 KiB at a time. One thread.
 */
typedef struct _LsCsv LsCsv;

LsCsv              *ls_csv_new          (GInputStream        *stream,
                                         const LsCsvOptions  *options);
void                ls_csv_free         (LsCsv               *csv);
LsCsvStep           ls_csv_read         (LsCsv               *csv,
                                         GError             **error);
const LsCsvProblem *ls_csv_get_problem  (LsCsv               *csv);
int64_t             ls_csv_get_line     (LsCsv               *csv);
unsigned            ls_csv_get_n_fields (LsCsv               *csv);
const char         *ls_csv_get_field    (LsCsv               *csv,
                                         unsigned             index);
int64_t             ls_csv_get_offset   (LsCsv               *csv);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsCsv, ls_csv_free)

G_END_DECLS
