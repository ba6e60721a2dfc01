"""`retort eval annotations` beside AlpacaEval's own program (`alpaca_eval` of PyPI), on synthetic files in its formats: judgements of 805 answers, and
df_gamed.csv with two gamed baselines. The rates agree within 0.05 points, which is what the published leaderboard is held to.
usage: alpaca_eval.py RETORT"""
import importlib.machinery
import json
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest.mock

import numpy as np
import pandas as pd

TOLERANCE = 0.05  # points
ROWS = 805


def official():
    """The module that computes the rate, without the rest of the package, which wants half of a data scientist's machine."""
    for name in ("datasets", "pkg_resources"):
        sys.modules.setdefault(name, unittest.mock.MagicMock(__spec__=importlib.machinery.ModuleSpec(name, None)))
    folders = [pathlib.Path(p) / "alpaca_eval" for p in sys.path if (pathlib.Path(p) / "alpaca_eval" / "metrics").is_dir()]
    for name, folder in (("alpaca_eval", folders[0]), ("alpaca_eval.metrics", folders[0] / "metrics")):
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    from alpaca_eval.metrics import glm_winrate

    return glm_winrate


def write_files(folder, seed, skill, wordiness):
    """A model that is that good and that much longer than the baseline; two that played for length. Returns the judgements."""
    rng = np.random.default_rng(seed)
    difficulty = rng.normal(0, 1, ROWS)

    def preference(gap, level):
        z = -1.2 * np.tanh(gap) + 0.6 * difficulty + level + rng.normal(0, 2, ROWS)
        return np.round(1 / (1 + np.exp(-z)), 6)

    gamed = []
    for name, mean in (("concise", 1.1), ("verbose", -1.1)):
        gap = rng.normal(mean, 0.4, ROWS)
        gamed.append(pd.DataFrame({"model": name, "preference": preference(gap, -0.5), "index": range(ROWS), "std_delta_len": gap,
                                   "instruction_difficulty": difficulty, "not_gamed_baseline": False}))
    pd.concat(gamed).to_csv(folder / "df_gamed.csv", index=False)
    ours, baseline = rng.integers(200, 3000, ROWS), rng.integers(200, 3000, ROWS)
    ours = (ours * wordiness).astype(int)
    preferences = 1 + preference((baseline - ours) / (baseline - ours).std(), skill)
    preferences[3], preferences[4] = 1.5, 0  # a tie as newer files mark it, and as older ones
    rows = [{"index": i, "output_1": "é" * int(baseline[i]), "output_2": "a" * int(ours[i]), "preference": None if i == 7 else float(preferences[i]),
             "generator_1": "baseline", "generator_2": "model", "annotator": "judge"} for i in range(ROWS)]
    (folder / "annotations.json").write_text(json.dumps(rows), encoding="utf-8")
    return rows


def main():
    program, glm = sys.argv[1], official()
    failed = 0
    cases = [(1, -0.5, 1.0, "full"), (2, 1.0, 1.8, "full"), (3, -1.5, 0.5, "full"), (4, 0.2, 1.5, "minimal")]
    for seed, skill, wordiness, form in cases:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            rows = write_files(folder, seed, skill, wordiness)
            with unittest.mock.patch.object(glm, "hf_hub_download", lambda **_: str(folder / "df_gamed.csv")):
                theirs = glm.get_length_controlled_winrate(pd.DataFrame(rows), save_weights_dir=None, is_warn_extreme_changes=False,
                                                           glm_name="length_controlled_v1" if form == "full" else "length_controlled_minimal")
            gamed = ["--gamed", folder / "df_gamed.csv"] if form == "full" else []
            done = subprocess.run([program, "eval", "annotations", folder / "annotations.json", *gamed, "--json"], capture_output=True, text=True, check=True)
        ours = json.loads(done.stdout)
        gaps = {key: abs(ours[key] - theirs[their]) for key, their in (("win_rate", "length_controlled_winrate"), ("raw_win_rate", "win_rate"))}
        right = max(gaps.values()) <= TOLERANCE and ours["form"] == form
        failed += not right
        print(f"{'ok' if right else 'FAIL'}: seed {seed}, {form}: {ours['win_rate']:.3f} (theirs {theirs['length_controlled_winrate']:.3f}), raw {ours['raw_win_rate']:.3f} ({theirs['win_rate']:.3f})")
    print(f"{len(cases) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
