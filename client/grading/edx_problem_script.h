// The check function of a generated edX problem, in Python 3 without imports but `math` and `re`:
// what the sandbox of Open edX has. The part that is the same in every problem.
#ifndef CELLAR_CLIENT_GRADING_EDX_PROBLEM_SCRIPT_H_
#define CELLAR_CLIENT_GRADING_EDX_PROBLEM_SCRIPT_H_

namespace cellar {

// REQUIRES in front of it: `questions`, a dictionary by name of dictionaries with `ranges` (pairs
// of numbers), `all_or_nothing`, `level` (0 points, 1 which are right, 2 diagnoses, 3 expected
// values), `expected` (texts), `foreseen` (pairs of a list of numbers and a text). No & and no < in
// it: it stands in XML, and older readers of it know no CDATA.
inline constexpr char kEdxProblemScript[] = R"(
def read_numbers(text):
    text = text.replace(u"\u2212", "-").replace(u"\u2013", "-")
    words = re.split(r"[\s,;\[\](){}]+", text)
    numbers = []
    for word in words:
        if not word:
            continue
        if not re.match(r"^[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?|nan|inf|infinity)$", word, re.I):
            return None
        numbers.append(float(word))
    return numbers


def accepts(pair, value):
    low, high = pair
    if low != low:
        return value != value
    return value >= low and high >= value


def same(one, other):
    return len(one) == len(other) and all(abs(a - b) == 0 for a, b in zip(one, other))


def paragraphs(lines):
    return "".join("{0}p{1}{2}{0}/p{1}".format(chr(60), chr(62), line) for line in lines)


def grade(name, answer):
    question = questions[name]
    ranges = question["ranges"]
    numbers = read_numbers(answer)
    if numbers is None:
        return {"ok": False, "grade_decimal": 0, "msg": paragraphs(["The answer could not be read: give numbers, separated by commas."])}
    if len(numbers) != len(ranges):
        return {"ok": False, "grade_decimal": 0, "msg": paragraphs(["The answer has %d numbers, and %d were asked." % (len(numbers), len(ranges))])}
    right = [accepts(pair, value) for pair, value in zip(ranges, numbers)]
    share = float(sum(right)) / len(right) if right else 1.0
    if question["all_or_nothing"] and share != 1.0:
        share = 0.0
    lines = []
    wrong = [question["labels"][i] for i, is_right in enumerate(right) if not is_right]
    if wrong and question["level"] >= 1:
        lines.append("Wrong: " + ", ".join(wrong) + ".")
    if wrong and question["level"] >= 2:
        lines.extend(text for values, text in question["foreseen"] if same(values, numbers))
    if wrong and question["level"] >= 3:
        lines.append("Expected: " + ", ".join(question["expected"]) + ".")
    ok = True if share == 1.0 else "partial" if share > 0 else False
    return {"ok": ok, "grade_decimal": share, "msg": paragraphs(lines)}
)";

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_EDX_PROBLEM_SCRIPT_H_
