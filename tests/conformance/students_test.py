"""A student who wants the answer key: every method of every service, every form of answer, what is said when things go
wrong, and the server's log. Over a real port, with a student's token; the key is looked for in every byte that comes back."""

import json
import math
import os
import struct
import subprocess

import grpc
from google.protobuf import text_format

import harness
import identity_test
import operations_test
from bare_environment import bare_environment
from cellar.v1 import (evaluation_service_pb2, exercise_pb2, grading_pb2, grading_service_pb2, model_service_pb2,
                       session_service_pb2)

FILES = (model_service_pb2, session_service_pb2, evaluation_service_pb2, grading_service_pb2)
LEVELS = {"none": exercise_pb2.FEEDBACK_NONE, "steps": exercise_pb2.FEEDBACK_STEPS,
          "diagnosis": exercise_pb2.FEEDBACK_DIAGNOSIS}
STEPS = 4

# No digits in common between these parameters and what they lead to.
EXERCISE = """
model { display_name: "secret" layers { lstm {
  forget_gate { input_weights { values: 0.5 } recurrent_weights { values: -0.75 } bias { values: 0.25 } }
  input_gate { input_weights { values: 1 } recurrent_weights { values: 0.5 } bias { values: -0.5 } }
  output_gate { input_weights { values: -0.5 } recurrent_weights { values: 1.25 } bias { values: 0.75 } }
  candidate { input_weights { values: 1.5 } recurrent_weights { values: -1 } bias { values: 0.125 } }
} } }
numerics { precision: PRECISION_FLOAT64 }
sequences { inputs { values: [1, -0.5, 2, 0.25] } }
questions { id: "h" quantity: QUANTITY_H }
questions { id: "c" quantity: QUANTITY_C }
credit: CREDIT_CARRIED
"""


def secrets_of(values):
    """How a number may be written: its bytes in both precisions, its first digits."""
    for value in values:
        yield struct.pack("<d", value)
        yield struct.pack("<f", value)
        yield struct.pack(">d", value)
        yield f"{abs(value):.10f}"[:6].lstrip("0").encode()


def npy(count, value):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({count},), }}"
    header += " " * (117 - len(header)) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{count}d", *[value] * count)


