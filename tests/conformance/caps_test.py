"""Caps of each tenant, room for calls in flight, and absurd sizes: refused by name, before memory is taken for them."""

import hashlib
import pathlib
import tempfile
import threading
import time
import unittest

import grpc

import harness
from cellar.v1 import (evaluation_service_pb2, exercise_pb2, grading_service_pb2, model_pb2, model_service_pb2,
                       session_service_pb2, tensor_pb2, trace_pb2)
from operations_test import metrics_of

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
TOKENS = {tenant: f"token-of-{tenant}-0123456789abcdef0123456789" for tenant in ("a", "b")}


class _Token(grpc.UnaryUnaryClientInterceptor, grpc.StreamUnaryClientInterceptor, grpc.StreamStreamClientInterceptor,
             grpc.UnaryStreamClientInterceptor):
    """Puts a token into every call."""

    def __init__(self, token):
        self._metadata = [("authorization", f"Bearer {token}")]

    def _with(self, details):
        return details._replace(metadata=self._metadata)

    def intercept_unary_unary(self, call, details, request):
        return call(self._with(details), request)

    def intercept_stream_unary(self, call, details, requests):
        return call(self._with(details), requests)

    def intercept_stream_stream(self, call, details, requests):
        return call(self._with(details), requests)

    def intercept_unary_stream(self, call, details, request):
        return call(self._with(details), request)


class TenantClient(harness.Client):
    """A client of one tenant."""

    def __init__(self, address, tenant):
        super().__init__(address)
        channel = grpc.intercept_channel(self.channel, _Token(TOKENS[tenant]))
        self.models = harness.model_service_pb2_grpc.ModelServiceStub(channel)
        self.sessions = harness.session_service_pb2_grpc.SessionServiceStub(channel)
        self.grading = harness.grading_service_pb2_grpc.GradingServiceStub(channel)


