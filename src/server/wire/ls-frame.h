/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-utf8.h"

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/* The longest frame header: 2 bytes, 8 of length, 4 of mask. */
#define LS_FRAME_MAX_HEADER 14
/* The longest payload of a control frame (RFC 6455, 5.5), and the longest reason within a close
 * frame. */
#define LS_FRAME_MAX_CONTROL 125
#define LS_FRAME_MAX_REASON 123

/**
 * LsFrameOpcode:
 * @LS_FRAME_CONTINUATION: the next fragment of a message
 * @LS_FRAME_TEXT: the first or only fragment of a text message
 * @LS_FRAME_BINARY: the first or only fragment of a binary message
 * @LS_FRAME_CLOSE: the last frame an end sends
 * @LS_FRAME_PING: to be answered by a pong with the same payload
 * @LS_FRAME_PONG: the answer
 *
 * The opcodes of RFC 6455; all others are reserved and refused.
 */
typedef enum {
  LS_FRAME_CONTINUATION = 0x0,
  LS_FRAME_TEXT = 0x1,
  LS_FRAME_BINARY = 0x2,
  LS_FRAME_CLOSE = 0x8,
  LS_FRAME_PING = 0x9,
  LS_FRAME_PONG = 0xa,
} LsFrameOpcode;

/**
 * LsFrameCode:
 *
 * The close codes that this layer sends or reports. No status and abnormal never travel in a frame:
 * they say that the peer's close frame had no code, and that there was no close frame.
 */
typedef enum {
  LS_FRAME_CODE_NONE = 0,
  LS_FRAME_CODE_NORMAL = 1000,
  LS_FRAME_CODE_GOING_AWAY = 1001,
  LS_FRAME_CODE_PROTOCOL = 1002,
  LS_FRAME_CODE_NO_STATUS = 1005,
  LS_FRAME_CODE_ABNORMAL = 1006,
  LS_FRAME_CODE_INVALID_DATA = 1007,
  LS_FRAME_CODE_POLICY = 1008,
  LS_FRAME_CODE_TOO_BIG = 1009,
  LS_FRAME_CODE_TRY_LATER = 1013,
} LsFrameCode;

/**
 * LsFrameRole:
 * @LS_FRAME_ROLE_SERVER: reads what clients send: every frame must be masked
 * @LS_FRAME_ROLE_CLIENT: reads what servers send: no frame may be masked
 *
 * Which end of a connection a parser stands at.
 */
typedef enum {
  LS_FRAME_ROLE_SERVER,
  LS_FRAME_ROLE_CLIENT,
} LsFrameRole;

/**
 * LsFrameLimits:
 * @role: the end the parser stands at
 * @max_message: bytes of a message, counted over all its fragments; more is code 1009
 * @max_fragments: frames of a message; more is code 1008
 *
 * What a parser lets through. Shared by any number of parsers, and must outlive them.
 */
typedef struct {
  LsFrameRole role;
  uint32_t    max_fragments;
  uint64_t    max_message;
} LsFrameLimits;

/**
 * LsFrameStatus:
 * @LS_FRAME_MORE: all bytes are consumed, none of them completed anything
 * @LS_FRAME_ITEM: a message or a control frame is complete; feed the rest of the bytes
 * @LS_FRAME_ERROR: the peer broke a rule: `code` and `text` of the item say which
 *
 * What ls_frame_parser_feed() came to.
 */
typedef enum {
  LS_FRAME_MORE,
  LS_FRAME_ITEM,
  LS_FRAME_ERROR,
} LsFrameStatus;

/**
 * LsFrameItem:
 * @opcode: text or binary for a whole message, or one of the control opcodes
 * @code: for close the peer's code, 1005 if it gave none; for an error the code to close with
 * @data: the unmasked payload; for close the reason. Borrowed until the next call on the parser, or
 *   until the bytes that were fed change. Not terminated.
 * @length: bytes of @data
 * @text: for an error, static text for the close frame and the log
 *
 * What a parser found.
 */
typedef struct {
  LsFrameOpcode  opcode;
  uint16_t       code;
  const uint8_t *data;
  size_t         length;
  const char    *text;
} LsFrameItem;

/**
 * LsFrameParser:
 *
 * An incremental parser of RFC 6455 frames, without I/O. It holds memory only for a message that
 * did not arrive whole in one piece, and then only for bytes that have arrived, not for bytes
 * announced.
 *
 * Not thread-safe; a plain struct, to be embedded.
 */
