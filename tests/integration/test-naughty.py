#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that break programs, from a form to the server's disk, to another client, out of it and in again: the same bytes.

usage: test-naughty.py LOCKSTEPD LOCKSTEP_CLIENT

The texts are those below, and the naughty strings of LOCKSTEP_TEST_DATA where that is set.
"""

import contextlib
import json
import os
import sqlite3
import sys

import lsdesk
import lsshop

OWN = [
  'plain', ' a blank before and behind ', 'tab\tand\nline', '\u00e9 and e\u0301: not the same', '\U0001f469\u200d\U0001f680',
  '\u202eright to left', '\ufeffa mark', "'; DROP TABLE products; --", '%s%n%d', '"quotes"\\', '<b>markup & more</b>', '0x10', 'NULL',
  '=1+1', '\ufffd', '\ufffe\uffff', 'x' * 5000,
  # Not to be taken:
  'nul\0', 'bell\x07', 'return\r', 'delete\x7f', 'c1\x85',
]


def may_be(text):
  """What the schema lets be a text: UTF-8 without control characters but newline and tab."""
  try:
    text.encode()
  except UnicodeEncodeError:
    return False
  return not any((ord(c) < 0x20 and c not in '\n\t') or 0x7f <= ord(c) < 0xa0 for c in text)


def texts():
  found = list(OWN)
  folder = os.environ.get('LOCKSTEP_TEST_DATA')
  if folder:
    with open(os.path.join(folder, 'naughty', 'blns.json'), encoding='utf-8') as file:
      found += json.load(file)
  # An empty text is none.
  return [text for text in dict.fromkeys(found) if text]


def change(key, text):
  fields = {'name': f'Row {key}', 'description': text, 'status': 'active', 'price': 1}
  return 'change ' + json.dumps([{'c': 'products', 'k': key, 'op': 'put', 'set': fields}])


def main():
  tap = lsshop.Tap()
  good = {}
  with lsshop.Folder(sys.argv[1]) as folder, contextlib.ExitStack() as stack:
    folder.run('init')
    folder.run('shop', 'add', 'music')
    folder.run('shop', 'add', 'copy')
    _, address = folder.serve('--listen', '127.0.0.1:0', '--edit-rate=0', '--digest-interval=1s')
    token = folder.run('token', '--user', 'admin').strip()
    desks = [lsdesk.Desk(sys.argv[2], address, token, folder.path(name), 'music') for name in ('ada', 'ben')]
    for desk in desks:
      desk.start()
      stack.callback(desk.kill)
      desk.do('wait-live')
      desk.do('wait-idle')
    ada, ben = desks

    with tap.step('a form takes what is text, and refuses the rest in words'):
      for i, text in enumerate(texts()):
        answer = ada.answer(ada.tell(change(f't{i}', text)))
        assert (answer['t'] == 'done') == may_be(text), (text, answer)
        assert answer['t'] == 'done' or answer['message']
        if answer['t'] == 'done':
          good[f't{i}'] = text
      ada.do('wait-idle')
      assert not [edit for edit in ada.edits.values() if edit.get('status') != 'applied']

    with tap.step('the server keeps the same bytes'):
      with contextlib.closing(sqlite3.connect(os.path.join(folder.data, 'lockstep.db'))) as sql:
        rows = dict(sql.execute("SELECT key, description FROM products WHERE shop = 'music'"))
      assert rows == good

    with tap.step('another client has them, and shows them'):
      ben.do('wait-idle')
      for key, text in good.items():
        assert ben.get('products', key)['description'] == text, key
      assert ben.digest() == ada.digest()
      for desk in desks:
        desk.wait(lambda desk=desk: desk.verified >= desk.version, 'equal digests')

    for desk in desks:
      desk.quit()
    for process in folder.running:
      process.terminate()
      process.wait()

    with tap.step('out of the shop and into another they are the same'):
      exported = folder.rows('music')['products']
      assert {key: row['description'] for key, row in exported.items()} == good
      there = folder.path('export')
      folder.run('export', '--shop', 'music', '--to', there)
      folder.run('import', '--shop', 'copy', *(os.path.join(there, name) for name in sorted(os.listdir(there))
                                               if name.startswith('products')))
      again = folder.rows('copy')['products']
      assert {key: row['description'] for key, row in again.items()} == good
      folder.check()
  tap.end()


if __name__ == '__main__':
  main()
