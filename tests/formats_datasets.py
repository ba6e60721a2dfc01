"""Rows beside Hugging Face's `datasets`, pandas and the csv module: what they write we read, what we write they read, the same rows. usage: formats_datasets.py RETORT
(run by formats.sh)."""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import datasets

PROGRAM = sys.argv[1]
ROWS = [{"instruction": f'Say "{i}", please\nnow', "input": "a,b" if i % 2 else "", "output": f"é {i}\r\n\"quoted\"", "kind": f"k{i % 3}"} for i in range(300)]
TALKS = [{"messages": [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": f"a, {i}"}, {"role": "user", "content": "more"},
                       {"role": "assistant", "content": "\"end\"\n"}]} for i in range(50)]
counts = [0, 0]


def check(name, good, detail=""):
    counts[not good] += 1
    print(f"{'ok' if good else 'FAILED'}: {name}{' (' + str(detail)[:300] + ')' if not good else ''}", flush=True)


def convert(*arguments):
    return subprocess.run([PROGRAM, "data", "convert", *map(str, arguments)], capture_output=True, text=True, check=False)


def rows_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def their_files(root):
    alpaca, talks = datasets.Dataset.from_list(ROWS), datasets.Dataset.from_list(TALKS)
    alpaca.to_json(root / "theirs.jsonl")
    alpaca.to_json(root / "theirs.json", lines=False)
    alpaca.to_csv(root / "theirs.csv")
    talks.to_json(root / "talks.jsonl")
    for name in ["theirs.jsonl", "theirs.json", "theirs.csv"]:
        done = convert(root / name, root / "back.jsonl")
        check(f"{name} as datasets writes it reads as the same rows", done.returncode == 0 and rows_of(root / "back.jsonl") == ROWS, done.stderr)
    done = convert(root / "talks.jsonl", root / "back.jsonl", "--to", "messages")
    check("conversations too", done.returncode == 0 and rows_of(root / "back.jsonl") == TALKS, done.stderr)


def our_files(root):
    (root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (root / "talks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in TALKS))
    for name, kind in [("ours.jsonl", "json"), ("ours.json", "json")]:
        convert(root / "rows.jsonl", root / name)
        check(f"datasets loads our {name} as the same rows", list(datasets.load_dataset(kind, data_files=str(root / name), split="train", cache_dir=root / name[5:])) == ROWS)
    convert(root / "rows.jsonl", root / "ours.csv")
    with open(root / "ours.csv", newline="", encoding="utf-8") as file:
        ours = [{key: value for key, value in row.items() if key != "system"} for row in csv.DictReader(file)]
    check("the csv module reads our CSV as the same rows", ours == ROWS, ours[:1])
    for shape, container in [("messages", "jsonl"), ("sharegpt", "jsonl"), ("sharegpt", "csv"), ("messages", "json")]:
        convert(root / "talks.jsonl", root / f"there.{container}", "--to", shape)
        convert(root / f"there.{container}", root / "back.jsonl", "--to", "messages")
        check(f"a round trip through {shape} in {container} gives the same rows", rows_of(root / "back.jsonl") == TALKS)
    convert(root / "talks.jsonl", root / "share.jsonl", "--to", "sharegpt")
    loaded = datasets.load_dataset("json", data_files=str(root / "share.jsonl"), split="train", cache_dir=root / "share")
    check("datasets loads our ShareGPT", [turn["from"] for turn in loaded[0]["conversations"]] == ["human", "gpt"] * 2)


def folders(root):
    hub = root / "hub/data"
    hub.mkdir(parents=True)
    half = datasets.Dataset.from_list(ROWS[:150]), datasets.Dataset.from_list(ROWS[150:])
    half[0].to_json(hub / "train-00000-of-00002.jsonl")
    half[1].to_json(hub / "train-00001-of-00002.jsonl")
    half[0].to_json(hub / "test-00000-of-00001.jsonl")
    done = convert(root / "hub", root / "back.jsonl")
    check("a data set's folder gives its training split", done.returncode == 0 and rows_of(root / "back.jsonl") == ROWS, done.stderr)


def advised(root, done, kind):
    """Runs the command that the error names."""
    found = re.search(r'python3 -c "([^"]+)"', done.stderr)
    check(f"{kind} is refused with a command", done.returncode == 2 and found, done.stderr)
    if found:
        ran = subprocess.run([sys.executable, "-W", "ignore", "-c", found[1]], cwd=root, capture_output=True, text=True, check=False)
        made = [path for path in root.glob("advised*.jsonl")]
        back = convert(made[0], root / "back.jsonl") if made else done
        check("and the command makes the same rows of it", back.returncode == 0 and rows_of(root / "back.jsonl") == ROWS, ran.stderr[-300:] + back.stderr)
        for path in made:
            path.unlink()


def parquet_and_arrow(root):
    alpaca = datasets.Dataset.from_list(ROWS)
    alpaca.to_parquet(root / "advised.parquet")
    advised(root, convert(root / "advised.parquet", root / "x.jsonl"), "Parquet")
    alpaca.save_to_disk(root / "advised_folder")
    advised(root, convert(root / "advised_folder", root / "x.jsonl"), "a folder of Arrow")


def main():
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as folder:
        for part in [their_files, our_files, folders, parquet_and_arrow]:
            root = pathlib.Path(folder) / part.__name__
            root.mkdir()
            part(root)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return counts[1] > 0


sys.exit(main())
