"""Running the server: health, reflection, metrics, probes, draining, restart, caps by flag, bad flags."""

import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import grpc

import harness
from cellar.v1 import (evaluation_service_pb2, model_pb2, model_service_pb2, session_service_pb2, tensor_pb2, trace_pb2)
from streams_test import Conversation

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
SERVICES = ["", "cellar.v1.ModelService", "cellar.v1.SessionService", "cellar.v1.EvaluationService",
            "cellar.v1.GradingService"]


def health(channel, service):
    """grpc.health.v1.Health/Check by hand: one string in, one enum out (1 is SERVING, 2 NOT_SERVING)."""
    call = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes, response_deserializer=bytes)
    answer = call(_service_request(service), timeout=harness.CALL_SECONDS)
    return answer[1] if answer else 0


def watch(channel, service):
    call = channel.unary_stream("/grpc.health.v1.Health/Watch", request_serializer=bytes, response_deserializer=bytes)
    return call(_service_request(service), timeout=harness.CALL_SECONDS)


def _service_request(service):
    return bytes([0x0A, len(service)]) + service.encode() if service else b""


class HealthTest(harness.ConformanceTest):

    def test_every_service_is_serving(self):
        for service in SERVICES:
            self.assertEqual(health(self.client.channel, service), 1, service)
        with self.assertRaises(grpc.RpcError) as caught:
            health(self.client.channel, "cellar.v1.NoService")
        self.assertEqual(caught.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_reflection_lists_the_services(self):
        call = self.client.channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                                 request_serializer=bytes, response_deserializer=bytes)
        answer = next(call(iter([bytes([0x3A, 0x01]) + b"*"])))
        for service in SERVICES[1:]:
            self.assertIn(service.encode(), answer)


class ChannelzTest(unittest.TestCase):

    def ask(self, *flags):
        """What channelz says: a code."""
        server = harness.Server(*flags)
        client = harness.Client(server.address)
        try:
            call = client.channel.unary_unary("/grpc.channelz.v1.Channelz/GetServers", request_serializer=bytes,
                                              response_deserializer=bytes)
            call(b"", timeout=harness.CALL_SECONDS)
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            return error.code()
        finally:
            client.close()
            server.kill()

    def test_it_is_there_only_when_asked_for(self):
        self.assertEqual(self.ask(), grpc.StatusCode.UNIMPLEMENTED)
        self.assertEqual(self.ask("--channelz"), grpc.StatusCode.OK)


def page(server, path):
    """Code and text of a page for operators."""
    address = re.search(r"event=serving-metrics address=(\S+)", server.log()).group(1)
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=harness.CALL_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def metrics_of(server):
    """Every sample of /metrics: name with labels, and value."""
    code, text = page(server, "/metrics")
    assert code == 200, text
    samples = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    return samples


def endless_evaluation(model):
    """More answers than fit between the server and a client that does not read them."""
    request = evaluation_service_pb2.EvaluateRequest(model=model, view=trace_pb2.VIEW_TRACE)
    for _ in range(32):
        request.sequences.add(inputs=tensor_pb2.Tensor(values=[1] * 2000))
    return request


class MetricsTest(harness.ConformanceTest):

    SERVER_FLAGS = ("--metrics-address", "127.0.0.1:0", "--max-sessions", "5")

    def test_metrics_follow_what_happens(self):
        before = metrics_of(self.server)
        model = self.client.create_model(harness.homework_model()).name
        session = self.client.create_session(model).name
        for step_index in (0, 0):
            self.client.step(session, [0, 1], step_index=step_index)
        with self.refused(grpc.StatusCode.OUT_OF_RANGE, "STEP_GAP"):
            self.client.step(session, [0], step_index=9)
        batch = session_service_pb2.BatchStepRequest(items=[
            session_service_pb2.BatchStepItem(session=session, inputs=tensor_pb2.Tensor(values=[1])),
            session_service_pb2.BatchStepItem(session="sessions/none", inputs=tensor_pb2.Tensor(values=[1]))])
        self.client.sessions.BatchStep(batch)
        after = metrics_of(self.server)
        grown = {name: value - before.get(name, 0) for name, value in after.items()}
        self.assertEqual(grown['cellar_sessions{state="awake"}'], 1)
        self.assertEqual(after["cellar_sessions_limit"], 5)
        self.assertEqual(grown['cellar_steps_total{outcome="made"}'], 3)
        self.assertEqual(grown['cellar_steps_total{outcome="repeated"}'], 2)
        self.assertEqual(grown["cellar_messages_total"], 3)
        self.assertEqual(grown['cellar_batch_items_bucket{le="2"}'], 1)
        self.assertEqual(grown['cellar_refusals_total{reason="SESSION_NOT_FOUND"}'], 1)
        self.assertGreater(after["process_resident_memory_bytes"], 1e6)

    def test_probes_and_nothing_else(self):
        self.assertEqual(page(self.server, "/readyz"), (200, "ready\n"))
        self.assertEqual(page(self.server, "/livez"), (200, "alive\n"))
        self.assertEqual(page(self.server, "/")[0], 404)

    def test_readyz_says_no_while_draining(self):
        server = harness.Server("--metrics-address", "127.0.0.1:0", "--drain-timeout", "60s")
        client = harness.Client(server.address)
        try:
            model = client.create_model(harness.homework_model()).name
            # A call that does not end by itself: answers that their reader does not read yet.
            answers = client.evaluation.Evaluate(endless_evaluation(model), timeout=harness.CALL_SECONDS)
            next(answers)
            waiter = threading.Thread(target=server.terminate)
            waiter.start()
            while page(server, "/readyz")[0] == 200:
                time.sleep(0.01)
            self.assertEqual(page(server, "/readyz"), (503, "not ready\n"))
            self.assertEqual(page(server, "/livez")[0], 200)
            answers.cancel()
            waiter.join()
            self.assertEqual(server.process.returncode, 0, server.log())
        finally:
            client.close()
            server.kill()


