"""`make real`: one Lion round of 200 real instructions against an LLM that no one here wrote (tests/llama_server.py), killed once on the way. Every row must be
accounted for, no score invented, nothing asked twice. Prints its figures and keeps them in docs/experiments/real.json. Usage: real_llm.py FOLDER"""
import contextlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import time
import tomllib

from counting_proxy import counting_proxy
from small_run import RETORT, ROOT, Tally, facts, query, retort, unknown_outcomes

DATA = ROOT.parent / "shared/data/instructions.jsonl"
FIGURES = ROOT / "docs/experiments/real.json"
ROWS = 200
KILL_AFTER_VERDICTS = 40


@contextlib.contextmanager
def real_llm():
    """The server in a process of its own; yields its base URL."""
    process = subprocess.Popen([sys.executable, ROOT / "tests/llama_server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=30)


def draw_rows(folder):
    lines = DATA.read_text(encoding="utf-8").splitlines()
    path = folder / "rows.jsonl"
    path.write_text("\n".join(random.Random(1).sample(lines, ROWS)) + "\n", encoding="utf-8")
    return path


def count(run, text):
    return query(run, text)[0][0]


def start(run, rows, url):
    """The program with its progress on our terminal."""
    return subprocess.Popen([RETORT, "run", ROOT / "examples/real-llm.toml", "--dir", run], env={**os.environ, "LLM_URL": url, "LLM_ROWS": str(rows)})


def kill_amid_judging(process, run):
    """False when the run ended before so many verdicts had come."""
    while process.poll() is None:
        time.sleep(0.2)
        with contextlib.suppress(sqlite3.Error, IndexError):
            if count(run, "SELECT done FROM call_totals WHERE role = 'referee'") >= KILL_AFTER_VERDICTS:
                process.kill()
                process.wait()
                return True
    return False


def check_rows(tally, run):
    """Every row is somewhere, and no number is where none was written."""
    status = json.loads(retort("status", run, "--json").stdout)
    stages = status["rows"]
    wrong = {name: r for name, r in stages.items() if r["in"] != r["ok"] + r["dropped"] + r["failed"]}
    tally.check("every stage balances", not wrong, wrong)
    tally.check(f"{ROWS} rows went in", stages["seeds"]["in"] == ROWS, stages["seeds"])
    lost = count(run, "SELECT count(*) FROM instructions i WHERE NOT EXISTS (SELECT 1 FROM teacher_answers t WHERE t.instruction_id = i.id)"
                      " AND NOT EXISTS (SELECT 1 FROM drops d JOIN stages s ON s.id = d.stage_id WHERE d.instruction_id = i.id AND s.name LIKE 'teach%')")
    tally.check("every instruction has the teacher's answer or the reason why not", lost == 0, lost)
    limit = tomllib.loads((run / "run.toml").read_text(encoding="utf-8"))["teacher"]["tokens_max"]
    cut = count(run, "SELECT count(*) FROM teacher_answers t JOIN calls c ON c.id = t.call_id"
                     f" WHERE t.finish != CASE WHEN c.tokens_out >= {limit} THEN 'length' ELSE 'stop' END")
    tally.check("an answer that reached its limit is kept as cut, and no other", cut == 0, cut)
    trained = count(run, "SELECT count(*) FROM drops d JOIN stages s ON s.id = d.stage_id JOIN teacher_answers t ON t.instruction_id = d.instruction_id"
                         " WHERE s.name = 'imitate_0' AND t.finish = 'length' AND d.reason = 'teacher''s answer was cut'")
    all_cut = count(run, "SELECT count(*) FROM teacher_answers t JOIN stages s ON s.id = t.stage_id WHERE s.name = 'teach_0' AND t.finish = 'length'")
    tally.check("no cut answer was trained on", trained == all_cut, f"{trained} of {all_cut} left out")
    bad = count(run, "SELECT count(*) FROM verdicts WHERE (teacher_score IS NULL) != (student_score IS NULL) OR (teacher_score IS NULL) = (reason = '')"
                     " OR teacher_score NOT BETWEEN 1 AND 10 OR student_score NOT BETWEEN 1 AND 10")
    tally.check("a verdict has two scores from 1 to 10, or the reason why it has none", bad == 0, bad)
    judged = stages["judge_1"]
    tally.check("every seed was judged, or has the reason why not", judged["in"] == stages["imitate_0"]["in"], judged)
    orphans = count(run, "SELECT count(*) FROM instructions i JOIN stages s ON s.id = i.stage_id WHERE s.name = 'write_1' AND (parent_id IS NULL OR call_id IS NULL)")
    tally.check("every written instruction names its parent and its call", orphans == 0 and stages["write_1"]["ok"] > 0, stages["write_1"])
    return status


def figures(run, status, seconds):
    reasons = {name: dict(query(run, f"SELECT d.reason, count(*) FROM drops d JOIN stages s ON s.id = d.stage_id WHERE s.name = '{name}' GROUP BY 1 ORDER BY 2 DESC"))
               for name in status["rows"]}
    return {
        "rows": status["rows"],
        "why": {name: why for name, why in reasons.items() if why},
        "answers": dict(query(run, "SELECT finish, count(*) FROM teacher_answers GROUP BY 1")),
        "verdicts": dict(query(run, "SELECT CASE reason WHEN '' THEN 'two scores' ELSE reason END, count(*) FROM verdicts GROUP BY 1 ORDER BY 2 DESC")),
        "calls": status["calls"],
        "heldout_loss": [r["heldout_loss"] for r in status["rounds"]],
        "gap": {name: status["rounds"][1][name] for name in ("hard", "easy", "unjudged")},
        "seconds": round(seconds),
    }


def main(folder):
    if not DATA.exists():
        print(f"make real needs the rows of {DATA}")
        return 1
    tally = Tally()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rows, run = draw_rows(folder), folder / "run"
    began = time.time()
    with real_llm() as url, counting_proxy(url) as proxy:
        tally.check("killed amid judging", kill_amid_judging(start(run, rows, proxy.url), run))
        before = dict(proxy.asked)
        in_flight = count(run, "SELECT count(*) FROM calls WHERE state = 1")
        tally.check("the run goes on to its end", start(run, rows, proxy.url).wait() == 0)
        again = sum(times - before.get(body, 0) for body, times in proxy.asked.items() if body in before)
        tally.check("after the kill only what was in flight was asked again", again <= in_flight == unknown_outcomes(run) <= 16,
                    f"{again} asked again, {in_flight} in flight, {unknown_outcomes(run)} listed as unknown")
    seconds = time.time() - began
    status = check_rows(tally, run)
    end = facts(run)
    # The server is gone: a run that asked anything now would fail.
    tally.check("started again when finished, it asks nothing and changes nothing", start(run, rows, proxy.url).wait() == 0 and facts(run) == end)
    found = figures(run, status, seconds)
    print(json.dumps(found, indent=1))
    if tally.failed == 0:
        FIGURES.parent.mkdir(exist_ok=True)
        FIGURES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
