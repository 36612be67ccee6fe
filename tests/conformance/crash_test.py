"""Kills: a server with a data dir is killed at random moments and started again, dozens of times, while clients step.

At the end every step was delivered exactly once and in order, and every output and digest equals that of a run that
nobody disturbed. With EVERY_STEP nothing acknowledged is ever gone; with PERIODIC nothing before durable_step is, and
the client repeats the rest; MEMORY is lost in a crash, and told so, but not in an end in order.
"""

import shutil
import signal
import tempfile
import threading
import time
import unittest

import grpc

import harness
import random_models
from cellar.v1 import session_pb2, session_service_pb2, tensor_pb2

KILLS = 30
LONGEST_RUN_SECONDS = 0.5
CLIENTS = 6
SESSIONS_PER_CLIENT = 4
HIDDEN = 5
REPLAY_WINDOW = 4
DURABILITIES = (session_pb2.DURABILITY_PERIODIC, session_pb2.DURABILITY_EVERY_STEP)
CHECKPOINTS = ("--checkpoint-steps", "50", "--checkpoint-interval", "100ms")

AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL)


def input_of(session_number, step):
    """The x of a step: any fixed function will do."""
    return ((session_number * 2654435761 + step * 40503) % 1009) / 504.5 - 1.0


class Journal:
    """One session as its client knows it: what was delivered, in order."""

    def __init__(self, number, durability):
        self.number = number
        self.durability = durability
        self.name = f"sessions/crash-{number}"
        self.outputs = []  # bytes of h, by step
        self.digest = ""  # after the last of them
        self.durable_step = 0
        self.replayed_count = 0

    def deliver(self, answer):
        """Takes an answer to steps, some of which may have been delivered before: then they must be the same."""
        raw = answer.trace.outputs.raw
        size = len(raw) // answer.step_count
        for k in range(answer.step_count):
            step, output = answer.first_step + k, raw[k * size:(k + 1) * size]
            if step < len(self.outputs):
                assert self.outputs[step] == output, f"{self.name}: step {step} came out differently"
                self.replayed_count += 1
            else:
                assert step == len(self.outputs), f"{self.name}: step {step} delivered after {len(self.outputs)}"
                self.outputs.append(output)
        if answer.next_step >= len(self.outputs):
            self.digest = answer.state_digest
        self.durable_step = answer.durable_step


class Shelter:
    """The server that is killed and started again; clients ask it where it is."""

    def __init__(self, *flags):
        self._folder = tempfile.TemporaryDirectory(prefix="cellar-crash-")
        self._flags = ("--data-dir", self._folder.name + "/data", *flags)
        self._lock = threading.Lock()
        self.server = harness.Server(*self._flags)

    def client(self):
        with self._lock:
            return harness.Client(self.server.address)

    def kill(self):
        with self._lock:
            self.server.kill()
            self.server = harness.Server(*self._flags)

    def start(self):
        with self._lock:
            self.server = harness.Server(*self._flags)

    def backup(self, name):
        """A copy of the data dir."""
        return shutil.copytree(self._folder.name + "/data", f"{self._folder.name}/{name}")

    def restore(self, copy):
        shutil.rmtree(self._folder.name + "/data")
        shutil.copytree(copy, self._folder.name + "/data")

    def terminate(self, again=True):
        """An end in order, and a new start."""
        with self._lock:
            code = self.server.terminate()
            log = self.server.log()
            assert code == 0, log
            assert "not-everything-is-kept" not in log, log
            self.server.kill()
            if again:
                self.server = harness.Server(*self._flags)

    def close(self):
        self.server.kill()
        self._folder.cleanup()


