#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the Chinook database, a digital music store, into files that `lockstepd import` takes.

usage: chinook-to-ndjson.py Chinook_Sqlite.sqlite FOLDER [TIME_ZONE]

Invoices have a date and no hour: midnight where the shop is.
"""

import datetime
import decimal
import json
import os
import sqlite3
import sys
import zoneinfo


def cents(amount):
  """SQLite gives 0.99 as a float; its shortest text is what was written."""
  return int((decimal.Decimal(str(amount)) * 100).to_integral_exact())


def rows(database, query):
  cursor = database.execute(query)
  names = [column[0] for column in cursor.description]
  for row in cursor:
    yield dict(zip(names, row))


class Writer:
  def __init__(self, folder):
    self.folder = folder

  def write(self, collection, items):
    with open(os.path.join(self.folder, collection + '.ndjson'), 'w', encoding='utf-8') as file:
      for key, fields in items:
        fields = {name: value for name, value in fields.items() if value is not None}
        file.write(json.dumps({'k': key, 'd': fields}, ensure_ascii=False, separators=(',', ':')) + '\n')


def products(database):
  for row in rows(database, 'SELECT t.TrackId, t.Name, t.UnitPrice, t.Composer, a.Title AS Album, r.Name AS Artist, '
                  'g.Name AS Genre, m.Name AS Media FROM Track t LEFT JOIN Album a USING (AlbumId) '
                  'LEFT JOIN Artist r USING (ArtistId) LEFT JOIN Genre g USING (GenreId) '
                  'LEFT JOIN MediaType m USING (MediaTypeId)'):
    yield f'chinook:t{row["TrackId"]}', {
      'name': row['Name'], 'status': 'active', 'kind': 'download', 'category': row['Genre'],
      'description': '\n'.join(filter(None, (row['Album'], row['Artist'], row['Composer']))), 'tags': row['Media'],
      'price': cents(row['UnitPrice']), 'downloadable': True,
    }


def customers(database):
  for row in rows(database, 'SELECT * FROM Customer'):
    yield f'chinook:c{row["CustomerId"]}', {
      'name': f'{row["FirstName"]} {row["LastName"]}', 'email': row['Email'], 'phone': row['Phone'],
      'company': row['Company'], 'address': row['Address'],
      'city': ', '.join(filter(None, (row['City'], row['State']))), 'postcode': row['PostalCode'],
      'country': row['Country'],
    }


def micros(text, zone):
  time = datetime.datetime.fromisoformat(text).replace(tzinfo=zone)
  return int(time.timestamp()) * 1000000


def orders(database, zone):
  for row in rows(database, 'SELECT i.*, c.FirstName, c.LastName, c.Email FROM Invoice i JOIN Customer c USING (CustomerId)'):
    yield f'chinook:i{row["InvoiceId"]}', {
      'number': str(row['InvoiceId']), 'customer': f'chinook:c{row["CustomerId"]}',
      'customer_name': f'{row["FirstName"]} {row["LastName"]}', 'email': row['Email'], 'status': 'completed',
      'currency': 'USD', 'placed_at': micros(row['InvoiceDate'], zone), 'country': row['BillingCountry'],
    }


def items(database):
  for row in rows(database, 'SELECT l.*, t.Name FROM InvoiceLine l JOIN Track t USING (TrackId)'):
    yield f'chinook:l{row["InvoiceLineId"]}', {
      'order': f'chinook:i{row["InvoiceId"]}', 'product': f'chinook:t{row["TrackId"]}', 'name': row['Name'],
      'quantity': row['Quantity'], 'unit_price': cents(row['UnitPrice']),
    }


def payments(database, zone):
  for row in rows(database, 'SELECT * FROM Invoice'):
    yield f'chinook:p{row["InvoiceId"]}', {
      'order': f'chinook:i{row["InvoiceId"]}', 'method': 'card', 'status': 'captured', 'amount': cents(row['Total']),
      'currency': 'USD', 'at': micros(row['InvoiceDate'], zone),
    }


def main():
  source, folder = sys.argv[1], sys.argv[2]
  zone = zoneinfo.ZoneInfo(sys.argv[3] if len(sys.argv) > 3 else 'UTC')
  database = sqlite3.connect(f'file:{source}?mode=ro&immutable=1', uri=True)
  os.makedirs(folder, exist_ok=True)
  writer = Writer(folder)
  writer.write('products', products(database))
  writer.write('customers', customers(database))
  writer.write('orders', orders(database, zone))
  writer.write('order_items', items(database))
  writer.write('payments', payments(database, zone))


if __name__ == '__main__':
  main()
