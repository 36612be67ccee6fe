"""`cellar grade` as people run it: every format's output by the platform's documentation, for answers of every
kind; exit codes; files that are whole or not there. No server, no network: the program grades by itself."""

import os
import pathlib
import random
import subprocess
import tempfile
import unittest

import grade_validators
from bare_environment import bare_environment

CELLAR = os.environ["CELLAR_BINARY"]
EXAMPLES = pathlib.Path(os.environ["CELLAR_EXAMPLES"]) / "grading"
HOMEWORK = str(EXAMPLES / "homework.textproto")
RIGHT = "[0, 0, 1, -1, 1, 0] [1, -1, 0, 1, -1]"
NASTY = "<script>alert(\"1\")</script> & ]]> ' # SKIP \\ \x1b[31m \x01\x7f \U0001f642\n  ...\nok 1 - forged\nBail out! ::error::x"
ANSWERS = {
    "right": RIGHT,
    "half": "[0, 0, 1, -1, 1, 1] [1, -1, 1, 0, 0]",
    "unreadable": "[0, 0, 1, -1, 1, 0] [1, -1, 0, x, -1]",
    "empty": "",
    "nasty": NASTY,
    "nan": "nan inf -inf nan nan nan nan nan nan nan nan",
}


class GradeTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cellar-grade-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_cellar(self, *words, stdin="", code=0):
        environment = bare_environment(PATH=os.environ["PATH"], HOME=str(self.folder))
        done = subprocess.run([CELLAR, *map(str, words)], input=stdin.encode(), capture_output=True,
                              env=environment, timeout=120)
        self.assertEqual(done.returncode, code, done.stderr.decode(errors="replace"))
        self.stderr = done.stderr.decode()
        return done.stdout.decode()

    def test_every_format_of_every_answer_is_as_documented(self):
        for name, answer in ANSWERS.items():
            path = self.folder / f"{name}.txt"
            path.write_bytes(answer.encode())
            for level in ("none", "diagnosis", "expected"):
                for form, validate in grade_validators.FORMATS.items():
                    with self.subTest(answer=name, level=level, format=form):
                        validate(self.run_cellar("grade", HOMEWORK, path, "--format", form, "--feedback", level))

    def test_bytes_that_are_no_text_are_not_gradable(self):
        path = self.folder / "bytes.txt"
        path.write_bytes(bytes(range(256)) * 10)
        for form, validate in grade_validators.FORMATS.items():
            with self.subTest(format=form):
                validate(self.run_cellar("grade", HOMEWORK, path, "--format", form))
        self.assertFalse(grade_validators.prairielearn(
            self.run_cellar("grade", HOMEWORK, path, "--format", "prairielearn"))["gradable"])

    def test_the_points_are_the_same_on_every_platform(self):
        path = self.folder / "half.txt"
        path.write_text(ANSWERS["half"])

        def graded(form):
            return grade_validators.FORMATS[form](self.run_cellar("grade", HOMEWORK, path, "--format", form))
        verdict = graded("json")["verdicts"][0]
        share = verdict["points"] / verdict["maxPoints"]
        self.assertAlmostEqual(verdict["points"], 5 / 6 + 2 / 5)
        self.assertAlmostEqual(graded("gradescope")["score"], verdict["points"])
        self.assertAlmostEqual(graded("prairielearn")["score"], share)
        self.assertAlmostEqual(graded("edx")["score"], share)
        self.assertAlmostEqual(graded("edx-xqueue")["score"], share)
        self.assertAlmostEqual(sum(test["score"] for test in graded("github")["tests"]), verdict["points"])
        self.assertAlmostEqual(graded("codegrade")["points"], share)
        self.assertAlmostEqual(graded("coursera")["fractionalScore"], share)
        self.assertAlmostEqual(graded("lti")["scoreGiven"], verdict["points"])
        self.assertEqual(graded("tap"), (7, 4))
        self.assertEqual(graded("junit").attrib["failures"], "4")

    def test_without_points_an_answer_passes_or_fails_by_its_values(self):
        exercise = self.folder / "free.textproto"
        exercise.write_text((EXAMPLES / "homework.textproto").read_text().replace("questions {", "questions { points: 0"))
        answers = {True: self.folder / "right.txt", False: self.folder / "half.txt"}
        answers[True].write_text(RIGHT)
        answers[False].write_text(ANSWERS["half"])
        for right, path in answers.items():
            graded = {form: validate(self.run_cellar("grade", exercise, path, "--format", form))
                      for form, validate in grade_validators.FORMATS.items()}
            with self.subTest(right=right):
                self.assertEqual({test["status"] for test in graded["gradescope"]["tests"]},
                                 {"passed"} if right else {"passed", "failed"})
                self.assertEqual(graded["prairielearn"]["score"], int(right))
                for form in ("edx", "edx-xqueue"):
                    self.assertEqual((graded[form]["correct"], graded[form]["score"]), (right, int(right)))
                self.assertEqual(graded["github"]["status"], "pass" if right else "fail")
                self.assertEqual({test["status"] for test in graded["github"]["tests"]}, {"pass" if right else "fail"})
                self.assertEqual(graded["codegrade"]["points"], int(right))
                self.assertEqual(graded["coursera"]["fractionalScore"], int(right))
                self.assertEqual((graded["lti"]["scoreGiven"], graded["lti"]["scoreMaximum"]), (int(right), 1))
                self.assertEqual(graded["tap"], (11, 0) if right else (7, 4))
                self.assertEqual(graded["junit"].attrib["failures"], "0" if right else "4")
                self.assertEqual(graded["exercism"]["status"], "pass" if right else "fail")
            self.run_cellar("grade", exercise, path, "--fail-under", "1", code=0 if right else 1)

    def test_no_format_tells_the_key_below_the_level_that_may(self):
        exercise = self.folder / "key.textproto"
        text = (EXAMPLES / "varied.textproto").read_text().split("variations")[0]
        exercise.write_text(text)
        key = self.run_cellar("grade", exercise, "-", "--typed", "a", "--feedback", "expected", "--format", "json",
                              stdin='{"a": {}}')
        values = [value["expected"] for question in grade_validators.read_json(key)["verdicts"][0]["questions"]
                  for value in question["values"]]
        self.assertEqual(len(values), 6)
        for level in ("none", "steps", "diagnosis"):
            for form in grade_validators.FORMATS:
                out = self.run_cellar("grade", exercise, "-", "--feedback", level, "--format", form,
                                      stdin="9 9 9 9 9 9")
                if form == "github":
                    out = str(grade_validators.github(out))
                for value in values:
                    self.assertNotIn(f"{value:.6f}"[:7].lstrip("-"), out, (level, form))

    def test_ten_thousand_steps(self):
        inputs = random.Random(7).choices([0, 1], k=10_000)
        exercise = self.folder / "long.textproto"
        text = (EXAMPLES / "homework.textproto").read_text().split("sequences {")[0]
        exercise.write_text(f"{text}sequences {{ inputs {{ values: {inputs} }} }}\n")
        path = self.folder / "long.txt"
        run, answer = 0, []
        for bit in inputs:
            run = run + 1 if bit else 0
            answer.append(0 if not bit else 1 if run % 2 else -1)
        answer[5000] += 1
        path.write_text(" ".join(map(str, answer)))
        for form, validate in grade_validators.FORMATS.items():
            with self.subTest(format=form):
                validate(self.run_cellar("grade", exercise, path, "--format", form))
        self.assertEqual(grade_validators.tap(self.run_cellar("grade", exercise, path, "--format", "tap")), (9999, 1))

    def test_an_exercise_without_steps_leaves_a_valid_result_in_every_format(self):
        exercise = self.folder / "empty.textproto"
        text = (EXAMPLES / "homework.textproto").read_text().split("sequences {")[0]
        exercise.write_text(f"{text}sequences {{ inputs {{ shape: [0, 1] }} }}\n")
        for form, validate in grade_validators.FORMATS.items():
            with self.subTest(format=form):
                out = self.folder / "out"
                self.run_cellar("grade", exercise, "-", "--format", form, "--out", out, stdin="", code=2)
                validate(out.read_text())
                self.assertIn("inputs", self.stderr)

    def test_a_problem_that_grades_itself_takes_every_answer(self):
        for level in ("none", "steps", "diagnosis", "expected"):
            out = self.run_cellar("grade", HOMEWORK, "--format", "edx-customresponse", "--feedback", level)
            for check in grade_validators.edx_customresponse(out):
                for answer in [*ANSWERS.values(), "1e999", "9" * 500, "0 " * 10_000]:
                    grade_validators.edx_result(check(answer))
        inputs = random.Random(8).choices([0, 1], k=10_000)
        exercise = self.folder / "long.textproto"
        text = (EXAMPLES / "homework.textproto").read_text().split("sequences {")[0]
        exercise.write_text(f"{text}sequences {{ inputs {{ values: {inputs} }} }}\nfeedback: FEEDBACK_DIAGNOSIS\n")
        out = self.run_cellar("grade", exercise, "--format", "edx-customresponse")
        check, = grade_validators.edx_customresponse(out)
        self.assertEqual(grade_validators.edx_result(check("0 " * 10_000))[0], "partially-correct")
        self.assertLess(len(out), 2_000_000)

    def test_exit_codes(self):
        half = self.folder / "half.txt"
        half.write_text(ANSWERS["half"])
        self.run_cellar("grade", HOMEWORK, half)
        self.run_cellar("grade", HOMEWORK, half, "--fail-under", "0.5")
        self.run_cellar("grade", HOMEWORK, half, "--fail-under", "0.7", code=1)
        self.run_cellar("grade", HOMEWORK, "-", "--fail-under", "0.1", stdin="x", code=1)
        self.run_cellar("grade", HOMEWORK, "-", stdin="x")
        self.run_cellar("grade", HOMEWORK, half, "--fail-under", "2", code=2)
        self.run_cellar("grade", HOMEWORK, code=2)
        self.run_cellar("grade", half, half, code=2)
        self.run_cellar("grade", HOMEWORK, half, "--server", "unix:/nowhere/there", code=3)
        self.assertIn("no server answers", self.stderr)
        self.assertEqual(self.stderr.count("\n"), 1)

    def test_a_grader_that_broke_leaves_a_valid_result(self):
        half = self.folder / "half.txt"
        half.write_text(ANSWERS["half"])
        for form, validate in grade_validators.FORMATS.items():
            out = self.folder / "out"
            self.run_cellar("grade", HOMEWORK, half, "--server", "unix:/nowhere/there", "--format", form,
                            "--out", out, code=3)
            validate(out.read_text())
            self.run_cellar("grade", self.folder / "none.textproto", half, "--format", form, "--out", out, code=2)
            validate(out.read_text())
        self.assertEqual(sorted(path.name for path in self.folder.iterdir() if path.name != "half.txt"), ["out"])

    def test_a_result_that_cannot_be_written_is_told_and_leaves_the_old_one(self):
        half = self.folder / "half.txt"
        half.write_text(ANSWERS["half"])
        out = self.folder / "results.json"
        out.write_text("old")
        command = f'ulimit -f 1; exec "{CELLAR}" grade "{HOMEWORK}" "{half}" --format gradescope --out "{out}"'
        done = subprocess.run(["bash", "-c", f"trap '' XFSZ; {command}"], capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn(b"File too large", done.stderr)
        self.assertEqual(out.read_text(), "old")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["half.txt", "results.json"])

    def test_a_folder_is_graded_in_one_go(self):
        answers = self.folder / "answers"
        answers.mkdir()
        for i in range(300):
            (answers / f"s{i:03}.txt").write_text([RIGHT, ANSWERS["half"], "?"][i % 3])
        out = self.run_cellar("grade", HOMEWORK, answers, "--format", "csv", "--out", self.folder / "marks.csv")
        self.assertIn("300 submissions: 200 graded, 100 not gradable", out)
        rows = (self.folder / "marks.csv").read_text().splitlines()
        self.assertEqual(len(rows), 301)
        self.assertTrue(rows[1].startswith("s000,2,2,yes,"))
        self.run_cellar("grade", HOMEWORK, answers, "--format", "gradescope", code=2)
        self.run_cellar("grade", HOMEWORK, answers, "--format", "gradescope", "--out", self.folder / "results")
        files = sorted((self.folder / "results").iterdir())
        self.assertEqual(len(files), 300)
        self.assertEqual(grade_validators.gradescope(files[0].read_text())["score"], 2)


if __name__ == "__main__":
    unittest.main(argv=["grade_formats_test", "-v"])
