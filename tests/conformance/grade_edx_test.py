"""The problem that `cellar grade --format edx-customresponse` makes, beside the grader itself: what its check function
reads, gives and says is what the grader reads, gives and says of that box alone. Texts are drawn; CELLAR_SEED repeats."""

import html
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import grade_validators
from bare_environment import bare_environment

CELLAR = os.environ["CELLAR_BINARY"]
EXAMPLES = pathlib.Path(os.environ["CELLAR_EXAMPLES"]) / "grading"
HOMEWORK = EXAMPLES / "homework.textproto"

# What a text is drawn of: numbers and what is none, signs, brackets, separators, blanks, and their likes elsewhere.
PIECES = (["0", "1", "2", "-1", "+1", ".5", "1.", "0.5", "1e-3", "2E2", "1e400", "-1e400", "1e-400", "0,5", "1,5", "NaN",
           "inf", "-Infinity", "\u221e", "-\u221e", "x", "1x", "0x1", "1_0", "e5", ".", "1..2", "--1", "-+1", "\uff11",
           "\u0661", "\u00bd", "\u0131nf", "1\u200b0"] +
          list("-+,;.()[]{}<>\"'`/\\_ee09") +
          list("\u2212\u2013\u2014\u2010\u2796\ufe63\u207b\uff0d\u00ad\u30fc") +
          list("\u27e8\u27e9\u3008\u3009\u3010\u3011\u27e6\u27e7\u2329\u232a\uff08\uff09\uff3b\uff3d\uff1c\uff1e\u00ab") +
          list("\u3001\uff0c\uff1b\u060c") +
          list(" \t\n\r\v\f\u00a0\u2003\u200b\u202f\u3000\ufeff\u2028\u0085\u061c\x01\x02\x7f\x1b") +
          ["\r\n", ", ", "; ", " - ", "- ", "] [", "\n\n", "   ", "\U0001f642"])
LIKELY = ["0", "1", "-1", "0.5", "1,5", ", ", " ", ";", "[", "]", "(", ")", "<", ">", "- ", "\u2212", "\u2014"]

# Each as people were seen to type it, or as a critic thought of it.
KNOWN = ["[0, 1, 2", "0, 1, 2]", "<0 1 2>", "[0) 1 2", "- 1 0 2", "0 - 1 2", "0 -1 2", "\u20141 0 2", "0,5 1,5 2,5", "0,1,2",
         "0,5,1,5,2,5", "0,5;1,5;2,5", "0.5,1,2", "0 1 2,", "0 1 2,,", ",0 1 2", "(0)(1)(2)", "[[0], [1], [2]]", "", " ",
         "\u00a0", "\n", "0 1", "0 1 2 3", "1e400 0 0", "1e-400 0 0", "nan inf -inf", "\ufeff0 1 2", "0\ufeff1 2", "0\r1\r\n2",
         "\u27e80, 1; 2\u27e9", "1- 0 2", "-\n1 0 2", "+ 1 0 2", "- -1 0 2", "-", "[-]", "- [1] 0 2", "()", "0 1 2 \"",
         "\u0661 1 2", "\uff10\uff0c\uff11\uff0c\uff12", "1,000 2 3", "1,000.5 2 3", "0 ; 1 ; 2", "0 1 2 \u2028",
         "1.1 -1.1 2.1 0.1 -0.1 1.1", "1.1 1.1 -0.1 -2.1 2.1 -1.1", "1.100001 0 2.100001 0.100001 1 0"]


def readable(generator):
    """Six numbers, mostly in a form that can be read; now and then with something in between."""
    numbers = generator.choices(["0", "1", "-1", "+1", ".5", "1.", "0.5", "1e-3", "\u22121", "\u2014 1", "- 1", "0,5", "1,25", "NaN",
                                 "\u221e", "\uff11", "1e-400", "7" * 25, "-0"], k=generator.choice([5, 6, 6, 6, 6, 7]))
    separator = generator.choice([" ", ", ", ",", ";", "\n", "\r\n", "\u3001", " ;", "\u2003"])
    brackets = generator.choice(["[]", "()", "{}", "<>", "\u27e8\u27e9", "\u3010\u3011", ("", "")])
    text = separator.join(numbers)
    if generator.random() < 0.3:
        text = separator.join(brackets[0] + number + brackets[1] for number in numbers)
    text = brackets[0] + text + brackets[1]
    for _ in range(generator.choice([0, 0, 1, 2])):
        at = generator.randrange(len(text) + 1)
        text = text[:at] + generator.choice(PIECES) + text[at + generator.randrange(2):]
    return text


