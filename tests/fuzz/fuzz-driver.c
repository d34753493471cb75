/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for libFuzzer where there is none: runs a target over the files of a corpus and over
 * changed copies of them, as many as it is told. The changes come from a fixed seed, so that each run is the same. */
#include "config.h"

#include <locale.h>
#include <string.h>

#include <glib.h>

#include "fuzz-target.h"

#define MAX_CHANGES 4

/* Bytes that mean something to texts are worth more tries than others. */
static const char meaningful[] = "{}[]:,\"\\/-+.0123456789eEtrufalsnxud \n\t\x1f\x7f\x80\xc3\xa9\xed\xff";

/* How many changed copies of a file are tried. */
static uint64_t n_copies;

static GBytes *
read_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *data = NULL;
  size_t length = 0;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);

  return g_bytes_new_take (data, length);
}

static uint8_t
any_byte (GRand *rand)
{
  if (g_rand_boolean (rand))
    return (uint8_t) meaningful[g_rand_int_range (rand, 0, sizeof meaningful - 1)];

  return (uint8_t) g_rand_int_range (rand, 0, 256);
}

static void
change (GByteArray *bytes,
        GRand      *rand)
{
  unsigned at = bytes->len > 0 ? (unsigned) g_rand_int_range (rand, 0, (gint32) bytes->len) : 0;
  unsigned length = bytes->len > 0 ? (unsigned) g_rand_int_range (rand, 1, 9) : 0;
  uint8_t byte = any_byte (rand);
  g_autofree uint8_t *piece = NULL;

  length = MIN (length, bytes->len - at);
  switch (g_rand_int_range (rand, 0, 5))
    {
    case 0: /* another byte */
      if (bytes->len > 0)
        bytes->data[at] = byte;
      break;
    case 1: /* one more */
      g_byte_array_append (bytes, &byte, 1);
      memmove (bytes->data + at + 1, bytes->data + at, bytes->len - 1 - at);
      bytes->data[at] = byte;
      break;
    case 2: /* some fewer */
      if (length > 0)
        g_byte_array_remove_range (bytes, at, length);
      break;
    case 3: /* the end is missing */
      g_byte_array_set_size (bytes, at);
      break;
    case 4: /* a piece twice */
    default:
      piece = g_memdup2 (bytes->data + at, length);
      g_byte_array_append (bytes, piece, length);
      break;
    }
}

static void
run_bytes (const uint8_t *data,
           size_t         size)
{
  /* On the heap and of the very size, so that a read beyond it is noticed. */
  g_autofree uint8_t *copy = size > 0 ? g_memdup2 (data, size) : g_malloc (1);

  g_assert_cmpint (LLVMFuzzerTestOneInput (copy, size), ==, 0);
}

static void
test_file (gconstpointer data)
{
  g_autoptr (GBytes) bytes = read_file (data);
  /* Wherever the folder is, the changes are the same. */
  g_autofree char *name = g_path_get_basename (data);
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_str_hash (name));
  size_t size;
  const uint8_t *original = g_bytes_get_data (bytes, &size);

  run_bytes (original, size);
  for (uint64_t i = 0; i < n_copies; i++)
    {
      g_autoptr (GByteArray) copy = g_byte_array_new ();
      int n_changes = g_rand_int_range (rand, 1, MAX_CHANGES + 1);

      g_byte_array_append (copy, original, (unsigned) size);
      for (int j = 0; j < n_changes; j++)
        change (copy, rand);
      run_bytes (copy->data, copy->len);
    }
}

static int
compare_texts (const void *a,
               const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_files (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_texts);

  return names;
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GPtrArray) names = NULL;
  const char *folder;

  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);

  g_assert_cmpint (argc, ==, 3);
  folder = argv[1];
  g_assert_true (g_ascii_string_to_unsigned (argv[2], 10, 0, 1000000, &n_copies, NULL));
  names = list_files (folder);
  g_assert_cmpuint (names->len, >, 0);

  for (unsigned i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      g_autofree char *test_path = g_strconcat ("/fuzz/", name, NULL);

      g_test_add_data_func_full (test_path, g_build_filename (folder, name, NULL), test_file,
                                 g_free);
    }

  return g_test_run ();
}
