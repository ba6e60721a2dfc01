#!/usr/bin/env python3
"""Does the simulator notice? Each promise of src/sim/simulation.h is broken on purpose, one line at a time, in a copy of the source; the simulator built from the
copy must report it within a few hundred seeds. Long tier only (some 20 s of building each). RETORT_MUTATION=NAME runs one."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COPY = ROOT / "build/mutants"
SEEDS = 160

# What the change does: file, the line as it is, the line as it becomes.
MUTATIONS = {
    "SENT is not committed before the bytes leave":
        ("src/chat/asking.cpp", "events_.push_back(CallSent{items_[d.item].key, d.reserved});\n  commit_events();",
         "events_.push_back(CallSent{items_[d.item].key, d.reserved});"),
    "a reply is used before it is stored":
        ("src/chat/landing.cpp", "events_.push_back(CallDone{.key = item.key,", "if (store_.call(item.key)->attempts % 2 == 0) events_.push_back(CallDone{.key = item.key,"),
    "nothing is reserved for a call":
        ("src/chat/departing.cpp", "departure.reserved = highest_cost(options_.prices, departure.body.size(), tokens_max);", "departure.reserved = 0;"),
    "money that may have been spent is forgotten":
        ("src/chat/departing.cpp", "sum += totals.cost + totals.unknown_cost + totals.reserved;", "sum += totals.cost + totals.reserved;"),
    "a request whose reply was lost is taken for free":
        ("src/chat/landing.cpp", "if (!may_have_arrived) events_.push_back(", "events_.push_back("),
    "commits are not synced":
        ("src/store/schema.cpp", "PRAGMA synchronous = FULL;", "PRAGMA synchronous = OFF;"),
    "an unfinished stage keeps the rows it wrote":
        ("src/store/instruction_table.cpp", 'database_.run("DELETE FROM instructions WHERE stage_id = ?", stage_id);', "(void)stage_id;"),
    "an unfinished stage keeps its drops":
        ("src/store/stage_tables.cpp", 'database_.run("DELETE FROM drops WHERE stage_id = ?", stage_id);', ""),
    "an error page that shows the key is passed on":
        ("src/chat/landing.cpp", "Error error{outcome.error.code, without_key(outcome.error.message)};", "Error error{outcome.error.code, outcome.error.message};"),
    "near duplicates pass":
        ("src/recipe/draft_writer.cpp", 'if (!nature_.near_copies_allowed && novelty_.is_near_duplicate(draft.text)) return "near duplicate";', ""),
}


def run(*command):
    return subprocess.run(command, cwd=COPY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)


def build():
    made = run("cmake", "--build", "build/release", "--target", "retort_sim")
    if made.returncode != 0:
        sys.exit(f"the mutant does not build:\n{made.stdout[-3000:]}")


def simulate():
    """Exit code, and the promises that were reported as broken."""
    told = run("build/release/retort_sim", "--seeds", str(SEEDS))
    kinds = {re.sub(r"[0-9a-f]{8,}|\d+", "N", line.split(": ", 1)[1])[:90] for line in told.stdout.splitlines() if re.match(r"seed \d+: ", line)}
    return told.returncode, kinds, told.stdout.count("\n  retort_sim --seed ")


def set_up():
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in ("CMakeLists.txt", "CMakePresets.json", "cmake", "src", "tests", "bench", "fuzz", "prompts", "practice_base"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, COPY / name)
    made = run("cmake", "--preset", "release", "-DRETORT_TORCH=OFF")
    if made.returncode != 0:
        sys.exit(f"the copy cannot be configured:\n{made.stdout[-3000:]}")


def main():
    if not os.environ.get("RETORT_LONG") and not os.environ.get("RETORT_MUTATION"):
        print("SKIP the simulator's mutations: long tier only (RETORT_LONG=1)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    set_up()
    build()
    code, kinds, _ = simulate()
    passed, missed = int(code == 0), [] if code == 0 else [f"the source as it is: {kinds}"]
    only = os.environ.get("RETORT_MUTATION", "")
    for name, (file, before, after) in MUTATIONS.items():
        if only not in name:
            continue
        path = COPY / file
        text = path.read_text(encoding="utf-8")
        if text.count(before) != 1:
            missed.append(f"{name}: {file} holds the line {text.count(before)} times, wanted once; bring the mutation up to date")
            continue
        path.write_text(text.replace(before, after), encoding="utf-8")
        build()
        code, kinds, seeds = simulate()
        path.write_text(text, encoding="utf-8")
        print(f"{name}: {'noticed' if code else 'NOT NOTICED'}, {seeds} of {SEEDS} seeds; {'; '.join(sorted(kinds)[:2])}", flush=True)
        passed += code != 0
        if code == 0:
            missed.append(f"{name}: not noticed in {SEEDS} seeds")
    print("\n".join(missed))
    print(f"{passed} passed, {len(missed)} failed, 0 skipped")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
