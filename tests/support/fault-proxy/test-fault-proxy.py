#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bad network does what it is told, and nothing else.

usage: test-fault-proxy.py LS_FAULT_PROXY
"""

import os
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'integration'))

# pylint: disable=wrong-import-position
import lsproxy
import lsshop


class Echo:
  """A server that says what it hears, on TCP and on a unix socket."""

  def __init__(self, path):
    self.tcp = socket.create_server(('127.0.0.1', 0))
    self.unix = socket.socket(socket.AF_UNIX)
    self.unix.bind(path)
    self.unix.listen()
    for listener in (self.tcp, self.unix):
      threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

  def accept(self, listener):
    while True:
      peer, _ = listener.accept()
      threading.Thread(target=self.echo, args=(peer,), daemon=True).start()

  @staticmethod
  def echo(peer):
    try:
      while data := peer.recv(65536):
        peer.sendall(data)
    except OSError:
      pass
    peer.close()


def connect(proxy):
  host, port = proxy.address.split(':')
  if host == 'unix':
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(port)
  else:
    peer = socket.create_connection((host, int(port)))
  peer.settimeout(30)
  return peer


def read(peer, length):
  data = b''
  while len(data) < length:
    more = peer.recv(length - len(data))
    if not more:
      break
    data += more
  return data


def ask(peer, data):
  peer.sendall(data)
  return read(peer, len(data))


def is_silent(peer):
  peer.settimeout(0.3)
  try:
    peer.recv(1)
    return False
  except socket.timeout:
    return True
  finally:
    peer.settimeout(30)


def is_reset(peer):
  try:
    while peer.recv(65536):
      pass
    return False
  except ConnectionError:
    return True


def turned(first, second):
  return sum(bin(a ^ b).count('1') for a, b in zip(first, second))


HEAD = b'GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n'


def check_bytes(tap, proxy):
  with tap.step('bytes pass both ways, are counted, and an end passes too'):
    peer = connect(proxy)
    data = os.urandom(300000)
    threading.Thread(target=peer.sendall, args=(data,), daemon=True).start()
    assert read(peer, len(data)) == data
    peer.shutdown(socket.SHUT_WR)
    assert peer.recv(1) == b''
    counts = proxy.tell('count')
    assert (counts['up'], counts['down'], counts['connections']) == (300000, 300000, 1), counts
    peer.close()

  with tap.step('a way that is held is dead until it is freed'):
    for way in ('up', 'down', 'both'):
      peer = connect(proxy)
      assert ask(peer, b'one') == b'one'
      proxy.tell(f'hold {way}')
      peer.sendall(b'two')
      assert is_silent(peer)
      proxy.tell(f'free {way}')
      assert read(peer, 3) == b'two'

  with tap.step('cut resets'):
    peers = [connect(proxy) for _ in range(5)]
    assert all(ask(peer, b'x') == b'x' for peer in peers)
    assert proxy.tell('cut')['open'] == 0
    assert all(is_reset(peer) for peer in peers)

  with tap.step('the end of something is missing'):
    peer = connect(proxy)
    proxy.tell('truncate down 5')
    peer.sendall(b'0123456789')
    assert read(peer, 5) == b'01234' and is_reset(peer)
    assert ask(connect(proxy), b'0123456789') == b'0123456789'

  with tap.step('one bit turns, or many by chance'):
    peer = connect(proxy)
    zeros = bytes(20000)
    proxy.tell('flip up 7')
    heard = ask(peer, zeros)
    assert turned(heard, zeros) == 1 and heard[6] != 0
    assert ask(peer, zeros) == zeros
    proxy.tell('noise down 10000')
    assert 50 < turned(ask(peer, zeros), zeros) < 500
    proxy.tell('noise down 0')
    assert ask(peer, zeros) == zeros


def check_times(tap, proxy):
  with tap.step('bytes are late, and in order'):
    peer = connect(proxy)
    proxy.tell('delay up 200 50')
    begin = time.monotonic()
    assert ask(peer, b'0123') == b'0123'
    assert time.monotonic() - begin >= 0.2
    for i in range(20):
      peer.sendall(b'%02d' % i)
    assert read(peer, 40) == b''.join(b'%02d' % i for i in range(20))
    proxy.tell('delay up 0')

  with tap.step('a line is slow'):
    peer = connect(proxy)
    proxy.tell('throttle down 20000')
    begin = time.monotonic()
    assert len(ask(peer, bytes(10000))) == 10000
    assert time.monotonic() - begin >= 0.4
    proxy.tell('calm')

  with tap.step('a connection on which nothing moves is reset'):
    peer = connect(proxy)
    assert ask(peer, b'1') == b'1'
    proxy.tell('idle 100')
    assert is_reset(peer)
    peer = connect(proxy)
    proxy.tell('idle 0')
    assert ask(peer, b'2') == b'2'
    assert is_silent(peer)
    proxy.tell('calm')


def check_doors(tap, proxy):
  with tap.step('connections are refused, and open ones stay'):
    peer = connect(proxy)
    assert ask(peer, b'x') == b'x'
    proxy.tell('refuse')
    try:
      connect(proxy)
      raise AssertionError('not refused')
    except (ConnectionRefusedError, FileNotFoundError):
      pass
    assert ask(peer, b'y') == b'y'
    proxy.tell('accept')
    assert ask(connect(proxy), b'z') == b'z'

  with tap.step('a request with an upgrade is answered with 403, another passes on the same connection'):
    proxy.tell('block upgrade websocket')
    peer = connect(proxy)
    post = b'POST /v1/exchange HTTP/1.1\r\nContent-Length: 9\r\n\r\nGET /1\r\n\r'
    assert ask(peer, post) == post
    plain = HEAD % (b'/v1/sync', b'')
    assert ask(peer, plain) == plain
    peer.sendall(HEAD % (b'/v1/sync', b'Connection: upgrade\r\nUPGRADE:  WebSocket\r\n'))
    assert peer.recv(65536).startswith(b'HTTP/1.1 403 ') and peer.recv(1) == b''
    assert proxy.tell('unblock')['blocked'] == 1

  with tap.step('a path hangs, another is reset; heads that come in pieces are found'):
    proxy.tell('block path /v1/exchange hang')
    proxy.tell('block path /v1/sync reset')
    peer = connect(proxy)
    head = HEAD % (b'/v1/exchange', b'')
    for i in range(0, len(head), 7):
      peer.sendall(head[i:i + 7])
      time.sleep(0.001)
    assert is_silent(peer)
    peer = connect(proxy)
    peer.sendall(HEAD % (b'/v1/sync?a', b''))
    assert is_reset(peer)
    proxy.tell('unblock')

  with tap.step('what is no HTTP passes'):
    peer = connect(proxy)
    for data in (b'\0\r\n\r\n', os.urandom(40000), b'\r\n\r\n' * 9):
      assert ask(peer, data) == data
    peer = connect(proxy)
    proxy.tell('block path /secret')
    upgraded = HEAD % (b'/v1/sync', b'Upgrade: websocket\r\n') + b'GET /secret HTTP/1.1\r\n\r\n'
    assert ask(peer, upgraded) == upgraded
    proxy.tell('calm')

  with tap.step('a server that is not there is a reset'):
    gone = socket.create_server(('127.0.0.1', 0))
    proxy.tell('to 127.0.0.1:%d' % gone.getsockname()[1])
    gone.close()
    assert is_reset(connect(proxy))


def check_chaos(tap, proxy):
  with tap.step('nothing that passes in any weather is wrong or out of order'):
    proxy.tell('chaos 7 20')
    end = time.monotonic() + 2
    n_good = 0
    while time.monotonic() < end:
      try:
        with connect(proxy) as peer:
          peer.settimeout(1)
          for i in range(100):
            data = struct.pack('!Q', i) * 40
            heard = ask(peer, data)
            assert heard == data[:len(heard)]
            if len(heard) < len(data):
              break
            n_good += 1
      except (ConnectionError, socket.timeout, FileNotFoundError):
        time.sleep(0.005)
    proxy.tell('calm')
    assert n_good > 0
    assert ask(connect(proxy), b'calm') == b'calm'


def main():
  tap = lsshop.Tap()
  folder = tempfile.mkdtemp(prefix='lockstep-test-')
  server = os.path.join(folder, 'server')
  echo = Echo(server)
  port = echo.tcp.getsockname()[1]
  with lsproxy.Proxy(sys.argv[1], f'127.0.0.1:{port}') as proxy:
    check_bytes(tap, proxy)
    check_times(tap, proxy)
    check_doors(tap, proxy)
    proxy.tell(f'to 127.0.0.1:{port}')
    check_chaos(tap, proxy)
  with tap.step('it stands between unix sockets as well'):
    own = os.path.join(folder, 'proxy')
    with lsproxy.Proxy(sys.argv[1], f'unix:{server}', f'unix:{own}') as proxy:
      assert ask(connect(proxy), b'unix') == b'unix'
      proxy.tell('refuse')
      assert not os.path.exists(own)
      proxy.tell('accept')
      assert ask(connect(proxy), b'again') == b'again'
    assert not os.path.exists(own)
  shutil.rmtree(folder)
  tap.end()


if __name__ == '__main__':
  main()
