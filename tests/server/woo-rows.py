#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads WooCommerce's list of products independently: prints what the rows must be, a line a value, sorted.

usage: woo-rows.py FILE.csv
"""

import csv
import decimal
import sys


def minor(text):
  """An amount in cents, exactly."""
  return int(decimal.Decimal(text) * 100)


def main():
  with open(sys.argv[1], encoding='utf-8-sig', newline='') as file:
    rows = list(csv.DictReader(file))

  def key(row):
    return f"woo:{row['ID']}" if row.get('ID') else f"sku:{row['SKU']}"

  by_sku = {row['SKU']: key(row) for row in rows if row['Type'] != 'variation'}
  lines = set()
  for row in rows:
    types = [word.strip() for word in row['Type'].split(',')]
    variation = 'variation' in types
    collection = 'variants' if variation else 'products'
    lines.add(f"{collection} {key(row)} name {row['Name']}")
    if row['Regular price']:
      lines.add(f"{collection} {key(row)} price {minor(row['Regular price'])}")
    if row['Sale price']:
      lines.add(f"{collection} {key(row)} sale_price {minor(row['Sale price'])}")
    if row['Stock']:
      lines.add(f"{collection} {key(row)} stock {int(row['Stock'])}")
    elif row['In stock?'] == '0':
      lines.add(f"{collection} {key(row)} stock 0")
    if variation:
      parent = row['Parent']
      lines.add(f"variants {key(row)} product {'woo:' + parent[3:] if parent.startswith('id:') else by_sku[parent]}")
    else:
      lines.add(f"products {key(row)} downloadable {int('downloadable' in types)}")
      lines.add(f"products {key(row)} status {'active' if row['Published'] == '1' else 'draft'}")
      if row['Categories']:
        lines.add(f"products {key(row)} category {row['Categories'].split(',')[0].strip()}")
    owner = by_sku[row['Parent']] if variation else key(row)
    for number, url in enumerate(filter(None, (url.strip() for url in row['Images'].split(','))), 1):
      lines.add(f"images image:{key(row)}/{number} url {url}")
      lines.add(f"images image:{key(row)}/{number} product {owner}")
  print('\n'.join(sorted(lines)))


if __name__ == '__main__':
  main()
