#!/usr/bin/env python3
"""GradingService: the homework's two parts for every answer seen, submissions in every form, redaction, bad input."""

import itertools
import json
import struct

import grpc

import harness
from cellar.v1 import exercise_pb2, grading_pb2, grading_service_pb2, numerics_pb2, tensor_pb2
from google.protobuf import text_format

STATES = [0, 0, 1, 1, 1, 0]
STATES_2 = [1, 1, 0, 1, 1]
ACCEPTED = "[0, 0, 1, -1, 1, 0]"
ACCEPTED_2 = "[1, -1, 0, 1, -1]"

# What students entered for the two parts, and which values of it are right.
ENTERED = [
    ("[0, 0, 1, -1, 1, -0]", "1 -1 0 1 -1", "111111", "11111"),
    (ACCEPTED, "1,-1,0,0,1", "111111", "11100"),
    ("0,0,1,-1,1,-1", "1,-1,1,-1,1", "111110", "11000"),
    ("0,0,1,-1,1,-1", "1,-1,1,1,-1", "111110", "11011"),
    ("0,0,1,1,1,0", "1,1,0,1,1", "111011", "10110"),
    ("0,0,1,0,1,0", "1,0,0,1,0", "111011", "10110"),
    ("0,0,1,0,1,0", "1,0,0,1,-1", "111011", "10111"),
    ("0 0 0 0 0 0", "0 0 0 0 0", "110001", "00100"),
    (ACCEPTED, "1,-1,0,-1,1", "111111", "11100"),
    ("0,0,\u22121,1,\u22121,0", "-1,1,0,-1,1", "110001", "00100"),
    ("0,0,-1,-1,-1,0", "-1,-1,0,-1,-1", "110101", "01101"),
    (ACCEPTED, "-1,1,0,1,-1", "111111", "00111"),
    ("0,0,0,1,-1,1", "0,1,-1,0,1", "110000", "00000"),
    ("0,0,.76,-.76,.76,-.38", ".76,-.76,.38,.76,-.76", "110000", "00000"),
    ("0,0,1,-1,1,-.5", "1,-1,.5,1,-1", "111110", "11011"),
]


def course_rules():
    return numerics_pb2.Numerics(
        activation_rule=numerics_pb2.ACTIVATION_RULE_SATURATING,
        rounding=numerics_pb2.ROUNDING_NEAREST_TIES_TO_ZERO,
        rounding_scope=numerics_pb2.ROUNDING_SCOPE_FEEDBACK)


def homework(*sequences, **fields):
    """The course problem under the course's rules."""
    fields.setdefault("numerics", course_rules())
    exercise = exercise_pb2.Exercise(model=harness.homework_model(), **fields)
    for values in sequences or (STATES, STATES_2):
        exercise.sequences.add(inputs=tensor_pb2.Tensor(values=values))
    return exercise


def right_ones(question):
    return "".join("1" if value.correct else "0" for value in question.values)