typedef struct {
  /*< private >*/
  const LsFrameLimits *limits;
  uint64_t             frame_left;    /* payload bytes still to come of the current frame */
  uint64_t             message_size;  /* announced bytes of the message, over its frames so far */
  uint8_t             *buffer;        /* the part of a message that had to be kept */
  size_t               buffer_used;
  size_t               buffer_size;
  uint8_t             *control;       /* the same for a control frame: a message may be around it */
  const char          *error_text;
  uint32_t             fragments;
  uint16_t             error_code;
  uint8_t              state;
  uint8_t              opcode;         /* of the current frame */
  uint8_t              message_opcode; /* of the message under way, 0 without one */
  uint8_t              control_used;
  uint8_t              header_used;
  uint8_t              mask_at;        /* where in the mask the next payload byte is */
  uint8_t              fin;
  uint8_t              lent;           /* a buffer was lent out by the last call */
  LsUtf8               utf8;
  uint8_t              mask[4];
  uint8_t              header[LS_FRAME_MAX_HEADER];
} LsFrameParser;

/**
 * ls_frame_parser_init:
 * @parser: memory of any content
 * @limits: (transfer none): the limits; must outlive the parser
 *
 * Makes a parser that is at the start of a connection, after the HTTP headers.
 */
void          ls_frame_parser_init         (LsFrameParser       *parser,
                                            const LsFrameLimits *limits);

/**
 * ls_frame_parser_clear:
 * @parser: a parser that was initialised, or all zero
 *
 * Frees what the parser holds. It may be initialised again after.
 */
void          ls_frame_parser_clear        (LsFrameParser       *parser);

/**
 * ls_frame_parser_feed:
 * @parser: the parser
 * @data: (array length=length): the next bytes of the connection; unmasked in place
 * @length: how many; may be 0
 * @consumed: (out): how many were taken; the rest is to be fed again
 * @item: (out): what was found; for %LS_FRAME_MORE it is not touched
 *
 * Takes bytes, cut anywhere, until something is complete or wrong. To be called until it says
 * %LS_FRAME_MORE or %LS_FRAME_ERROR.
 *
 * Errors are told at the first byte that makes them certain: a bad header before its payload,
 * invalid UTF-8 before the end of the frame. After an error every call tells the same error; after
 * a close frame all bytes are consumed and ignored.
 *
 * Cost: one or two passes over the bytes. A message that lies whole in @data is not copied.
 *
 * Returns: what it came to
 */
LsFrameStatus ls_frame_parser_feed         (LsFrameParser       *parser,
                                            uint8_t             *data,
                                            size_t               length,
                                            size_t              *consumed,
                                            LsFrameItem         *item);

/**
 * ls_frame_parser_is_idle:
 * @parser: the parser
 *
 * Returns: whether the parser stands between messages, with no part of a frame taken
 */
gboolean      ls_frame_parser_is_idle      (const LsFrameParser *parser);

/**
 * ls_frame_parser_get_buffered:
 * @parser: the parser
 *
 * Returns: bytes of memory that the parser holds besides itself
 */
size_t        ls_frame_parser_get_buffered (const LsFrameParser *parser);

/**
 * ls_frame_code_is_valid:
 * @code: a close code
 *
 * Returns: whether a close frame may carry it (RFC 6455, 7.4, and the codes registered since)
 */
gboolean      ls_frame_code_is_valid       (uint16_t             code);

/**
 * ls_frame_write_header:
 * @out: (out caller-allocates): at least %LS_FRAME_MAX_HEADER bytes
 * @opcode: the opcode
 * @fin: whether this is the last frame of its message
 * @length: bytes of payload; at most %LS_FRAME_MAX_CONTROL for control opcodes
 * @mask: (nullable): the four bytes of the mask for a client's frame, %NULL for a server's
 *
 * Writes the header of a frame. A client masks the payload with ls_frame_mask().
 *
 * Returns: bytes written, 2 to 14
 */
size_t        ls_frame_write_header        (uint8_t             *out,
                                            LsFrameOpcode        opcode,
                                            gboolean             fin,
                                            uint64_t             length,
                                            const uint8_t       *mask);

/**
 * ls_frame_write_close:
 * @out: (out caller-allocates): at least %LS_FRAME_MAX_CONTROL bytes
 * @code: a code that ls_frame_code_is_valid(), or %LS_FRAME_CODE_NONE for an empty payload
 * @reason: (nullable) (array length=length): valid UTF-8; cut before the character that does not
 *   fit
 * @length: bytes of @reason
 *
 * Writes the payload of a close frame.
 *
 * Returns: bytes written, 0 or 2 to 125
 */
size_t        ls_frame_write_close         (uint8_t             *out,
                                            uint16_t             code,
                                            const char          *reason,
                                            size_t               length);

/**
 * ls_frame_mask:
 * @data: (array length=length): bytes of a payload, changed in place
 * @length: how many
 * @mask: the four bytes of the mask
 * @offset: where in the payload @data begins
 *
 * Masks, or unmasks, eight bytes at a time.
 */
void          ls_frame_mask                (uint8_t             *data,
                                            size_t               length,
                                            const uint8_t       *mask,
                                            size_t               offset);

G_END_DECLS