class StoreMetricsTest(unittest.TestCase):

    def test_the_store_tells_how_long_it_takes(self):
        with tempfile.TemporaryDirectory(prefix="cellar-metrics-") as folder:
            server = harness.Server("--metrics-address", "127.0.0.1:0", "--data-dir", folder)
            client = harness.Client(server.address)
            try:
                client.create_session(client.create_model(harness.homework_model()).name)
                samples = metrics_of(server)
                written = sum(samples[f'cellar_store_seconds_count{{operation="{operation}"}}'] for operation in ("write", "sync"))
                self.assertGreaterEqual(written, 1)
            finally:
                client.close()
                server.kill()


class DrainTest(unittest.TestCase):

    def setUp(self):
        self.server = harness.Server()
        self.client = harness.Client(self.server.address)
        self.model = self.client.create_model(harness.homework_model()).name

    def tearDown(self):
        self.client.close()
        self.server.kill()

    def test_sigterm_tells_streams_and_health_and_exits_with_zero(self):
        session = self.client.create_session(self.model)
        talk = Conversation(self.client, harness.opened(session.name))
        next(talk.answers)
        self.assertEqual(talk.send(harness.stepped([1])).step.next_step, 1)
        states = watch(self.client.channel, "")
        self.assertEqual(next(states)[1], 1)
        waiter = threading.Thread(target=self.server.terminate)
        waiter.start()
        self.assertEqual(next(states)[1], 2)
        with self.assertRaises(grpc.RpcError) as caught:
            next(talk.answers)
        rich = harness.RichError(caught.exception)
        self.assertEqual((rich.code, rich.reason), (UNAVAILABLE, "DRAINING"))
        talk.close()
        waiter.join()
        self.assertEqual(self.server.process.returncode, 0, self.server.log())

    def test_an_upload_that_is_not_complete_ends_with_the_drain(self):
        file = harness.homework_model().SerializeToString()
        silent, taken = threading.Event(), threading.Event()

        def chunks():
            yield model_service_pb2.UploadModelRequest(open=model_service_pb2.UploadModelOpen(
                model_id="half", format=model_service_pb2.MODEL_FORMAT_CELLAR_BINARY, size_bytes=len(file)))
            yield model_service_pb2.UploadModelRequest(chunk=file[:-1])
            taken.set()
            silent.wait(harness.CALL_SECONDS)

        upload = self.client.models.UploadModel.future(chunks(), timeout=harness.CALL_SECONDS)
        self.assertTrue(taken.wait(harness.CALL_SECONDS))
        self.assertEqual(self.server.terminate(), 0, self.server.log())
        rich = harness.RichError(upload.exception())
        silent.set()
        self.assertEqual((rich.code, rich.reason), (UNAVAILABLE, "DRAINING"))

    def test_steps_in_flight_are_answered_or_refused_whole(self):
        session = self.client.create_session(self.model, replay_window=1000)
        acknowledged, failures = [], []

        def hammer():
            own = harness.Client(self.server.address)
            try:
                while True:
                    acknowledged.append(own.step(session.name, [1] * 50).next_step)
            except grpc.RpcError as error:
                failures.append(error.code())
            own.close()

        thread = threading.Thread(target=hammer)
        thread.start()
        while len(acknowledged) < 20:
            time.sleep(0.01)
        self.assertEqual(self.server.terminate(), 0)
        thread.join()
        self.assertEqual(acknowledged, [50 * (n + 1) for n in range(len(acknowledged))])
        # CANCELLED is gRPC's own word to a call that arrives while its server object closes.
        self.assertEqual(len(failures), 1)
        self.assertIn(failures[0], (UNAVAILABLE, grpc.StatusCode.CANCELLED))

    def test_a_session_of_an_earlier_run_is_lost_not_unknown(self):
        session = self.client.create_session(self.model)
        self.server.kill()
        time.sleep(0.01)  # epochs are milliseconds
        second = harness.Server()
        client = harness.Client(second.address)
        try:
            client.get_session(session.name)
            self.fail("found")
        except grpc.RpcError as error:
            rich = harness.RichError(error)
            self.assertEqual((rich.code, rich.reason), (grpc.StatusCode.NOT_FOUND, "SESSION_LOST"))
            self.assertNotEqual(rich.metadata["session_epoch"], rich.metadata["server_epoch"])
        finally:
            client.close()
            second.kill()


