"""What the platforms document of the files they read, as strict checks; and a JSON reader that takes no NaN."""

import base64
import csv
import io
import json
import xml.etree.ElementTree

VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
TEXT_FORMATS = {"text", "simple_format", "html", "md", "ansi"}


def read_json(text):
    """The value in a text of strict JSON."""
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")
    assert isinstance(text, str)
    return json.loads(text, parse_constant=refuse)


def need(condition, what):
    assert condition, what


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_fields(value, required, optional, what):
    need(isinstance(value, dict), f"{what} is no object: {value!r}")
    for name, kind in required.items():
        need(name in value, f"{what} has no {name}")
    for name, found in value.items():
        kind = {**required, **optional}.get(name)
        need(kind is not None, f"{what} has a field {name} that nobody documents")
        good = is_number(found) if kind is float else isinstance(found, kind)
        need(good, f"{what}.{name} is {found!r}")


def gradescope(text):
    results = read_json(text)
    check_fields(results, {}, {
        "score": float, "tests": list, "execution_time": float, "output": str, "output_format": str,
        "test_output_format": str, "test_name_format": str, "visibility": str, "stdout_visibility": str,
        "extra_data": dict, "leaderboard": list}, "results.json")
    need("score" in results or all("score" in test for test in results["tests"]), "no score")
    for key in ("visibility", "stdout_visibility"):
        need(results.get(key, "visible") in VISIBILITIES, key)
    for key in ("output_format", "test_output_format", "test_name_format"):
        need(results.get(key, "text") in TEXT_FORMATS, key)
    for test in results.get("tests", []):
        check_fields(test, {}, {
            "score": float, "max_score": float, "status": str, "name": str, "name_format": str, "number": str,
            "output": str, "output_format": str, "tags": list, "visibility": str, "extra_data": dict}, "test")
        need(test.get("status", "passed") in ("passed", "failed"), "status")
        need(test.get("visibility", "visible") in VISIBILITIES, "visibility of a test")
    return results


def prairielearn(text):
    need(len(text.encode()) <= 1_000_000, "larger than 1 MB")
    results = read_json(text)
    need(isinstance(results, dict), "no object")
    if not results.get("gradable", True):
        need(results.get("format_errors"), "not gradable, and nothing says why")
        return results
    need(is_number(results["score"]) and 0 <= results["score"] <= 1, f"score {results.get('score')!r}")
    for key in ("message", "output"):
        need(isinstance(results.get(key, ""), str), key)
    for test in results.get("tests", []):
        check_fields(test, {}, {"name": str, "description": str, "points": float, "max_points": float,
                                "message": str, "output": str, "images": list}, "test")
    return results


def edx(text):
    """The reply of a grader container: its last line."""
    need(text.endswith("\n"), "the last line has no end")
    reply = read_json(text.splitlines()[-1])
    check_fields(reply, {"errors": list, "tests": list, "correct": bool, "score": float}, {}, "reply")
    need(0 <= reply["score"] <= 1, "score")
    need(all(isinstance(error, str) for error in reply["errors"]), "errors")
    for test in reply["tests"]:
        need(len(test) == 5, "a test has five parts")
        need([type(part) for part in test] == [str, str, bool, str, str], f"parts of {test}")
    return reply


def edx_xqueue(text):
    reply = read_json(text)
    check_fields(reply, {"correct": bool, "score": float, "msg": str}, {}, "reply")
    need(xml.etree.ElementTree.fromstring(reply["msg"]).tag == "div", "msg is not one element")
    return reply


