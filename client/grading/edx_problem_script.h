// The grader in a generated edX problem, in Python 3 without imports but `math` and `re`: what the
// sandbox of Open edX has. The part that is the same in every problem, and that students can read
// (see edx_problem.h). Longer than other headers, as it is one program that nobody includes for its
// parts.
//
// What it reads is what the grader reads, sign by sign (server/grading/typed_values.h tells the
// rules): tests/conformance/grade_edx_reader_test.py holds the two against each other.
#ifndef CELLAR_CLIENT_GRADING_EDX_PROBLEM_SCRIPT_H_
#define CELLAR_CLIENT_GRADING_EDX_PROBLEM_SCRIPT_H_

namespace cellar {

// `grade(question, answer)` takes a dictionary with `ranges` (pairs of numbers), `all_or_nothing`,
// `level` (0 points, 1 which are right, 2 diagnoses, 3 expected values), `labels` and `expected`
// (texts), `foreseen` (pairs of a list of triples and a text; a triple is a range and the number
// that it is around, or None if no other is meant). No global of it may have anything of a question
// in it. No & and no < in it: it stands in XML, and older readers of it know no CDATA.
inline constexpr char kEdxProblemScript[] = R"py(
import math
import re

OPENING = "([{" + chr(60)
CLOSING = ")]}" + chr(62)
INFINITY = chr(1)
OTHER = chr(2)

# Characters that stand for another: from, to, for which.
ALIKE = [
    (0x85, 0x85, "\n"), (0xA0, 0xA0, " "), (0x61C, 0x61C, " "), (0x1680, 0x1680, " "),
    (0x180E, 0x180E, " "), (0x2000, 0x200F, " "), (0x2010, 0x2015, "-"), (0x2028, 0x2029, "\n"),
    (0x202A, 0x202F, " "), (0x205F, 0x2064, " "), (0x2066, 0x206F, " "), (0x207A, 0x207A, "+"),
    (0x207B, 0x207B, "-"), (0x2212, 0x2212, "-"), (0x221E, 0x221E, INFINITY),
    (0x2329, 0x2329, OPENING[3]), (0x232A, 0x232A, CLOSING[3]), (0x2796, 0x2796, "-"),
    (0x27E6, 0x27E6, "["), (0x27E7, 0x27E7, "]"), (0x27E8, 0x27E8, OPENING[3]),
    (0x27E9, 0x27E9, CLOSING[3]), (0x3000, 0x3000, " "), (0x3001, 0x3001, ","),
    (0x3008, 0x3008, OPENING[3]), (0x3009, 0x3009, CLOSING[3]), (0x3010, 0x3010, "["),
    (0x3011, 0x3011, "]"), (0xFE58, 0xFE58, "-"), (0xFE63, 0xFE63, "-"), (0xFEFF, 0xFEFF, " "),
]

NUMBER = re.compile("[-+]?(nan|inf|infinity|([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?)$", re.I)


def plain_sign(sign):
    code = ord(sign)
    if sign in "\t\v\f":
        return " "
    if sign == "\n" or 127 > code >= 32:
        return sign
    if 0xFF5E >= code >= 0xFF01:
        return chr(code - 0xFEE0)
    for first, last, alike in ALIKE:
        if last >= code >= first:
            return alike
    return OTHER


def plain_text(text):
    if text.startswith(chr(0xFEFF)):
        text = text[1:]
    text = text.replace("\r\n", " \n").replace("\r", "\n")
    return "".join(plain_sign(sign) for sign in text)


class Reader:
    def __init__(self, plain, decimal_commas):
        self.plain = plain
        self.decimal_commas = decimal_commas

    def separates(self, at):
        sign = self.plain[at]
        if sign == ",":
            between = self.plain[at - 1:at] in DIGITS and self.plain[at + 1:at + 2] in DIGITS
            return not (self.decimal_commas and between)
        return sign == ";"

    def word_end(self, at):
        while at != len(self.plain):
            if self.plain[at] in " \n" + OPENING + CLOSING or self.separates(at):
                break
            at += 1
        return at

