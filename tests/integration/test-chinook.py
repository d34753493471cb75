#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Chinook store, imported: every count and total equals what SQL says on the source.

usage: test-chinook.py LOCKSTEPD
"""

import datetime
import os
import sqlite3
import subprocess
import sys

import lsshop

ZONE = 'America/New_York'
FILES = ['order_items', 'payments', 'orders', 'customers', 'products']
EPOCH = datetime.date(1970, 1, 1)


def sums(database, query):
  """{key: cents and counts}: SQLite sums floats, so it is told to sum cents."""
  return {row[0]: row[1:] for row in database.execute(query)}


def by(rows, name, *values):
  found = {}
  for row in rows:
    entry = found.setdefault(row[name], [0] * len(values))
    for i, value in enumerate(values):
      entry[i] += row[value]
  return {key: tuple(entry) for key, entry in found.items()}


def main():
  tap = lsshop.Tap()
  data = os.environ.get('LOCKSTEP_TEST_DATA')
  if not data:
    tap.skip_all('LOCKSTEP_TEST_DATA is not set')
  source = os.path.join(data, 'chinook', 'Chinook_Sqlite.sqlite')
  database = sqlite3.connect(f'file:{source}?mode=ro&immutable=1', uri=True)

  with lsshop.Folder(sys.argv[1]) as folder:
    files = [os.path.join(folder.root, name + '.ndjson') for name in FILES]

    with tap.step('all of it is imported, children before their parents'):
      here = os.path.dirname(os.path.abspath(__file__))
      subprocess.run([sys.executable, os.path.join(here, 'chinook-to-ndjson.py'), source, folder.root, ZONE], check=True)
      folder.run('init')
      folder.run('shop', 'add', 'chinook', '--currency', 'USD', '--time-zone', ZONE)
      folder.run('import', '--shop', 'chinook', *files)
    rows = folder.rows('chinook')
    orders = list(rows['orders'].values())

    with tap.step('counts of rows are those of the source'):
      for collection, table in (('products', 'Track'), ('customers', 'Customer'), ('orders', 'Invoice'),
                                ('order_items', 'InvoiceLine'), ('payments', 'Invoice'), ('stats', 'Customer')):
        count = database.execute(f'SELECT count(*) FROM {table}').fetchone()[0]
        assert len(rows[collection]) == count > 0, (collection, len(rows[collection]), count)

    with tap.step('the revenue is that of the source'):
      total = database.execute('SELECT sum(CAST(round(UnitPrice * 100) AS INTEGER) * Quantity) FROM InvoiceLine').fetchone()[0]
      assert sum(order['revenue'] for order in orders) == total
      assert sum(day['revenue'] for day in rows['daily_sales'].values()) == total
      assert sum(product.get('revenue', 0) for product in rows['products'].values()) == total

    with tap.step('each customer spent and ordered what he did'):
      expected = sums(database, "SELECT 'chinook:c' || CustomerId, sum(CAST(round(Total * 100) AS INTEGER)), count(*)"
                      ' FROM Invoice GROUP BY 1')
      found = {key: (row['spent'], row['orders']) for key, row in rows['customers'].items()}
      assert found == expected, set(found.items()) ^ set(expected.items())
      assert {key: (row['spent'], row['orders']) for key, row in rows['stats'].items()} == expected

    with tap.step('each country has its orders and revenue'):
      expected = sums(database, 'SELECT BillingCountry, sum(CAST(round(Total * 100) AS INTEGER)), count(*)'
                      ' FROM Invoice GROUP BY 1')
      for order in orders:
        order['one'] = 1
      found = by(orders, 'country', 'revenue', 'one')
      assert found == expected, set(found.items()) ^ set(expected.items())

    with tap.step('each day has its orders, units and revenue'):
      expected = sums(database, 'SELECT date(i.InvoiceDate), count(DISTINCT i.InvoiceId), sum(l.Quantity),'
                      ' sum(CAST(round(l.UnitPrice * 100) AS INTEGER) * l.Quantity)'
                      ' FROM Invoice i JOIN InvoiceLine l USING (InvoiceId) GROUP BY 1')
      found = {(EPOCH + datetime.timedelta(row['day'])).isoformat(): (row['orders'], row['units'], row['revenue'])
               for row in rows['daily_sales'].values()}
      assert found == expected, set(found.items()) ^ set(expected.items())

    with tap.step('each track has its units and revenue'):
      expected = sums(database, "SELECT 'chinook:t' || TrackId, sum(Quantity),"
                      ' sum(CAST(round(UnitPrice * 100) AS INTEGER) * Quantity) FROM InvoiceLine GROUP BY 1')
      found = {key: (row['units_sold'], row['revenue']) for key, row in rows['products'].items()
               if row.get('units_sold', 0) != 0}
      assert found == expected, set(found.items()) ^ set(expected.items())

    with tap.step('names came as they are'):
      expected = {f'chinook:t{row[0]}': row[1] for row in database.execute('SELECT TrackId, Name FROM Track')}
      assert {key: row['name'] for key, row in rows['products'].items()} == expected

    with tap.step('the same again changes nothing'):
      version = folder.version('chinook')
      folder.run('import', '--shop', 'chinook', *files)
      assert folder.version('chinook') == version

    with tap.step('the server computes the same from nothing'):
      folder.check()
  tap.end()


if __name__ == '__main__':
  main()