class TenantCapsTest(harness.ConformanceTest):

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="cellar-caps-")
        identities = pathlib.Path(cls.folder.name) / "identities"
        identities.write_text("".join(f"token sha256:{hashlib.sha256(token.encode()).hexdigest()} tenant={tenant} "
                                      "roles=owner\n" for tenant, token in TOKENS.items()))
        cls.SERVER_FLAGS = ("--identities", str(identities), "--max-models-per-tenant", "2",
                            "--max-sessions-per-tenant", "3", "--max-session-bytes-per-tenant", "100000",
                            "--max-exercises-per-tenant", "2", "--max-exercise-bytes-per-tenant", "64KiB",
                            "--max-streams-per-tenant", "1", "--max-call-bytes-per-tenant", "100000",
                            "--metrics-address", "127.0.0.1:0")
        super().setUpClass()
        cls.a = TenantClient(cls.server.address, "a")
        cls.b = TenantClient(cls.server.address, "b")

    @classmethod
    def tearDownClass(cls):
        cls.a.close()
        cls.b.close()
        super().tearDownClass()
        cls.folder.cleanup()

    def refused_for_tenant(self, reason):
        return self.refused(EXHAUSTED, reason)

    def check_tells(self, caught, **metadata):
        self.assertEqual(caught[0].metadata["scope"], "tenant")
        for key, value in metadata.items():
            self.assertEqual(caught[0].metadata[key], value)
        self.assertIn("RetryInfo", caught[0].details)
        self.assertIn("QuotaFailure", caught[0].details)

    def model(self, bias):
        model = harness.homework_model()
        model.layers[0].lstm.forget_gate.bias.values[0] = bias
        return model

    def test_models(self):
        names = [self.a.create_model(self.model(bias)).name for bias in (1, 2)]
        with self.refused_for_tenant("MODEL_LIMIT") as caught:
            self.a.create_model(self.model(3))
        self.check_tells(caught, limit="2", used="2")
        other = self.b.create_model(self.model(3)).name
        for client, name in ((self.a, names[0]), (self.a, names[1]), (self.b, other)):
            client.models.DeleteModel(model_service_pb2.DeleteModelRequest(name=name))

    def test_sessions(self):
        models = {client: client.create_model(self.model(1)).name for client in (self.a, self.b)}
        there = [self.a.create_session(models[self.a]).name for _ in range(3)]
        with self.refused_for_tenant("SESSION_LIMIT") as caught:
            self.a.create_session(models[self.a])
        self.check_tells(caught, limit="3", used="3")
        other = self.b.create_session(models[self.b]).name
        for client, name in [(self.a, name) for name in there] + [(self.b, other)]:
            client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=name))
        for client, model in models.items():
            client.models.DeleteModel(model_service_pb2.DeleteModelRequest(name=model))

    def test_session_bytes(self):
        model = self.a.create_model(self.model(1)).name
        session = self.a.create_session(model, replay_window=1024).name
        with self.refused_for_tenant("SESSION_BYTES_LIMIT") as caught:
            for _ in range(1000):
                made = self.a.step(session, [1] * 100, density=trace_pb2.DENSITY_LAST_STEP).next_step
        self.check_tells(caught, limit_bytes="100000")
        self.assertEqual(self.a.get_session(session).next_step, made)
        other = self.b.create_session(self.b.create_model(self.model(1)).name).name
        self.assertEqual(self.b.step(other, [1] * 100).next_step, 100)
        for client, name in ((self.a, session), (self.b, other)):
            client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=name))

    def test_exercises(self):
        def create(client, *inputs, description=""):
            exercise = exercise_pb2.Exercise(model=harness.homework_model(), description=description)
            exercise.sequences.add(inputs=tensor_pb2.Tensor(values=inputs))
            request = grading_service_pb2.CreateExerciseRequest(exercise=exercise)
            return client.grading.CreateExercise(request, timeout=harness.CALL_SECONDS).exercise.name

        first = create(self.a, 1)
        with self.refused_for_tenant("EXERCISE_BYTES_LIMIT") as caught:
            create(self.a, 0, description="x" * (64 << 10))
        self.check_tells(caught, limit_bytes=str(64 << 10))
        create(self.a, 0)
        with self.refused_for_tenant("EXERCISE_LIMIT") as caught:
            create(self.a, 0, 1)
        self.check_tells(caught, limit="2", used="2")
        create(self.b, 0, 1)
        self.a.grading.DeleteExercise(grading_service_pb2.DeleteExerciseRequest(name=first))
        create(self.a, 0, 1)

    def test_streams(self):
        def held(client):
            """An open stream, and what ends it."""
            session = client.create_session(client.create_model(self.model(1)).name)
            more = threading.Event()

            def requests():
                yield harness.opened(session.name)
                more.wait(harness.CALL_SECONDS)

            answers = client.stream(requests())
            next(answers)
            return session, more, answers

        session, more, answers = held(self.a)
        with self.refused_for_tenant("STREAM_LIMIT") as caught:
            next(self.a.stream(iter([harness.opened(session.name)])))
        self.check_tells(caught, limit="1", used="1")
        _, more_of_b, answers_of_b = held(self.b)
        for event, rest in ((more, answers), (more_of_b, answers_of_b)):
            event.set()
            self.assertEqual(list(rest), [])

    def test_calls_in_flight(self):
        begun, more = threading.Event(), threading.Event()

        def chunks(wait):
            yield model_service_pb2.UploadModelRequest(open=model_service_pb2.UploadModelOpen(
                format=model_service_pb2.MODEL_FORMAT_CELLAR_BINARY, size_bytes=80_000))
            yield model_service_pb2.UploadModelRequest(chunk=bytes(40_000))
            begun.set()
            if wait:
                more.wait(harness.CALL_SECONDS)

        waiting = self.a.models.UploadModel.future(chunks(True))
        self.assertTrue(begun.wait(harness.CALL_SECONDS))
        while metrics_of(self.server)["cellar_call_bytes"] < 80_000:
            pass
        with self.refused_for_tenant("CALL_BYTES_LIMIT") as caught:
            self.a.models.UploadModel(chunks(False))
        # Each call holds 16 KiB from its start, and for a long message (40004 bytes) what is beyond them.
        self.check_tells(caught, limit_bytes="100000", used_bytes="96384", requested_bytes="23620")
        with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST"):  # taken in, and too short
            self.b.models.UploadModel(chunks(False))
        more.set()
        waiting.exception()
        while metrics_of(self.server)["cellar_call_bytes"] > 0:
            pass