    # The numbers; None if there is a fault.
    def numbers(self):
        numbers = []
        open_brackets = []
        before = ""
        at = 0
        while at != len(self.plain):
            sign = self.plain[at]
            if sign in " \n":
                at += 1
            elif sign in OPENING:
                open_brackets.append(sign)
                before = "opening"
                at += 1
            elif sign in CLOSING:
                if not open_brackets or OPENING.index(open_brackets.pop()) != CLOSING.index(sign):
                    return None
                before = "closing"
                at += 1
            elif self.separates(at):
                if before not in ("number", "closing"):
                    return None
                before = "separator"
                at += 1
            else:
                word, at = self.word(at, before)
                if not NUMBER.match(word):
                    return None
                number = float(word)
                if math.isinf(number) and "n" not in word.lower():
                    return None
                numbers.append(number)
                before = "number"
        return None if open_brackets else numbers

    # A word and where it ends; a sign takes the number behind blanks with it, unless it could stand
    # between two numbers.
    def word(self, at, before):
        end = self.word_end(at)
        word = self.plain[at:end]
        if word in ("-", "+") and before not in ("number", "closing"):
            number = end
            while self.plain[number:number + 1] == " ":
                number += 1
            if self.plain[number:number + 1] not in ("-", "+"):
                end = self.word_end(number)
                word += self.plain[number:end]
        return word.replace(INFINITY, "inf").replace(",", "."), end


DIGITS = list("0123456789")


def read_numbers(text, wanted):
    plain = plain_text(text)
    numbers = Reader(plain, False).numbers()
    if "," in plain and "." not in plain and (numbers is None or len(numbers) != wanted):
        decimals = Reader(plain, True).numbers()
        if decimals is not None and len(decimals) == wanted:
            return decimals
    return numbers


def accepts(pair, value):
    low, high = pair
    if low != low:
        return value != value
    return value >= low and high >= value


# Whether the value is in the triple's range, or is its number rounded to the decimals with which it
# is written, two or more.
def may_be(triple, value):
    low, high, exact = triple
    if accepts((low, high), value):
        return True
    if exact is None or math.isinf(value) or value != value or value == round(value, 1):
        return False
    places = [places for places in range(2, 13) if value == round(value, places)][:1]
    return any(0.5000000001 >= abs(value - exact) * 10 ** places for places in places)


def foresees(triples, numbers):
    return len(triples) == len(numbers) and all(may_be(triple, value) for triple, value in zip(triples, numbers))


# How many of the numbers are not the very ones that were foreseen.
def off(triples, numbers):
    return sum(value != (low if exact is None else exact) for (low, high, exact), value in zip(triples, numbers))


# What is said to these numbers; what was foreseen to the number comes first.
def remarks(foreseen, numbers):
    found = [(triples, text) for triples, text in foreseen if foresees(triples, numbers)]
    found.sort(key=lambda each: off(each[0], numbers))
    return [text for triples, text in found[:3]]


def paragraphs(lines):
    return "".join("{0}p{1}{2}{0}/p{1}".format(chr(60), chr(62), line) for line in lines)


def nothing(line):
    return "incorrect", 0, paragraphs([line])


# The word of Open edX for how right the answer is, the share of the points, and what to say.
def grade(question, answer):
    ranges = question["ranges"]
    if not answer.strip(" \t\r\n"):
        return nothing("There is no answer.")
    numbers = read_numbers(answer, len(ranges))
    if numbers is None:
        return nothing("The answer could not be read: give numbers, separated by commas.")
    if len(numbers) != len(ranges):
        return nothing("The answer has %d numbers, and %d were asked." % (len(numbers), len(ranges)))
    right = [accepts(pair, value) for pair, value in zip(ranges, numbers)]
    share = float(sum(right)) / len(right) if right else 1.0
    if question["all_or_nothing"] and share != 1.0:
        share = 0.0
    lines = []
    wrong = [question["labels"][i] for i, is_right in enumerate(right) if not is_right]
    if wrong and question["level"] >= 1:
        lines.append("Wrong, counted from 0: " + ", ".join(wrong) + ".")
    if wrong and question["level"] >= 2:
        lines.extend(remarks(question["foreseen"], numbers))
    if wrong and question["level"] >= 3:
        lines.append("Expected: " + ", ".join(question["expected"]) + ".")
    word = "correct" if share == 1.0 else "partially-correct" if share > 0 else "incorrect"
    return word, share, paragraphs(lines)
)py";

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_EDX_PROBLEM_SCRIPT_H_
