"""Soak: mixed load from several tenants for as long as CELLAR_SOAK_SECONDS says (tests/soak runs it for an hour).

Steps, streams, batches, forks, rewinds, resets, deletes, sessions that fall asleep, models that come and go, requests
that are wrong, clients that vanish. The server's memory and descriptors must stay flat, and no step may be lost: every
session is compared, all the time and at the end, with one that makes the same steps in one request.
"""

import collections
import hashlib
import os
import pathlib
import random
import tempfile
import threading
import time
import unittest

import grpc

import harness
import random_models
from caps_test import TenantClient, TOKENS
from cellar.v1 import model_pb2, model_service_pb2, session_pb2, session_service_pb2, tensor_pb2

SECONDS = float(os.environ.get("CELLAR_SOAK_SECONDS", "20"))
CLIENTS_PER_TENANT = 3
SESSIONS = 6  # of each client, at most
REPLAY_WINDOW = 8
MOST_STEPS = 400  # of a session, until it is deleted
SAMPLES_PER_SECOND = 4
# Flat: the median of the last third is no more than so much above that of the middle third. What the store holds back
# before it writes it (32 MiB twice, at most) comes and goes.
MOST_GROWTH_BYTES = 32 << 20
MOST_GROWTH = 0.05
MOST_DESCRIPTORS = 8
DURABILITIES = (session_pb2.DURABILITY_MEMORY, session_pb2.DURABILITY_PERIODIC, session_pb2.DURABILITY_EVERY_STEP)


class Tracked:
    """A session as its client knows it."""

    def __init__(self, name, inputs):
        self.name = name
        self.inputs = inputs
        self.window = []  # where the requests began that the session can go back to, oldest first

    def add(self, values):
        self.window = (self.window + [len(self.inputs)])[-REPLAY_WINDOW:]
        self.inputs += values

    def any_step(self, rng):
        """One that the session can go back to."""
        return rng.choice(self.window + [len(self.inputs)])