class GradingTest(harness.ConformanceTest):

    def grade(self, exercise, feedback=0, **submission):
        return self.client.grading.Grade(grading_service_pb2.GradeRequest(
            inline_exercise=exercise, submission=grading_pb2.Submission(**submission),
            feedback=feedback), timeout=harness.CALL_SECONDS).verdict

    def grade_text(self, exercise, text, feedback=0):
        return self.grade(exercise, feedback, text=text)

    def create(self, exercise, exercise_id=""):
        return self.client.grading.CreateExercise(grading_service_pb2.CreateExerciseRequest(
            exercise=exercise, exercise_id=exercise_id), timeout=harness.CALL_SECONDS).exercise

    def test_every_answer_to_the_homework_gets_its_verdict(self):
        for first, second, right, right_2 in ENTERED:
            verdict = self.grade_text(homework(), f"{first}\n{second}")
            self.assertTrue(verdict.gradable, verdict)
            self.assertEqual([right_ones(question) for question in verdict.questions], [right, right_2])
            points = right.count("1") / 6 + right_2.count("1") / 5
            self.assertAlmostEqual(verdict.points, points, places=12)
            self.assertEqual(verdict.max_points, 2)

    def test_the_homework_is_graded_alike_under_every_rule_that_gives_its_answers(self):
        for rule in (numerics_pb2.ACTIVATION_RULE_EXACT, numerics_pb2.ACTIVATION_RULE_SATURATING):
            numerics = course_rules()
            numerics.activation_rule = rule
            self.assertEqual(self.grade_text(homework(numerics=numerics), ACCEPTED + ACCEPTED_2).points, 2)
        raw = course_rules()
        raw.rounding_scope = numerics_pb2.ROUNDING_SCOPE_REPORT
        verdict = self.grade_text(homework(numerics=raw), "0 0 1 -1 1 0 1 -1 0 0 1")
        self.assertEqual(verdict.points, 2)

    def test_rounded_h_is_the_same_under_three_rules_for_every_short_input(self):
        exact = course_rules()
        exact.activation_rule = numerics_pb2.ACTIVATION_RULE_EXACT
        exact_report = course_rules()
        exact_report.CopyFrom(exact)
        exact_report.rounding_scope = numerics_pb2.ROUNDING_SCOPE_REPORT
        inputs = [bits for length in range(1, 9) for bits in itertools.product((0, 1), repeat=length)]
        self.assertEqual(len(inputs), 510)
        answer = []
        for bits in inputs:
            run = 0
            for bit in bits:
                run = run + 1 if bit else 0
                answer.append("0" if not bit else "1" if run % 2 else "-1")
        for numerics in (course_rules(), exact, exact_report):
            verdict = self.grade_text(homework(*inputs, numerics=numerics), " ".join(answer))
            self.assertEqual(verdict.points, 510)

    def test_an_exercise_is_kept_found_listed_and_deleted(self):
        kept = self.create(homework(title="states"), "kept-one")
        self.assertEqual(kept.name, "exercises/kept-one")
        self.assertEqual(len(kept.digest), 64)
        self.assertFalse(kept.sequences[0].HasField("inputs"))
        again = self.create(homework(title="states"), "kept-one")
        self.assertEqual(again.digest, kept.digest)
        with self.refused(grpc.StatusCode.ALREADY_EXISTS, "EXERCISE_EXISTS"):
            self.create(homework(STATES), "kept-one")
        got = self.client.grading.GetExercise(
            grading_service_pb2.GetExerciseRequest(name=kept.name), timeout=harness.CALL_SECONDS).exercise
        self.assertEqual(list(got.sequences[1].inputs.values), STATES_2)
        listed = self.client.grading.ListExercises(
            grading_service_pb2.ListExercisesRequest(), timeout=harness.CALL_SECONDS).exercises
        self.assertIn(kept.name, [exercise.name for exercise in listed])
        self.client.grading.DeleteExercise(
            grading_service_pb2.DeleteExerciseRequest(name=kept.name), timeout=harness.CALL_SECONDS)
        with self.refused(grpc.StatusCode.NOT_FOUND, "EXERCISE_NOT_FOUND") as caught:
            self.client.grading.GetExercise(
                grading_service_pb2.GetExerciseRequest(name=kept.name), timeout=harness.CALL_SECONDS)
        self.assertEqual(caught[0].metadata["exercise"], kept.name)
        self.assertTrue(caught[0].metadata["server_epoch"])

    def test_a_stream_answers_every_submission_in_order(self):
        name = self.create(homework(), "streamed").name
        texts = [f"{first} {second}" for first, second, _, _ in ENTERED] * 20
        messages = [grading_service_pb2.GradeStreamRequest(
            open=grading_service_pb2.GradeStreamOpen(exercise=name))]
        messages += [grading_service_pb2.GradeStreamRequest(
            submission=grading_pb2.Submission(id=str(i), text=text)) for i, text in enumerate(texts)]
        verdicts = [answer.verdict for answer in self.client.grading.GradeStream(
            iter(messages), timeout=harness.CALL_SECONDS)]
        self.assertEqual([verdict.submission_id for verdict in verdicts], [str(i) for i in range(len(texts))])
        for verdict, entered in zip(verdicts, ENTERED * 20):
            self.assertEqual([right_ones(question) for question in verdict.questions], list(entered[2:]))

    def test_a_stream_begins_with_open_and_ends_at_the_first_error(self):
        submission = grading_service_pb2.GradeStreamRequest(submission=grading_pb2.Submission(text="1"))
        opening = grading_service_pb2.GradeStreamRequest(
            open=grading_service_pb2.GradeStreamOpen(inline_exercise=homework([1])))
        empty = grading_service_pb2.GradeStreamRequest(submission=grading_pb2.Submission())
        for messages, count in (([], 0), ([submission], 0), ([opening, submission, opening, submission], 1),
                                ([opening, submission, submission, empty, submission], 2)):
            answers = []
            with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST"):
                for answer in self.client.grading.GradeStream(iter(messages), timeout=harness.CALL_SECONDS):
                    answers.append(answer.verdict.points)
            self.assertEqual(answers, [1] * count)


if __name__ == "__main__":
    harness.main()
