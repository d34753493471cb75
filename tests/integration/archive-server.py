#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the archive of a data folder as this version of the server writes it; tests/data/server/README.md tells when.

usage: archive-server.py LOCKSTEPD LOCKSTEP_CLIENT ARCHIVE.tar.gz
"""

import gzip
import io
import json
import os
import sqlite3
import sys
import tarfile

import lsdesk
import lsshop

FILES = ('lockstep.db', 'access.db')

ROWS = '''\
{"t":"rows","c":"products"}
{"k":"tape","d":{"name":"Tape Machine","status":"active","price":2499,"stock":7}}
{"k":"cable","d":{"name":"Câble 🎛️","status":"draft","price":0}}
{"t":"rows","c":"customers"}
{"k":"c1","d":{"name":"Zoë"}}
{"t":"rows","c":"orders"}
{"k":"o1","d":{"number":"1001","customer":"c1","status":"paid","currency":"EUR","placed_at":1790000000000000}}
{"t":"rows","c":"order_items"}
{"k":"i1","d":{"order":"o1","product":"tape","name":"Tape Machine","quantity":2,"unit_price":2499}}
'''


def edit(folder, client):
  """An edit that is applied, one that conflicts with nothing but is refused, and one that is taken back."""
  server, address = folder.serve('--listen', '127.0.0.1:0')
  desk = lsdesk.Desk(client, address, folder.run('token', '--user', 'admin').strip(), folder.path('desk'), 's')
  desk.start()
  for command in ('wait-live', 'wait-idle', 'edit products tape price 1999', 'add products tape stock 3',
                  'edit products tape price -1', 'del products cable', 'wait-idle'):
    desk.do(command)
  states = sorted(line['state'] for line in desk.edits.values())
  assert states == ['applied', 'applied', 'applied', 'dead'], states
  desk.tell('quit')
  desk.process.wait(lsdesk.PATIENCE)
  server.terminate()
  assert server.wait(lsshop.PATIENCE) == 0


def pack(folder, target):
  """The files in as few bytes as may be, and what an export says is in them."""
  with gzip.GzipFile(target, 'wb', mtime=0) as packed, tarfile.open(fileobj=packed, mode='w') as archive:
    for name in FILES:
      path = os.path.join(folder.data, name)
      connection = sqlite3.connect(path)
      connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
      connection.execute('VACUUM')
      connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
      connection.close()
      add(archive, name, open(path, 'rb').read())
    add(archive, 'rows.json', json.dumps(folder.rows('s'), sort_keys=True).encode())


def add(archive, name, content):
  info = tarfile.TarInfo(name)
  info.size = len(content)
  archive.addfile(info, io.BytesIO(content))


def main():
  lockstepd, client, target = sys.argv[1:4]
  with lsshop.Folder(lockstepd) as folder:
    folder.run('init')
    folder.run('shop', 'add', 's', '--currency', 'EUR', '--time-zone', 'Europe/Paris')
    with open(folder.path('rows.ndjson'), 'w', encoding='utf-8') as file:
      file.write(ROWS)
    folder.run('import', '--shop', 's', folder.path('rows.ndjson'))
    edit(folder, client)
    folder.check()
    pack(folder, target)


if __name__ == '__main__':
  main()
