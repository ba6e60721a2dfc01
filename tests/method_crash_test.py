"""kill -9 at named points of small runs of TAPIR, Orca, lion-tapir, Self-Instruct, Evol-Instruct and EKT, of Lion with explanations and a prior: each goes on and ends with the
same rows and weights as a run never killed, asks nothing twice but what a kill left open, and every stage balances. A draw of the points; RETORT_LONG=1: all."""
import os
import random
import signal
import sys
import tempfile

from small_run import Tally, asked, differences, facts, practice_teacher, query, retort, unknown_outcomes

SMALL = """
[recipe]
preset = "demo"
control = ""
name = "{recipe}"
rounds = 1
new_per_round = 12
{more}
[teacher]
base_url = "{base_url}"
[data]
practice_rows = 60
[train]
steps = 3
round_steps = 2
rows_per_step = 4
[eval]
practice_per_kind = 0
[student]
threads = 1
"""

# Of each: further keys of [recipe], further sections, and its stages with the points within them.
COMMON = {"teach_0": "chunk", "imitate_0": "half"}
WRITES = {"write_1": "chunk", "teach_1": "chunk", "imitate_1": "half"}
JUDGES = {"answer_1": "chunk", "judge_1": "chunk"}
METHODS = {
    "tapir": ("", "", {**COMMON, **JUDGES, **WRITES, "curriculum_1": "half", "rewrite_1": "chunk"}),
    "lion-tapir": ("", "", {**COMMON, **JUDGES, **WRITES, "curriculum_1": "half"}),
    "orca": ("", "", {"explain_0": "chunk", "imitate_0": "half", "explain_1": "half", "imitate_1": "half"}),
    "self-instruct": ("", "", {**COMMON, **WRITES}),
    "evol-instruct": ("", "", {**COMMON, "write_1": "chunk", "teach_write_1": "chunk", "eliminate_1": "half", "imitate_1": "half"}),
    "ekt": ("", '[answers]\nsamples = 2\nchecks = ["vote"]\n[practice]\nerror_share = 0.2\n', {**COMMON, **WRITES}),
    "lion": ('judge_sample = 20\njudge_prior = "loss"', "[answers]\nexplained = true\n",
             {"explain_0": "chunk", "imitate_0": "half", "prior_1": "chunk", **JUDGES, "explain_1": "half", "imitate_1": "half"}),
}
KILLS = 3


def write_file(folder, name, recipe, base_url):
    more, sections, _ = METHODS[recipe]
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(SMALL.format(recipe=recipe, more=more, base_url=base_url) + sections)
    return path


def points_of(recipe):
    """A draw of its points in the order of the run, the same each time."""
    points = [f"{stage}:{where}" for stage, where in METHODS[recipe][2].items()]
    if os.environ.get("RETORT_LONG"):
        return points
    drawn = set(random.Random(recipe).sample(points, KILLS))
    return [point for point in points if point in drawn]


def unbalanced(folder):
    return query(folder, "SELECT name FROM stages s WHERE count_in <> count_ok + count_dropped + count_failed OR count_dropped + count_failed <>"
                         " (SELECT count(*) FROM drops d WHERE d.stage_id = s.id)")


def check(tally, recipe, root):
    whole, killed = os.path.join(root, f"{recipe}.whole"), os.path.join(root, f"{recipe}.killed")
    with practice_teacher() as url:
        done = retort("run", write_file(root, f"{recipe}.toml", recipe, url), "--dir", whole)
        tally.check(f"{recipe}: a small run ends well, and asks nothing twice",
                    done.returncode == 0 and max(asked(url).values()) == 1, done.stderr[-500:])
        if done.returncode != 0:
            return
    with practice_teacher() as url:
        file, missed, points = write_file(root, f"{recipe}.killed.toml", recipe, url), [], points_of(recipe)
        for point in points:
            done = retort("run", file, "--dir", killed, env={"RETORT_CRASH_AT": point})
            if done.returncode != -signal.SIGKILL:
                missed.append(f"{point}: exit {done.returncode} {done.stderr[-200:]}")
        done = retort("run", file, "--dir", killed)
        found = [] if done.returncode else differences(facts(whole), facts(killed))
        tally.check(f"{recipe}: killed at {', '.join(points)}, the same rows and weights", not missed and done.returncode == 0 and not found,
                    f"{missed} {done.stderr[-300:]} {found}")
        counts = asked(url)
        tally.check(f"{recipe}: nothing asked twice but what a kill left with an unknown outcome",
                    sum(counts.values()) - len(counts) <= unknown_outcomes(killed))
    tally.check(f"{recipe}: in = ok + dropped + failed at every stage, and each drop is on record", not unbalanced(killed), unbalanced(killed))


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as root:
        for recipe in METHODS:
            check(tally, recipe, root)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
