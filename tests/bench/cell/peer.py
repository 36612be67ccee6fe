"""What the peers that are driven from Python share: which benchmarks there are, how long each runs, and what is printed (as
Google Benchmark prints it)."""

import argparse
import json
import random
import re
import sys
import time

HIDDEN = [1, 8, 32, 64, 128, 256, 512, 1024]
STEPS = 100


def microseconds(run, seconds):
    """What one call takes; `run(count)` makes so many. Runs longer and longer until it is worth `seconds`."""
    count = 1
    run(count)  # what is done once is done
    while True:
        start = time.perf_counter()
        run(count)
        taken = time.perf_counter() - start
        if taken >= seconds:
            return 1e6 * taken / count
        count = int(count * min(10, max(2, 1.2 * seconds / max(taken, 1e-6))))


def main(who, version, lstm, more=()):
    """`lstm(hidden, steps)` makes what `microseconds` runs; `more` are further benchmarks, (name, run)."""
    parser = argparse.ArgumentParser(description=f"{who}'s LSTM, one session, one thread; input size = hidden size.")
    parser.add_argument("--there", action="store_true", help="says which version is installed, and nothing else")
    parser.add_argument("--filter", default=".")
    parser.add_argument("--min-time", type=float, default=0.02)
    arguments = parser.parse_args()
    if arguments.there:
        print(f"{who} {version}")
        return
    cases = [(f"{who}/lstm/f32/{hidden}/1/{steps}", lambda hidden=hidden, steps=steps: lstm(hidden, steps))
             for hidden in HIDDEN for steps in [1, STEPS]]
    cases = [case for case in cases if re.search(arguments.filter, case[0])] + list(more)
    random.shuffle(cases)
    runs = [{"name": name, "real_time": microseconds(make(), arguments.min_time), "time_unit": "us"} for name, make in cases]
    json.dump({"benchmarks": runs}, sys.stdout)
