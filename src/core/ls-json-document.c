/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-json-document"

#include "config.h"

#include "core/ls-json-document.h"

#include <string.h>

#include "core/ls-error.h"

/*
 * Makes a tree of a text that the guard has passed: what may stand where is known by then, and only
 * the values are left to be read. All nodes and strings of a document lie in a few blocks: a message
 * has dozens of values and lives for a moment. A parser that makes an object of each value takes ten
 * times as long. Tests hold what comes out against json-glib.
 */

/* Nodes of a block; the first one is part of the document. */
#define BLOCK_NODES 48

typedef struct _Block Block;

struct _Block {
  Block *next;
  LsJsonNode nodes[BLOCK_NODES];
};

struct _LsJsonDocument {
  LsJsonNode *root;
  char *strings; /* all of them, each with a NUL where its quotes were */
  Block *blocks; /* the last one first */
  unsigned n_used;
  GPtrArray *elements; /* of all arrays; NULL for none */
  Block first;
};

typedef struct {
  LsJsonDocument *document;
  const char *at;
  const char *end;
  char *string; /* where the next one goes */
} Parser;

static LsJsonNode *read_value (Parser *parser);

static LsJsonNode *
new_node (LsJsonDocument *document,
          LsJsonKind      kind)
{
  LsJsonNode *node;

  if (document->n_used == BLOCK_NODES)
    {
      Block *block = g_new (Block, 1);

      block->next = document->blocks;
      document->blocks = block;
      document->n_used = 0;
    }
  node = &document->blocks->nodes[document->n_used++];
  *node = (LsJsonNode) { .kind = kind };
  return node;
}

static void
skip_space (Parser *parser)
{
  while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\n' ||
                                      *parser->at == '\r' || *parser->at == '\t'))
    parser->at++;
}

static bool
skip (Parser *parser,
      char    byte)
{
  skip_space (parser);
  if (parser->at >= parser->end || *parser->at != byte)
    return false;
  parser->at++;
  return true;
}

static uint32_t
read_hex (Parser *parser)
{
  uint32_t unit = 0;

  for (int i = 0; i < 4 && parser->at < parser->end; i++)
    unit = unit << 4 | (uint32_t) (g_ascii_xdigit_value (*parser->at++) & 15);
  return unit;
}

static void
append_unicode (Parser *parser)
{
  uint32_t unit = read_hex (parser);

  if (unit >= 0xd800 && unit < 0xdc00 && parser->end - parser->at >= 6)
    {
      parser->at += 2;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (read_hex (parser) - 0xdc00);
    }
  /* Six bytes or twelve of the text become at most three or four. */
  parser->string += g_unichar_to_utf8 (unit, parser->string);
}

static void
append_escape (Parser *parser)
{
  static const char meanings[] = { ['b'] = '\b', ['f'] = '\f', ['n'] = '\n',
                                   ['r'] = '\r', ['t'] = '\t' };
  unsigned char byte;

  if (parser->at >= parser->end)
    return;
  byte = (unsigned char) *parser->at++;
  if (byte == 'u')
    append_unicode (parser);
  else
    *parser->string++ = byte < sizeof meanings && meanings[byte] != '\0' ? meanings[byte] : (char) byte;
}

/* Reads a string, from its opening quote on; NULL when there is none. */
static const char *
read_string (Parser *parser)
{
  char *begin = parser->string;

  if (!skip (parser, '"'))
    return NULL;
  for (;;)
    {
      const char *from = parser->at;

      while (parser->at < parser->end && *parser->at != '"' && *parser->at != '\\')
        parser->at++;
      memcpy (parser->string, from, (size_t) (parser->at - from));
      parser->string += parser->at - from;
      if (parser->at >= parser->end)
        return NULL;
      if (*parser->at++ == '"')
        break;
      append_escape (parser);
    }
  *parser->string++ = '\0';
  return begin;
}

static LsJsonNode *
read_number (Parser *parser)
{
  LsJsonNode *node = new_node (parser->document, LS_JSON_INTEGER);
  bool is_negative = *parser->at == '-';

  parser->at += is_negative;
  while (parser->at < parser->end && g_ascii_isdigit (*parser->at))
    node->integer = node->integer * 10 + (*parser->at++ - '0');
  if (is_negative)
    node->integer = -node->integer;
  return node;
}

static LsJsonNode *
read_word (Parser     *parser,
           const char *word,
           LsJsonKind  kind,
           int64_t     integer)
{
  size_t length = strlen (word);
  LsJsonNode *node;

  if ((size_t) (parser->end - parser->at) < length || memcmp (parser->at, word, length) != 0)
    return NULL;
  parser->at += length;
  node = new_node (parser->document, kind);
  node->integer = integer;
  return node;
}

