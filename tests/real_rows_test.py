"""Real input: examples/real-rows.toml over 20,317 public rows, every one accounted for, within 1.5 GB. Skips, saying so, where the rows are absent."""
import json
import pathlib
import resource
import sys
import tempfile
import time

from small_run import ROOT, Tally, retort

DATA = ROOT.parent / "shared/data/instructions.jsonl"


def main():
    tally = Tally()
    if not DATA.exists():
        tally.skip("real rows", "../shared/data/instructions.jsonl is not there")
        return tally.close()
    with tempfile.TemporaryDirectory() as root:
        # The same file with its data path made absolute.
        text = (ROOT / "examples/real-rows.toml").read_text(encoding="utf-8").replace("../../shared/data/instructions.jsonl", str(DATA))
        text = text.replace("[student]\n", "[student]\nthreads = 1\n")  # as fast on a busy machine
        file = pathlib.Path(root) / "real-rows.toml"
        file.write_text(text, encoding="utf-8")
        began = time.time()
        done = retort("run", file, "--dir", f"{root}/run", timeout=3000)
        tally.check("the run ends well", done.returncode == 0, done.stderr[-500:])
        if done.returncode != 0:
            return tally.close()
        # The largest child so far: this run, or less.
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"real rows: {time.time() - began:.0f} s, peak {peak_mb:.0f} MB")
        tally.check("within 1.5 GB", peak_mb <= 1536, f"{peak_mb:.0f} MB")
        status = json.loads(retort("status", f"{root}/run", "--json").stdout)
        rows = status["rows"]
        tally.check("22,317 rows went in", rows["seeds"]["in"] == 20317 + 2000, rows["seeds"])
        wrong = {name: r for name, r in rows.items() if r["in"] != r["ok"] + r["dropped"] + r["failed"]}
        tally.check("every stage balances", not wrong, wrong)
        tally.check("3,000 were drawn for training", rows["imitate_0"]["in"] == 3000, rows["imitate_0"])
        tally.check("2,000 were judged", rows["judge_1"]["in"] == 2000, rows["judge_1"])
        tally.check("what the practice teacher does not know ends unjudged", status["rounds"][1]["unjudged"] > 1000, status["rounds"][1])
        text = retort("status", f"{root}/run").stdout
        tally.check("longer rows are dropped with that reason", "longer than the context" in text, text[-2000:])
        print(f"written from hard and easy: {rows['write_1']}")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
