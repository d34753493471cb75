#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the app takes from its start until its first page stands still on the screen, and its memory then, in turns
with an empty window of libadwaita. Seen from outside: the X server keeps its picture in a file, which is looked at every
few milliseconds. A first start, given much time, tells what it comes to; what counts in the later ones is when the lines of
the table, and all of it with the totals, are so.

usage (within run-ui): start-times.py BUILD REPEATS ROWS...
"""

import getpass
import json
import mmap
import os
import statistics
import struct
import subprocess
import sys
import time
import zlib

import lsprocess
import lsx11

URL = 'http://127.0.0.1:9'
QUIET = 10
PATIENCE = 120
PAUSE = 0.004
# The part of the screen with the lines of the table: below banner and column titles, right of the sidebar, and without the
# scroll bars, which show themselves and fade.
PAGE = range(180, 750, 4)
PAGE_LEFT, PAGE_RIGHT = 250, 1100
# The header bar does not count: the state of the connection is drawn over what stood there before, which may leave a pixel or
# two of its edges.
HEADER = 60


class Screen:
  def __init__(self):
    with open(os.path.join(os.environ['LSUI_FOLDER'], 'Xvfb_screen0'), 'rb') as file:
      self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header = struct.unpack('>25I', self.map[:100])
    self.start = header[0] + header[19] * 12
    self.below_header = self.start + HEADER * header[12]
    self.lines = [slice(self.start + y * header[12] + PAGE_LEFT * 4, self.start + y * header[12] + PAGE_RIGHT * 4)
                  for y in PAGE]
    self.empty = self.sum()

  def sum(self):
    """One sum for the lines of the table, one for all but the header bar."""
    page = 0
    with memoryview(self.map) as view:
      for line in self.lines:
        page = zlib.crc32(view[line], page)
      return page, zlib.crc32(view[self.below_header:])

  def wait_empty(self):
    deadline = time.monotonic() + PATIENCE
    while self.sum() != self.empty:
      if time.monotonic() > deadline:
        sys.exit('the screen does not become empty')
      time.sleep(0.05)

  def settle(self):
    """What is on the screen when it has not changed for long: sums, as sum() gives them."""
    seen, since = self.sum(), time.monotonic()
    while seen == self.empty or time.monotonic() - since < QUIET:
      time.sleep(0.1)
      now = self.sum()
      if now != seen:
        seen, since = now, time.monotonic()
      if now == self.empty and time.monotonic() - since > PATIENCE:
        sys.exit('nothing came to the screen')
    return seen

  def watch(self, begin, process, wanted):
    """Seconds from begin to the first picture, the wanted lines, and all that is wanted."""
    first = page = None
    while True:
      seen, now = self.sum(), time.monotonic() - begin
      if first is None and seen != self.empty:
        first = now
      if page is None and seen[0] == wanted[0]:
        page = now
      if seen == wanted:
        return first, page, now
      if now > PATIENCE or process.poll() is not None:
        sys.exit('what the first start showed did not come again')
      time.sleep(PAUSE)


def memory(process):
  with open(f'/proc/{process.pid}/smaps_rollup', encoding='ascii') as file:
    found = dict(line.split(':', 1) for line in file if ':' in line and line[0].isupper())
  return tuple(int(found[name].split()[0]) / 1000 for name in ('Rss', 'Private_Dirty'))


def start(command):
  return lsprocess.spawn(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rehearse(screen, command, picture):
  screen.wait_empty()
  process = start(command)
  wanted = screen.settle()
  lsx11.screen_png(picture)
  lsprocess.end(process)
  return wanted


def start_once(screen, command, wanted):
  screen.wait_empty()
  begin = time.monotonic()
  process = start(command)
  times = screen.watch(begin, process, wanted)
  used = memory(process)
  lsprocess.end(process)
  return (*(second * 1000 for second in times), *used)


def gsettings(name, value):
  subprocess.run(['gsettings', 'set', 'io.github.lockstep.Lockstep', name, value], check=True)


def main():
  build, repeats, sizes = sys.argv[1], int(sys.argv[2]), [int(word) for word in sys.argv[3:]]
  bench = os.path.join(build, 'tests', 'bench')
  os.environ['GSETTINGS_SCHEMA_DIR'] = os.path.join(build, 'data')
  app = [os.path.join(build, 'src', 'app', 'lockstep'), '--page', 'orders']
  empty = [os.path.join(bench, 'empty-window')]
  screen = Screen()
  gsettings('server-url', URL)
  gsettings('user', getpass.getuser())
  gsettings('work-offline', 'true')
  empty_picture = rehearse(screen, empty, os.path.join(build, 'start-empty.png'))
  for rows in sizes:
    subprocess.run(['rm', '-rf', os.path.join(os.environ['XDG_DATA_HOME'], 'lockstep')], check=True)
    filled = subprocess.run([os.path.join(bench, 'fill-cache'), URL, getpass.getuser(), 'account', str(rows)], check=True,
                            stdout=subprocess.PIPE, encoding='utf-8').stdout
    print(filled.strip(), flush=True)
    # The first start puts the indexes in the order of this system's language.
    picture = rehearse(screen, app, os.path.join(build, f'start-{rows}.png'))
    ours, bare = [], []
    for _ in range(repeats):
      bare.append(start_once(screen, empty, empty_picture))
      ours.append(start_once(screen, app, picture))
    ours, bare = ([statistics.median(column) for column in zip(*each)] for each in (ours, bare))
    print(json.dumps({'bench': 'start', 'rows': rows, 'repeats': repeats,
                      'page_over_empty_ms': round(ours[1] - bare[1]), 'first_frame_ms': round(ours[0]),
                      'page_ms': round(ours[1]), 'settled_ms': round(ours[2]), 'empty_first_frame_ms': round(bare[0]),
                      'empty_page_ms': round(bare[1]), 'rss_mb': round(ours[3], 1), 'empty_rss_mb': round(bare[3], 1),
                      'rss_over_empty_mb': round(ours[3] - bare[3], 1),
                      'private_over_empty_mb': round(ours[4] - bare[4], 1)}), flush=True)


main()