def drawn(generator):
    pieces = LIKELY if generator.random() < 0.5 else PIECES
    return "".join(generator.choice(pieces) for _ in range(generator.randrange(1, 14)))


class EdxProblemTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cellar-edx-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_cellar(self, *words, code=0):
        done = subprocess.run([CELLAR, *map(str, words)], capture_output=True, timeout=300,
                              env=bare_environment(PATH=os.environ["PATH"], HOME=str(self.folder)))
        self.assertEqual(done.returncode, code, done.stderr.decode(errors="replace"))
        self.stderr = done.stderr.decode()
        return done.stdout.decode()

    def changed(self, original, *changes):
        """An exercise's file with some texts in it replaced."""
        text = original.read_text()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = self.folder / "exercise.textproto"
        path.write_text(text)
        return path

    def problem(self, exercise, *words):
        self.xml = self.run_cellar("grade", exercise, *words, "--format", "edx-customresponse")
        return grade_validators.edx_customresponse(self.xml)

    def graded(self, exercise, answers, *words):
        """The grader's verdicts on answers, each a dictionary of texts by question."""
        folder = self.folder / "answers"
        folder.mkdir()
        for index, answer in enumerate(answers):
            (folder / f"{index:06}.json").write_text(json.dumps({"typed": answer}))
        out = self.run_cellar("grade", exercise, f"{folder}/", "--typed", "typed", "--format", "json", *words)
        return json.loads(out)["verdicts"]

    def test_both_readers_take_the_same_texts_for_the_same_numbers(self):
        seed = int(os.environ.get("CELLAR_SEED", random.SystemRandom().randrange(2**32)))
        print(f"CELLAR_SEED={seed}", flush=True)
        generator = random.Random(seed)
        exercise = self.changed(HOMEWORK, ("credit:", "comparison { absolute: 1.1 }\ncredit:"))
        first, _ = self.problem(exercise)
        texts = KNOWN + [drawn(generator) for _ in range(4000)] + [readable(generator) for _ in range(6000)]
        verdicts = self.graded(exercise, [{"states": text} for text in texts])
        counts = {True: 0, False: 0}
        for text, verdict in zip(texts, verdicts, strict=True):
            with self.subTest(text=text):
                _, share, message = grade_validators.edx_result(first(text))
                has_answer = text.strip(" \t\r\n") != ""
                was_read = not message.startswith(("<p>The answer ", "<p>There is no"))
                self.assertEqual(was_read, verdict["gradable"] and has_answer, verdict.get("problems"))
                counts[was_read] += 1
                if was_read:
                    question = verdict["questions"][0]
                    self.assertAlmostEqual(share, question["points"] / question["maxPoints"], 12)
        print(f"{len(texts)} texts: {counts[True]} were read by both, {counts[False]} by neither")
        self.assertGreater(counts[True], 500)
        self.assertGreater(counts[False], 500)

    def test_a_problem_gives_away_nothing_to_who_types_the_name_of_a_variable(self):
        """Also after it was graded, when a context has the results of all boxes and their globals."""
        exercise = self.changed(EXAMPLES / "varied.textproto", ("CREDIT_CARRIED", "CREDIT_PER_VALUE"))
        boxes = self.problem(exercise, "--seed", "ada")
        problem = grade_validators.EdxProblem(self.xml)
        secrets = {re.sub(r"[^0-9.]", "", text) for box in boxes for text in box.question["expected"]}
        secrets |= {repr(abs(bound)) for box in boxes for low_high in box.question["ranges"] for bound in low_high}
        secrets = {secret for secret in secrets if len(secret) > 6} | {"consistent with", "Expected: 0", "step 1"}
        self.assertGreater(len(secrets), 10)
        before = set(problem.context)
        for box, _ in enumerate(boxes):
            problem.checked(box, "$question")
        names = before | set(problem.context) | {"expect", "questions", "question", "script_code", "options"}
        self.assertLessEqual({"script_code", "correct", "grade_decimals", "ALIKE"}, names)
        for typed in [form % name for name in names for form in ("$%s", "${%s}", "$$%s", "$%s.")]:
            for box, _ in enumerate(boxes):
                problem.checked(box, typed)
                shown = problem.shown(f'<input value="{html.escape(typed)}"/>')
                for secret in secrets:
                    self.assertNotIn(secret, shown, typed)

    def test_what_a_box_leaves_in_the_context_is_what_it_found(self):
        boxes = self.problem(HOMEWORK)
        problem = grade_validators.EdxProblem(self.xml)
        for box, answer in ((0, "0 1 0 -1 0 1"), (1, "1 -1 .5 0 1"), (0, "x"), (1, "1 -1 0 1 -1"), (0, " ")):
            self.assertEqual(problem.checked(box, answer), tuple(boxes[box](answer)))

    def test_boxes_have_the_questions_points_and_the_problem_their_sum(self):
        exercise = self.changed(HOMEWORK, ('id: "states"', 'points: 2.5 id: "states"'),
                                ('id: "states2"', 'points: 0.75 id: "states2"'))
        self.problem(exercise)
        root = xml.etree.ElementTree.fromstring(self.xml)
        self.assertEqual(root.attrib["weight"], "3.25")
        self.assertEqual([line.attrib["points"] for line in root.iter("textline")], ["10", "3"])

    def test_credit_for_errors_carried_forward_is_refused_with_what_to_do(self):
        self.run_cellar("grade", EXAMPLES / "varied.textproto", "--seed", "1", "--format", "edx-customresponse", code=2)
        self.assertIn("errors carried forward", self.stderr)
        self.assertIn("CREDIT_PER_VALUE", self.stderr)

    def test_it_knows_the_common_mistakes(self):
        first, second = self.problem(HOMEWORK)
        self.assertIn("the unrounded h is fed back", second("1, -1, 0, 0, 1")[2])
        self.assertIn("0.5 is rounded away from zero", first("0 0 1 -1 1 -1")[2])
        self.assertIn("h is not rounded", second("1 -1 .5 0 1")[2])
        self.assertNotIn("consistent", second("9 9 9 9 9")[2])
        self.assertEqual(second("1 -1 0 1 -1")[2], "")

    def test_below_the_level_of_diagnosis_it_knows_none(self):
        for level in ("none", "steps"):
            self.problem(HOMEWORK, "--feedback", level)
            self.assertNotIn("consistent with", self.xml)

    def test_a_box_is_told_what_holds_for_it_alone(self):
        """What is said to an answer is what the grader says to whoever answers this question and no other."""
        exercise = self.changed(EXAMPLES / "varied.textproto", ("CREDIT_CARRIED", "CREDIT_PER_VALUE"))
        exercise.write_text(exercise.read_text().split("variations")[0])
        check = json.loads(self.run_cellar("exercise", "check", exercise, "--json"))
        self.assertFalse([mistake for mistake in check["mistakes"] if mistake.get("answer")], "only if asked for")
        handed_in = self.folder / "in.json"
        handed_in.write_text('{"h": [0.5, 0.25, 0.125], "c": [9, 9, 9]}')
        answers, shown = [], []
        for box, function in zip(("h", "c"), self.problem(exercise, handed_in), strict=True):
            for triples, _ in function.question["foreseen"]:
                answer = " ".join(repr(low if exact is None else exact) for low, _, exact in triples)
                answers.append({box: answer})
                shown.append(function(answer)[2])
        self.assertGreater(len(answers), 50)
        for answer, message, verdict in zip(answers, shown, self.graded(exercise, answers), strict=True):
            with self.subTest(answer=answer):
                alone = {each["title"]: (each["matchingCount"], each["valueCount"]) for each in verdict["diagnoses"]}
                told = re.findall(r"- ([^<>]+?) \((\d+) of (\d+) values fit\)", html.unescape(message))
                self.assertTrue(told)
                self.assertEqual(told[0][0], next(iter(alone)), message)
                for title, matching, count in told:
                    self.assertEqual((matching, count), alone.get(title), title)


if __name__ == "__main__":
    unittest.main()
