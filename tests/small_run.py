"""What the end-to-end tests share: the program, a small run file, a practice teacher of its own process, and the facts of a run folder."""
import contextlib
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
RETORT = pathlib.Path(os.environ.get("RETORT_BUILD", ROOT / "build/release")) / "retort"

SMALL = """
[recipe]
preset = "demo"
control = "imitation"
rounds = 1
new_per_round = 40
[teacher]
base_url = "{base_url}"
[data]
practice_rows = 160
[train]
steps = 6
round_steps = 4
rows_per_step = 4
[eval]
practice_per_kind = 1
[student]
threads = 1
"""


def retort(*arguments, env=None, timeout=300):
    """Runs the program; returns the finished process with its text."""
    return subprocess.run([RETORT, *map(str, arguments)], env={**os.environ, **(env or {})}, timeout=timeout, capture_output=True,
                          text=True, errors="replace", check=False)


@contextlib.contextmanager
def practice_teacher(*flags):
    """A practice teacher as a server; yields its base URL."""
    process = subprocess.Popen([RETORT, "practice-teacher", *flags], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=30)


def asked(base_url):
    """How often each request was asked, by its hash."""
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/stats", timeout=30) as reply:
        return json.load(reply)["by_hash"]


def query(folder, text):
    """Rows of the run's store, which nobody needs to stop for that."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/run.db?mode=ro", uri=True)) as db:
        return db.execute(text).fetchall()


def unknown_outcomes(folder):
    return query(folder, "SELECT coalesce(sum(unknown_outcomes), 0) FROM calls")[0][0]


def facts(folder):
    """Everything that two runs of one file must agree on: rows without times, and the weights."""
    queries = {
        "instructions": "SELECT id, text, kind, kind_source, kind_confidence, origin, round, parent_id FROM instructions ORDER BY id",
        "answers": "SELECT s.name, instruction_id, text, finish FROM answers a JOIN stages s ON s.id = a.stage_id ORDER BY 1, 2",
        "teacher_answers": "SELECT s.name, instruction_id, text, finish FROM teacher_answers a JOIN stages s ON s.id = a.stage_id ORDER BY 1, 2",
        "verdicts": "SELECT s.name, instruction_id, student_first, teacher_score, student_score, reason FROM verdicts v"
                    " JOIN stages s ON s.id = v.stage_id ORDER BY 1, 2, 3",
        "drops": "SELECT s.name, reason, detail FROM drops d JOIN stages s ON s.id = d.stage_id ORDER BY s.name, d.id",
        "metrics": "SELECT s.name, m.name, value FROM metrics m JOIN stages s ON s.id = m.stage_id ORDER BY 1, 2",
        "stages": "SELECT name, count_in, count_ok, count_dropped, count_failed FROM stages WHERE finished_ms IS NOT NULL ORDER BY name",
        "calls": "SELECT hex(key), role, state FROM calls ORDER BY 1",
    }
    found = {name: query(folder, text) for name, text in queries.items()}
    for path in sorted(pathlib.Path(folder).glob("**/model.safetensors")):
        found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def differences(a, b):
    return [name for name in sorted(set(a) | set(b)) if a.get(name) != b.get(name)]


class Tally:
    """Counts checks and prints them; `close` gives the exit code."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, condition, detail=""):
        self.passed += bool(condition)
        self.failed += not condition
        print(("ok   " if condition else "FAIL ") + name + ("" if condition else f": {detail}"), flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print(f"SKIP {name}: {why}")

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed else 0
