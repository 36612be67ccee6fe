"""The environment of a program that is to find nothing of ours in it: what its caller says, and how a sanitizer that it was
built with is set up (tests/sanitize), without which it would not run as it should."""

import os

SANITIZERS = ("LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")


def bare_environment(**said):
    return {**{name: os.environ[name] for name in SANITIZERS if name in os.environ}, **said}
