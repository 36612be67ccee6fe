"""What the checks share: the files of the tree, C++ without its comments and strings, and a main function.

A check is a function from the root of a tree to a list of violations, each one line of text. Run without
arguments it judges this repository. With --self-test it judges small trees that have something wrong on purpose
(its plants), and fails if it does not find what was planted: a check that cannot fail checks nothing.
"""

import os
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_OURS = {".git", "build", "node_modules", "__pycache__"}


def files(root, folders=(".",), suffixes=("",)):
    """Paths relative to root, sorted, of the files below the folders whose names end in one of the suffixes."""
    found = []
    for folder in folders:
        for where, subfolders, names in os.walk(root / folder):
            subfolders[:] = [name for name in subfolders if name not in NOT_OURS]
            for name in names:
                if name.endswith(tuple(suffixes)):
                    found.append((pathlib.Path(where) / name).relative_to(root).as_posix())
    return sorted(found)


def cpp_files(root, folders=("server", "client", "tests")):
    return files(root, folders, (".h", ".cc"))


_NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'(?!\w)', re.DOTALL)


def code_of(text):
    """The text with comments and literals emptied, every line still on its line."""
    def emptied(match):
        start = "" if match.group().startswith("/") else '""'
        return start + "\n" * match.group().count("\n")
    return "\n".join(line if line.lstrip().startswith("#include") else clean for line, clean in zip(
        text.split("\n"), _NOT_CODE.sub(emptied, text).split("\n")))


def read(root, path):
    return (root / path).read_text(encoding="utf-8")


def _self_test(check, plants):
    failures = []
    for number, (tree, expected) in enumerate(plants, 1):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in tree.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            found = check(root)
        if expected is None and found:
            failures.append(f"plant {number}: nothing is wrong with it, but found: {found}")
        elif expected is not None and not any(expected in line for line in found):
            failures.append(f"plant {number}: expected '{expected}', found: {found}")
    print("\n".join(failures) or f"all {len(plants)} plants are judged as they should be")
    return 1 if failures else 0


def main(check, plants):
    """Ends the program: 0 nothing found, 1 violations (printed), 2 bad usage.

    `plants` is a list of (tree, expected): tree maps paths to texts, expected is a part of the violation that must
    be found in it, or None if nothing may be found.
    """
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(_self_test(check, plants))
    if sys.argv[1:]:
        print(sys.modules["__main__"].__doc__)
        sys.exit(2)
    found = check(ROOT)
    for line in found:
        print(line)
    name = pathlib.Path(sys.argv[0]).name
    print(f"{name}: {len(found)} violations" if found else f"{name}: all is well")
    sys.exit(1 if found else 0)
