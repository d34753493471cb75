# SPDX-License-Identifier: GPL-3.0-or-later
"""The pointer, the keyboard and the picture of the screen. There is no window manager: windows lie where they are put,
and have the focus when they are given it."""

import ctypes
import os
import struct
import subprocess
import zlib


def xdotool(*arguments):
  done = subprocess.run(['xdotool', *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8')
  return done.stdout.split() if done.returncode == 0 else []


def geometry(window):
  """x, y, width and height of an X window on the screen, or None."""
  words = dict(line.split('=', 1) for line in xdotool('getwindowgeometry', '--shell', window) if '=' in line)
  return tuple(int(words[key]) for key in ('X', 'Y', 'WIDTH', 'HEIGHT')) if 'WIDTH' in words else None


def title(window):
  done = subprocess.run(['xdotool', 'getwindowname', str(window)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                        encoding='utf-8')
  return done.stdout.rstrip('\n')


def windows_of(process):
  """The visible X windows of a process, popovers among them, in the order they were made: (id, title) pairs."""
  found = sorted(int(window) for window in xdotool('search', '--all', '--onlyvisible', '--pid', process, '--name', '.'))
  return [(window, title(window)) for window in found if (geometry(window) or (0, 0, 0, 0))[2] > 1]


def focus(window):
  """Puts a window in front and gives it the keyboard."""
  xdotool('windowraise', window, 'windowfocus', '--sync', window)


def move(window, x, y):
  xdotool('windowmove', '--sync', window, x, y)


def resize(window, width, height):
  xdotool('windowsize', '--sync', window, width, height)


def move_pointer(x, y):
  xdotool('mousemove', x, y)


def under_pointer():
  """The X window that a click would go to. xdotool tells it only where there is a window manager."""
  xlib = ctypes.CDLL('libX11.so.6')
  xlib.XOpenDisplay.restype = ctypes.c_void_p
  xlib.XDefaultRootWindow.restype = ctypes.c_ulong
  display = ctypes.c_void_p(xlib.XOpenDisplay(None))
  if not display:
    return 0
  root = ctypes.c_ulong(xlib.XDefaultRootWindow(display))
  above, child, place, mask = ctypes.c_ulong(), ctypes.c_ulong(), [ctypes.c_int() for _ in range(4)], ctypes.c_uint()
  xlib.XQueryPointer(display, root, *map(ctypes.byref, (above, child, *place, mask)))
  xlib.XCloseDisplay(display)
  return child.value


def click(button=1, repeat=1):
  """Clicks where the pointer is."""
  xdotool('click', '--repeat', repeat, '--delay', 40, button)


def keys(*names):
  """Presses keys by X name: 'ctrl+n', 'Tab', 'Return'."""
  xdotool('key', '--clearmodifiers', *names)


def type_text(text):
  """Types text. Capitals with accents arrive as small letters: they have no key to press shift with."""
  xdotool('type', '--clearmodifiers', '--delay', 8, '--', text)


def _chunk(kind, data):
  body = kind + data
  return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))


def screen_png(path):
  """Writes what the screen shows to a PNG file. The X server keeps its picture in a file in XWD form."""
  with open(os.path.join(os.environ['LSUI_FOLDER'], 'Xvfb_screen0'), 'rb') as file:
    data = file.read()
  header = struct.unpack('>25I', data[:100])
  header_size, width, height, byte_order, bytes_per_line, colours = (header[i] for i in (0, 4, 5, 7, 12, 19))
  start = header_size + colours * 12
  rows = bytearray()
  # Four bytes a pixel; which of them is red depends on the order of bytes.
  red, green, blue = (2, 1, 0) if byte_order == 0 else (1, 2, 3)
  for y in range(height):
    line = data[start + y * bytes_per_line:start + y * bytes_per_line + width * 4]
    row = bytearray(width * 3)
    row[0::3], row[1::3], row[2::3] = line[red::4], line[green::4], line[blue::4]
    rows += b'\0' + row
  with open(path, 'wb') as file:
    file.write(b'\x89PNG\r\n\x1a\n' + _chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0))
               + _chunk(b'IDAT', zlib.compress(bytes(rows), 6)) + _chunk(b'IEND', b''))
