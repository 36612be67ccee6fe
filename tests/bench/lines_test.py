"""What lines.py computes of rounds some of which failed."""

import pathlib
import tempfile
import unittest

from lines import Line, Rounds, markdown, read_json, tally, together, write_json


class RoundsTest(unittest.TestCase):
    def test_combines_only_what_was_measured_in_the_same_round(self):
        cellar, echo = Rounds({0: 10, 1: None, 2: 30}), Rounds({0: 10, 1: 20, 2: 10})
        self.assertEqual((cellar / echo).by_round, {0: 1, 1: None, 2: 3})
        self.assertEqual((echo / cellar).by_round, {0: 1, 1: None, 2: 1 / 3})

    def test_leaves_out_rounds_that_only_one_side_was_to_be_measured_in(self):
        once, always = Rounds({0: 5}), Rounds({0: 10, 1: None, 2: 30})
        self.assertEqual((once + always).by_round, {0: 15})

    def test_takes_numbers_for_every_round(self):
        figure = Rounds({0: 2, 1: None, 2: 4})
        self.assertEqual((1 / (3 * figure - 4)).by_round, {0: 1 / 2, 1: None, 2: 1 / 8})

    def test_gives_the_median_of_what_was_measured(self):
        figure = Rounds({0: 1, 1: None, 2: 5, 3: 2})
        self.assertEqual(figure.median(), 2)
        self.assertEqual(figure.spread(), 2)

    def test_says_why_there_is_nothing(self):
        missing = Rounds(why="not installed")
        self.assertEqual((Rounds({0: 1}) / missing).why, "not installed")
        self.assertEqual((missing * 2).why, "not installed")
        apart = Rounds({0: 1, 1: None}) / Rounds({0: None, 1: 1})
        self.assertEqual((apart.values, apart.why), ([], "no round in which all of it was measured"))


class TogetherTest(unittest.TestCase):
    def test_takes_all_figures_of_a_round(self):
        figures = [Rounds({0: 1, 1: 5}), Rounds({0: 2, 1: 4}), Rounds({0: 3, 1: None})]
        self.assertEqual(together(figures, min).by_round, {0: 1, 1: None})


class LineTest(unittest.TestCase):
    whole = Line(1, "whole", "<= 3", Rounds({0: 1, 1: 2, 2: 3}))
    part = Line(2, "part", ">= 2", Rounds({0: 1, 1: None, 2: 3}), reach=">= 4")
    none = Line(3, "none", ">= 2", Rounds({0: None}, why="it failed"))

    def test_tells_how_many_rounds_counted_if_one_failed(self):
        self.assertIn("| 2.00 (1.00 to 3.00) |", markdown([self.whole]))
        self.assertIn("| 2.00 (1.00 to 3.00, 2 of 3 rounds) |", markdown([self.part]))
        self.assertIn("| not measured: it failed |", markdown([self.none]))

    def test_counts_what_failed_as_not_measured(self):
        self.assertTrue(tally([self.whole, self.part, self.none]).startswith("2 of 2 musts kept, 1 not measured"))

    def test_comes_back_from_its_file_as_it_was(self):
        lines = [self.whole, self.part, self.none]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "lines.json"
            write_json(path, lines)
            self.assertEqual(markdown(read_json(path)), markdown(lines))


if __name__ == "__main__":
    unittest.main()
