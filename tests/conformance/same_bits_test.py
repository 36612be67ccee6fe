"""Same input, same bits: Step, StreamSteps and Evaluate, however the inputs are cut, and after fork, rewind, export."""

import struct

import harness
import random_models
from cellar.v1 import (evaluation_service_pb2, exercise_pb2, model_pb2, model_service_pb2, numerics_pb2,
                       session_pb2, session_service_pb2, tensor_pb2, trace_pb2)

CASES = 300
RAW = tensor_pb2.ENCODING_RAW


class SameBitsTest(harness.ConformanceTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random_models.seeded_random()

    def cuts(self, inputs, width):
        """The rows of `inputs` cut into random messages."""
        rows = len(inputs) // width
        at = 0
        while at < rows:
            count = self.rng.randint(1, rows - at)
            yield inputs[at * width:(at + count) * width]
            at += count

    def evaluated(self, model, numerics, values):
        answers = self.client.evaluate(evaluation_service_pb2.EvaluateRequest(
            model=model.name, numerics=numerics, view=trace_pb2.VIEW_OUTPUT, encoding=RAW,
            sequences=[exercise_pb2.Sequence(inputs=tensor_pb2.Tensor(values=values))]))
        return b"".join(a.trace.outputs.raw for a in answers), answers[-1].final_state_digest

    def stepped(self, session, values, width):
        outputs = b""
        for part in self.cuts(values, width):
            answer = self.client.step(session.name, part, encoding=RAW)
            outputs += answer.trace.outputs.raw
        return outputs, answer.state_digest

    def streamed(self, session, values, width):
        requests = [harness.opened(session.name, encoding=RAW)]
        requests += [harness.stepped(part) for part in self.cuts(values, width)]
        answers = list(self.client.stream(iter(requests)))
        self.assertEqual(answers[0].opened.next_step, 0)
        outputs = b"".join(answer.step.trace.outputs.raw for answer in answers[1:])
        return outputs, answers[-1].step.state_digest

    def test_step_stream_and_evaluate_agree_bit_for_bit(self):
        for case in range(CASES):
            kinds = [self.rng.choice(random_models.KINDS) for _ in range(self.rng.randint(1, 3))]
            model, width = random_models.model(self.rng, kinds)
            precision = self.rng.choice([numerics_pb2.PRECISION_FLOAT32, numerics_pb2.PRECISION_FLOAT64])
            model.precision = precision
            if precision == numerics_pb2.PRECISION_FLOAT32:
                model.weight_storage = self.rng.choice([model_pb2.WEIGHT_STORAGE_FULL, model_pb2.WEIGHT_STORAGE_BFLOAT16])
            numerics = random_models.numerics(self.rng, precision)
            steps = self.rng.randint(1, 20)
            values = [self.rng.uniform(-3, 3) for _ in range(steps * width)]
            with self.subTest(case=case, kinds=kinds, numerics=str(numerics)):
                made = self.client.create_model(model)
                want = self.evaluated(made, numerics, values)
                first = self.client.create_session(made.name, numerics=numerics, replay_window=32)
                self.assertEqual(self.stepped(first, values, width), want)
                second = self.client.create_session(made.name, numerics=numerics)
                self.assertEqual(self.streamed(second, values, width), want)
                self.check_replays(first, values, width, want)

    def test_weights_stored_as_bfloat16_give_the_bits_of_the_rounded_ones(self):
        for case in range(CASES // 5):
            kinds = [self.rng.choice(random_models.KINDS) for _ in range(self.rng.randint(1, 3))]
            model, width = random_models.model(self.rng, kinds)
            model.weight_storage = model_pb2.WEIGHT_STORAGE_BFLOAT16
            numerics = random_models.numerics(self.rng, self.rng.choice([1, 2]))
            values = [self.rng.uniform(-3, 3) for _ in range(self.rng.randint(1, 12) * width)]
            with self.subTest(case=case, kinds=kinds, numerics=str(numerics)):
                made = self.client.create_model(model)
                shown = self.client.models.GetModel(model_service_pb2.GetModelRequest(
                    name=made.name, view=model_service_pb2.MODEL_VIEW_FULL)).model
                self.assertEqual(shown.weight_storage, model_pb2.WEIGHT_STORAGE_BFLOAT16)
                rounded = random_models.rounded_to_bfloat16(model)
                self.assertEqual(random_models.matrices(shown), random_models.matrices(rounded))
                self.assertEqual(self.client.create_model(shown).name, made.name)
                rounded.weight_storage = model_pb2.WEIGHT_STORAGE_FULL
                full = self.client.create_model(rounded)
                self.assertNotEqual(full.digest, made.digest)
                session = self.client.create_session(made.name, numerics=numerics)
                self.assertEqual(self.stepped(session, values, width), self.evaluated(full, numerics, values))

    def check_replays(self, session, values, width, want):
        """Retries, a fork, a rewind and an import come to the same end."""
        row = len(want[0]) // (len(values) // width)
        at = self.rng.randrange(len(values) // width)
        rest = values[at * width:]
        # A retry of everything from `at` on answers the recorded bits.
        retry = self.client.step(session.name, rest, step_index=at, encoding=RAW)
        self.assertEqual((retry.trace.outputs.raw, retry.state_digest), (want[0][at * row:], want[1]))
        fork = self.client.sessions.ForkSession(
            session_service_pb2.ForkSessionRequest(name=session.name, step_index=at)).session
        self.assertEqual(fork.next_step, at)
        self.assertEqual(self.stepped(fork, rest, width)[1], want[1])
        snapshot = self.client.sessions.ExportSession(
            session_service_pb2.ExportSessionRequest(name=session.name)).snapshot
        rewound = self.client.sessions.RewindSession(
            session_service_pb2.RewindSessionRequest(name=session.name, step_index=at)).session
        self.assertEqual(rewound.next_step, at)
        self.assertEqual(self.stepped(session, rest, width), (want[0][at * row:], want[1]))
        imported = self.client.sessions.ImportSession(session_service_pb2.ImportSessionRequest(
            snapshot=snapshot, session=session_pb2.Session(model=session.model))).session
        self.assertEqual((imported.state_digest, imported.next_step), (want[1], len(values) // width))
        for name in (fork.name, imported.name):
            self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=name))

    def test_raw_and_values_are_the_same_numbers(self):
        for precision, letter in ((numerics_pb2.PRECISION_FLOAT32, "f"), (numerics_pb2.PRECISION_FLOAT64, "d")):
            model, width = random_models.model(self.rng, ["lstm"])
            model.precision = precision
            made = self.client.create_model(model)
            values = [self.rng.uniform(-3, 3) for _ in range(4 * width)]
            typed = self.client.create_session(made.name)
            packed = self.client.create_session(made.name)
            first = self.client.step(typed.name, values)
            request = session_service_pb2.StepRequest(
                session=packed.name, inputs=tensor_pb2.Tensor(raw=random_models.raw(values, precision)))
            second = self.client.sessions.Step(request)
            self.assertEqual(first.state_digest, second.state_digest)
            self.assertFalse(second.trace.outputs.values)
            count = len(first.trace.outputs.values)
            self.assertEqual(list(first.trace.outputs.values),
                             list(struct.unpack(f"<{count}{letter}", second.trace.outputs.raw)))


if __name__ == "__main__":
    harness.main()