class Driver:
    """A client that does a bit of everything with sessions of its own."""

    def __init__(self, address, tenant, model, seed):
        self.thread = threading.Thread(target=self._run)
        self._address = address
        self._tenant = tenant
        self._model = model
        self._random = random.Random(seed)
        self._sessions = []
        self._actions = ((self._create, 4), (self._step, 30), (self._stream, 8), (self._batch, 8), (self._fork, 3),
                         (self._rewind, 4), (self._reset, 1), (self._delete, 3), (self._wrong, 6), (self._vanish, 1),
                         (self._check, 3), (self._model_comes_and_goes, 1), (self._reconnect, 1), (self._retry, 4))
        self._client = TenantClient(address, tenant)
        self.counts = collections.Counter()
        self.step_count = 0
        self.stopping = threading.Event()
        self.failure = None

    def _run(self):
        actions, weights = zip(*self._actions)
        try:
            while not self.stopping.is_set():
                action = self._random.choices(actions, weights)[0]
                action()
                self.counts[action.__name__[1:]] += 1
            while self._sessions:
                self._check(self._sessions[-1])
                self._delete(self._sessions[-1])
            self._client.close()
        except grpc.RpcError as error:
            self.failure = f"{error.code()}: {harness.RichError(error)}"
        except BaseException as error:  # pylint: disable=broad-except
            self.failure = repr(error)

    def _any(self):
        if not self._sessions:
            self._create()
        return self._random.choice(self._sessions)

    def _values(self, most=5):
        return [self._random.uniform(-1, 1) for _ in range(self._random.randint(1, most))]

    def _made(self, session, values, answer):
        assert answer.first_step == len(session.inputs), (session.name, answer.first_step, len(session.inputs))
        session.add(values)
        self.step_count += len(values)
        assert answer.next_step == len(session.inputs), (session.name, answer.next_step, len(session.inputs))
        if len(session.inputs) > MOST_STEPS:
            self._check(session)
            self._delete(session)

    def _create(self):
        if len(self._sessions) >= SESSIONS:
            return self._delete()
        name = self._client.create_session(self._model, durability=self._random.choice(DURABILITIES),
                                           replay_window=REPLAY_WINDOW).name
        self._sessions.append(Tracked(name, []))
        return None

    def _step(self):
        session, values = self._any(), self._values()
        self._made(session, values, self._client.step(session.name, values, step_index=len(session.inputs)))

    def _retry(self):
        """Asks again for what was answered last."""
        session = self._any()
        if session.window:
            start = session.window[-1]
            answer = self._client.step(session.name, session.inputs[start:], step_index=start)
            assert answer.next_step == len(session.inputs)

    def _stream(self):
        session = self._any()
        messages = [self._values(2) for _ in range(self._random.randint(1, 20))]
        answers = list(self._client.stream(iter([harness.opened(session.name)] +
                                                [harness.stepped(values) for values in messages])))
        assert len(answers) == 1 + len(messages)
        for values, answer in zip(messages, answers[1:]):
            # Not _made: it may delete the session between two answers.
            assert answer.step.first_step == len(session.inputs)
            session.add(values)
            self.step_count += len(values)

    def _batch(self):
        chosen = self._random.sample(self._sessions, min(len(self._sessions), 4))
        items = [(session, self._values()) for session in chosen]
        if not items:
            return
        request = session_service_pb2.BatchStepRequest()
        for session, values in items:
            request.items.add(session=session.name, inputs=tensor_pb2.Tensor(values=values))
        response = self._client.sessions.BatchStep(request, timeout=harness.CALL_SECONDS)
        for (session, values), result in zip(items, response.results):
            self._made(session, values, result.step)

    def _fork(self):
        if len(self._sessions) >= SESSIONS:
            return
        session = self._any()
        at = session.any_step(self._random)
        request = session_service_pb2.ForkSessionRequest(name=session.name, step_index=at)
        name = self._client.sessions.ForkSession(request, timeout=harness.CALL_SECONDS).session.name
        self._sessions.append(Tracked(name, session.inputs[:at]))

    def _rewind(self):
        session = self._any()
        at = session.any_step(self._random)
        self._client.sessions.RewindSession(
            session_service_pb2.RewindSessionRequest(name=session.name, step_index=at), timeout=harness.CALL_SECONDS)
        del session.inputs[at:]
        session.window = [start for start in session.window if start < at]

    def _reset(self):
        session = self._any()
        self._client.sessions.ResetSession(session_service_pb2.ResetSessionRequest(name=session.name),
                                           timeout=harness.CALL_SECONDS)
        session.inputs.clear()
        session.window = []

    def _delete(self, session=None):
        session = session or self._any()
        self._sessions.remove(session)
        self._client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=session.name),
                                            timeout=harness.CALL_SECONDS)

    def _wrong(self):
        """Requests that are refused, each for its reason; nothing changes."""
        session = self._any()
        reason = self._random.choice(("STEP_GAP", "BAD_REQUEST", "SESSION_NOT_FOUND", "SNAPSHOT_CORRUPT"))
        try:
            if reason == "STEP_GAP":
                self._client.step(session.name, [1], step_index=len(session.inputs) + 1)
            elif reason == "BAD_REQUEST":
                self._client.step(session.name, [])
            elif reason == "SESSION_NOT_FOUND":
                self._client.step("sessions/nobody", [1])
            else:
                request = session_service_pb2.ImportSessionRequest(snapshot=self._random.randbytes(200))
                request.session.model = self._model
                self._client.sessions.ImportSession(request, timeout=harness.CALL_SECONDS)
        except grpc.RpcError as error:
            assert harness.RichError(error).reason == reason, harness.RichError(error)
            return
        raise AssertionError(f"{reason} was not refused")

    def _vanish(self):
        """Leaves in the middle of a stream."""
        session = self._any()
        values, count = self._values(1), REPLAY_WINDOW // 2
        call = self._client.stream(iter([harness.opened(session.name)] + [harness.stepped(values)] * count))
        next(call)
        call.cancel()
        # What was applied, if anything, is answered again.
        for _ in range(count):
            answer = self._client.step(session.name, values, step_index=len(session.inputs))
            session.add(values)
        self.step_count += count
        assert answer.next_step == len(session.inputs), (answer.next_step, len(session.inputs))

    def _check(self, session=None):
        """Against a session that makes the same steps in one request."""
        session = session or self._any()
        there = self._client.get_session(session.name)
        assert there.next_step == len(session.inputs), (session.name, there.next_step, len(session.inputs))
        calm = self._client.create_session(self._model, durability=session_pb2.DURABILITY_MEMORY).name
        if session.inputs:
            digest = self._client.step(calm, session.inputs).state_digest
            assert there.state_digest == digest, session.name
        self._client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=calm),
                                            timeout=harness.CALL_SECONDS)

    def _model_comes_and_goes(self):
        layer, _ = random_models.layer(self._random, "gru", 2, 8)
        name = self._client.create_model(model_pb2.Model(layers=[layer])).name
        self._client.models.DeleteModel(model_service_pb2.DeleteModelRequest(name=name), timeout=harness.CALL_SECONDS)

    def _reconnect(self):
        self._client.close()
        self._client = TenantClient(self._address, self._tenant)


