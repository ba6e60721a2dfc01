"""Does the runs of a plan that are not done yet, several at a time, each on one thread. A finished run is one JSON file; nothing else is kept."""
import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import threading

from plan import ANSWERS

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BASE = ROOT / "practice_base/model.safetensors"


class Results:
    """The folder of finished runs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.base_sha = hashlib.sha256(BASE.read_bytes()).hexdigest()

    def path(self, run):
        return self.folder / f"{run.name}.json"

    def load(self, run):
        """Nothing when the run is not done, or was done by another plan or on another base."""
        try:
            found = json.loads(self.path(run).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found if found["fingerprint"] == run.fingerprint(self.base_sha) else None

    def store(self, run, figures):
        path = self.path(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps({**figures, "fingerprint": run.fingerprint(self.base_sha)}, indent=1) + "\n", encoding="utf-8")
        part.replace(path)


def run_file(keys):
    """Dotted keys as TOML; JSON's strings, numbers and truth values are TOML's."""
    tables = {}
    for key, value in keys:
        table, name = key.split(".")
        tables.setdefault(table, {})[name] = value
    return "\n".join(f"[{table}]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in names.items()) for table, names in tables.items())


def instructions_for(run, plan, results):
    """How many new instructions a round cost what `spend_of` paid: calls of all roles at one price, of which each arm's first imitation is alike."""
    paid, like = (results.load(plan.run(arm, ANSWERS, run.world, run.seed)) for arm in (run.spend_of, run.like))
    keys = dict(run.keys)
    first = keys["data.practice_rows"]
    a_round = (like["spend"] - first) / keys["recipe.rounds"]
    return round(keys["recipe.new_per_round"] * (paid["spend"] - first) / keys["recipe.rounds"] / a_round)


def kinds_of(folder):
    """The exact share of each kind after the last round: why an arm ends where it does."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/run.db?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT m.name, m.value FROM metrics m JOIN stages s ON s.id = m.stage_id WHERE m.name LIKE 'kind/%' AND s.id = "
                          "(SELECT max(id) FROM stages WHERE name LIKE 'evaluate%') ORDER BY 1").fetchall()
    return {name.removeprefix("kind/"): round(value, 4) for name, value in rows}


def figures_of(status, run, keys):
    last = status["rounds"][-1]
    calls = {role: c["done"] + c["failed"] for role, c in status["calls"].items()}
    return {
        "arm": run.arm, "equal": run.equal, "world": run.world, "seed": run.seed,
        "all": last["exact_all"], "hard": last["exact_hard"], "pool": last["exact_pool"],
        "by_round": [r["exact_all"] for r in status["rounds"]],
        "new_per_round": keys["recipe.new_per_round"],
        "written": sum(r["ok"] for name, r in status["rows"].items() if name.startswith(("write_", "probe_"))),
        "calls": calls, "spend": sum(calls.values()), "hard_kinds": status["hard_kinds"], "seconds": status["seconds"],
    }


def do(run, plan, results, program):
    if run.spend_of:
        run_keys = {**dict(run.keys), "recipe.new_per_round": instructions_for(run, plan, results)}
    else:
        run_keys = dict(run.keys)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "run.toml"
        file.write_text(run_file(run_keys.items()), encoding="utf-8")
        done = subprocess.run([program, "run", file, "--dir", f"{folder}/run"], env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True,
                              text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{run.name}: exit {done.returncode}: {done.stderr[-500:]}")
        status = subprocess.run([program, "status", f"{folder}/run", "--json"], capture_output=True, text=True, check=True).stdout
        figures = {**figures_of(json.loads(status), run, run_keys), "by_kind": kinds_of(f"{folder}/run")}
    results.store(run, figures)


class Board:
    """Which runs are done, so that one waits for those whose calls it needs."""

    def __init__(self, done):
        self._done, self._failed, self._changed = set(done), set(), threading.Condition()

    def post(self, run, well):
        with self._changed:
            (self._done if well else self._failed).add(run)
            self._changed.notify_all()

    def wait_for(self, run):
        with self._changed:
            self._changed.wait_for(lambda: run in self._done or run in self._failed)
            return run in self._done


def do_all(plan, results, program, jobs):
    """Every run that is missing. Returns how many were done now and what went wrong."""
    runs = plan.runs()
    missing = [run for run in runs if results.load(run) is None]
    board, faults, count = Board(set(runs) - set(missing)), [], 0
    print(f"{len(runs)} runs, {len(runs) - len(missing)} done before, {jobs} at a time", flush=True)

    def one(run):
        needs = [plan.run(arm, ANSWERS, run.world, run.seed) for arm in (run.spend_of, run.like) if arm]
        # A run that others wait for comes first in the list, so waiting ends.
        well = False
        try:
            if not all(board.wait_for(other) for other in needs):
                raise RuntimeError(f"{run.name}: a run that it needs failed")
            do(run, plan, results, program)
            well = True
        finally:
            board.post(run, well)

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(one, run): run for run in missing}
        for future in concurrent.futures.as_completed(waiting):
            count += 1
            fault = future.exception()
            if fault is not None:
                faults.append(str(fault))
            print(f"[{count}/{len(missing)}] {waiting[future].name}" + (f" FAILED: {fault}" if fault else ""), flush=True)
    return count - len(faults), faults
