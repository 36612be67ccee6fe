"""The kits of client/examples/grading, each run as its platform runs it: its folders, its environment, its output
judged by what the platform documents. Without a network where the system lets us take it away."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile

import grade_validators
from bare_environment import bare_environment

CELLAR = os.environ["CELLAR_BINARY"]
KITS = pathlib.Path(os.environ["CELLAR_EXAMPLES"]) / "grading"
RIGHT = "[0, 0, 1, -1, 1, 0]\n[1, -1, 0, 1, -1]\n"
TIES = "[0, 0, 1, -1, 1, -1]\n[1, -1, 1, -1, 1]\n"


def without_network():
    """A prefix for commands that takes the network away, if that is allowed here."""
    prefix = ["unshare", "--user", "--map-root-user", "--net"]
    allowed = shutil.which("unshare") and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0
    return prefix if allowed else []


class KitTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cellar-kit-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "cellar").symlink_to(CELLAR)

    def run_as_platform(self, command, cwd, code=0, stdin=None, **environment):
        environment = bare_environment(PATH=f"{self.folder}/bin:/usr/local/bin:/usr/bin:/bin", **environment)
        done = subprocess.run([*without_network(), *map(str, command)], cwd=cwd, env=environment, input=stdin,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, code, done.stderr.decode(errors="replace"))
        return done.stdout.decode()


class GradescopeTest(KitTest):

    def setUp(self):
        super().setUp()
        self.make_zip()
        self.root = self.folder / "autograder"
        for name in ("source", "submission", "results"):
            (self.root / name).mkdir(parents=True)
        with zipfile.ZipFile(self.folder / "autograder.zip") as archive:
            names = archive.namelist()
            archive.extractall(self.root / "source")  # loses permissions, as some unpackers do
        self.assertIn("setup.sh", names, "at the root of the archive")
        self.assertIn("run_autograder", names, "at the root of the archive")
        (self.root / "submission_metadata.json").write_text('{"id": 1, "assignment": {"total_points": "2.0"}}')
        self.run_as_platform(["bash", self.root / "source" / "setup.sh"], self.root, AUTOGRADER_ROOT=str(self.root))
        shutil.copy(self.root / "source" / "run_autograder", self.root / "run_autograder")

    def make_zip(self, *exercise):
        subprocess.run([KITS / "gradescope" / "make_zip", CELLAR, *exercise], cwd=self.folder, check=True,
                       capture_output=True)
        with zipfile.ZipFile(self.folder / "autograder.zip") as archive:
            return archive.namelist()

    def grade(self, answer):
        if answer is not None:
            (self.root / "submission" / "answer.txt").write_text(answer)
        self.run_as_platform([self.root / "run_autograder"], self.root, AUTOGRADER_ROOT=str(self.root))
        return grade_validators.gradescope((self.root / "results" / "results.json").read_text())

    def test_submissions_get_their_points(self):
        self.assertEqual(self.grade(RIGHT)["score"], 2)
        ties = self.grade(TIES)
        self.assertLess(ties["score"], 2)
        unreadable = self.grade("[0, 0, 1")
        self.assertEqual((unreadable["score"], unreadable["tests"][0]["status"]), (0, "failed"))

    def test_numbers_differ_by_the_students_address(self):
        shutil.copy(KITS / "varied.textproto", self.root / "source" / "exercise.textproto")
        self.make_zip(KITS / "varied.textproto")
        solution = json.loads(self.run_as_platform(
            [CELLAR, "grade", KITS / "varied.textproto", "-", "--seed", "ada@x.edu", "--feedback", "expected",
             "--format", "json"], "/", stdin=b"0 0 0 0 0 0"))
        answer = " ".join(repr(value.get("expected", 0)) for question in solution["verdicts"][0]["questions"]
                          for value in question["values"])
        users = [{"name": '{"email": "eve@x.edu"}', "email": "ada@x.edu", "id": 7}, {"email": "b@x.edu"}]
        metadata = {"assignment": {"email": "no@x.edu"}, "users": users}
        for indent in (None, 2):
            (self.root / "submission_metadata.json").write_text(json.dumps(metadata, indent=indent))
            self.assertEqual(self.grade(answer)["score"], 2)
        users[0]["email"] = "alan@x.edu"
        (self.root / "submission_metadata.json").write_text(json.dumps(metadata))
        self.assertLess(self.grade(answer)["score"], 2)
        (self.root / "submission_metadata.json").write_text("{}")
        self.run_as_platform([self.root / "run_autograder"], self.root, code=2, AUTOGRADER_ROOT=str(self.root))
        results = grade_validators.gradescope((self.root / "results" / "results.json").read_text())
        self.assertEqual(results["tests"][0]["name"], "Autograder failed")

    def test_make_zip_tells_wrong_arguments_in_a_line(self):
        def refused(*arguments):
            done = subprocess.run([KITS / "gradescope" / "make_zip", *arguments], cwd=self.folder, capture_output=True,
                                  text=True)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1), done.stderr)
            return done.stderr

        exercise = KITS / "homework.textproto"
        self.assertIn("found 0 arguments", refused())
        self.assertIn("there is no program `nobody`", refused("nobody", exercise))
        self.assertIn("there is no program", refused(exercise))
        self.assertIn("`true` is a program, but not cellar", refused("true", exercise))
        self.assertIn("there is no exercise `gone.textproto`", refused(CELLAR, "gone.textproto"))

    def test_an_exercise_has_any_name(self):
        for name, packed in (("ex", "exercise.txt"), ("a.b.textproto", "exercise.textproto")):
            folder = self.folder / "not.there"
            folder.mkdir(exist_ok=True)
            shutil.copy(KITS / "homework.textproto", folder / name)
            self.assertIn(packed, self.make_zip(folder / name))

    def test_a_missing_file_and_a_symbolic_link_are_told(self):
        self.assertIn("there is no file answer.txt", self.grade(None)["output"])
        (self.root / "submission" / "answer.txt").symlink_to(self.root / "source" / "exercise.textproto")
        self.assertIn("symbolic link", self.grade(None)["output"])

    def test_a_folder_in_place_of_the_file_is_told(self):
        answer = self.root / "submission" / "answer.txt"
        answer.mkdir()
        for files in ([], ["a.txt", "b.txt"]):
            for name in files:
                (answer / name).write_text(RIGHT)
            results = self.grade(None)
            self.assertIn("answer.txt is a folder", results["output"])
            self.assertEqual(results["score"], 0)

    def test_an_exercise_that_is_damaged_leaves_a_result(self):
        (self.root / "source" / "exercise.textproto").write_text("nonsense")
        (self.root / "submission" / "answer.txt").write_text(RIGHT)
        self.run_as_platform([self.root / "run_autograder"], self.root, code=2, AUTOGRADER_ROOT=str(self.root))
        results = grade_validators.gradescope((self.root / "results" / "results.json").read_text())
        self.assertEqual(results["tests"][0]["name"], "Autograder failed")
        self.assertNotIn("nonsense", results["output"])


class PrairieLearnTest(KitTest):

    def grade(self, **answers):
        data = {"params": {}, "correct_answers": {}, "submitted_answers": {**answers, "_files": []}}
        return self.grade_data(json.dumps(data))

    def grade_data(self, data, code=0):
        question = self.folder / "course" / "questions" / "lstm"
        install = KITS / "prairielearn" / "install"
        for wrong in ([], ["--help"], [self.folder / "bin" / "cellar"]):
            refused = subprocess.run([install, *wrong], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual((refused.returncode, refused.stderr.count("\n")), (2, 1), refused.stderr)
        subprocess.run([install, question], check=True, capture_output=True)
        info = grade_validators.read_json((question / "info.json").read_text())
        options = info["externalGradingOptions"]
        self.assertFalse(options["enableNetworking"])
        root = self.folder / "grade"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(question / "tests", root / "tests")
        for name in ("data", "student", "serverFilesCourse"):
            (root / name).mkdir()
        if data is not None:
            (root / "data" / "data.json").write_text(data)
        entry = options["entrypoint"].replace("/grade/", f"{root}/", 1)
        self.run_as_platform([entry], root, code, GRADE_ROOT=str(root), CELLAR_BIN=str(self.folder / "bin"))
        return grade_validators.prairielearn((root / "results" / "results.json").read_text())

    def test_inputs_are_graded_by_the_names_of_the_questions(self):
        self.assertEqual(self.grade(states="[0, 0, 1, -1, 1, 0]", states2="1 -1 0 1 -1")["score"], 1)
        half = self.grade(states="0, 0, 1, \u22121, 1, -0", states2="0 0 0 0 9")
        self.assertAlmostEqual(half["score"], (1 + 1 / 5) / 2)

    def test_a_bracket_that_is_missing_costs_no_attempt(self):
        results = self.grade(states="[0, 0, 1, -1", states2="1 -1 0 1 -1")
        self.assertFalse(results["gradable"])
        self.assertIn("states", results["format_errors"][0])

    def test_data_that_the_platform_garbled_are_not_the_students_fault(self):
        for data in (None, "", '{"submitted_answers": {"states"', "[]", '{"params": {}}', '{"submitted_answers": 1}'):
            results = self.grade_data(data, code=3)
            self.assertFalse(results["gradable"])
            self.assertIn("The grader failed. This is not about your answer", results["format_errors"][0])

    def test_the_question_asks_for_what_the_exercise_asks(self):
        names = re.findall(r'answers-name="(\w+)"', (KITS / "prairielearn" / "question.html").read_text())
        ids = re.findall(r'^  id: "(\w+)"', (KITS / "homework.textproto").read_text(), re.M)
        self.assertEqual(names, ids)


class EdxTest(KitTest):

    def reply(self, answer):
        out = self.run_as_platform([KITS / "edx" / "grade", KITS / "homework.textproto", "1234"], "/",
                                   SUBMISSION_CODE=answer, GRADER_LANGUAGE="en", HIDE_OUTPUT="", GRADER_DEBUG="",
                                   CELLAR_BIN=str(self.folder / "bin"))
        return grade_validators.edx(out)

    def test_the_container_answers_on_its_last_line(self):
        right = self.reply(RIGHT)
        self.assertEqual((right["correct"], right["score"], right["errors"]), (True, 1, []))
        ties = self.reply(TIES)
        self.assertFalse(ties["correct"])
        self.assertGreater(ties["score"], 0)
        self.assertTrue(self.reply("")["errors"])
        self.assertTrue(self.reply("<b>?</b>")["errors"])

    def test_the_watchers_seed_is_nobodys(self):
        out = self.run_as_platform([KITS / "edx" / "grade", KITS / "varied.textproto", "1234"], "/", code=2,
                                   SUBMISSION_CODE="0", CELLAR_BIN=str(self.folder / "bin"))
        self.assertIn("The grader failed", grade_validators.edx(out)["errors"][0])

    def problem(self):
        text = self.run_as_platform(
            [CELLAR, "grade", KITS / "homework.textproto", KITS / "submissions", "--format", "edx-customresponse"], "/")
        return grade_validators.edx_customresponse(text)

    def test_the_generated_problem_grades_itself(self):
        first, second = self.problem()
        for answer in ("[0, 0, 1, -1, 1, 0]", "0 0 1 \u22121 1 -0", "(0;0;1;-1;1;0)"):
            self.assertEqual(first(answer), ("correct", 1.0, ""))
        word, share, message = first("0 0 1 -1 1 1")
        self.assertEqual((word, round(share, 6)), ("partially-correct", round(5 / 6, 6)))
        self.assertIn("step 5", message)
        self.assertEqual(second("9 9 9 9 9")[:2], ("incorrect", 0))
        for answer in ("1 2", "x", "<b>", "1 -1 0 1 nan"):
            self.assertIn(grade_validators.edx_result(second(answer))[0], ("incorrect", "partially-correct"))


class GithubTest(KitTest):

    def grade(self, answer):
        workflow = (KITS / "github" / "classroom.yml").read_text()
        command = re.search(r"^ +run: (.*)$", workflow, re.M).group(1)
        workspace = self.folder / "workspace"
        (workspace / ".github" / "workflows").mkdir(parents=True, exist_ok=True)
        shutil.copy(KITS / "homework.textproto", workspace / ".github" / "workflows")
        (workspace / "answer.txt").write_text(answer)
        output = self.folder / "output"
        output.write_text("")
        self.run_as_platform(["bash", "-e", "-c", command], workspace, GITHUB_OUTPUT=str(output))
        return grade_validators.github(output.read_text())

    def test_the_reporter_gets_its_points(self):
        right = self.grade(RIGHT)
        self.assertEqual((right["status"], right["max_score"]), ("pass", 2))
        self.assertEqual(sum(test["score"] for test in right["tests"]), 2)
        self.assertEqual(self.grade(TIES)["status"], "fail")
        self.assertEqual(self.grade("?")["status"], "error")

    def test_the_reporter_finds_the_runner(self):
        workflow = (KITS / "github" / "classroom.yml").read_text()
        runner = re.search(r"runners: (\w+)", workflow).group(1)
        self.assertIn(f"{runner.upper()}_RESULTS: ${{{{ steps.{runner}.outputs.result }}}}", workflow)
        self.assertIn(f"id: {runner}\n", workflow)


if __name__ == "__main__":
    unittest.main(argv=["grading_kits_test", "-v"])