class Driver(threading.Thread):
    """A client that steps its sessions in turn until told to stop, whatever happens to the server."""

    def __init__(self, shelter, journals, rng_seed):
        super().__init__()
        self._shelter = shelter
        self._journals = journals
        self._random = __import__("random").Random(rng_seed)
        self.stopping = threading.Event()
        self.failure = None
        self.interruption_count = 0

    def run(self):
        try:
            client = self._shelter.client()
            while not self.stopping.is_set():
                try:
                    for journal in self._journals:
                        self._step(client, journal)
                except grpc.RpcError as error:
                    if error.code() not in AWAY:
                        raise RuntimeError(str(harness.RichError(error))) from error
                    self.interruption_count += 1
                    client.close()
                    client = self._come_back()
            client.close()
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = error

    def _come_back(self):
        while True:
            client = self._shelter.client()
            try:
                for journal in self._journals:
                    self._catch_up(client, journal)
                return client
            except grpc.RpcError as error:
                if error.code() not in AWAY:
                    raise RuntimeError(str(harness.RichError(error))) from error
                client.close()
                time.sleep(0.01)

    def _catch_up(self, client, journal):
        """Learns where the session is, and repeats what it lost."""
        next_step = client.get_session(journal.name, session_pb2.SESSION_VIEW_BASIC).next_step
        delivered = len(journal.outputs)
        if journal.durability == session_pb2.DURABILITY_EVERY_STEP:
            assert next_step >= delivered, f"{journal.name}: {delivered} acknowledged, {next_step} there"
        assert next_step >= journal.durable_step, f"{journal.name}: {journal.durable_step} durable, {next_step} there"
        while next_step < delivered:
            count = min(delivered - next_step, 64)
            next_step = self._send(client, journal, next_step, count)
        while len(journal.outputs) < next_step:  # made, but the answer was lost
            self._send(client, journal, len(journal.outputs), 1)

    def _step(self, client, journal):
        self._send(client, journal, len(journal.outputs), self._random.choice((1, 1, 2, 5)))

    def _send(self, client, journal, first_step, count):
        values = [input_of(journal.number, first_step + k) for k in range(count)]
        request = session_service_pb2.StepRequest(
            session=journal.name, step_index=first_step, inputs=tensor_pb2.Tensor(values=values, shape=[count, 1]),
            encoding=tensor_pb2.ENCODING_RAW)
        try:
            answer = client.sessions.Step(request, timeout=harness.CALL_SECONDS)
        except grpc.RpcError as error:
            # What was made but not answered may have been cut otherwise: one by one then.
            if count > 1 and harness.RichError(error).reason == "STEP_CONFLICT":
                return self._send(client, journal, first_step, 1)
            raise
        journal.deliver(answer)
        return answer.next_step


