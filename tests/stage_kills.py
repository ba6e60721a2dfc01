"""kill -9 at random moments within one stage at a time. Each folder starts as a run that was killed just before that stage; it is killed again and again until
the stage is done, then goes on to its end, which must be that of a run never killed. Called by crash_test.py."""
import json
import os
import random
import shutil
import signal
import subprocess
import time

from small_run import RETORT, asked, differences, facts, practice_teacher, query, retort, unknown_outcomes

# What the issue calls them -> the stage. Calls take a while and steps are many, so that each stage lasts.
STAGES = {"collect": "teach_0", "sample": "answer_1", "judge": "judge_1", "generate": "write_1", "train": "imitate_1"}
LATENCY_MS = 20
WINDOW = 4  # requests in flight
SLOW = [("[data]", f"concurrency = {WINDOW}\n[referee]\nconcurrency = {WINDOW}\n[generator]\nconcurrency = {WINDOW}\n[data]"),
        ("steps = 6\nround_steps = 4", "steps = 6\nround_steps = 60\ncheckpoint_every_steps = 10")]
KILLS_A_FOLDER = 10


def slowed(text):
    for old, new in SLOW:
        assert old in text, old
        text = text.replace(old, new)
    return text


def crash_at(point, file, folder):
    """Seconds until the program killed itself there."""
    began = time.time()
    done = retort("run", file, "--dir", folder, env={"RETORT_CRASH_AT": point})
    assert done.returncode == -signal.SIGKILL, f"{point}: exit {done.returncode} {done.stderr[-300:]}"
    return time.time() - began


def is_finished(folder, stage):
    """None before it has begun."""
    found = query(folder, f"SELECT finished_ms IS NOT NULL FROM stages WHERE name = '{stage}'")
    return bool(found[0][0]) if found else None


def killed_after(seconds, file, folder):
    """False when the program ended by itself first."""
    process = subprocess.Popen([RETORT, "run", file, "--dir", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


class StageKills:
    """All kills in one stage."""

    def __init__(self, root, stage, text, reference):
        self.root, self.stage, self.text, self.reference = root, stage, slowed(text), reference
        self.kills, self.folders, self.wrong = 0, 0, []
        self.rng = random.Random(stage)

    def file(self, url):
        path = os.path.join(self.root, f"{self.stage}.toml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(self.text.format(base_url=url))
        return path

    def run(self, times):
        self.before = os.path.join(self.root, f"{self.stage}.before")
        with practice_teacher("--latency-ms", str(LATENCY_MS)) as url:
            file = self.file(url)
            crash_at(f"{self.stage}:before", file, self.before)
            self.asked_before = set(asked(url))
            first = crash_at(f"{self.stage}:before", file, self.before)
            trial = shutil.copytree(self.before, os.path.join(self.root, f"{self.stage}.trial"))
            self.moments = (first, crash_at(f"{self.stage}:half", file, trial))
            shutil.rmtree(trial)
        while self.kills < times and self.folders < 2 * times:
            self.one_folder(times)
        shutil.rmtree(self.before)

    def one_folder(self, times):
        self.folders += 1
        folder = shutil.copytree(self.before, os.path.join(self.root, f"{self.stage}.{self.folders}"))
        with practice_teacher("--latency-ms", str(LATENCY_MS)) as url:
            file, here = self.file(url), 0
            while here < KILLS_A_FOLDER and self.kills < times and killed_after(self.rng.uniform(*self.moments), file, folder):
                state = is_finished(folder, self.stage)
                if state:
                    break
                if state is not None:
                    here, self.kills = here + 1, self.kills + 1
                    self.check_unknown(folder)
            done = retort("run", file, "--dir", folder)
            if done.returncode != 0:
                self.wrong.append(f"exit {done.returncode}: {done.stderr[-200:]}")
            self.check_end(folder, asked(url))
        shutil.rmtree(folder)

    def check_unknown(self, folder):
        """What was in flight is within the window, and status names each."""
        listed = [call["key"] for call in json.loads(retort("status", folder, "--json").stdout)["unknown_calls"]]
        in_flight = [key.lower() for (key,) in query(folder, "SELECT hex(key) FROM calls WHERE state = 1")]
        if len(in_flight) > WINDOW or sorted(listed) != sorted(in_flight):
            self.wrong.append(f"{len(in_flight)} in flight, {len(listed)} listed")

    def check_end(self, folder, counts):
        found = differences(self.reference, facts(folder))
        extra = sum(counts.values()) - len(counts)
        if found:
            self.wrong.append(f"differs in {found}")
        if extra > unknown_outcomes(folder):
            self.wrong.append(f"{extra} asked twice, {unknown_outcomes(folder)} of unknown outcome")
        if self.asked_before & set(counts):
            self.wrong.append(f"{len(self.asked_before & set(counts))} done calls of the stages before were asked again")


def kill_in_report(root, folder, times):
    """Reports that are not whole, of so many kills of a finished run whose report is yet to be written; and how often it was killed."""
    report = os.path.join(folder, "report.html")
    file = os.path.join(root, "report.toml")
    shutil.copy(os.path.join(folder, "run.toml"), file)
    with open(report, "rb") as whole:
        reference = whole.read()
    os.remove(report)
    began = time.time()
    retort("run", file, "--dir", folder)
    lasts, rng, kills, wrong = time.time() - began, random.Random("report"), 0, []
    for _ in range(4 * times):
        if os.path.exists(report):
            with open(report, "rb") as found:
                wrong += [] if found.read() == reference else ["the report is not whole"]
            os.remove(report)
        if kills == times:
            break
        kills += killed_after(rng.uniform(0, lasts), file, folder)
    retort("run", file, "--dir", folder)
    with open(report, "rb") as found:
        wrong += [] if found.read() == reference else ["the last report is another one"]
    return kills, wrong


def kill_in_stages(tally, root, text, times):
    whole = os.path.join(root, "slow")
    with practice_teacher() as url:
        path = os.path.join(root, "slow.toml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(slowed(text).format(base_url=url))
        done = retort("run", path, "--dir", whole)
    tally.check("the run of the stage kills ends well", done.returncode == 0, done.stderr[-300:])
    reference = facts(whole)
    for name, stage in STAGES.items():
        began, kills = time.time(), StageKills(root, stage, text, reference)
        kills.run(times)
        tally.check(f"{kills.kills} kills while it does {name}, in {kills.folders} folders ({time.time() - began:.0f} s): the same rows and weights, nothing done"
                    " asked again, each unknown outcome listed", kills.kills == times and not kills.wrong, kills.wrong[:5])
    if not os.path.exists(os.path.join(whole, "report.html")):
        return tally.skip("kills while it writes the report", "this build has no page (no node when it was built)")
    kills, wrong = kill_in_report(root, whole, times)
    tally.check(f"{kills} kills while it writes the report: it is whole or not there", kills == times and not wrong, wrong[:5])
