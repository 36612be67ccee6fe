"""What every conformance test needs: a server process, stubs, and a reader of rich errors.

The tests judge any build: CELLAR_SERVER_BINARY names the server to start. The client side is Python's grpcio on stubs
made from the proto; nothing here knows the C++ code.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from cellar.v1 import (evaluation_service_pb2_grpc, exercise_pb2, grading_service_pb2_grpc, model_pb2, model_service_pb2,
                       model_service_pb2_grpc, session_pb2, session_service_pb2,
                       session_service_pb2_grpc, tensor_pb2)

# Under a sanitizer (tests/sanitize) everything takes several times as long, and memory that was freed is held on to.
SANITIZED = os.environ.get("CELLAR_TEST_PRESET", "") in ("asan-ubsan", "tsan")
START_SECONDS = 120 if SANITIZED else 30
CALL_SECONDS = 240 if SANITIZED else 60
REPORT = re.compile(r"^.*(?:: \w+Sanitizer: |: runtime error: )", re.MULTILINE)  # as sanitizers begin one


def _google_rpc():
    """Message classes of google.rpc, from their descriptors: the package `google` belongs to protobuf."""
    files = descriptor_pb2.FileDescriptorSet()
    files.ParseFromString((pathlib.Path(os.environ["CELLAR_STUBS"]) / "google_rpc.binpb").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    names = ["Status", "ErrorInfo", "BadRequest", "RetryInfo", "ResourceInfo", "QuotaFailure"]
    return {name: factory.GetPrototype(pool.FindMessageTypeByName("google.rpc." + name)) for name in names}


GOOGLE_RPC = _google_rpc()


class RichError:
    """A failed call: code, message, reason, metadata, violations by field, names of the details present."""

    def __init__(self, error):
        self.code = error.code()
        self.message = error.details()
        self.reason = ""
        self.metadata = {}
        self.violations = {}
        self.details = set()
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                self._read(GOOGLE_RPC["Status"].FromString(value))

    def _read(self, status):
        assert status.code == self.code.value[0], "code inside the details differs"
        for detail in status.details:
            name = detail.type_url.rsplit(".", 1)[-1]
            self.details.add(name)
            message = GOOGLE_RPC[name].FromString(detail.value)
            if name == "ErrorInfo":
                assert message.domain == "cellar", message.domain
                self.reason = message.reason
                self.metadata = dict(message.metadata)
            elif name == "BadRequest":
                for violation in message.field_violations:
                    self.violations[violation.field] = violation.description

    def __repr__(self):
        return f"{self.code} {self.reason} {self.message!r} {self.metadata} {self.violations}"


class Server:
    """A cellar-server process on a port of the loopback interface that the system chose."""

    def __init__(self, *flags):
        self._folder = tempfile.TemporaryDirectory(prefix="cellar-conformance-")
        port_file = pathlib.Path(self._folder.name) / "port"
        self.log_path = pathlib.Path(self._folder.name) / "log"
        command = [os.environ["CELLAR_SERVER_BINARY"], "--listen", "127.0.0.1:0", "--port-file", str(port_file), *flags]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        give_up = time.monotonic() + START_SECONDS
        while not port_file.exists():
            if self.process.poll() is not None or time.monotonic() > give_up:
                log = self.log()
                try:
                    self.kill()
                finally:
                    raise RuntimeError(f"{command} did not start:\n{log}")
            time.sleep(0.01)
        self.address = port_file.read_text().split()[0]

    def log(self):
        return self.log_path.read_text(errors="replace")

    def alive(self):
        return self.process.poll() is None

    def terminate(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=CALL_SECONDS)

    def kill(self):
        """Ends the process if it still runs, and forgets its log. Fails if a sanitizer has reported something in it,
        which the exit code of a process that was killed does not tell."""
        if self.alive():
            self.process.kill()
        self.process.wait()
        log = self.log() if self.log_path.exists() else ""  # forgotten already
        self._folder.cleanup()
        report = REPORT.search(log)
        assert report is None, log[report.start():]


class Client:
    """The stubs on one channel, and shorthands for what tests do all the time."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)
        self.sessions = session_service_pb2_grpc.SessionServiceStub(self.channel)
        self.grading = grading_service_pb2_grpc.GradingServiceStub(self.channel)
        self.evaluation = evaluation_service_pb2_grpc.EvaluationServiceStub(self.channel)

    def create_model(self, model, model_id=""):
        request = model_service_pb2.CreateModelRequest(model_id=model_id, model=model)
        return self.models.CreateModel(request, timeout=CALL_SECONDS).model

    def create_session(self, model_name, session_id="", **fields):
        request = session_service_pb2.CreateSessionRequest(
            session_id=session_id, session=session_pb2.Session(model=model_name, **fields))
        return self.sessions.CreateSession(request, timeout=CALL_SECONDS).session

    def get_session(self, name, view=session_pb2.SESSION_VIEW_FULL):
        request = session_service_pb2.GetSessionRequest(name=name, view=view)
        return self.sessions.GetSession(request, timeout=CALL_SECONDS).session

    def step(self, name, values, **fields):
        request = session_service_pb2.StepRequest(session=name, inputs=tensor_pb2.Tensor(values=values), **fields)
        return self.sessions.Step(request, timeout=CALL_SECONDS)

    def stream(self, requests):
        return self.sessions.StreamSteps(requests, timeout=CALL_SECONDS)

    def evaluate(self, request):
        return list(self.evaluation.Evaluate(request, timeout=CALL_SECONDS))

    def close(self):
        self.channel.close()


HOMEWORK_TEXT = """
layers { lstm {
  forget_gate { input_weights { values: 0 } recurrent_weights { values: 0 } bias { values: -100 } }
  input_gate { input_weights { values: 100 } recurrent_weights { values: 0 } bias { values: 100 } }
  output_gate { input_weights { values: 100 } recurrent_weights { values: 0 } bias { values: 0 } }
  candidate { input_weights { values: 50 } recurrent_weights { values: -100 } bias { values: 0 } }
} }
"""


def homework_model():
    """The course's scalar LSTM, typed by hand."""
    return text_format.Parse(HOMEWORK_TEXT, model_pb2.Model())


def opened(session, **fields):
    """The first message of a stream."""
    return session_service_pb2.StreamStepsRequest(
        open=session_service_pb2.StreamStepsOpen(session=session, **fields))


def stepped(values, **fields):
    """Any other message of a stream."""
    return session_service_pb2.StreamStepsRequest(
        step=session_service_pb2.StreamStepsStep(inputs=tensor_pb2.Tensor(values=values), **fields))


class ConformanceTest(unittest.TestCase):
    """One server for the tests of a class; SERVER_FLAGS are its flags."""

    SERVER_FLAGS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.SERVER_FLAGS)
        cls.client = Client(cls.server.address)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        died = not cls.server.alive()
        try:
            code = cls.server.terminate()
        finally:
            log = cls.server.log()
            cls.server.kill()
        assert not died, f"the server died with {code}:\n{log}"
        assert code == 0, f"the server ended with {code}:\n{log}"

    @contextlib.contextmanager
    def refused(self, code, reason):
        """Expects the block to fail with this code and reason; yields a list that gets the RichError."""
        caught = []
        try:
            yield caught
        except grpc.RpcError as error:
            caught.append(RichError(error))
            self.assertEqual((caught[0].code, caught[0].reason), (code, reason), caught[0])
            return
        self.fail(f"expected {code} / {reason}, but the call succeeded")


def main():
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
