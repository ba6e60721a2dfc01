"""`make experiment`'s driver on a plan of eight small runs: equal spend is equal, what is done is not done again, and the statistics are those of the field."""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from small_run import RETORT, ROOT, Tally

DRIVER = ROOT / "scripts/experiment"
sys.path.insert(0, str(DRIVER))
from intervals import mean_interval, t_quantile  # noqa: E402

PLAN = ROOT / "tests/experiment_small.toml"


def drive(out, plan=PLAN):
    return subprocess.run([sys.executable, DRIVER, "--plan", plan, "--program", RETORT, "--out", out, "--jobs", "2", "--no-figure"],
                          capture_output=True, text=True, check=False)


def statistics(tally):
    # The 97.5 % points of Student's t as every table has them.
    known = {1: 12.7062, 2: 4.3027, 7: 2.3646, 30: 2.0423}
    tally.check("t quantiles are the tables'", all(abs(t_quantile(d) - q) < 1e-3 for d, q in known.items()), {d: t_quantile(d) for d in known})
    mean, low, high = mean_interval([1.0, 2.0, 3.0, 4.0])
    half = 3.18245 * math.sqrt(5 / 3 / 4)
    tally.check("an interval is the mean and t standard errors on each side", abs(mean - 2.5) < 1e-12 and abs(high - mean - half) < 1e-4 and abs(mean - low - half) < 1e-4)
    tally.check("one value has no interval", mean_interval([1.0]) is None)


def small_plan(tally, out):
    done = drive(out)
    tally.check("the driver ends well", done.returncode == 0, done.stdout[-500:] + done.stderr[-500:])
    files = sorted(out.glob("experiments/*/*.json"))
    tally.check("a finished run is one file", len(files) == 8, files)
    runs = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
    for seed in (1, 2):
        lion, bought = runs[f"lion-{seed}"], runs[f"imitation@spend-{seed}"]
        tally.check(f"equal spend is equal within 5 %, and buys more instructions (seed {seed})",
                    abs(bought["spend"] / lion["spend"] - 1) < 0.05 and bought["written"] > 2 * lion["written"], f"{bought['spend']} against {lion['spend']}")
        tally.check(f"equal answers are equal (seed {seed})", lion["calls"]["teacher"] == runs[f"imitation-{seed}"]["calls"]["teacher"] == runs[f"votes-{seed}"]["calls"]["teacher"])
    rows = json.loads((out / "experiments.json").read_text(encoding="utf-8"))["differences"]
    tally.check("each comparison has a row for each measure", len(rows) == 4 * 3, len(rows))
    row = next(r for r in rows if (r["a"], r["b"], r["equal"], r["on"]) == ("lion", "imitation", "answers", "all"))
    mean = sum(runs[f"lion-{s}"]["all"] - runs[f"imitation-{s}"]["all"] for s in (1, 2)) / 2
    tally.check("a difference is a mean over the same seeds, in shares", abs(row["mean"] - mean) < 1e-5 and row["n"] == 2 and row["lo"] <= row["mean"] <= row["hi"], row)
    tally.check("the page shows it", "lion − imitation" in (out / "experiments.md").read_text(encoding="utf-8"))
    return files


def going_on(tally, out, files):
    files[0].unlink()
    times = {file: os.stat(file).st_mtime_ns for file in files[1:]}
    before = drive(out)
    same = all(os.stat(file).st_mtime_ns == time for file, time in times.items())
    tally.check("what is missing is done, what is done is not", files[0].exists() and same and "7 done before" in before.stdout, before.stdout[:300])
    plan = out / "other.toml"
    plan.write_text(PLAN.read_text(encoding="utf-8").replace('imitation = { "recipe.name" = "imitation" }', 'imitation = { "recipe.name" = "imitation", "recipe.replay" = 0.0 }'), encoding="utf-8")
    changed = drive(out, plan)
    # Both seeds of imitation, and of what it buys at Lion's spend.
    tally.check("an arm that the plan changed is run again, and no other", "4 done before" in changed.stdout, changed.stdout[:300])


def main():
    tally = Tally()
    statistics(tally)
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        files = small_plan(tally, out)
        if len(files) == 8:
            going_on(tally, out, files)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
