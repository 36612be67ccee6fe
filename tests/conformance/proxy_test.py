"""A bad network: the client's streams go through a proxy that delays, cuts and half-closes connections at random bytes.

Every step is delivered once and in order, whatever the durability, and outputs and digests equal those of a run that
nobody disturbed. What somebody took back meanwhile stays so; what the server lost in a crash is made again.
"""

import os
import random
import subprocess
import tempfile
import threading
import unittest

import harness
import proxy
import random_models
from cellar.v1 import model_pb2, session_pb2, session_service_pb2

DURABILITIES = (session_pb2.DURABILITY_MEMORY, session_pb2.DURABILITY_PERIODIC, session_pb2.DURABILITY_EVERY_STEP)
SESSIONS = 12
STEPS = 1500
MOST_BYTES = 40_000  # of a connection, until it ends
FEWEST_CUTS = 50
HIDDEN = 4


def input_lines(number):
    rng = random.Random(number)
    return "".join(f"{rng.uniform(-1, 1)!r}\n" for _ in range(STEPS))


class Streamer:
    """`cellar session stream`, the client library's SteadyStream as people run it."""

    def __init__(self, address, session):
        command = [os.environ["CELLAR_BINARY"], "--server", address, "session", "stream", session, "--view", "output",
                   "--csv"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        self._begun = False

    def run(self, lines):
        """Sends all lines; what was printed. Fails if the client does."""
        out, problems = self.process.communicate(lines, timeout=250)
        assert self.process.returncode == 0, problems
        return out

    def ask(self, line):
        """Sends a line; the lines that come back, one for each number of h."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        if not self._begun:
            self._begun = bool(self.process.stdout.readline())  # names of the columns
        return [self.process.stdout.readline() for _ in range(HIDDEN)]


class ProxyTest(unittest.TestCase):

    def setUp(self):
        seed = int(os.environ.get("CELLAR_SEED", random.SystemRandom().getrandbits(32)))
        print(f"seed {seed} (CELLAR_SEED={seed} repeats it)", flush=True)
        self.random = random.Random(seed)
        folder = tempfile.TemporaryDirectory(prefix="cellar-proxy-")
        self.addCleanup(folder.cleanup)
        self.flags = ("--data-dir", folder.name + "/data", "--checkpoint-interval", "1h")
        self.start()
        layer, _ = random_models.layer(self.random, "lstm", 1, HIDDEN)
        self.model = self.client.create_model(model_pb2.Model(layers=[layer])).name

    def start(self):
        self.server = harness.Server(*self.flags)
        self.addCleanup(self.server.kill)
        self.client = harness.Client(self.server.address)
        self.addCleanup(self.client.close)

    def through(self, make_fate=proxy.Calm):
        between = proxy.Proxy(self.server.address, make_fate)
        self.addCleanup(between.close)
        return between

    def create(self, durability):
        return self.client.create_session(self.model, durability=durability).name

    def run_all(self, address):
        """Steps new sessions, each from a program of its own; name and output of each."""
        runs = [[self.create(DURABILITIES[k % 3]), None] for k in range(SESSIONS)]

        def run(k):
            runs[k][1] = Streamer(address, runs[k][0]).run(input_lines(k))

        threads = [threading.Thread(target=run, args=(k,)) for k in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return runs

    def test_every_step_is_delivered_once_over_a_bad_network(self):
        between = self.through(lambda: proxy.Bad(self.random, MOST_BYTES))
        disturbed = self.run_all(between.address)
        print(f"cuts: {between.cuts}", flush=True)
        calm = self.run_all(self.server.address)
        for (name, output), (calm_name, calm_output) in zip(disturbed, calm):
            self.assertEqual(output, calm_output, name)
            session, other = self.client.get_session(name), self.client.get_session(calm_name)
            self.assertEqual(session.next_step, STEPS, name)
            self.assertEqual(session.state_digest, other.state_digest, name)
        self.assertGreater(sum(between.cuts.values()), FEWEST_CUTS)

    def test_what_somebody_took_back_while_the_connection_was_broken_stays_so(self):
        between = self.through()
        session = self.create(session_pb2.DURABILITY_PERIODIC)
        streamer = Streamer(between.address, session)
        for step in range(5):
            self.assertTrue(streamer.ask("1")[0].startswith(f"{step},"))
        between.cut_all()
        self.client.sessions.RewindSession(session_service_pb2.RewindSessionRequest(name=session, step_index=2))
        out, problems = streamer.process.communicate("1\n", timeout=harness.CALL_SECONDS)
        self.assertEqual(out, "")
        self.assertIn("STEP_GAP", problems)
        self.assertNotEqual(streamer.process.returncode, 0)
        self.assertEqual(self.client.get_session(session).next_step, 2)

    def test_what_a_crash_took_is_made_again(self):
        between = self.through()
        session = self.create(session_pb2.DURABILITY_PERIODIC)
        streamer = Streamer(between.address, session)
        before = [streamer.ask("1") for _ in range(5)]
        between.move("127.0.0.1:1")  # nobody is there
        self.server.kill()
        self.start()
        self.assertEqual(self.client.get_session(session).next_step, 0)
        between.move(self.server.address)
        self.assertEqual([line[0][0] for line in (*before, streamer.ask("1"))], list("012345"))
        out, told = streamer.process.communicate(timeout=harness.CALL_SECONDS)
        self.assertEqual(out, "")
        for line in told.splitlines():  # it may have noticed
            self.assertRegex(line, "is away; waiting for it|is back$")
        lone = self.create(session_pb2.DURABILITY_MEMORY)
        self.assertEqual(self.client.get_session(session).state_digest, self.client.step(lone, [1] * 6).state_digest)


if __name__ == "__main__":
    harness.main()