class CrashTest(unittest.TestCase):

    def setUp(self):
        self.random = random_models.seeded_random()
        self.shelter = None
        self.drivers = []

    def tearDown(self):
        if self.shelter is not None:
            self.shelter.close()

    def _model(self):
        layer, _ = random_models.layer(self.random, "lstm", 1, HIDDEN)
        from cellar.v1 import model_pb2  # as the layers' messages
        return model_pb2.Model(layers=[layer])

    def _begin(self, durabilities, *flags):
        """A server, its sessions and their journals."""
        self.shelter = Shelter(*flags)
        self.model = self._model()
        client = self.shelter.client()
        name = client.create_model(self.model, "crash").name
        journals = []
        for number in range(CLIENTS * SESSIONS_PER_CLIENT):
            journal = Journal(number, durabilities[number % len(durabilities)])
            client.create_session(name, journal.name.split("/")[1], durability=journal.durability,
                                  replay_window=REPLAY_WINDOW)
            journals.append(journal)
        client.close()
        return journals

    def _drive(self, journals, disturb):
        """Steps all sessions while `disturb` runs, and then until all are back and every session made a step."""
        drivers = [Driver(self.shelter, journals[k::CLIENTS], self.random.random()) for k in range(CLIENTS)]
        self.drivers = drivers
        for driver in drivers:
            driver.start()
        try:
            disturb()
            self._wait_for_steps(journals, len(journals))
        finally:
            for driver in drivers:
                driver.stopping.set()
            for driver in drivers:
                driver.join()
        for driver in drivers:
            if driver.failure is not None:
                raise driver.failure
        return sum(driver.interruption_count for driver in drivers)

    def _wait_for_steps(self, journals, session_count):
        """Until so many of the sessions went on, however busy the machine is; or a client failed."""
        delivered = [len(journal.outputs) for journal in journals]
        while not any(driver.failure for driver in self.drivers):
            if sum(len(journal.outputs) > count for journal, count in zip(journals, delivered)) >= session_count:
                return
            time.sleep(0.01)

    def _compare(self, journals):
        """Against a run that nobody disturbs, in another server, in one request a session."""
        calm = harness.Server("--max-steps-per-request", "1000000")
        client = harness.Client(calm.address)
        try:
            name = client.create_model(self.model, "crash").name
            disturbed = self.shelter.client()
            for journal in journals:
                count = len(journal.outputs)
                self.assertGreater(count, 0, journal.name)
                session = client.create_session(name)
                values = [input_of(journal.number, step) for step in range(count)]
                answer = client.step(session.name, values, encoding=tensor_pb2.ENCODING_RAW)
                self.assertEqual(answer.trace.outputs.raw, b"".join(journal.outputs), journal.name)
                there = disturbed.get_session(journal.name)
                self.assertEqual(there.next_step, count, journal.name)
                self.assertEqual(there.state_digest, answer.state_digest, journal.name)
                self.assertEqual(journal.digest, answer.state_digest, journal.name)
            disturbed.close()
        finally:
            client.close()
            calm.kill()

    def test_every_step_is_delivered_once_whenever_the_server_is_killed(self):
        journals = self._begin(DURABILITIES, *CHECKPOINTS)

        def disturb():
            for kill in range(KILLS):
                if kill % 2 == 0:  # surely interrupts somebody
                    self._wait_for_steps(journals, 1)
                time.sleep(self.random.uniform(0.0, LONGEST_RUN_SECONDS))
                self.shelter.kill()

        interruptions = self._drive(journals, disturb)
        self._compare(journals)
        steps = sum(len(journal.outputs) for journal in journals)
        replayed = sum(journal.replayed_count for journal in journals)
        print(f"{KILLS} kills, {interruptions} interruptions, {steps} steps, {replayed} answered twice", flush=True)
        self.assertGreaterEqual(interruptions, KILLS // 2)

    def test_memory_is_lost_in_a_crash_and_told_so(self):
        self._begin((session_pb2.DURABILITY_MEMORY,))
        self.shelter.kill()
        client = self.shelter.client()
        with self.assertRaises(grpc.RpcError) as caught:
            client.get_session("sessions/crash-0")
        rich = harness.RichError(caught.exception)
        self.assertEqual(rich.reason, "SESSION_LOST")
        self.assertIn("lost_time", rich.metadata)
        client.close()

    def test_an_end_in_order_under_load_loses_nothing_even_in_memory(self):
        journals = self._begin((session_pb2.DURABILITY_MEMORY, session_pb2.DURABILITY_PERIODIC))

        def disturb():
            for _ in range(3):
                time.sleep(self.random.uniform(0.2, LONGEST_RUN_SECONDS))
                before = {journal.name: len(journal.outputs) for journal in journals}
                self.shelter.terminate()
                client = self.shelter.client()
                for name, delivered in before.items():
                    self.assertGreaterEqual(client.get_session(name).next_step, delivered, name)
                client.close()

        self._drive(journals, disturb)
        self._compare(journals)

    def test_steps_lost_in_a_crash_are_missing_in_another_run_of_the_server(self):
        self._begin((session_pb2.DURABILITY_PERIODIC,), "--checkpoint-interval", "1h")
        client = self.shelter.client()
        answers = list(client.stream(iter([harness.opened("sessions/crash-0"), harness.stepped([1])])))
        epoch = answers[0].opened.server_epoch
        client.close()
        self.shelter.kill()
        client = self.shelter.client()
        with self.assertRaises(grpc.RpcError) as caught:
            list(client.stream(iter([harness.opened("sessions/crash-0", resume_from=1)])))
        gap = harness.RichError(caught.exception)
        self.assertEqual((gap.reason, gap.metadata["next_step"]), ("STEP_GAP", "0"))
        again = list(client.stream(iter([harness.opened("sessions/crash-0"), harness.stepped([1])])))
        self.assertEqual(gap.metadata["server_epoch"], again[0].opened.server_epoch)
        self.assertNotEqual(epoch, again[0].opened.server_epoch)
        self.assertEqual(again[1], answers[1])
        client.close()

    def test_backups_come_back_as_they_were_taken(self):
        """One of a stopped server, and one of a server that runs, of a file system that is frozen for it."""
        journals = self._begin((session_pb2.DURABILITY_EVERY_STEP, session_pb2.DURABILITY_PERIODIC))
        self._drive(journals, lambda: self._wait_for_steps(journals, len(journals)))
        shelter, client = self.shelter, self.shelter.client()
        before = {journal.name: client.get_session(journal.name) for journal in journals}
        shelter.server.process.send_signal(signal.SIGSTOP)
        running = shelter.backup("running")
        shelter.server.process.send_signal(signal.SIGCONT)
        client.close()
        shelter.terminate(again=False)
        stopped = shelter.backup("stopped")
        shelter.start()
        client = shelter.client()
        for name in before:
            client.step(name, [0])  # what comes after the backup
        client.close()
        for copy, durabilities in ((stopped, DURABILITIES), (running, (session_pb2.DURABILITY_EVERY_STEP,))):
            shelter.terminate(again=False)
            shelter.restore(copy)
            shelter.start()
            client = shelter.client()
            for name, session in before.items():
                there = client.get_session(name)
                if session.durability in durabilities:
                    self.assertEqual(there.state_digest, session.state_digest, name)
                self.assertGreaterEqual(there.next_step, session.durable_step, name)
                self.assertLessEqual(there.next_step, session.next_step, name)
            client.close()

    def test_models_exercises_and_ends_survive(self):
        self._begin((session_pb2.DURABILITY_PERIODIC,))
        client = self.shelter.client()
        client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name="sessions/crash-0"),
                                      timeout=harness.CALL_SECONDS)
        before = client.get_session("sessions/crash-1")
        client.close()
        self.shelter.kill()
        client = self.shelter.client()
        self.assertEqual(client.get_session("sessions/crash-1"), before)
        with self.assertRaises(grpc.RpcError) as caught:
            client.get_session("sessions/crash-0")
        self.assertEqual(harness.RichError(caught.exception).reason, "SESSION_DELETED")
        with self.assertRaises(grpc.RpcError) as caught:
            client.create_session("models/crash", "crash-1")
        self.assertEqual(harness.RichError(caught.exception).reason, "SESSION_EXISTS")
        client.close()


if __name__ == "__main__":
    harness.main()
