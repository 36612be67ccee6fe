"""The interactive mode on a terminal, and a server that goes away meanwhile: the person is told, may end the wait, and
keeps the program and the history."""

import os
import pathlib
import pty
import random
import select
import socket
import subprocess
import tempfile
import time
import unittest

import harness

CELLAR = os.environ["CELLAR_BINARY"]
CTRL_C, CTRL_D = b"\x03", b"\x04"


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, environment):
        self.process_id, self._file = pty.fork()
        if self.process_id == 0:
            os.execve(command[0], command, environment)
        self._seen = b""

    def type(self, keys):
        os.write(self._file, keys)

    def await_text(self, text):
        """Reads until `text` comes; what follows it is left for the next call."""
        give_up = time.monotonic() + harness.CALL_SECONDS
        while text not in self._seen:
            ready, _, _ = select.select([self._file], [], [], max(0, give_up - time.monotonic()))
            assert ready, f"{text} did not come after {self._seen}"
            self._seen += os.read(self._file, 4096)
        before, _, self._seen = self._seen.partition(text)
        return before

    def exit_code(self):
        try:
            while os.read(self._file, 4096):
                pass
        except OSError:  # the other side is closed
            pass
        os.close(self._file)
        return os.waitstatus_to_exitcode(os.waitpid(self.process_id, 0)[1])


def address_that_stays():
    """Of a free port below those that the system hands out: nobody takes it while the server is away."""
    while True:
        port = random.randint(20000, 32000)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
                return f"127.0.0.1:{port}"
            except OSError:
                pass  # somebody else's


class TerminalTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cellar-terminal-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.address = address_that_stays()
        self.start()
        self.addCleanup(lambda: self.server.kill())
        self.environment = {**os.environ, "CELLAR_SERVER": self.address, "XDG_STATE_HOME": str(self.folder),
                            "TERM": "dumb"}
        client = harness.Client(self.address)
        client.create_model(harness.homework_model(), "m")
        client.create_session("models/m", "mine", durability=harness.session_pb2.DURABILITY_EVERY_STEP)
        client.close()

    def start(self):
        self.server = harness.Server("--data-dir", str(self.folder / "data"), "--listen", self.address)

    def test_a_server_that_goes_away_is_waited_for_as_long_as_the_person_wants(self):
        terminal = Terminal([CELLAR, "repl", "--session", "mine"], self.environment)
        terminal.await_text(b"0> ")
        terminal.type(b"1\n")
        terminal.await_text(b"1> ")

        self.server.kill()
        terminal.type(b"1\n")
        terminal.await_text(b"the server at " + self.address.encode() + b" is away; waiting for it")
        terminal.type(CTRL_C)
        terminal.await_text(b"is not waited for any longer")
        terminal.await_text(b"1> ")

        self.start()
        terminal.type(b"1\n")
        terminal.await_text(b"-0.7616")
        terminal.await_text(b"2> ")

        self.server.kill()
        terminal.type(b"0\n")
        terminal.await_text(b"is away")
        self.start()
        terminal.await_text(b"is back")
        terminal.await_text(b"3> ")

        terminal.type(b"7.5" + CTRL_C)
        terminal.await_text(b"3> ")
        self.assertIn("0\n", (self.folder / "cellar" / "history").read_text(), "it is kept with every line")
        terminal.type(CTRL_D)
        self.assertEqual(terminal.exit_code(), 0)

    def test_a_stream_of_lines_says_that_it_waits(self):
        stream = subprocess.Popen([CELLAR, "session", "stream", "mine", "--view", "output"], env=self.environment,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stream.stdin.write(b"1\n")
        stream.stdin.flush()
        self.assertTrue(stream.stdout.readline())
        self.server.kill()
        stream.stdin.write(b"1\n")
        stream.stdin.flush()
        self.assertIn(b"is away; waiting for it", stream.stderr.readline())
        self.start()
        self.assertIn(b"is back", stream.stderr.readline())
        output, errors = stream.communicate()
        self.assertEqual((stream.returncode, errors), (0, b""))
        self.assertIn(b"-0.7616", output)


if __name__ == "__main__":
    harness.main()
