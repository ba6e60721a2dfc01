"""`retort eval` end to end: every suite with a small student and the practice teacher as judge and reference, killed at every step and at
random moments, resumed to the same figures, and never paid twice; compare, fetch, contamination, a run's export, bad input. RETORT_LONG=1
kills at every point and 60 times at random."""
import http.server
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

from eval_data import QUESTIONS, write_suites
from small_run import RETORT, ROOT, SMALL, Tally, asked, practice_teacher, retort, unknown_outcomes

EXACT = ["practice", "bbh", "bbh-free", "agieval", "truthfulqa-mc", "ifeval"]
PAIRWISE = ["vicuna80", "user252", "mt-bench-pair", "alpaca-eval"]
SUITES = [*EXACT, *PAIRWISE, "mt-bench"]
STUDENT = ROOT / "practice_base"


def arguments(data, folder, url, suites, *more):
    """The command line of an evaluation of the practice base."""
    return ["eval", STUDENT, "--suite", ",".join(suites), "--data", data, "--dir", folder, "--template", "practice", "--threads", "1", "--tokens-max",
            "24", "--practice-per-kind", "1", "--name", "base", "--judge", url, "--judge-model", "practice", "--reference", url, "--reference-model",
            "practice", *more]


def results(folder):
    return {path.name: json.loads(path.read_text()) for path in sorted(pathlib.Path(folder, "results").glob("*.json"))}


def crash_points():
    """Where each suite is killed; RETORT_LONG=1: everywhere."""
    everywhere = bool(os.environ.get("RETORT_LONG"))
    for suite in SUITES:
        answers = ("before", "half", "after") if everywhere else ("half", "after") if suite in EXACT else ("half",)
        if suite in PAIRWISE:
            yield from (f"{suite}/reference:{at}" for at in answers)
        yield from (f"{suite}/model:{at}" for at in answers)
        if suite not in EXACT:
            yield from (f"{suite}/judge:{at}" for at in ("before", "after"))


def figure(report, name):
    return next(one for one in report["figures"] if one["name"] == name)


def check_figures(tally, found):
    tally.check("every suite has a result", len(found) == len(SUITES), list(found))
    for name, report in found.items():
        whole = all(f["n"] + f["unparsed"] + f["failed"] >= len(f["items"]) and "estimate" in f for f in report["figures"])
        tally.check(f"{name}: figures with n, interval, unparsed, mean length", whole and report["mean_characters"] > 0, report)
    vicuna = found["vicuna80__base.json"]
    tally.check("vicuna80: both settings, both orders", [f["name"] for f in vicuna["figures"]] == [
        "setting 1 (reference first)", "setting 1, swapped", "setting 1, both orders", "setting 2 (evidence first)"], vicuna["figures"])
    tally.check("vicuna80: the judge's order disagreement is measured", vicuna["order_disagreement"]["high"] > 0, vicuna["order_disagreement"])
    tally.check("vicuna80: the base is worse than its teacher", figure(vicuna, "setting 1, both orders")["estimate"]["value"] < 100)
    tally.check("vicuna80: nothing is unparsed, the mathematics form included", all(f["unparsed"] == 0 for f in vicuna["figures"]))
    alpaca = found["alpaca-eval__base.json"]
    tally.check("alpaca-eval: a length-controlled rate, labelled minimal", (alpaca["length_controlled"] or {}).get("form") == "minimal", alpaca)
    bench = found["mt-bench__base.json"]
    tally.check("mt-bench: two turns graded apart", [f["name"] for f in bench["figures"]] == ["grade", "first turn", "second turn"])
    bbh = found["bbh__base.json"]
    tally.check("bbh: chance and majority beside the figure", bbh["chance"] == 50 and bbh["majority"] == 100, (bbh["chance"], bbh["majority"]))
    tally.check("agieval: says that logiqa-en is not there", any("logiqa" in remark for remark in found["agieval__base.json"]["remarks"]))


def run_whole(tally, data, folder):
    with practice_teacher("--score-noise", "1.5", "--position-bias", "1") as url:
        done = retort(*arguments(data, folder, url, SUITES))
        tally.check("every suite runs end to end", done.returncode == 0, done.stderr[-500:])
        counts = asked(url)
        again = retort(*arguments(data, folder, url, SUITES))
        tally.check("the same command again asks for nothing", again.returncode == 0 and asked(url) == counts, again.stderr[-300:])
        tally.check("and says the same", again.stdout == done.stdout)
        for word in ("unparsed", "[", "characters on average", "contamination", "swapped, it decides otherwise", "chance"):
            tally.check(f"the table says \"{word}\"", word in done.stdout, done.stdout[-400:])
    return results(folder)