class Watch:
    """What the server's process holds, sampled."""

    def __init__(self, pid):
        self._process = pathlib.Path("/proc") / str(pid)
        self.resident_bytes = []
        self.descriptors = []

    def sample(self):
        pages = int((self._process / "statm").read_text().split()[1])
        self.resident_bytes.append(pages * os.sysconf("SC_PAGE_SIZE"))
        self.descriptors.append(len(list((self._process / "fd").iterdir())))

    @staticmethod
    def thirds(samples):
        """Medians of the first, middle and last third."""
        third = len(samples) // 3
        return [sorted(samples[k * third:(k + 1) * third])[third // 2] for k in range(3)]


class SoakTest(unittest.TestCase):

    def test_memory_and_descriptors_stay_flat_and_no_step_is_lost(self):
        seed = int(os.environ.get("CELLAR_SEED", random.SystemRandom().getrandbits(32)))
        print(f"seed {seed} (CELLAR_SEED={seed} repeats it); {SECONDS:g} seconds", flush=True)
        folder = tempfile.TemporaryDirectory(prefix="cellar-soak-")
        self.addCleanup(folder.cleanup)
        identities = pathlib.Path(folder.name) / "identities"
        identities.write_text("".join(f"token sha256:{hashlib.sha256(token.encode()).hexdigest()} tenant={tenant} "
                                      "roles=owner\n" for tenant, token in TOKENS.items()))
        server = harness.Server("--data-dir", folder.name + "/data", "--identities", str(identities),
                                "--sleep-after", "1s", "--max-session-bytes", "512KiB", "--max-tombstones", "1000")
        self.addCleanup(server.kill)
        drivers = self.drivers(server, random.Random(seed))
        watch = Watch(server.process.pid)
        end = time.monotonic() + SECONDS
        for driver in drivers:
            driver.thread.start()
        while time.monotonic() < end and all(driver.thread.is_alive() for driver in drivers):
            watch.sample()
            time.sleep(1 / SAMPLES_PER_SECOND)
        for driver in drivers:
            driver.stopping.set()
        for driver in drivers:
            driver.thread.join()
        self.assertEqual([driver.failure for driver in drivers if driver.failure], [])
        self.report(drivers, watch)
        self.check_flat(watch)
        self.assertEqual(server.terminate(), 0, server.log())

    def drivers(self, server, rng):
        drivers = []
        layer, _ = random_models.layer(rng, "lstm", 1, 5)
        for tenant in TOKENS:
            client = TenantClient(server.address, tenant)
            model = client.create_model(model_pb2.Model(layers=[layer])).name
            client.close()
            drivers += [Driver(server.address, tenant, model, rng.random()) for _ in range(CLIENTS_PER_TENANT)]
        return drivers

    @staticmethod
    def report(drivers, watch):
        counts = sum((driver.counts for driver in drivers), collections.Counter())
        steps = sum(driver.step_count for driver in drivers)
        resident = ", ".join(f"{size / (1 << 20):.1f}" for size in watch.thirds(watch.resident_bytes))
        print(f"{sum(counts.values())} actions, {steps} steps: {dict(counts.most_common())}", flush=True)
        print(f"resident MiB by thirds {resident}; descriptors by thirds {watch.thirds(watch.descriptors)}", flush=True)

    def check_flat(self, watch):
        _, middle, last = watch.thirds(watch.resident_bytes)
        if not harness.SANITIZED:  # holds on to what is freed
            self.assertLess(last, middle * (1 + MOST_GROWTH) + MOST_GROWTH_BYTES, watch.resident_bytes)
        _, middle, last = watch.thirds(watch.descriptors)
        self.assertLess(last, middle + MOST_DESCRIPTORS, watch.descriptors)


if __name__ == "__main__":
    harness.main()
