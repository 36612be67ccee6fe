"""A TCP proxy that is a bad network: it delays, cuts up, cuts off and half-closes connections, by a seeded generator."""

import contextlib
import random
import socket
import struct
import threading
import time

CHUNK_BYTES = 4096
LINGER_NOT = struct.pack("ii", 1, 0)  # closing sends a reset: what was on its way is gone


class Calm:
    """What happens to a connection: nothing."""

    def delay(self):
        return 0.0

    def chunk_bytes(self):
        return CHUNK_BYTES

    def take(self, count):
        """How many of the next `count` bytes may pass, and, if not all, how the connection then ends."""
        return count, None


class Bad(Calm):
    """A connection that ends after so many bytes, both ways together, and stutters before. A half-close ends the way
    on which the last of them passed; the other way stays open until one of the two sides gives up."""

    ENDS = ("reset", "close", "half-close")

    def __init__(self, rng, most_bytes):
        self._random = random.Random(rng.random())
        self._lock = threading.Lock()
        self._left = self._random.randint(1, most_bytes)
        self._end = self._random.choice(self.ENDS)

    def delay(self):
        with self._lock:
            return self._random.uniform(0.0, 0.02) if self._random.random() < 0.05 else 0.0

    def chunk_bytes(self):
        with self._lock:
            return self._random.choice((1, 9, 100, CHUNK_BYTES))

    def take(self, count):
        with self._lock:
            if self._end is None:
                return count, None
            passed = min(count, self._left)
            self._left -= passed
            if passed == count:
                return count, None
            end, self._end = self._end, None
            return passed, end


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy, down, fate):
        self._proxy = proxy
        self._down = down  # towards the client
        self._up = socket.create_connection(proxy.upstream)
        self._fate = fate
        self._over = threading.Event()
        for end in (self._down, self._up):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, target in ((self._down, self._up), (self._up, self._down)):
            threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source, target):
        try:
            while not self._over.is_set():
                data = source.recv(self._fate.chunk_bytes())
                if not data:
                    break
                time.sleep(self._fate.delay())
                passed, end = self._fate.take(len(data))
                target.sendall(data[:passed])
                if end is not None:
                    self._proxy.note_cut(end)
                    if end != "half-close":
                        return self.cut(reset=end == "reset")
                    break
            target.shutdown(socket.SHUT_WR)  # an end in order is passed on, and so is half of one
        except OSError:
            self.cut()

    def cut(self, reset=True):
        self._over.set()
        for end in (self._down, self._up):
            with contextlib.suppress(OSError):
                if reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
                end.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                end.close()


class Proxy:
    """Listens on a port of its own. `make_fate` gives each connection its fate."""

    def __init__(self, address, make_fate=Calm):
        self.move(address)
        self._make_fate = make_fate
        self._lock = threading.Lock()
        self._links = []
        self.cuts = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def move(self, address):
        """Where new connections lead from now on."""
        host, port = address.rsplit(":", 1)
        self.upstream = (host, int(port))

    def _accept(self):
        while True:
            try:
                down, _ = self._listener.accept()
            except OSError:
                return
            try:
                link = _Link(self, down, self._make_fate())
            except OSError:
                down.close()  # nobody is there
                continue
            with self._lock:
                self._links.append(link)

    def note_cut(self, end):
        with self._lock:
            self.cuts[end] = self.cuts.get(end, 0) + 1

    def cut_all(self):
        with self._lock:
            links, self._links = self._links, []
        for link in links:
            link.cut()

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut_all()
