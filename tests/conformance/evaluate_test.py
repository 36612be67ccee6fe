"""Evaluate against an independent reference in plain Python, bidirectional models, long sequences, cancellation."""

import math

import harness
import random_models
from cellar.v1 import (evaluation_service_pb2, exercise_pb2, model_pb2, numerics_pb2, tensor_pb2, trace_pb2)


def matvec(tensor, x):
    width = len(x)
    return [math.fsum(tensor.values[i * width + k] * x[k] for k in range(width))
            for i in range(len(tensor.values) // width)]


def sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def pre(gate, x, h):
    return [a + b + c for a, b, c in zip(matvec(gate.input_weights, x), matvec(gate.recurrent_weights, h),
                                         gate.bias.values)]


def lstm(cell, xs):
    hidden = len(cell.forget_gate.bias.values)
    outputs = len(cell.forget_gate.recurrent_weights.values) // hidden
    h, c, result = [0.0] * outputs, [0.0] * hidden, []
    peep = cell.peepholes if cell.HasField("peepholes") else None
    zeros = [0.0] * hidden
    for x in xs:
        seen = lambda name, memory: [p * m for p, m in zip(getattr(peep, name).values, memory)] if peep else zeros
        f = [sigmoid(z + p) for z, p in zip(pre(cell.forget_gate, x, h), seen("forget_gate", c))]
        i = [sigmoid(z + p) for z, p in zip(pre(cell.input_gate, x, h), seen("input_gate", c))]
        g = [math.tanh(z) for z in pre(cell.candidate, x, h)]
        c = [a * b + d * e for a, b, d, e in zip(f, c, i, g)]
        o = [sigmoid(z + p) for z, p in zip(pre(cell.output_gate, x, h), seen("output_gate", c))]
        m = [a * math.tanh(b) for a, b in zip(o, c)]
        h = matvec(cell.projection, m) if cell.HasField("projection") else m
        result.append(h)
    return result


def gru(cell, xs, reset_after):
    h, result = [0.0] * len(cell.update_gate.bias.values), []
    for x in xs:
        z = [sigmoid(v) for v in pre(cell.update_gate, x, h)]
        r = [sigmoid(v) for v in pre(cell.reset_gate, x, h)]
        wx = [a + b for a, b in zip(matvec(cell.candidate.input_weights, x), cell.candidate.bias.values)]
        if reset_after:
            uh = [a + b for a, b in zip(matvec(cell.candidate.recurrent_weights, h),
                                        cell.candidate_recurrent_bias.values)]
            g = [math.tanh(a + b * c) for a, b, c in zip(wx, r, uh)]
        else:
            uh = matvec(cell.candidate.recurrent_weights, [a * b for a, b in zip(r, h)])
            g = [math.tanh(a + b) for a, b in zip(wx, uh)]
        h = [(1 - a) * b + a * d for a, b, d in zip(z, g, h)]
        result.append(h)
    return result


def rnn(cell, xs):
    h, result = [0.0] * len(cell.hidden.bias.values), []
    relu = cell.hidden.activation == model_pb2.ACTIVATION_RELU
    for x in xs:
        h = [max(0.0, v) if relu else math.tanh(v) for v in pre(cell.hidden, x, h)]
        result.append(h)
    return result


def run_layer(layer, xs):
    kind = layer.WhichOneof("cell")
    cell = getattr(layer, kind)
    if kind == "lstm":
        return lstm(cell, xs)
    if kind == "rnn":
        return rnn(cell, xs)
    return gru(cell, xs, kind == "gru_reset_after")


def run_model(model, xs):
    for index, layer in enumerate(model.layers):
        forward = run_layer(layer, xs)
        if model.backward_layers:
            backward = run_layer(model.backward_layers[index], xs[::-1])[::-1]
            forward = [a + b for a, b in zip(forward, backward)]
        xs = forward
    return xs


class EvaluateTest(harness.ConformanceTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random_models.seeded_random()

    def evaluate(self, model, xs, precision, **fields):
        return self.client.evaluate(evaluation_service_pb2.EvaluateRequest(
            inline_model=model, numerics=numerics_pb2.Numerics(precision=precision),
            sequences=[exercise_pb2.Sequence(inputs=tensor_pb2.Tensor(values=[v for x in xs for v in x]))], **fields))

    def check(self, model, width, steps):
        xs = [[self.rng.uniform(-1, 1) for _ in range(width)] for _ in range(steps)]
        want = [v for row in run_model(model, xs) for v in row]
        # Steps contract or grow errors by at most a small factor here: sizes and weights are small.
        for precision, epsilon in ((numerics_pb2.PRECISION_FLOAT64, 2**-52), (numerics_pb2.PRECISION_FLOAT32, 2**-23)):
            got = [v for a in self.evaluate(model, xs, precision) for v in a.trace.outputs.values]
            self.assertEqual(len(got), len(want))
            worst = max(abs(a - b) / max(1, abs(b)) for a, b in zip(got, want))
            self.assertLess(worst, epsilon * 2**12 * steps, (precision, worst))

    def test_every_cell_agrees_with_the_reference(self):
        for kind in random_models.KINDS:
            for _ in range(10):
                with self.subTest(kind=kind):
                    model, width = random_models.model(self.rng, [kind])
                    self.check(model, width, self.rng.randint(1, 6))

    def test_stacks_and_bidirectional_models_agree_with_the_reference(self):
        for _ in range(20):
            width, size = self.rng.randint(1, 3), 0
            model, size = model_pb2.Model(), width
            for _ in range(self.rng.randint(1, 3)):
                kind, hidden = self.rng.choice(random_models.KINDS[:7]), self.rng.randint(1, 4)
                forward, outputs = random_models.layer(self.rng, kind, size, hidden)
                backward, _ = random_models.layer(self.rng, kind, size, hidden)
                model.layers.append(forward)
                model.backward_layers.append(backward)
                size = 2 * outputs
            self.check(model, width, self.rng.randint(1, 6))

    def test_a_long_sequence_comes_in_several_answers_in_order(self):
        model, width = random_models.model(self.rng, ["lstm"], inputs=1)
        steps = 50_000
        xs = [[self.rng.uniform(-1, 1)] for _ in range(steps)]
        answers = self.evaluate(model, xs, numerics_pb2.PRECISION_FLOAT64, view=trace_pb2.VIEW_TRACE)
        self.assertGreater(len(answers), 1)
        at = 0
        for answer in answers:
            self.assertEqual(answer.first_step, at)
            at += answer.step_count
        self.assertEqual(at, steps)
        self.assertTrue(answers[-1].final_state_digest)
        self.assertFalse(any(a.final_state_digest for a in answers[:-1]))

    def test_last_step_shows_one_row(self):
        model, _ = random_models.model(self.rng, ["gru_reset_after"], inputs=1)
        xs = [[0.5]] * 100
        every = self.evaluate(model, xs, numerics_pb2.PRECISION_FLOAT32)
        last = self.evaluate(model, xs, numerics_pb2.PRECISION_FLOAT32, density=trace_pb2.DENSITY_LAST_STEP)
        self.assertEqual(len(last), 1)
        self.assertEqual((last[0].first_step, last[0].step_count), (99, 1))
        size = len(last[0].trace.outputs.values)
        self.assertEqual(list(last[0].trace.outputs.values), list(every[-1].trace.outputs.values)[-size:])
        self.assertEqual(last[0].final_state_digest, every[-1].final_state_digest)

    def test_a_cancelled_evaluation_ends_and_the_server_goes_on(self):
        model, _ = random_models.model(self.rng, ["lstm"] * 3, inputs=1)
        request = evaluation_service_pb2.EvaluateRequest(
            inline_model=model, view=trace_pb2.VIEW_TRACE,
            sequences=[exercise_pb2.Sequence(inputs=tensor_pb2.Tensor(values=[0.1] * 60_000))])
        call = self.client.evaluation.Evaluate(request)
        next(call)
        call.cancel()
        self.assertEqual(len(self.evaluate(model, [[0.1]], numerics_pb2.PRECISION_FLOAT32)), 1)


if __name__ == "__main__":
    harness.main()