class AbsurdSizesTest(harness.ConformanceTest):

    SERVER_FLAGS = ("--metrics-address", "127.0.0.1:0")
    MOST_GROWTH = 100 << 20  # far below what any of the sizes asks for

    def test_no_memory_is_taken_for_what_cannot_be(self):
        model = self.client.create_model(harness.homework_model()).name
        session = self.client.create_session(model).name
        before = metrics_of(self.server)["process_resident_memory_bytes"]
        bad, exhausted = grpc.StatusCode.INVALID_ARGUMENT, EXHAUSTED

        huge = tensor_pb2.Tensor(shape=[1 << 40, 1 << 20], values=[1])
        with self.refused(bad, "BAD_REQUEST"):
            self.client.sessions.Step(session_service_pb2.StepRequest(session=session, inputs=huge))
        with self.refused(bad, "BAD_REQUEST"):
            self.client.evaluate(evaluation_service_pb2.EvaluateRequest(
                model=model, sequences=[exercise_pb2.Sequence(inputs=huge)]))
        absurd = harness.homework_model()
        absurd.layers[0].lstm.forget_gate.input_weights.CopyFrom(huge)
        with self.refused(bad, "BAD_REQUEST"):
            self.client.create_model(absurd)

        for size in (1 << 62, (1 << 40)):
            upload = model_service_pb2.UploadModelRequest(open=model_service_pb2.UploadModelOpen(
                format=model_service_pb2.MODEL_FORMAT_CELLAR_BINARY, size_bytes=size))
            with self.refused(exhausted, "MODEL_SIZE_LIMIT"):
                self.client.models.UploadModel(iter([upload]))
        upload.open.size_bytes = 1 << 30  # allowed, but nothing comes
        with self.refused(bad, "BAD_REQUEST"):
            self.client.models.UploadModel(iter([upload]))

        layers = model_pb2.Model(layers=[harness.homework_model().layers[0]] * 5000)
        with self.refused(exhausted, "MODEL_SIZE_LIMIT"):
            self.client.create_model(layers)
        with self.refused(exhausted, "STEP_COUNT_LIMIT"):
            self.client.step(session, [1] * 100_000, density=trace_pb2.DENSITY_LAST_STEP)
        snapshot = bytes([0xFF]) * 1_000_000
        with self.refused(grpc.StatusCode.DATA_LOSS, "SNAPSHOT_CORRUPT"):
            request = session_service_pb2.ImportSessionRequest(snapshot=snapshot)
            request.session.model = model
            self.client.sessions.ImportSession(request)

        after = metrics_of(self.server)["process_resident_memory_bytes"]
        self.assertLess(after - before, self.MOST_GROWTH)
        self.assertEqual(self.client.get_session(session).next_step, 0)


class SlowReaderTest(harness.ConformanceTest):

    SERVER_FLAGS = ("--metrics-address", "127.0.0.1:0")
    MESSAGES = 1000
    STEPS = 2000  # of each message: an answer of 7 numbers a step is about 110 KiB, all together 110 MB
    MOST_HELD = 8 << 20
    MOST_GROWTH = 64 << 20

    def test_a_reader_that_does_not_read_costs_bounded_memory(self):
        session = self.client.create_session(self.client.create_model(harness.homework_model()).name)
        before = metrics_of(self.server)["process_resident_memory_bytes"]
        sent = 0

        def requests():
            nonlocal sent
            yield harness.opened(session.name, view=trace_pb2.VIEW_TRACE)
            for _ in range(self.MESSAGES):
                sent += 1
                yield harness.stepped([1] * self.STEPS)

        answers = self.client.stream(requests())
        next(answers)
        # Nothing is read until nothing moves any more.
        seen = -1
        while seen != metrics_of(self.server)["cellar_messages_total"]:
            seen = metrics_of(self.server)["cellar_messages_total"]
            time.sleep(0.5)
        stuck = metrics_of(self.server)
        self.assertLess(seen, self.MESSAGES)
        self.assertLess(stuck["cellar_call_bytes"], self.MOST_HELD)
        self.assertLess(stuck["process_resident_memory_bytes"] - before, self.MOST_GROWTH)
        self.assertEqual([answer.step.first_step for answer in answers],
                         [n * self.STEPS for n in range(self.MESSAGES)])


if __name__ == "__main__":
    harness.main()
