"""`make experiment`: does what is missing of the plan, then writes docs/experiments.md, .json and the figure. The standard library only; the figure's matplotlib
comes into a private environment under .cache/ and is left out where it cannot be installed."""
import argparse
import os
import pathlib
import subprocess
import sys

import page
from plan import Plan
from runs import ROOT, Results, do_all

MATPLOTLIB = "matplotlib==3.10.0"


def draw(json_file, figure):
    """True when the figure was drawn."""
    env = ROOT / ".cache/figure-venv"
    python = env / "bin/python"
    if not (env / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", env], check=True)
        if subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", MATPLOTLIB], check=False).returncode != 0:
            print(f"no figure: {MATPLOTLIB} cannot be installed")
            return False
        (env / "ready").touch()
    return subprocess.run([python, pathlib.Path(__file__).parent / "figure.py", json_file, figure], check=False).returncode == 0


def main():
    parser = argparse.ArgumentParser(prog="experiment", description=__doc__)
    parser.add_argument("--plan", default=pathlib.Path(__file__).parent / "plan.toml")
    parser.add_argument("--program", default=ROOT / "build/release/retort")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs", help="where experiments/, experiments.md and experiments.json are")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs at a time, each on one thread")
    parser.add_argument("--page-only", action="store_true", help="run nothing; write the page from what is there")
    parser.add_argument("--no-figure", action="store_true")
    options = parser.parse_args()
    plan, results, folder = Plan(options.plan), Results(options.out / "experiments"), options.out / "experiments"
    folder.mkdir(parents=True, exist_ok=True)
    faults = [] if options.page_only else do_all(plan, results, options.program, options.jobs)[1]
    page.check_hard_third(results, plan)
    rows = list(page.differences(plan, results))
    json_file, figure = options.out / "experiments.json", folder / "differences.png"
    page.write_json(rows, json_file)
    drawn = bool(rows) and not options.no_figure and draw(json_file, figure)
    page.write_page(plan, results, rows, f"experiments/{figure.name}" if drawn else None, options.out / "experiments.md")
    if rows:
        print("\n".join(page.difference_table(rows)))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
