#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data folders of older versions: all that was in them is there still, and the server goes on with them.

usage: test-old-server.py LOCKSTEPD LOCKSTEP_CLIENT ARCHIVES
"""

import json
import os
import sqlite3
import sys
import tarfile

import lsdesk
import lsshop


def sql(folder, text):
  connection = sqlite3.connect(os.path.join(folder.data, 'lockstep.db'))
  with connection:
    found = connection.execute(text).fetchall()
  connection.close()
  return found


def unpack(folder, archive):
  """Returns the rows that it had."""
  os.mkdir(folder.data, 0o700)
  with tarfile.open(archive) as packed:
    packed.extractall(folder.data)
  with open(os.path.join(folder.data, 'rows.json'), encoding='utf-8') as file:
    return json.load(file)


def has_all(after, before):
  """Whether each value of before stands there still; what is new stands beside. Activity tells of that."""
  return all(after[collection][key].get(field) == value
             for collection, rows in before.items() for key, fields in rows.items()
             for field, value in fields.items())


def go_on(folder, client):
  """A client of today edits what a server of before wrote, and has what the server has."""
  server, address = folder.serve('--listen', '127.0.0.1:0')
  desk = lsdesk.Desk(client, address, folder.run('token', '--user', 'admin').strip(), folder.path('desk'), 's')
  desk.start()
  for command in ('wait-live', 'wait-idle', 'add products tape stock 5', 'edit products tape price -1', 'wait-idle'):
    desk.do(command)
  assert sorted(line['state'] for line in desk.edits.values()) == ['applied', 'dead'], desk.edits
  assert desk.get('products', 'tape')['price'] == 1999
  desk.tell('quit')
  desk.process.wait(lsdesk.PATIENCE)
  server.terminate()
  assert server.wait(lsshop.PATIENCE) == 0


def open_archive(tap, lockstepd, client, archive, version):
  with lsshop.Folder(lockstepd) as folder:
    with tap.step(f'version {version}: what was in it is there, and proved'):
      before = unpack(folder, archive)
      decisions = sql(folder, 'SELECT mid, status, code, message FROM log_decisions ORDER BY mid')
      assert sql(folder, 'PRAGMA user_version') == [(version,)]
      assert len(decisions) >= 4 and any(row[1] != 0 for row in decisions), decisions
      folder.run('check', '--repair')
      folder.check()
      assert has_all(folder.rows('s'), before)
      assert sql(folder, 'SELECT mid, status, code, message FROM log_decisions ORDER BY mid') == decisions

  with lsshop.Folder(lockstepd) as folder:
    with tap.step(f'version {version}: the server goes on with it'):
      before = unpack(folder, archive)
      go_on(folder, client)
      folder.check()
      assert folder.rows('s')['products']['tape']['stock'] == before['products']['tape']['stock'] + 5


def refuse_newer(tap, lockstepd, archive, newest):
  with lsshop.Folder(lockstepd) as folder:
    with tap.step('a folder of a newer version is refused in words that help, and stays as it is'):
      unpack(folder, archive)
      sql(folder, f'PRAGMA user_version = {newest + 1}')
      path = os.path.join(folder.data, 'lockstep.db')
      before = open(path, 'rb').read()
      for command in ('check', 'serve'):
        words = folder.fail(command)
        assert 'newer version' in words, words
      assert open(path, 'rb').read() == before


def main():
  lockstepd, client, archives = sys.argv[1:4]
  tap = lsshop.Tap()
  with lsshop.Folder(lockstepd) as folder:
    with tap.step('each version before this one has its archive'):
      folder.run('init')
      newest = sql(folder, 'PRAGMA user_version')[0][0]
      paths = [os.path.join(archives, f'v{version}.tar.gz') for version in range(1, newest)]
      assert newest > 1 and all(os.path.exists(path) for path in paths), (newest, paths)
  for i, path in enumerate(paths):
    open_archive(tap, lockstepd, client, path, i + 1)
  refuse_newer(tap, lockstepd, paths[-1], newest)
  tap.end()


if __name__ == '__main__':
  main()