static LsJsonNode *
read_object (Parser *parser)
{
  LsJsonNode *object = new_node (parser->document, LS_JSON_OBJECT);
  LsJsonNode *last = NULL;

  if (skip (parser, '}'))
    return object;
  do
    {
      const char *name = read_string (parser);
      LsJsonNode *node = name != NULL && skip (parser, ':') ? read_value (parser) : NULL;

      if (node == NULL)
        return NULL;
      node->name = name;
      object->length++;
      if (last == NULL)
        object->first = node;
      else
        last->next = node;
      last = node;
    }
  while (skip (parser, ','));
  return skip (parser, '}') ? object : NULL;
}

static LsJsonNode *
read_array (Parser *parser)
{
  LsJsonNode *array = new_node (parser->document, LS_JSON_ARRAY);
  g_autoptr (GPtrArray) elements = NULL;

  if (skip (parser, ']'))
    return array;
  elements = g_ptr_array_new ();
  do
    {
      LsJsonNode *node = read_value (parser);

      if (node == NULL)
        return NULL;
      g_ptr_array_add (elements, node);
    }
  while (skip (parser, ','));
  array->length = elements->len;
  array->elements = (const LsJsonNode **) g_ptr_array_steal (elements, NULL);
  if (parser->document->elements == NULL)
    parser->document->elements = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (parser->document->elements, array->elements);
  return skip (parser, ']') ? array : NULL;
}

static LsJsonNode *
read_value (Parser *parser)
{
  LsJsonNode *node;

  skip_space (parser);
  if (parser->at >= parser->end)
    return NULL;
  switch (*parser->at)
    {
    case '{':
      parser->at++;
      return read_object (parser);
    case '[':
      parser->at++;
      return read_array (parser);
    case '"':
      node = new_node (parser->document, LS_JSON_TEXT);
      node->text = read_string (parser);
      return node->text != NULL ? node : NULL;
    case 't':
      return read_word (parser, "true", LS_JSON_BOOLEAN, 1);
    case 'f':
      return read_word (parser, "false", LS_JSON_BOOLEAN, 0);
    case 'n':
      return read_word (parser, "null", LS_JSON_NULL, 0);
    default:
      return read_number (parser);
    }
}

/**
 * ls_json_document_new:
 * @text: JSON
 * @length: its bytes
 * @limits: how much of everything it may have
 * @error: where to put why not, %LS_ERROR_PROTOCOL; its message begins with the place
 *
 * Lets the guard look at every byte of a text, then reads it. Safe from any thread. O(length).
 *
 * Returns: (transfer full) (nullable): what it says
 */
LsJsonDocument *
ls_json_document_new (const char          *text,
                      size_t               length,
                      const LsJsonLimits  *limits,
                      GError             **error)
{
  g_autoptr (LsJsonDocument) document = NULL;
  Parser parser = { NULL, text, text + length, NULL };

  if (!ls_json_guard_check_error (text, length, limits, error))
    return NULL;
  document = g_new (LsJsonDocument, 1);
  document->first.next = NULL;
  document->blocks = &document->first;
  document->n_used = 0;
  document->elements = NULL;
  document->strings = parser.string = g_malloc (length + 1);
  parser.document = document;
  document->root = read_value (&parser);
  if (document->root != NULL)
    return g_steal_pointer (&document);
  /* The guard has passed what can't be read. */
  g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL, "not JSON");
  return NULL;
}

/**
 * ls_json_document_free:
 * @document: (transfer full): a document
 *
 * Frees it with all its nodes.
 */
void
ls_json_document_free (LsJsonDocument *document)
{
  while (document->blocks != &document->first)
    {
      Block *block = document->blocks;

      document->blocks = block->next;
      g_free (block);
    }
  g_clear_pointer (&document->elements, g_ptr_array_unref);
  g_free (document->strings);
  g_free (document);
}

/**
 * ls_json_document_get_root:
 * @document: a document
 *
 * Returns: (transfer none): its value
 */
const LsJsonNode *
ls_json_document_get_root (const LsJsonDocument *document)
{
  return document->root;
}

/**
 * ls_json_document_get_object:
 * @document: a document
 *
 * Returns: (transfer none) (nullable): its value, when that is an object
 */
const LsJsonNode *
ls_json_document_get_object (const LsJsonDocument *document)
{
  return document->root->kind == LS_JSON_OBJECT ? document->root : NULL;
}

/**
 * ls_json_node_get_member:
 * @object: an object
 * @name: a name
 *
 * Returns: (transfer none) (nullable): its member of that name. O(members)
 */
const LsJsonNode *
ls_json_node_get_member (const LsJsonNode *object,
                         const char       *name)
{
  g_return_val_if_fail (object->kind == LS_JSON_OBJECT, NULL);

  for (const LsJsonNode *node = object->first; node != NULL; node = node->next)
    if (strcmp (node->name, name) == 0)
      return node;
  return NULL;
}