class CapsTest(harness.ConformanceTest):

    SERVER_FLAGS = ("--max-sessions", "3", "--max-models", "2", "--max-steps-per-request", "100",
                    "--max-message-bytes", "10000", "--max-parameters", "1000")

    def tearDown(self):
        for session in self.client.sessions.ListSessions(session_service_pb2.ListSessionsRequest()).sessions:
            self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=session.name))
        for model in self.client.models.ListModels(model_service_pb2.ListModelsRequest()).models:
            self.client.models.DeleteModel(model_service_pb2.DeleteModelRequest(name=model.name))

    def test_every_cap_has_its_reason(self):
        model = self.client.create_model(harness.homework_model()).name
        sessions = [self.client.create_session(model) for _ in range(3)]
        with self.refused(EXHAUSTED, "SESSION_LIMIT") as caught:
            self.client.create_session(model)
        self.assertEqual(caught[0].metadata["limit"], "3")
        self.assertIn("RetryInfo", caught[0].details)
        self.assertIn("QuotaFailure", caught[0].details)
        self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=sessions[0].name))
        self.client.create_session(model)
        name = sessions[1].name
        with self.refused(EXHAUSTED, "STEP_COUNT_LIMIT"):
            self.client.step(name, [1] * 101)
        with self.refused(EXHAUSTED, "MESSAGE_SIZE_LIMIT"):
            self.client.step(name, [1] * 2000)
        self.assertEqual(self.client.get_session(name).next_step, 0)

    def test_models_are_capped(self):
        other = harness.homework_model()
        other.layers[0].lstm.forget_gate.bias.values[0] = 1
        self.client.create_model(other)
        other.layers[0].lstm.forget_gate.bias.values[0] = 2
        self.client.create_model(other)
        other.layers[0].lstm.forget_gate.bias.values[0] = 3
        with self.refused(EXHAUSTED, "MODEL_LIMIT"):
            self.client.create_model(other)
        with self.refused(EXHAUSTED, "MODEL_SIZE_LIMIT"):
            gate = model_pb2.Gate(input_weights=tensor_pb2.Tensor(shape=[32, 1], values=[1] * 32),
                                  recurrent_weights=tensor_pb2.Tensor(values=[0] * 32 * 32))
            self.client.create_model(model_pb2.Model(layers=[model_pb2.Layer(rnn=model_pb2.RnnCell(hidden=gate))]))

    def test_an_answer_longer_than_a_message_is_refused_before_anything_is_applied(self):
        hidden = 15
        gate = model_pb2.Gate(input_weights=tensor_pb2.Tensor(shape=[hidden, 1], values=[1] * hidden),
                              recurrent_weights=tensor_pb2.Tensor(values=[0] * hidden * hidden))
        model = self.client.create_model(model_pb2.Model(layers=[model_pb2.Layer(rnn=model_pb2.RnnCell(hidden=gate))]))
        session = self.client.create_session(model.name)
        with self.refused(EXHAUSTED, "ANSWER_SIZE_LIMIT") as caught:
            self.client.step(session.name, [1] * 100)
        self.assertEqual(caught[0].metadata["limit_bytes"], "10000")
        self.client.step(session.name, [1] * 100, density=trace_pb2.DENSITY_LAST_STEP, step_index=0)


class FlagsTest(unittest.TestCase):

    def run_server(self, *flags):
        return subprocess.run([os.environ["CELLAR_SERVER_BINARY"], *flags], capture_output=True, text=True, timeout=60)

    def test_bad_flags_are_named_and_exit_with_2(self):
        for flags in (["--no-such-flag"], ["--max-sessions", "many"], ["--max-sessions", "-1"],
                      ["--default-ttl", "soon"], ["--listen", "nowhere"], ["--workers", "0"]):
            with self.subTest(flags=flags):
                result = self.run_server(*flags)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn(flags[0].lstrip("-"), result.stderr)

    def test_a_taken_port_is_reported_and_exits_with_1(self):
        server = harness.Server()
        try:
            result = self.run_server("--listen", server.address)
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn(server.address, result.stderr)
        finally:
            server.kill()

    def test_every_flag_is_on_the_operators_page(self):
        told = subprocess.run([os.environ["CELLAR_SERVER_BINARY"], "--help"], capture_output=True, text=True, check=True,
                              timeout=harness.CALL_SECONDS).stdout
        flags = set(re.findall(r"^ +(--[a-z][a-z-]+)", told, re.MULTILINE))
        self.assertGreater(len(flags), 40, told)
        page = (pathlib.Path(__file__).resolve().parents[2] / "deploy/README.md").read_text()
        self.assertEqual(sorted(flags - set(re.findall(r"--[a-z][a-z-]+", page))), [])

    def test_help_and_version(self):
        self.assertIn("--max-sessions", self.run_server("--help").stdout)
        self.assertRegex(self.run_server("--version").stdout, r"\d+\.\d+\.\d+ \(commit \S+, (GCC|Clang) \d+\..*\)")


if __name__ == "__main__":
    harness.main()
