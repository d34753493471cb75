#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in: what goes wrong is said in words, what was kept comes back, and a keyring that hangs holds nobody up."""

import os
import re
import subprocess
import sys
import threading

from http.server import BaseHTTPRequestHandler, HTTPServer

import lsdesk
import lsui
from lsdesk import cell, edit_cell, go_to, wait_cell

LOCKSTEP, LOCKSTEPD = sys.argv[1:3]
PASSWORD = 'correct horse battery'

# Owns the name of the Secret Service and never answers, as one that waits for somebody to unlock it.
SILENT_KEYRING = '''
import os, signal
from gi.repository import Gio, GLib

def owned(bus, name):
  print('owned', flush=True)
  os.kill(os.getpid(), signal.SIGSTOP)

Gio.bus_own_name(Gio.BusType.SESSION, 'org.freedesktop.secrets', Gio.BusNameOwnerFlags.NONE, None, owned, None)
GLib.MainLoop().run()
'''


class Stranger(BaseHTTPRequestHandler):
  """A web server that has never heard of Lockstep."""

  def do_POST(self):
    self.send_response(200)
    self.end_headers()
    self.wfile.write(b'<html>Welcome to our shop</html>')

  def log_message(self, *arguments):
    pass


def password_or_text(window, name):
  """An entry: GTK's versions differ in what they call one for a password."""
  return lsui.wait_for(lambda: window.find_all('text', name) or window.find_all('password', name), name)[0]


def fill_in(window, server, user, password):
  for name, text in (('Server address', server), ('User name', user), ('Password', password)):
    password_or_text(window, name).set_text(text)
  window.find('button', 'Sign in').click()


def main(ui):
  server = lsdesk.Server(ui, LOCKSTEPD)
  subprocess.run([LOCKSTEPD, 'user', 'passwd', '--data', str(server.data), 'admin'], input=PASSWORD + '\n', text=True,
                 check=True)
  stranger = HTTPServer(('127.0.0.1', 0), Stranger)
  threading.Thread(target=stranger.serve_forever, daemon=True).start()
  secrets = {'SECRET_BACKEND': 'file', 'SECRET_FILE_TEST_PATH': os.path.join(ui.folder, 'keyring'),
             'SECRET_FILE_TEST_PASSWORD': 'of the keyring'}
  app = ui.start([LOCKSTEP], environment=secrets)
  window = app.window('Lockstep').place(0, 0)

  with ui.step('what is wrong with an address is said'):
    fill_in(window, 'ftp://shop', 'admin', PASSWORD)
    window.find('label', text=re.compile('ftp://shop is no address of a server'))
    fill_in(window, '127.0.0.1:1', 'admin', PASSWORD)
    window.find('label', text=re.compile('No server could be reached at 127.0.0.1:1'))
    fill_in(window, f'127.0.0.1:{stranger.server_port}', 'admin', PASSWORD)
    window.find('label', text=re.compile('it is no Lockstep server'))

  with ui.step('a wrong password is said'):
    fill_in(window, server.listen, 'admin', 'wrong')
    window.find('label', text=re.compile('does not know this user name and password'))

  with ui.step('the right one opens the shop, without a scheme on this machine'):
    fill_in(window, server.listen, 'admin', PASSWORD)
    desk = app.window(re.compile('Tape Machine'))
    desk.find(name='Connection: Live')

  with ui.step('a second window on another page'):
    go_to(desk, 'Products')
    wait_cell(desk, 'Products', 'Low Tide', '€24.99')
    lsui.equal(ui.start([LOCKSTEP, '--page', 'orders', '--new-window']).wait(), 0, 'exit status')
    app.window(re.compile('Orders – Tape Machine'))
    ui.action(lsdesk.APPLICATION_ID, 'quit')
    lsui.equal(app.wait(), 0, 'exit status')

  with ui.step('both windows come back, signed in by the keyring'):
    app = ui.start([LOCKSTEP], environment=secrets)
    app.window(re.compile('Orders – Tape Machine'))
    desk = app.window(re.compile('Products – Tape Machine')).place(0, 0)
    desk.find(name='Connection: Live')
    lsui.equal(len(app.windows()), 2, 'windows')

  with ui.step('and so they do after a login that ended with the app open'):
    app.process.terminate()
    lsui.equal(app.wait(), 0, 'exit status')
    app = ui.start([LOCKSTEP], environment=secrets)
    app.window(re.compile('Orders – Tape Machine'))
    app.window(re.compile('Products – Tape Machine'))
    ui.action(lsdesk.APPLICATION_ID, 'quit')
    app.wait()

  with ui.step('a keyring that does not answer holds nobody up: the shop shows, and asks'):
    keyring = ui.start([sys.executable, '-c', SILENT_KEYRING], name='keyring')
    lsui.wait_for(lambda: 'owned' in keyring.output(), 'the silent keyring')
    app = ui.start([LOCKSTEP])
    desk = app.window(re.compile('Products – Tape Machine'), patience=60).place(0, 0)
    # The shop is there at once; the form waits for the keyring as long as the app does.
    desk.find('label', text='You are signed out. Your changes are kept.', patience=60)
    keyring.kill()

  with ui.step('an edit made meanwhile waits, and signing in again sends it'):
    edit_cell(desk, 'Products', 'Low Tide', '€24.99', '21')
    wait_cell(desk, 'Products', 'Low Tide', '€21.00')
    desk.find('button', 'Sign in').click()
    dialog = app.window('Sign in again')
    password_or_text(dialog, 'Password').set_text('wrong')
    dialog.find('button', 'Sign in').click()
    dialog.find('label', text=re.compile('does not know this user name and password'))
    password_or_text(dialog, 'Password').set_text(PASSWORD)
    dialog.find('button', 'Sign in').click()
    desk.find(name='Connection: Live')
    lsui.wait_for(lambda: lsdesk.price_of(server, 'low-tide') == 2100, 'the server has the price')
    assert cell(desk, 'Products', 'Low Tide', '€21.00')


lsui.run(main)