def run_killed(tally, data, folder, wanted):
    with practice_teacher("--score-noise", "1.5", "--position-bias", "1") as url:
        missed = []
        for point in crash_points():
            suites = [point.split("/")[0]]
            done = retort(*arguments(data, folder, url, suites), env={"RETORT_CRASH_AT": point})
            if done.returncode != -signal.SIGKILL:
                missed.append(f"{point}: exit {done.returncode} {done.stderr[-200:]}")
        tally.check(f"it was killed at each of {len(list(crash_points()))} points", not missed, missed)
        done = retort(*arguments(data, folder, url, SUITES))
        tally.check("and went on to the end", done.returncode == 0, done.stderr[-300:])
        twice = {key: times for key, times in asked(url).items() if times > 1}
        tally.check("nothing was asked twice", not twice, twice)
    found = results(folder)
    tally.check("with the results of one never killed", found == wanted, [name for name in wanted if found.get(name) != wanted[name]])


def run_killed_at_random(tally, data, folder, wanted, kills):
    rng = random.Random(5)
    with practice_teacher("--score-noise", "1.5", "--position-bias", "1", "--latency-ms", "150") as url:
        command = [RETORT, *map(str, arguments(data, folder, url, PAIRWISE + ["mt-bench"]))]
        killed = 0
        while killed < kills:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=rng.uniform(0.1, 0.8))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
        done = retort(*map(str, command[1:]))
        repeats = sum(times - 1 for times in asked(url).values())
        unknown = unknown_outcomes(folder)
        tally.check(f"after {killed} kills at random moments it ends well", done.returncode == 0 and killed > 0, done.stderr[-300:])
        tally.check("only calls of unknown outcome were asked again", repeats <= unknown, (repeats, unknown))
    found = results(folder)
    tally.check("with the same results", all(found[name] == wanted[name] for name in found), list(found))


def check_compare(tally, data, folder):
    with practice_teacher() as url:
        done = retort("eval", url, "--model-name", "practice", "--suite", "practice,vicuna80", "--data", data, "--dir", folder, "--practice-per-kind", "1",
                      "--judge", url, "--judge-model", "practice", "--reference", url, "--reference-model", "practice", "--tokens-max", "64", "--name",
                      "teacher")
    tally.check("an endpoint is evaluated like a folder", done.returncode == 0, done.stderr[-300:])
    exact = figure(results(folder)["practice__teacher.json"], "exact")
    tally.check("the practice teacher knows its world", exact["estimate"]["value"] == 100, exact["estimate"])
    a, b = (pathlib.Path(folder, "results", f"practice__{name}.json") for name in ("teacher", "base"))
    done = retort("eval", "compare", a, b)
    tally.check("compare gives a paired difference with an interval", re.search(r"A - B \+\d+\.\d+  \[\+\d", done.stdout), done.stdout + done.stderr)
    compared = json.loads(retort("eval", "compare", a, b, "--json").stdout)[0]
    tally.check("and says how often each was better", compared["better"] + compared["equal"] + compared["worse"] == compared["n"], compared)
    other = retort("eval", "compare", a, pathlib.Path(folder, "results", "vicuna80__base.json"))
    tally.check("two suites are not compared", other.returncode == 2 and other.stderr.count("\n") == 1, other.stderr)


def check_run(tally, root, data):
    folder = pathlib.Path(root, "run")
    with practice_teacher() as url:
        file = pathlib.Path(root, "small.toml")
        file.write_text(SMALL.format(base_url=url), encoding="utf-8")
        done = retort("run", file, "--dir", folder)
        done = retort("eval", folder, "--suite", "practice,vicuna80", "--data", data, "--dir", pathlib.Path(root, "of_run"), "--practice-per-kind", "1",
                      "--json") if done.returncode == 0 else done
    tally.check("a run is evaluated: its export, its referee as judge, its teacher as reference", done.returncode == 0, done.stderr[-300:])
    reports = json.loads(done.stdout or "[]")
    tally.check("with its instructions looked through", len(reports) == 2 and reports[0]["contamination"]["rows"] >= 160, done.stdout[:300])
    tally.check("and held-out practice questions are not among them", reports and reports[0]["contamination"]["exact_rows"] == 0)


def check_contamination(tally, root, data, folder):
    rows = pathlib.Path(root, "train.jsonl")
    rows.write_text("".join(json.dumps({"instruction": text, "output": "x"}) + "\n" for text in ("total 13 & 26", "something else")), encoding="utf-8")
    with practice_teacher() as url:
        done = retort(*arguments(data, folder, url, ["vicuna80"], "--train", rows, "--json"))
    found = json.loads(done.stdout)[0]["contamination"]
    tally.check("a training row that is a question is found", found["exact_rows"] == 1 and found["exact_questions"] == ["1"], found)


