"""kill -9 in every stage of a small run, and at random moments: it goes on, ends with the same rows and the same weights as a run never killed, and no
request whose reply was stored is ever asked again. RETORT_LONG=1 kills 2,000 times instead of about 40,
and 50 times within each of six stages."""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

from stage_kills import kill_in_stages
from small_run import RETORT, SMALL, Tally, asked, differences, facts, practice_teacher, retort, unknown_outcomes

STAGES = ["seeds", "teach_0", "imitate_0", "evaluate_0", "answer_1", "judge_1", "write_1", "teach_1", "imitate_1", "evaluate_1",
          "control/write_1", "control/teach_1", "control/imitate_1", "control/evaluate_1"]


def write_file(folder, name, base_url):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write(SMALL.format(base_url=base_url))
    return path


def crash_points():
    """Where the killed run is killed, in the order of the loop: amid a stage's chunks where it has any, and before it is marked finished."""
    for stage in STAGES:
        if stage.split("_")[0].split("/")[-1] in ("teach", "answer", "judge", "write"):
            yield f"{stage}:chunk"
        yield f"{stage}:half"


def kill_in_every_stage(tally, file, folder, reference):
    missed = []
    for point in crash_points():
        done = retort("run", file, "--dir", folder, env={"RETORT_CRASH_AT": point})
        if done.returncode != -signal.SIGKILL:
            missed.append(f"{point}: exit {done.returncode} {done.stderr[-200:]}")
    tally.check(f"the program was killed at each of {len(list(crash_points()))} points", not missed, missed)
    done = retort("run", file, "--dir", folder)
    tally.check("after a kill in every stage the run ends well", done.returncode == 0, done.stderr[-500:])
    found = differences(reference, facts(folder))
    tally.check("the same rows and the same weights as a run never killed", not found, found)


def kill_at_random(tally, file, root, reference, times):
    rng = random.Random(1)
    kills = runs = 0
    wrong = []
    while kills < times:
        runs += 1
        folder = os.path.join(root, f"random_{runs}")
        while True:
            process = subprocess.Popen([RETORT, "run", file, "--dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                code = process.wait(timeout=rng.uniform(0.3, 3.0) if kills < times else 300)
                if code != 0:
                    wrong.append(f"exit {code}")
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
        wrong += differences(reference, facts(folder))
    tally.check(f"{kills} kills at random moments in {runs} runs: the same rows and weights", not wrong, wrong[:5])


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as root, practice_teacher() as base_url:
        file = write_file(root, "small.toml", base_url)
        began = time.time()
        done = retort("run", file, "--dir", os.path.join(root, "whole"))
        tally.check("a small run ends well", done.returncode == 0, done.stderr[-500:])
        if done.returncode != 0:
            return tally.close()
        print(f"a small run takes {time.time() - began:.1f} s")
        reference = facts(os.path.join(root, "whole"))
        before = asked(base_url)
        tally.check("a run never killed asks nothing twice", max(before.values()) == 1)
        # A teacher of its own for the killed run, so that its questions are counted apart.
        with practice_teacher() as second_url:
            again = write_file(root, "killed.toml", second_url)
            folder = os.path.join(root, "killed")
            kill_in_every_stage(tally, again, folder, reference)
            counts = asked(second_url)
            extra = sum(counts.values()) - len(counts)
            tally.check("nothing was asked twice but what a kill left with an unknown outcome", extra <= unknown_outcomes(folder),
                        f"{extra} extra, {unknown_outcomes(folder)} unknown")
            tally.check("it asked what the whole run asked", set(counts) == set(before))
        long = bool(os.environ.get("RETORT_LONG"))
        kill_at_random(tally, file, root, reference, 2000 if long else 20)
        if long:
            kill_in_stages(tally, root, SMALL, 50)
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
