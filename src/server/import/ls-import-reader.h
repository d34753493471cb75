/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsImportTarget:
 * @shop: the shop's id
 * @currency: the shop's currency, that amounts without one are in
 * @zone: the shop's time zone, that times without one are in
 *
 * What a reader must know of the shop that it reads for. Owned by the caller, who keeps it as long
 * as the reader lives.
 */
typedef struct {
  char *shop;
  char *currency;
  GTimeZone *zone;
} LsImportTarget;

/**
 * LsImportRow:
 * @record: the row
 * @fields: a mask of the fields that the source speaks of; others stay as they are in a row that
 *   exists
 * @line: where it stands in the file, from 1
 * @implied: it was not written down as a row but follows from others, such as a category of a
 *   product: it may come again with the same values
 *
 * One row of an import. A struct of zeros is empty.
 */
typedef struct {
  LsRecord *record;
  uint64_t fields;
  int64_t line;
  bool implied;
} LsImportRow;

/**
 * LsImportProblem:
 * @file: the file as it was named
 * @line: the line, from 1, or 0 for the file as a whole
 * @field: (nullable): the column or field
 * @message: what is wrong there
 *
 * Why a row can't be imported. A struct of zeros is empty.
 */
typedef struct {
  char *file;
  int64_t line;
  char *field;
  char *message;
} LsImportProblem;

/**
 * LsImportStep:
 * @LS_IMPORT_ROW: the row is filled
 * @LS_IMPORT_BAD: the problem is filled; reading goes on behind it
 * @LS_IMPORT_PASSED: a row that is not imported on purpose, such as a derived one
 * @LS_IMPORT_END: nothing more
 * @LS_IMPORT_FAILED: nothing more can be read; the error is set
 *
 * What a reader came to.
 */
typedef enum {
  LS_IMPORT_ROW,
  LS_IMPORT_BAD,
  LS_IMPORT_PASSED,
  LS_IMPORT_END,
  LS_IMPORT_FAILED,
} LsImportStep;

#define LS_TYPE_IMPORT_READER (ls_import_reader_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsImportReader, ls_import_reader, LS, IMPORT_READER, GObject)

/**
 * LsImportReaderClass:
 * @next: reads on; @row and @problem are empty when it is called
 * @get_offset: how many bytes were read so far
 * @list_ignored: names of columns that nothing is done with
 *
 * A form that rows are read from. A new form is a subclass.
 */
struct _LsImportReaderClass {
  GObjectClass parent_class;

  LsImportStep (*next)         (LsImportReader   *self,
                                LsImportRow      *row,
                                LsImportProblem  *problem,
                                GError          **error);
  int64_t      (*get_offset)   (LsImportReader   *self);
  GPtrArray   *(*list_ignored) (LsImportReader   *self);
};

LsImportStep ls_import_reader_next         (LsImportReader    *self,
                                            LsImportRow       *row,
                                            LsImportProblem   *problem,
                                            GError           **error);
const char  *ls_import_reader_get_name     (LsImportReader    *self);
void         ls_import_reader_set_name     (LsImportReader    *self,
                                            const char        *name);
int64_t      ls_import_reader_get_offset   (LsImportReader    *self);
GPtrArray   *ls_import_reader_list_ignored (LsImportReader    *self);

void         ls_import_row_clear           (LsImportRow       *row);
void         ls_import_problem_clear       (LsImportProblem   *problem);
void         ls_import_problem_set         (LsImportProblem   *problem,
                                            int64_t            line,
                                            const char        *field,
                                            const char        *format,
                                            ...) G_GNUC_PRINTF (4, 5);
bool         ls_import_check_record        (const LsRecord    *record,
                                            int64_t            line,
                                            LsImportProblem   *problem);
char        *ls_import_make_key            (const char        *prefix,
                                            const char        *text);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsImportRow, ls_import_row_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsImportProblem, ls_import_problem_clear)

G_END_DECLS