class Files(http.server.BaseHTTPRequestHandler):
    """A server of files with ranges; breaks off the first reply to each path in the middle."""
    content, broken, ranges = {}, set(), []

    def do_GET(self):
        body = self.content.get(self.path)
        if body is None:
            self.send_error(404)
            return
        first, last = re.match(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups()
        self.ranges.append((self.path, int(first)))
        if int(first) >= len(body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        part = body[int(first):int(last) + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{int(first) + len(part) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if self.path not in self.broken:
            self.broken.add(self.path)
            part = part[:len(part) // 2]
            self.close_connection = True
        self.wfile.write(part)

    def log_message(self, *_):
        pass


def check_fetch(tally, root):
    folder = pathlib.Path(root, "fetched")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    mirror = f"http://127.0.0.1:{server.server_port}"
    Files.content["/ifeval.jsonl"] = b'{"key": 1}\n' * 1000
    done = retort("eval", "fetch", "ifeval", "--data", folder, "--mirror", mirror)
    tally.check("a file is fetched though the connection breaks", done.returncode == 0, done.stderr)
    tally.check("as the server has it", (folder / "ifeval.jsonl").read_bytes() == Files.content["/ifeval.jsonl"])
    (folder / "ifeval.jsonl").rename(folder / "ifeval.jsonl.incomplete")
    with open(folder / "ifeval.jsonl.incomplete", "r+b") as part:
        part.truncate(4000)
    done = retort("eval", "fetch", "ifeval", "--data", folder, "--mirror", mirror)
    tally.check("what is there of it is not asked for again", done.returncode == 0 and Files.ranges[-1] == ("/ifeval.jsonl", 4000), Files.ranges)
    (folder / "ifeval.jsonl").unlink()
    Files.content["/ifeval.jsonl"] = b'{"key": 2}\n' * 1000
    done = retort("eval", "fetch", "ifeval", "--data", folder, "--mirror", mirror)
    tally.check("a file that has changed since is refused", done.returncode == 5 and "checksum" in done.stderr, done.stderr)
    Files.content["/vicuna80.jsonl"] = b"x" * 13125
    done = retort("eval", "fetch", "vicuna80", "--data", folder, "--mirror", mirror)
    tally.check("so is one that is not the official one", done.returncode == 5 and not (folder / "vicuna80.jsonl").exists(), done.stderr)
    official = ROOT / "../shared/data/vicuna80.jsonl"
    if official.exists():
        Files.content["/vicuna80.jsonl"] = official.read_bytes()
        done = retort("eval", "fetch", "vicuna80", "--data", folder, "--mirror", mirror)
        tally.check("the official one is taken", done.returncode == 0 and "checksum right" in done.stdout, done.stderr)
    else:
        tally.skip("eval_test fetch", f"no official file in {official.parent}")
    done = retort("eval", "fetch", "practice", "--data", folder)
    tally.check("what has no files says so", done.returncode == 3 and done.stderr.count("\n") == 1, done.stderr)
    server.shutdown()


def check_bad_input(tally, root, data):
    cases = {
        "no model": (["eval", "--suite", "bbh"], 2, "no model is named"),
        "no suite": (["eval", STUDENT], 2, "no suite is named"),
        "an unknown suite": (["eval", STUDENT, "--suite", "vicuna8"], 2, "did you mean vicuna80"),
        "no data": (["eval", STUDENT, "--suite", "bbh", "--data", root], 3, "eval fetch bbh"),
        "no judge": (["eval", STUDENT, "--suite", "mt-bench", "--data", data, "--template", "practice", "--tokens-max", "4"], 2, "needs a judge"),
        "no reference": (["eval", STUDENT, "--suite", "vicuna80", "--data", data, "--template", "practice", "--judge", "practice"], 2, "--reference"),
        "no such model": (["eval", "nothing/here/at/all", "--suite", "bbh", "--data", data], 3, "is no folder"),
        "a judge without a name": (["eval", STUDENT, "--suite", "mt-bench", "--data", data, "--judge", "http://127.0.0.1:9/v1"], 2, "--judge-model"),
        "a negative limit": (["eval", STUDENT, "--suite", "bbh", "--limit", "-1"], 2, "--limit is -1"),
        "no result": (["eval", "compare", pathlib.Path(data, "alpaca_eval.json"), pathlib.Path(data, "alpaca_eval.json")], 5, "no result of"),
    }
    for name, (command, code, words) in cases.items():
        extra = [] if command[1] == "compare" else ["--dir", pathlib.Path(root, "bad")]
        done = retort(*command, *extra)
        line = [text for text in done.stderr.splitlines() if text.startswith("retort: ")]
        tally.check(f"{name} is refused with one line", done.returncode == code and len(line) == 1 and words in line[0], (done.returncode, done.stderr))


def main():
    tally = Tally()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as root:
        data = write_suites(pathlib.Path(root, "data"))
        assert len(QUESTIONS) == 12
        whole = pathlib.Path(root, "whole")
        wanted = run_whole(tally, data, whole)
        check_figures(tally, wanted)
        run_killed(tally, data, pathlib.Path(root, "killed"), wanted)
        run_killed_at_random(tally, data, pathlib.Path(root, "random"), wanted, 60 if os.environ.get("RETORT_LONG") else 6)
        check_compare(tally, data, whole)
        check_contamination(tally, root, data, whole)
        check_run(tally, root, data)
        check_fetch(tally, root)
        check_bad_input(tally, root, data)
    print(f"{time.monotonic() - began:.0f} s")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
