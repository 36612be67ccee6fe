"""What the parts of the benchmark share: figures taken round by round, and lines that put what must be reached beside what
was measured.

A round runs everything once, so that what the machine does meanwhile falls on all alike. Whatever is computed from several
figures is computed within each round; then the median over the rounds counts, with the least and the most beside it.
"""

import json
import math
import operator
import re
import statistics
import sys


def tell_progress(part, number, rounds, what="", is_over=True):
    """How far a part is, to whoever watches: on a terminal one line that is written over; elsewhere, where nothing can be, a
    line a round, once it is over."""
    text = f"{part}: round {number + 1} of {rounds}{what}"
    if sys.stderr.isatty():
        ends = is_over and number + 1 == rounds
        print(f"\r{text}", end="\n" if ends else "", file=sys.stderr, flush=True)
    elif is_over:
        print(text, file=sys.stderr, flush=True)


def ratio(numerator, denominator):
    """Beyond all bounds if there is nothing to divide by, as when a short round saw no message."""
    return numerator / denominator if denominator else math.inf


class Rounds:
    """A figure by the number of the round; None where it was to be measured, and that failed. Arithmetic goes round by round,
    over those that both sides have. Without values it says why, and so does what is computed from it."""

    def __init__(self, by_round=(), why="not measured"):
        self.by_round = dict(by_round)
        self.why = why

    @property
    def values(self):
        return [value for value in self.by_round.values() if value is not None]

    def median(self):
        return statistics.median(self.values)

    def spread(self):
        return (max(self.values) - min(self.values)) / (self.median() or 1)

    def _with(self, other, what):
        if not self.values:
            return self
        if not isinstance(other, Rounds):
            other = Rounds(dict.fromkeys(self.by_round, other))
        return together([self, other], lambda both: what(*both))

    def __add__(self, other):
        return self._with(other, operator.add)

    def __sub__(self, other):
        return self._with(other, operator.sub)

    def __mul__(self, other):
        return self._with(other, operator.mul)

    def __rmul__(self, factor):
        return self * factor

    def __truediv__(self, other):
        return self._with(other, ratio)

    def __rtruediv__(self, number):
        return self._with(number, lambda value, numerator: ratio(numerator, value))


def together(figures, what):
    """`what` of all figures, round by round: min, max, statistics.geometric_mean."""
    missing = [figure for figure in figures if not figure.values]
    if missing:
        return missing[0]
    by_round = {}
    for number in figures[0].by_round:
        if all(number in figure.by_round for figure in figures):
            values = [figure.by_round[number] for figure in figures]
            by_round[number] = None if None in values else what(values)
    return Rounds(by_round, why="no round in which all of it was measured")


class Line:
    """One line of the table. `must` and `reach` are bounds such as ">= 2.4" or "<= 48", or empty; `goal` is the number of one
    of the thirteen goals, or 0 for a line besides them."""

    def __init__(self, goal, what, must, measured, reach=""):
        self.goal, self.what, self.must, self.reach, self.measured = goal, what, must, reach, measured

    def keeps(self, bound):
        """Whether what was measured keeps the bound; None if there is nothing to judge."""
        if not bound or not self.measured.values:
            return None
        relation, number = re.fullmatch(r"(>=|<=) ([\d.]+)", bound).groups()
        value = self.measured.median()
        return value >= float(number) if relation == ">=" else value <= float(number)

    def as_json(self):
        said = {"goal": self.goal, "line": self.what, "must": self.must, "reach": self.reach}
        if not self.measured.values:
            return {**said, "not_measured": self.measured.why}
        values = self.measured.values
        return {**said, "measured": self.measured.median(), "least": min(values), "most": max(values),
                "by_round": self.measured.by_round, "must_kept": self.keeps(self.must), "reach_kept": self.keeps(self.reach)}

    @staticmethod
    def from_json(said):
        measured = Rounds(said.get("by_round", {}), why=said.get("not_measured", ""))
        return Line(said["goal"], said["line"], said["must"], measured, said["reach"])


def shown(value):
    """A number to three digits, and no fraction beyond a hundred."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 3 if abs(value) < 1 else 2 if abs(value) < 10 else 1
    return f"{value:.{digits}f}"


def verdict(line):
    must, reach = line.keeps(line.must), line.keeps(line.reach)
    if not line.measured.values:
        return ""
    if reach:
        return "reached for"
    return {True: "kept", False: "**missed**", None: ""}[must]


def told(measured):
    """The median with the least and the most, and how many rounds that were if one failed; or why there is none."""
    values = measured.values
    if not values:
        return f"not measured: {measured.why}"
    counted = "" if len(values) == len(measured.by_round) else f", {len(values)} of {len(measured.by_round)} rounds"
    return f"{shown(measured.median())} ({shown(min(values))} to {shown(max(values))}{counted})"


def markdown(lines):
    """The table, to be pasted: goal, line, must, reach for, measured (least to most over the rounds)."""
    rows = ["| goal | line | must | reach for | measured | |", "|---|---|---|---|---|---|"]
    for line in lines:
        rows.append(f"| {line.goal or ''} | {line.what} | {line.must} | {line.reach} | {told(line.measured)} | {verdict(line)} |")
    return "\n".join(rows)


def tally(lines):
    """How many musts were kept, in a sentence."""
    judged = [line for line in lines if line.keeps(line.must) is not None]
    missing = sum(bool(line.must) and not line.measured.values for line in lines)
    return (f"{sum(line.keeps(line.must) for line in judged)} of {len(judged)} musts kept, {missing} not measured; "
            "medians over the rounds (least to most)")


def write_json(path, lines, **more):
    path.write_text(json.dumps({"lines": [line.as_json() for line in lines], **more}, indent=1) + "\n")


def read_json(path):
    return [Line.from_json(said) for said in json.loads(path.read_text())["lines"]]
