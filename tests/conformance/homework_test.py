"""The course's problem over the wire: both sequences under every numerics rule, and the table step by step."""

import itertools
import math

import harness
from cellar.v1 import (evaluation_service_pb2, exercise_pb2, numerics_pb2, tensor_pb2, trace_pb2)

FIRST = [0, 0, 1, 1, 1, 0]
SECOND = [1, 1, 0, 1, 1]
TANH_1 = math.tanh(1)

EXACT = numerics_pb2.ACTIVATION_RULE_EXACT
SATURATING = numerics_pb2.ACTIVATION_RULE_SATURATING
NONE = numerics_pb2.ROUNDING_NONE
NEAREST = numerics_pb2.ROUNDING_NEAREST_TIES_TO_ZERO
REPORT = numerics_pb2.ROUNDING_SCOPE_REPORT
FEEDBACK = numerics_pb2.ROUNDING_SCOPE_FEEDBACK


def rounded(value):
    """To the nearest integer, ties to zero."""
    return int(math.copysign(math.ceil(abs(value) - 0.5), value))


class HomeworkTest(harness.ConformanceTest):

    def evaluate(self, inputs, **numerics):
        request = evaluation_service_pb2.EvaluateRequest(
            inline_model=harness.homework_model(),
            numerics=numerics_pb2.Numerics(**numerics),
            sequences=[exercise_pb2.Sequence(inputs=tensor_pb2.Tensor(values=inputs))],
            view=trace_pb2.VIEW_TRACE)
        answers = self.client.evaluate(request)
        self.assertEqual(len(answers), 1)
        self.assertEqual(answers[0].step_count, len(inputs))
        return answers[0].trace

    def test_both_sequences_give_the_accepted_answers_under_every_rule(self):
        for precision, rule, (rounding, scope) in itertools.product(
                [numerics_pb2.PRECISION_FLOAT32, numerics_pb2.PRECISION_FLOAT64], [EXACT, SATURATING],
                [(NONE, REPORT), (NEAREST, REPORT), (NEAREST, FEEDBACK)]):
            with self.subTest(precision=precision, rule=rule, rounding=rounding, scope=scope):
                numerics = dict(precision=precision, activation_rule=rule, rounding=rounding, rounding_scope=scope)
                first = [rounded(h) for h in self.evaluate(FIRST, **numerics).outputs.values]
                second = [rounded(h) for h in self.evaluate(SECOND, **numerics).outputs.values]
                self.assertEqual(first, [0, 0, 1, -1, 1, 0])
                # Under saturation h_2 is 0.5 exactly; fed back unrounded, the next candidate is tanh(0): the course
                # knows that this combination of rules gives another answer.
                raw_saturating = rule == SATURATING and scope == REPORT
                self.assertEqual(second, [1, -1, 0, 0, 1] if raw_saturating else [1, -1, 0, 1, -1])

    def test_exact_trace_matches_the_table(self):
        trace = self.evaluate(FIRST, precision=numerics_pb2.PRECISION_FLOAT32)
        layer = trace.layers[0]
        self.assertEqual(list(layer.output_gate.values), [0.5, 0.5, 1, 1, 1, 0.5])
        self.assertEqual(list(layer.c.values), [0, 0, 1, -1, 1, -1])
        # sigmoid(-100) is a float32 denormal: no flush to zero.
        for f in layer.forget_gate.values:
            self.assertGreater(f, 3.6e-44)
            self.assertLess(f, 3.9e-44)
        for h, want in zip(layer.h.values, [0, 0, TANH_1, -TANH_1, TANH_1, -TANH_1 / 2]):
            self.assertAlmostEqual(h, want, delta=2e-7)

    def test_every_binary_input_up_to_length_8_follows_the_parity_of_its_runs(self):
        for length in range(1, 9):
            inputs = list(itertools.product([0, 1], repeat=length))
            for rules in (dict(activation_rule=EXACT),
                          dict(activation_rule=SATURATING, rounding=NEAREST, rounding_scope=FEEDBACK)):
                request = evaluation_service_pb2.EvaluateRequest(
                    inline_model=harness.homework_model(), numerics=numerics_pb2.Numerics(**rules),
                    sequences=[exercise_pb2.Sequence(inputs=tensor_pb2.Tensor(values=x)) for x in inputs])
                answers = self.client.evaluate(request)
                self.assertEqual([answer.sequence_index for answer in answers], list(range(len(inputs))))
                for x, answer in zip(inputs, answers):
                    run, want = 0, []
                    for bit in x:
                        run = run + 1 if bit else 0
                        want.append(0 if not bit else (1 if run % 2 else -1))
                    self.assertEqual([rounded(h) for h in answer.trace.outputs.values], want, x)

    def test_a_session_steps_the_homework(self):
        model = self.client.create_model(harness.homework_model())
        session = self.client.create_session(
            model.name, numerics=numerics_pb2.Numerics(rounding=NEAREST, rounding_scope=FEEDBACK,
                                                       activation_rule=SATURATING))
        got = [self.client.step(session.name, [x]).trace.outputs.values[0] for x in SECOND]
        self.assertEqual(got, [1, -1, 0, 1, -1])


if __name__ == "__main__":
    harness.main()