class StudentsTest(identity_test.IdentityCase):

    def setUp(self):
        super().setUp()
        owner, self.token = (identity_test.make_token(self.identities, "--roles", role) for role in ("owner", "student"))
        self.server = self.serve("--identities", self.identities, "--metrics-address", "127.0.0.1:0")
        self.channel = grpc.insecure_channel(self.server.address, options=[("grpc.use_local_subchannel_pool", 1)])
        self.addCleanup(self.channel.close)
        self.seen = []
        self.exercise = text_format.Parse(EXERCISE, exercise_pb2.Exercise())
        for name, level in LEVELS.items():
            self.exercise.feedback = level
            self.send(owner, "GradingService", "CreateExercise",
                      grading_service_pb2.CreateExerciseRequest(exercise=self.exercise, exercise_id=name))
            self.exercise.variations.add(field="sequences[0].inputs", elements=[3],
                                         choices=exercise_pb2.Choices(values=[0.25]))
            self.send(owner, "GradingService", "CreateExercise",
                      grading_service_pb2.CreateExerciseRequest(exercise=self.exercise, exercise_id=f"varied-{name}"))
            self.exercise.ClearField("variations")
        key = self.grade(owner, "none", text="9 " * (2 * STEPS), feedback=exercise_pb2.FEEDBACK_EXPECTED)
        values = [value for question in key.questions for value in question.values]
        self.assertEqual(len(values), 2 * STEPS)
        self.key = [value.expected for value in values]
        self.secrets = sorted(set(secrets_of(self.key)))
        shown = key.SerializeToString()
        self.assertTrue([secret for secret in self.secrets if secret in shown], "the key is found where it is")
        self.seen.clear()

    def send(self, token, service, method, *requests):
        """Any method is, on the wire, some messages there and some back. Returns answers and the error's code."""
        call = self.channel.stream_stream(f"/cellar.v1.{service}/{method}")(
            iter([request.SerializeToString() for request in requests]), timeout=harness.CALL_SECONDS,
            metadata=[("authorization", f"bearer {token}")])
        answers, code = [], grpc.StatusCode.OK
        try:
            answers.extend(call)
        except grpc.RpcError as error:
            code = error.code()
            self.note(f"{service}.{method}", error.details().encode())
        for kind, pairs in (("initial", call.initial_metadata()), ("trailing", call.trailing_metadata())):
            for name, value in pairs or ():
                self.note(f"{service}.{method} {kind} {name}", value if isinstance(value, bytes) else value.encode())
        for answer in answers:
            self.note(f"{service}.{method}", answer)
        return answers, code

    def note(self, where, data):
        self.seen.append((where, data))

    def grade(self, token, exercise, feedback=0, **submission):
        answers, code = self.send(token, "GradingService", "Grade", grading_service_pb2.GradeRequest(
            exercise=f"exercises/{exercise}", feedback=feedback, submission=grading_pb2.Submission(**submission)))
        self.assertEqual(code, grpc.StatusCode.OK)
        return grading_service_pb2.GradeResponse.FromString(answers[0]).verdict

    def check_nothing_told(self):
        self.assertTrue(self.seen)
        for where, data in self.seen:
            for secret in self.secrets:
                self.assertNotIn(secret, data, (where, secret))

    def requests(self):
        """What a student may try by each method: the exercise's name, its model, its inputs."""
        inputs = self.exercise.sequences[0].inputs
        names = ["exercises/none", "models/none", "models/secret", "sessions/none", "none"]
        grade = grading_service_pb2.GradeRequest(inline_exercise=self.exercise, feedback=exercise_pb2.FEEDBACK_EXPECTED,
                                                 submission=grading_pb2.Submission(text="0 " * 8))
        session = session_service_pb2.CreateSessionRequest(session_id="mine")
        session.session.model = "models/none"
        evaluate = evaluation_service_pb2.EvaluateRequest(inline_model=self.exercise.model)
        evaluate.sequences.add().inputs.CopyFrom(inputs)
        batch = session_service_pb2.BatchStepRequest()
        batch.items.add(session="sessions/mine").inputs.CopyFrom(inputs)
        return {
            "CreateModel": [model_service_pb2.CreateModelRequest(model_id="mine", model=self.exercise.model)],
            "UploadModel": [model_service_pb2.UploadModelRequest(open=model_service_pb2.UploadModelOpen(model_id="mine"))],
            "GetModel": [model_service_pb2.GetModelRequest(name=name) for name in names],
            "ListModels": [model_service_pb2.ListModelsRequest()],
            "DeleteModel": [model_service_pb2.DeleteModelRequest(name=name) for name in names],
            "CreateSession": [session],
            "GetSession": [session_service_pb2.GetSessionRequest(name=name) for name in names],
            "ListSessions": [session_service_pb2.ListSessionsRequest()],
            "DeleteSession": [session_service_pb2.DeleteSessionRequest(name="sessions/mine")],
            "Step": [session_service_pb2.StepRequest(session="sessions/mine", inputs=inputs)],
            "StreamSteps": [harness.opened("sessions/mine")],
            "BatchStep": [batch],
            "StreamBatchSteps": [session_service_pb2.StreamBatchStepsRequest(batch=batch)],
            "ResetSession": [session_service_pb2.ResetSessionRequest(name="sessions/mine")],
            "RewindSession": [session_service_pb2.RewindSessionRequest(name="sessions/mine")],
            "ForkSession": [session_service_pb2.ForkSessionRequest(name="sessions/mine")],
            "ExportSession": [session_service_pb2.ExportSessionRequest(name=name) for name in names],
            "ImportSession": [session_service_pb2.ImportSessionRequest(session=session.session, snapshot=b"x")],
            "SetSessionState": [session_service_pb2.SetSessionStateRequest(name="sessions/mine")],
            "Evaluate": [evaluate],
            "CreateExercise": [grading_service_pb2.CreateExerciseRequest(exercise=self.exercise, exercise_id="mine"),
                               grading_service_pb2.CreateExerciseRequest(exercise=self.exercise, exercise_id="none")],
            "GetExercise": [grading_service_pb2.GetExerciseRequest(name=f"exercises/{name}", seed=seed)
                            for name in [*LEVELS, "varied-none", "nobody's"] for seed in ("", "ada")],
            "ListExercises": [grading_service_pb2.ListExercisesRequest()],
            "DeleteExercise": [grading_service_pb2.DeleteExerciseRequest(name="exercises/none")],
            "CheckExercise": [grading_service_pb2.CheckExerciseRequest(name="exercises/none", propose=True),
                              grading_service_pb2.CheckExerciseRequest(inline_exercise=self.exercise)],
            "Grade": [grade],
            "GradeStream": [grading_service_pb2.GradeStreamRequest(open=grading_service_pb2.GradeStreamOpen(
                inline_exercise=self.exercise, feedback=exercise_pb2.FEEDBACK_EXPECTED))],
        }

    def test_no_method_but_getting_and_grading_answers_a_student(self):
        requests = self.requests()
        answering = set()
        for file in FILES:
            for service in file.DESCRIPTOR.services_by_name.values():
                for method in service.methods:
                    self.assertIn(method.name, requests, "a new method needs a request here")
                    for request in requests.pop(method.name):
                        answers, code = self.send(self.token, service.name, method.name, request)
                        if answers:
                            answering.add(method.name)
                        elif method.name != "GetExercise":
                            self.assertEqual(code, grpc.StatusCode.PERMISSION_DENIED, method.name)
        self.assertFalse(requests)
        self.assertEqual(answering, {"GetExercise"}, "grading by an exercise sent along is refused")
        self.check_nothing_told()

    def answers(self):
        """Answers of every form: right ones of other exercises, unreadable ones, ones made to provoke."""
        yield from ({"text": text} for text in (
            "", "?", "[0", "9 " * 8, "0 " * 7, "0 " * 9, "nan " * 8, "inf " * 8, "-inf nan 0 1 " * 2, "1e308 " * 8, "1e-320 " * 8,
            "\x00\x01 \u202e0", "0," * 100, "0 " * 20_000, "h c", "{}", "expected", "%s %n {0}", "9" * 400 + " 0" * 7))
        for value in (0.0, 0.5, 1.0, -1.0):
            yield {"text": f"{value} " * 8}
            yield {"typed": grading_pb2.TypedAnswers(texts={"h": f"{value} " * 4})}
            yield {"typed": grading_pb2.TypedAnswers(texts={"c": f"{value} " * 4})}
        yield {"typed": grading_pb2.TypedAnswers()}
        yield {"typed": grading_pb2.TypedAnswers(texts={"key": "0", "": "0", "h": "0 0"})}
        yield from ({"file": grading_pb2.AnswerFile(content=content, name="../../etc/passwd")} for content in (
            b"", b"\xff\xfe", npy(8, 0.5), npy(7, 0.5), npy(8, float("nan")), npy(8, 0.5)[:-3],
            json.dumps({"h": [0.5] * 4, "c": [0.5] * 4, "f": [0.5] * 4}).encode(), b'{"h": [{}]}', b"[NaN, Infinity]",
            b"t,h,c\n0,0.5,0.5\n1,0.5,0.5\n2,0.5,0.5\n3,0.5,0.5\n", b"t,h\n9,1\n", b"t,expected\n0,1\n"))

    def test_no_answer_of_any_form_gets_the_key_at_any_level(self):
        for level, value in LEVELS.items():
            for name in (level, f"varied-{level}"):
                opening = grading_service_pb2.GradeStreamRequest(open=grading_service_pb2.GradeStreamOpen(
                    exercise=f"exercises/{name}", feedback=exercise_pb2.FEEDBACK_EXPECTED))
                messages = [opening]
                for fields in self.answers():
                    messages.append(grading_service_pb2.GradeStreamRequest(
                        submission=grading_pb2.Submission(seed="ada", **fields)))
                    verdict = self.grade(self.token, name, feedback=exercise_pb2.FEEDBACK_EXPECTED, seed="ada", **fields)
                    self.check_level(verdict, value)
                answers, code = self.send(self.token, "GradingService", "GradeStream", *messages)
                self.assertEqual((len(answers), code), (len(messages) - 1, grpc.StatusCode.OK))
                for answer in answers:
                    self.check_level(grading_service_pb2.GradeStreamResponse.FromString(answer).verdict, value)
        self.assertGreater(len(self.seen), 400)
        self.check_nothing_told()

    def check_level(self, verdict, level):
        self.assertEqual(verdict.feedback, level)
        for question in verdict.questions:
            for value in question.values:
                self.assertFalse(value.HasField("expected") or value.HasField("expected_if_carried"))
            if level == exercise_pb2.FEEDBACK_NONE:
                self.assertFalse(question.values or question.correct_count)
        if level < exercise_pb2.FEEDBACK_DIAGNOSIS:
            self.assertFalse(verdict.diagnoses or verdict.how_to_tell_apart)
        self.assertEqual(verdict.duration.nanos % 1_000_000, 0, "no clock to measure the grader with")

    def test_a_diagnosis_names_the_mistake_and_not_the_key(self):
        # As if tanh(c) had been forgotten: h is o * c. The student does everything else right.
        gates = {"f": (0.5, -0.75, 0.25), "i": (1, 0.5, -0.5), "o": (-0.5, 1.25, 0.75), "g": (1.5, -1, 0.125)}
        h = c = 0.0
        answer = {"h": [], "c": []}
        for x in self.exercise.sequences[0].inputs.values:
            z = {name: w * x + u * h + b for name, (w, u, b) in gates.items()}
            s = {name: 1 / (1 + math.exp(-value)) for name, value in z.items()}
            c = s["f"] * c + s["i"] * math.tanh(z["g"])
            h = s["o"] * c
            answer["h"].append(h)
            answer["c"].append(c)
        verdict = self.grade(self.token, "diagnosis", text=" ".join(map(repr, answer["h"] + answer["c"])))
        self.assertEqual(verdict.diagnoses[0].mistake, "memory_tanh_left_out")
        # Values that the student has right are the student's own, and are no secret any more.
        own = {secret for secret in secrets_of(answer["h"] + answer["c"])}
        self.secrets = [secret for secret in self.secrets if secret not in own]
        self.assertTrue(self.secrets)
        self.check_nothing_told()

    def test_the_log_and_what_the_server_says_of_itself_do_not_have_the_key(self):
        for fields in self.answers():
            self.grade(self.token, "diagnosis", **fields)
        self.seen.clear()
        self.send(self.token, "SessionService", "ListSessions", session_service_pb2.ListSessionsRequest())
        self.note("log", self.server.log().encode())
        self.check_nothing_told()
        self.assertNotIn(self.token, self.server.log())

    def test_the_pages_for_operators_do_not_have_the_key(self):
        for level in LEVELS:
            for fields in self.answers():
                self.grade(self.token, level, **fields)
        self.seen.clear()
        for path in ("/metrics", "/readyz", "/livez", "/", "/metrics?x=exercises/none"):
            self.note(path, operations_test.page(self.server, path)[1].encode())
        # A page of numbers has the first four digits of any by chance.
        self.secrets = [f"{abs(value):.12f}"[:10].lstrip("0").encode() for value in self.key]
        self.check_nothing_told()

    def cellar(self, *words, code=0, stdin=""):
        """The program, as a student runs it."""
        environment = bare_environment(PATH=os.environ["PATH"], HOME=str(self.folder), CELLAR_TOKEN=self.token,
                                       CELLAR_SERVER=self.server.address)
        done = subprocess.run([os.environ["CELLAR_BINARY"], *map(str, words)], input=stdin.encode(), capture_output=True,
                              env=environment, timeout=harness.CALL_SECONDS)
        self.assertEqual(done.returncode, code, done.stderr.decode(errors="replace"))
        self.note(" ".join(map(str, words)), done.stdout)
        self.note(" ".join(map(str, words)), done.stderr)
        return done.stdout.decode()

    def test_the_program_gets_a_student_no_more(self):
        problem, better = self.folder / "problem.xml", self.folder / "better.textproto"
        for name in (*LEVELS, *(f"varied-{level}" for level in LEVELS)):
            exercise = f"exercises/{name}"
            for form in ("text", "json", "csv", "junit", "tap"):
                self.cellar("grade", exercise, "-", "--feedback", "expected", "--format", form, "--seed", "ada",
                            stdin="9 " * 8)
            self.cellar("exercise", "check", exercise, code=3)
            self.cellar("exercise", "check", exercise, "--propose", better, code=3)
            self.cellar("grade", exercise, "--format", "edx-customresponse", "--seed", "ada", "--out", problem, code=2)
            self.assertFalse(problem.exists() or better.exists(), "a problem that grades itself has the key")
            self.cellar("exercise", "show", exercise)
        self.check_nothing_told()

    def test_a_stream_tells_what_a_call_tells(self):
        for level in LEVELS:
            opening = grading_service_pb2.GradeStreamRequest(open=grading_service_pb2.GradeStreamOpen(
                exercise=f"exercises/{level}", feedback=exercise_pb2.FEEDBACK_EXPECTED))
            forms = list(self.answers())
            answers, code = self.send(self.token, "GradingService", "GradeStream", opening, *(
                grading_service_pb2.GradeStreamRequest(submission=grading_pb2.Submission(**fields)) for fields in forms))
            self.assertEqual((len(answers), code), (len(forms), grpc.StatusCode.OK))
            for fields, answer in zip(forms, answers):
                streamed = grading_service_pb2.GradeStreamResponse.FromString(answer).verdict
                called = self.grade(self.token, level, feedback=exercise_pb2.FEEDBACK_EXPECTED, **fields)
                for verdict in (streamed, called):
                    verdict.ClearField("duration")
                self.assertEqual(streamed.SerializeToString(), called.SerializeToString())
        self.check_nothing_told()

    def test_another_seed_or_tenant_is_no_way_around(self):
        stranger = identity_test.make_token(self.identities, "--roles", "owner", "--tenant", "elsewhere")

        def known():
            return self.send(stranger, "GradingService", "ListExercises",
                             grading_service_pb2.ListExercisesRequest())[1] == grpc.StatusCode.OK
        self.until(known)
        for service, method, request in (
                ("GradingService", "Grade", grading_service_pb2.GradeRequest(
                    exercise="exercises/none", feedback=exercise_pb2.FEEDBACK_EXPECTED,
                    submission=grading_pb2.Submission(text="0"))),
                ("GradingService", "CheckExercise", grading_service_pb2.CheckExerciseRequest(name="exercises/none")),
                ("GradingService", "GetExercise", grading_service_pb2.GetExerciseRequest(name="exercises/none"))):
            answers, code = self.send(stranger, service, method, request)
            self.assertEqual((answers, code), ([], grpc.StatusCode.NOT_FOUND))
        for seed in ("", "ada", "\u00e9", "x" * 200):
            verdict = self.grade(self.token, "varied-none", seed=seed, text="0 " * 8, feedback=exercise_pb2.FEEDBACK_EXPECTED)
            self.assertEqual(verdict.feedback, exercise_pb2.FEEDBACK_NONE)
        self.check_nothing_told()


if __name__ == "__main__":
    harness.main()
