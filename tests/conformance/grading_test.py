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

# The likeliest mistake behind each of these answers.
LIKELIEST = [
    None, "raw_feedback", "ties_away_from_zero", "hidden_and_memory_exchanged_in_answer", "hidden_not_carried",
    "input_sum_for_product", "output_bias_shared", "forget_input_swapped", "memory_fed_back",
    "candidate_input_weights_sign", "forget_candidate_swapped", "initial_hidden_one", "inputs_late",
    "not_rounded+exact_functions", "answer_not_rounded",
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

    def test_every_answer_to_the_homework_is_diagnosed_without_expected_values(self):
        for (first, second, _, _), likeliest in zip(ENTERED, LIKELIEST, strict=True):
            verdict = self.grade_text(homework(), f"{first}\n{second}", exercise_pb2.FEEDBACK_DIAGNOSIS)
            found = [diagnosis.mistake for diagnosis in verdict.diagnoses]
            self.assertEqual(found[:1], [likeliest] if likeliest else [])
            self.assertFalse(any(value.HasField("expected") for question in verdict.questions
                                 for value in question.values))
            if len(found) > 1 and "+" not in found[0]:
                self.assertRegex(verdict.how_to_tell_apart, "tells? them apart|told apart by")
            verdict = self.grade_text(homework(), f"{first}\n{second}", exercise_pb2.FEEDBACK_STEPS)
            self.assertFalse(verdict.diagnoses)
            self.assertEqual(verdict.how_to_tell_apart, "")

    def test_a_check_tells_what_the_homework_cannot_see_and_proposes_what_can(self):
        check = self.client.grading.CheckExercise(grading_service_pb2.CheckExerciseRequest(
            inline_exercise=homework(), propose=True), timeout=harness.CALL_SECONDS)
        unseen = {mistake.mistake for mistake in check.mistakes if mistake.applicable and not mistake.visible}
        self.assertLessEqual({"memory_forgotten", "forget_gate_added", "input_output_swapped", "memory_tanh_left_out",
                              "input_gate_input_weights_left_out", "gates_rounded", "initial_memory_one"}, unseen)
        self.assertLess(len(check.proposal.unseen), 3)
        again = self.client.grading.CheckExercise(grading_service_pb2.CheckExerciseRequest(
            inline_exercise=check.proposal.exercise), timeout=harness.CALL_SECONDS)
        self.assertEqual(sum(mistake.applicable and not mistake.visible for mistake in again.mistakes),
                         len(check.proposal.unseen))

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


    def test_answers_come_in_every_form(self):
        exercise = homework(STATES)
        right = [0, 0, 1, -1, 1, 0]
        typed = grading_pb2.TypedAnswers(texts={"1": ACCEPTED})
        self.assertEqual(self.grade(exercise, typed=typed).points, 1)
        header = "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }"
        header += " " * (117 - len(header)) + "\n"
        npy = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack("<6d", *right)
        files = {
            "npy": npy,
            "json array": json.dumps([right]).encode(),
            "json ids": json.dumps({"1": right}).encode(),
            "json letters": json.dumps({"h": [[value] for value in right], "c": [1] * 6}).encode(),
            "json run": json.dumps({"title": "", "numerics": "", "sequences": [{"title": "a", "steps": [
                {"t": t, "x": [0], "layers": [{"f": [0], "h": [value]}]} for t, value in enumerate(right)],
                "outputs": right, "final_state_digest": "00"}]}).encode(),
            "csv": ("sequence,t,x,h\n" + "".join(f"0,{t},0,{value}\n" for t, value in enumerate(right))).encode(),
            "text": "(0; 0; 1; \u2212 1; 1; 0)".encode(),
        }
        for name, content in files.items():
            verdict = self.grade(exercise, file=grading_pb2.AnswerFile(content=content))
            self.assertTrue(verdict.gradable, (name, verdict))
            self.assertEqual(verdict.points, 1, name)

    def test_what_cannot_be_read_is_not_gradable_and_says_where(self):
        for text, line, column in (("[0, 0, 1, -1", 1, 1), ("0 0 1\n-1 one 0", 2, 4), ("0 0 1 -1 1", 0, 0)):
            verdict = self.grade_text(homework(STATES), text)
            self.assertFalse(verdict.gradable)
            self.assertEqual((verdict.points, verdict.max_points, len(verdict.questions)), (0, 1, 0))
            self.assertEqual((verdict.problems[0].line, verdict.problems[0].column), (line, column))
            self.assertTrue(verdict.problems[0].reason)

    def test_nan_and_infinity_are_values(self):
        verdict = self.grade_text(homework(STATES), "NaN inf -Infinity nan \u221e 0")
        self.assertTrue(verdict.gradable)
        self.assertEqual(right_ones(verdict.questions[0]), "000001")
        self.assertNotEqual(verdict.questions[0].values[0].given, verdict.questions[0].values[0].given)

    def test_ten_thousand_steps_are_graded(self):
        inputs = [1, 0, 1, 1] * 2500
        answer = [0 if not x else 1 for x in inputs]
        for i in range(3, len(inputs), 4):
            answer[i] = -1
        verdict = self.grade_text(homework(inputs), " ".join(map(str, answer)))
        self.assertEqual(verdict.points, 1)
        answer[5000] = 7
        exercise = homework(inputs, credit=exercise_pb2.CREDIT_CARRIED)
        verdict = self.grade_text(exercise, " ".join(map(str, answer)))
        self.assertEqual(verdict.questions[0].correct_count, 9999)

    def test_an_exercise_without_steps_is_refused(self):
        exercise = homework()
        exercise.sequences.add()
        with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST") as caught:
            self.grade_text(exercise, "1")
        self.assertIn("inline_exercise.sequences[2].inputs", caught[0].violations)

    def test_a_level_of_feedback_tells_nothing_of_a_higher_one(self):
        # The key is found by its bytes: 0.7615941559... as a double, and what it prints as.
        exercise = homework(STATES, numerics=numerics_pb2.Numerics(precision=numerics_pb2.PRECISION_FLOAT64))
        exercise.credit = exercise_pb2.CREDIT_CARRIED
        answers = ["9 9 9 9 9 9", "0 0 .5 .25 0 0", "[0", "0 0 0", "NaN 0 0 0 0 0"]
        key = self.grade_text(exercise, answers[0], exercise_pb2.FEEDBACK_EXPECTED).questions[0].values
        secrets = [struct.pack("<d", value.expected) for value in key if value.expected not in (0, 1)]
        secrets += [struct.pack("<d", value.expected_if_carried) for value in key
                    if value.HasField("expected_if_carried") and abs(value.expected_if_carried) not in (0, 1, 0.5)]
        secrets += [repr(abs(value.expected))[:6].encode() for value in key if value.expected not in (0, 1)]
        self.assertGreater(len(secrets), 6)
        for text in answers:
            for level in (exercise_pb2.FEEDBACK_NONE, exercise_pb2.FEEDBACK_STEPS, exercise_pb2.FEEDBACK_DIAGNOSIS):
                verdict = self.grade_text(exercise, text, level)
                self.assertEqual(verdict.feedback, level)
                data = verdict.SerializeToString()
                self.assertFalse([secret for secret in secrets if secret in data], (text, level))
                if level == exercise_pb2.FEEDBACK_NONE:
                    self.assertFalse([question for question in verdict.questions
                                      if question.values or question.correct_count])
                if level < exercise_pb2.FEEDBACK_DIAGNOSIS:
                    self.assertFalse(verdict.diagnoses or verdict.how_to_tell_apart)

    def test_a_seed_draws_the_same_for_everybody(self):
        exercise = homework(STATES)
        variation = exercise.variations.add(field="sequences[0].inputs")
        variation.choices.values.extend([0, 1])
        name = self.create(exercise, "varied").name
        digests = set()
        for seed in ("ada", "alan", "grace", ""):
            got = self.client.grading.GetExercise(grading_service_pb2.GetExerciseRequest(name=name, seed=seed),
                                                  timeout=harness.CALL_SECONDS).exercise
            run, answer = 0, []
            for x in got.sequences[0].inputs.values:
                run = run + 1 if x else 0
                answer.append(0 if not x else 1 if run % 2 else -1)
            verdict = self.client.grading.Grade(grading_service_pb2.GradeRequest(
                exercise=name, submission=grading_pb2.Submission(seed=seed, text=str(answer))),
                timeout=harness.CALL_SECONDS).verdict
            self.assertEqual((verdict.points, verdict.parameter_digest), (1, got.digest))
            digests.add(got.digest)
        self.assertGreater(len(digests), 1)

    def test_bad_input_of_every_field_is_told(self):
        nan, inf = float("nan"), float("inf")
        changes = {
            "model": lambda e: e.ClearField("model"),
            "model.layers[0].lstm.candidate": lambda e: e.model.layers[0].lstm.ClearField("candidate"),
            "numerics.precision": lambda e: setattr(e.numerics, "precision", 9),
            "numerics.activation_rule": lambda e: setattr(e.numerics, "activation_rule", 9),
            "numerics.rounding": lambda e: setattr(e.numerics, "rounding", 9),
            "numerics.rounding_scope": lambda e: setattr(e.numerics, "rounding_scope", 9),
            "sequences": lambda e: e.ClearField("sequences"),
            "sequences[0].inputs": lambda e: e.sequences[0].ClearField("inputs"),
            "sequences[0].inputs.shape": lambda e: e.sequences[0].inputs.shape.append(5),
            "sequences[0].initial_state.layers": lambda e: [e.sequences[0].initial_state.layers.add() for _ in "ab"],
            "questions[0].id": lambda e: e.questions.add(id="a b"),
            "questions[1].id": lambda e: [e.questions.add(id="a") for _ in "ab"],
            "questions[0].sequence": lambda e: e.questions.add(sequence=2),
            "questions[0].quantity": lambda e: e.questions.add(quantity=exercise_pb2.QUANTITY_RESET_GATE),
            "questions[0].layer": lambda e: e.questions.add(layer=1),
            "questions[0].steps[0]": lambda e: e.questions.add(steps=[6]),
            "questions[0].steps[1]": lambda e: e.questions.add(steps=[3, 2]),
            "questions[0].elements[0]": lambda e: e.questions.add(elements=[1]),
            "questions[0].points": lambda e: e.questions.add(points=nan),
            "questions[0].comparison.absolute": lambda e: e.questions.add().comparison.MergeFrom(
                exercise_pb2.Comparison(absolute=-1)),
            "questions[0].credit": lambda e: e.questions.add(credit=9),
            "comparison.relative": lambda e: setattr(e.comparison, "relative", inf),
            "comparison.ulps": lambda e: setattr(e.comparison, "ulps", -1),
            "comparison.decimals": lambda e: setattr(e.comparison, "decimals", 16),
            "credit": lambda e: setattr(e, "credit", 9),
            "feedback": lambda e: setattr(e, "feedback", 9),
            "variations[0].field": lambda e: e.variations.add(field="title", choices=exercise_pb2.Choices(values=[1])),
            "variations[0].draw": lambda e: e.variations.add(field="sequences[0].inputs"),
            "variations[0].elements[0]": lambda e: e.variations.add(
                field="sequences[0].inputs", elements=[6], choices=exercise_pb2.Choices(values=[1])),
            "variations[0].choices.values[0]": lambda e: e.variations.add(
                field="sequences[0].inputs", choices=exercise_pb2.Choices(values=[nan])),
            "variations[0].range.step": lambda e: e.variations.add(
                field="sequences[0].inputs", range=exercise_pb2.Range(maximum=1)),
        }
        for field, change in changes.items():
            exercise = homework()
            change(exercise)
            with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST") as caught:
                self.grade_text(exercise, "1")
            self.assertIn("inline_exercise." + field, caught[0].violations, field)
            self.assertTrue(caught[0].violations["inline_exercise." + field])
        everything = homework()
        for field, change in changes.items():
            if field not in ("model", "sequences", "model.layers[0].lstm.candidate"):
                change(everything)
        with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST") as caught:
            self.create(everything, "No Id")
        self.assertGreater(len(caught[0].violations), 20)
        for submission, field in ((grading_pb2.Submission(), "submission.answer"),
                                  (grading_pb2.Submission(id="x" * 201, text=""), "submission.id"),
                                  (grading_pb2.Submission(seed="x" * 201, text=""), "submission.seed"),
                                  (grading_pb2.Submission(file=grading_pb2.AnswerFile(format=9)),
                                   "submission.file.format")):
            with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST") as caught:
                self.client.grading.Grade(grading_service_pb2.GradeRequest(
                    inline_exercise=homework(), submission=submission), timeout=harness.CALL_SECONDS)
            self.assertEqual(list(caught[0].violations), [field])


if __name__ == "__main__":
    harness.main()