def junit(text):
    """The profile of CodeGrade's reader."""
    root = xml.etree.ElementTree.fromstring(text)
    need(root.tag == "testsuites", root.tag)
    for key in ("name", "tests", "failures", "errors", "skipped", "time"):
        need(key in root.attrib, f"testsuites has no {key}")
    for suite in root:
        need(suite.tag == "testsuite", suite.tag)
        for key in ("name", "tests", "failures", "errors", "skipped", "time", "timestamp"):
            need(key in suite.attrib, f"testsuite has no {key}")
        for case in suite:
            need(case.tag == "testcase", case.tag)
            need(case.attrib["name"] and case.attrib["classname"], "names of a case")
            float(case.attrib["time"])
            float(case.get("weight", "1"))
            for problem in case:
                need(problem.tag in ("failure", "error"), problem.tag)
                need(problem.attrib["message"] and problem.attrib["type"] and problem.text, "an empty problem")
        need(int(suite.attrib["tests"]) == len(suite), "tests")
        need(int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")), "failures")
        need(int(suite.attrib["errors"]) == len(suite.findall("testcase/error")), "errors")
    return root


def tap(text):
    """The numbers of passing and failing points at the outermost level, or None after a bail-out."""
    lines = text.splitlines()
    need(lines[0] == "TAP version 14", lines[0])
    plans, passed, failed, in_yaml = [], 0, 0, False
    for line in lines[1:]:
        if in_yaml:
            in_yaml = line != "  ..."
        elif line == "  ---":
            in_yaml = True
        elif line.startswith("    ") or line.startswith("#"):
            continue
        elif line.startswith("1.."):
            plans.append(int(line[3:].split(" ")[0]))
        elif line.startswith("ok "):
            passed += 1
        elif line.startswith("not ok "):
            failed += 1
        elif line.startswith("Bail out!"):
            return None
        else:
            raise AssertionError(f"no line of TAP: {line!r}")
    need(plans == [passed + failed] and not in_yaml, f"plans {plans}, {passed} + {failed} points")
    return passed, failed


def github(text):
    """The result in a step's output."""
    need(len(text) < 131_000, "too long for a variable of the environment, in which the reporter gets it")
    name, _, value = text.partition("=")
    need(name == "result" and value.count("\n") == 1, "not one line result=...")
    result = read_json(base64.b64decode(value.strip(), validate=True).decode())
    check_fields(result, {"version": int, "status": str, "max_score": float, "tests": list}, {}, "result")
    need(result["version"] == 1 and result["status"] in ("pass", "fail", "error"), "version or status")
    for test in result["tests"]:
        check_fields(test, {"name": str, "status": str, "score": float},
                     {"message": str, "test_code": str, "filename": str, "line_no": int, "duration": float}, "test")
        need(test["status"] in ("pass", "fail", "error"), "status of a test")
    need(sum(test["score"] for test in result["tests"]) <= result["max_score"] + 1e-9, "more than the maximum")
    return result


def codegrade(text):
    lines = [read_json(line) for line in text.splitlines()]
    need([line["tag"] for line in lines] == ["points"], "one line of points")
    need(0 <= lines[0]["points"] <= 1, "points")
    return lines[0]


def coursera(text):
    value = read_json(text)
    check_fields(value, {"fractionalScore": float, "feedback": str}, {}, "feedback")
    need(0 <= value["fractionalScore"] <= 1, "fractionalScore")
    return value


def exercism(text):
    results = read_json(text)
    check_fields(results, {"version": int, "status": str}, {"message": str, "tests": list}, "results.json")
    need(results["status"] in ("pass", "fail", "error"), "status")
    need(results["status"] != "error" or results.get("message"), "an error without a message")
    for test in results.get("tests", []):
        check_fields(test, {"name": str, "status": str}, {"message": str, "output": str, "test_code": str}, "test")
    return results


def lti(text):
    score = read_json(text)
    check_fields(score, {"userId": str, "activityProgress": str, "gradingProgress": str, "timestamp": str},
                 {"scoreGiven": float, "scoreMaximum": float, "comment": str}, "score")
    need(("scoreGiven" in score) <= (score.get("scoreMaximum", 0) > 0), "scoreGiven needs scoreMaximum")
    need(score["gradingProgress"] in ("FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"), "progress")
    return score


def csv_table(text):
    header, *rows = csv.reader(io.StringIO(text), strict=True)
    need(header == ["submission", "points", "max_points", "gradable", "problem", "mistakes"], header)
    for row in rows:
        need(len(row) == len(header), f"a row of {len(row)} cells")
        need(row[3] in ("yes", "no") and not any(cell[:1] in tuple("=+-@") for cell in row), row)
        need((row[3] == "yes") == bool(row[1] and row[2]), f"points of {row}")
    return rows


def plain_text(text):
    """What a terminal may be sent: lines without a sign that moves its cursor."""
    need(text.endswith("\n") and all(sign == "\n" or sign.isprintable() for sign in text), repr(text))
    return text


class EdxProblem:
    """A generated problem as Open edX runs it: of what a piece of code leaves behind, what JSON can say goes into one
    context that all boxes share, and whatever is shown has each `$name` of the context replaced, a student's own answer
    included."""

    def __init__(self, text):
        root = xml.etree.ElementTree.fromstring(text)
        need(root.tag == "problem", root.tag)
        script, = root.findall("script")
        self.codes = []
        for response in root.findall("customresponse"):
            need(response.attrib == {}, f"students can see {response.attrib}")
            need([child.tag for child in response] == ["label", "textline", "answer"], "a box each")
            self.codes.append(response.find("answer").text)
            need(response.find("answer").attrib == {"type": "loncapa/python"}, "answer")
        for code in (script.text, *self.codes):
            need("<" not in code and "&" not in code, "code")
        self.context = {"seed": 1}
        self.run(script.text)
        self.context["script_code"] = script.text

    def run(self, code):
        names = json.loads(json.dumps(self.context))
        exec(code, names)  # as the sandbox does
        for name, value in names.items():
            if name != "__builtins__" and isinstance(value, (type(None), int, float, str, list, tuple, dict)):
                self.context[name] = json.loads(json.dumps(value))
        return names

    def checked(self, box, answer):
        """The results of a box: how right it is, the share of its points, the message."""
        self.context |= {"submission": [answer], "correct": ["unknown"], "messages": [""], "expect": None, "options": None}
        self.run(self.codes[box])
        return edx_result([self.context[name][0] for name in ("correct", "grade_decimals", "messages")])

    def shown(self, text):
        for name in sorted(self.context, key=len, reverse=True):
            text = text.replace("$" + name, str(self.context[name]))
        return text


def edx_customresponse(text):
    """The problem's boxes as functions of an answer, in the order of the boxes; each has its `question`."""
    problem = EdxProblem(text)

    def box(code):
        names = problem.run(problem.context["script_code"]) | {"submission": ["0"], "correct": [None], "messages": [None]}
        names["script_code"] = problem.context["script_code"]
        exec(code, names)
        question = names["question"]()

        def check(answer):
            return names["grade"](question, answer)

        check.question = question
        return check

    return [box(code) for code in problem.codes]


def edx_result(result):
    """What is found of one answer: a word, a share and a message."""
    word, share, message = result
    need(word in ("correct", "partially-correct", "incorrect"), word)
    need(is_number(share) and 0 <= share <= 1, share)
    xml.etree.ElementTree.fromstring(f"<div>{message}</div>")
    return word, share, message


FORMATS = {"json": read_json, "gradescope": gradescope, "prairielearn": prairielearn, "edx": edx,
           "edx-xqueue": edx_xqueue, "junit": junit, "tap": tap, "github": github, "codegrade": codegrade,
           "coursera": coursera, "exercism": exercism, "lti": lti, "csv": csv_table, "text": plain_text}
