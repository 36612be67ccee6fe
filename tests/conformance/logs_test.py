"""What the log and the metrics tell, and what they never tell: weights, inputs, answers, tokens."""

import hashlib
import pathlib
import re
import tempfile
import unittest

import grpc

import harness
from cellar.v1 import exercise_pb2, grading_pb2, grading_service_pb2, model_service_pb2, session_service_pb2, tensor_pb2
from operations_test import page

TOKEN = "cellar_planted-token-of-somebody-0123456789abcdef"
WRONG_TOKEN = "cellar_planted-token-of-nobody-0123456789abcdef"
WEIGHT = 76543.21875    # exact in float32, and in no other place
INPUT = 34567.84375
TYPED = "planted answer of a student 98.7654"
LABEL = "planted-label"
# Numbers are also looked for as they would be printed with fewer digits.
SECRETS = [TOKEN, WRONG_TOKEN, "76543", "34567", "planted answer", "98.76", LABEL,
           hashlib.sha256(TOKEN.encode()).hexdigest()]


class LogsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="cellar-logs-")
        identities = pathlib.Path(cls.folder.name) / "identities"
        identities.write_text(f"token sha256:{hashlib.sha256(TOKEN.encode()).hexdigest()} tenant=math roles=owner name=ci\n")
        cls.server = harness.Server("--identities", str(identities), "--log-level", "debug", "--max-sessions", "1",
                                    "--max-message-bytes", "20000", "--metrics-address", "127.0.0.1:0")
        cls.client = harness.Client(cls.server.address)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.server.terminate()
        cls.server.kill()
        cls.folder.cleanup()

    def call(self, method, request, token=TOKEN, **metadata):
        """Outcome of a call: the answer or the error."""
        headers = [("authorization", f"Bearer {token}"), *((key.replace("_", "-"), value) for key, value in metadata.items())]
        try:
            return method(request, timeout=harness.CALL_SECONDS, metadata=headers)
        except grpc.RpcError as error:
            return error

    def planted_model(self):
        model = harness.homework_model()
        model.layers[0].lstm.forget_gate.bias.values[0] = WEIGHT
        return model

    def fail_in_every_way(self):
        models, sessions, grading = self.client.models, self.client.sessions, self.client.grading
        create = model_service_pb2.CreateModelRequest(model_id="m", model=self.planted_model())
        self.call(models.CreateModel, create)
        self.call(models.CreateModel, create, token=WRONG_TOKEN)
        bad = self.planted_model()
        bad.layers[0].lstm.input_gate.bias.values.append(WEIGHT)
        bad.layers[0].lstm.output_gate.bias.values[0] = float("nan")
        self.call(models.CreateModel, model_service_pb2.CreateModelRequest(model=bad))
        long = self.planted_model()
        long.layers[0].lstm.forget_gate.bias.values.extend([WEIGHT] * 3000)
        self.call(models.CreateModel, model_service_pb2.CreateModelRequest(model=long))
        session = session_service_pb2.CreateSessionRequest(session_id="s")
        session.session.model = "models/m"
        session.session.labels["key"] = LABEL
        self.call(sessions.CreateSession, session)
        session.session_id = "t"
        self.call(sessions.CreateSession, session)
        step = session_service_pb2.StepRequest(session="sessions/s", inputs=tensor_pb2.Tensor(values=[INPUT]), step_index=0)
        self.call(sessions.Step, step)
        step.inputs.values[0] = INPUT + 0.25
        self.call(sessions.Step, step)
        step.step_index = 7
        self.call(sessions.Step, step)
        step.inputs.shape.extend([3, 7])
        self.call(sessions.Step, step)
        session.session.labels[LABEL * 100] = LABEL
        self.call(sessions.CreateSession, session)
        snapshot = session_service_pb2.ImportSessionRequest(snapshot=TYPED.encode())
        snapshot.session.model = "models/m"
        self.call(sessions.ImportSession, snapshot)
        grade = grading_service_pb2.GradeRequest(
            inline_exercise=exercise_pb2.Exercise(model=bad),
            submission=grading_pb2.Submission(text=TYPED))
        self.call(grading.Grade, grade)

    def test_no_secret_is_told_to_anybody(self):
        self.fail_in_every_way()
        log = self.server.log()
        told = log + page(self.server, "/metrics")[1]
        self.assertEqual(self.call(self.client.sessions.GetSession, session_service_pb2.GetSessionRequest(
            name="sessions/s")).session.next_step, 1)
        for secret in SECRETS:
            self.assertNotIn(secret, told)
        # It was not silence that kept them.
        for reason in ("BAD_REQUEST", "TOKEN_INVALID", "MESSAGE_SIZE_LIMIT", "SESSION_LIMIT", "STEP_CONFLICT", "STEP_GAP",
                       "SNAPSHOT_CORRUPT"):
            self.assertIn(f"reason={reason} ", log)
            self.assertIn(f'reason="{reason}"', told)

    def test_a_failure_can_be_found_by_its_id(self):
        request = session_service_pb2.GetSessionRequest(name="sessions/none")
        error = self.call(self.client.sessions.GetSession, request, x_request_id="job-42")
        self.assertIn(("cellar-request-id", "job-42"), [tuple(pair) for pair in error.trailing_metadata()])
        line = next(line for line in self.server.log().splitlines() if "request=job-42 " in line)
        for part in ("level=debug", "event=call-failed", "method=SessionService.GetSession", "code=NOT_FOUND",
                     "reason=SESSION_NOT_FOUND", "tenant=math", "identity=ci", "session=sessions/none"):
            self.assertIn(part, line)
        error = self.call(self.client.sessions.GetSession, request, x_request_id="a b level=error")
        told = dict(tuple(pair) for pair in error.trailing_metadata())["cellar-request-id"]
        self.assertRegex(told, r"^[0-9a-z]+-\d+$")

    def test_a_refusal_tells_whose_call_it_was(self):
        self.fail_in_every_way()
        lines = self.server.log().splitlines()
        self.assertTrue(any("reason=MESSAGE_SIZE_LIMIT" in line and "tenant=math" in line for line in lines))
        self.assertFalse(any("reason=TOKEN_INVALID" in line and "tenant=" in line for line in lines))

    def test_every_line_is_key_value(self):
        self.fail_in_every_way()
        for line in self.server.log().splitlines():
            self.assertRegex(line, r'^time=\S+Z level=\w+ event=[a-z-]+( [a-z_]+=("([^"\\]|\\.)*"|[^ "=]+))*$')

    def test_the_start_tells_the_build_and_where_it_listens(self):
        log = self.server.log()
        self.assertRegex(log, r"event=started version=\d+\.\d+\.\d+ commit=\S+ compiler=")
        self.assertIn(f"event=listening address={self.server.address}", log)


class LevelsTest(unittest.TestCase):

    def test_a_level_of_none_says_nothing(self):
        server = harness.Server("--log-level", "none")
        self.assertEqual(server.terminate(), 0)
        self.assertEqual(server.log(), "")
        server.kill()

    def test_a_flood_of_refusals_is_no_flood_of_lines(self):
        server = harness.Server("--max-models", "0")
        client = harness.Client(server.address)
        try:
            for _ in range(500):
                with self.assertRaises(grpc.RpcError):
                    client.create_model(harness.homework_model())
            lines = [line for line in server.log().splitlines() if "reason=MODEL_LIMIT" in line]
            self.assertGreaterEqual(len(lines), 1)
            self.assertLess(len(lines), 400)
            self.assertTrue(re.search(r"level=warning event=call-failed .*tenant=default", lines[0]), lines[0])
        finally:
            client.close()
            server.kill()


if __name__ == "__main__":
    harness.main()
