"""Rows beside Hugging Face's `datasets`, pandas and the csv module: what they write we read, what we write they read, the same rows. usage: formats_datasets.py RETORT
(run by formats.sh)."""
import csv
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import datasets
import pyarrow
import pyarrow.parquet

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


def of_parquet(root, table, name, shape="alpaca", **options):
    """The rows that we read of a table as pyarrow writes it."""
    pyarrow.parquet.write_table(table, root / name, **options)
    done = convert(root / name, root / "back.jsonl", "--to", shape)
    return rows_of(root / "back.jsonl") if done.returncode == 0 else done.stderr


def their_parquet(root):
    datasets.Dataset.from_list(ROWS).to_parquet(root / "theirs.parquet")
    done = convert(root / "theirs.parquet", root / "back.jsonl")
    check("Parquet as datasets writes it reads as the same rows", done.returncode == 0 and rows_of(root / "back.jsonl") == ROWS, done.stderr)
    table = pyarrow.Table.from_pylist(ROWS)
    for compression in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
        check(f"several row groups, {compression}", of_parquet(root, table, "rows.parquet", compression=compression, row_group_size=70) == ROWS)
    check("pages without dictionaries, of the second version, delta-encoded",
          of_parquet(root, table, "rows.parquet", use_dictionary=False, data_page_version="2.0",
                     column_encoding={"instruction": "DELTA_BYTE_ARRAY", "output": "DELTA_LENGTH_BYTE_ARRAY"}) == ROWS)
    typed = table.set_column(3, "kind", table["kind"].dictionary_encode()).set_column(0, "instruction", table["instruction"].cast(pyarrow.large_string()))
    check("dictionary and large text columns", of_parquet(root, typed, "rows.parquet") == ROWS)
    extra = table.append_column("none", pyarrow.nulls(len(ROWS))).append_column("picture", pyarrow.array([b"\xff\xd8"] * len(ROWS)))
    extra = extra.append_column("when", pyarrow.array(range(len(ROWS)), pyarrow.timestamp("ms"))).append_column("system", pyarrow.nulls(len(ROWS), pyarrow.string()))
    check("null columns, pictures and times beside the rows do no harm", of_parquet(root, extra, "rows.parquet", row_group_size=70) == ROWS)


def their_talks(root):
    share = [{"conversations": [{"from": {"user": "human", "assistant": "gpt"}[turn["role"]], "value": turn["content"], "weight": None} for turn in talk["messages"]]}
             for talk in TALKS]
    for name, talks in [("messages", TALKS), ("conversations", share)]:
        datasets.Dataset.from_list(talks).to_parquet(root / "talks.parquet")
        done = convert(root / "talks.parquet", root / "back.jsonl", "--to", "messages")
        check(f"{name}, lists of structs, as datasets writes them", done.returncode == 0 and rows_of(root / "back.jsonl") == TALKS, done.stderr)
        got = of_parquet(root, pyarrow.Table.from_pylist(talks), "talks.parquet", "messages", compression="gzip", row_group_size=7)
        check(f"{name} in eight row groups", got == TALKS, got)


def without_nulls(rows):
    return [{key: value for key, value in row.items() if value is not None} for row in rows]


def our_parquet(root):
    (root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (root / "talks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in TALKS))
    convert(root / "rows.jsonl", root / "ours.parquet")
    loaded = datasets.load_dataset("parquet", data_files=str(root / "ours.parquet"), split="train", cache_dir=root / "cache")
    check("datasets loads our Parquet as the same rows", without_nulls(loaded) == ROWS)
    table = pyarrow.parquet.read_table(root / "ours.parquet", page_checksum_verification=True)
    check("pyarrow too, its checksums verified", without_nulls(table.to_pylist()) == ROWS)
    for shape, column in [("messages", "messages"), ("sharegpt", "conversations")]:
        convert(root / "talks.jsonl", root / "talks.parquet", "--to", shape)
        convert(root / "talks.parquet", root / "back.jsonl", "--to", "messages")
        check(f"a round trip through {shape} in Parquet gives the same rows", rows_of(root / "back.jsonl") == TALKS)
        talks = datasets.load_dataset("parquet", data_files=str(root / "talks.parquet"), split="train", cache_dir=root / shape)
        check(f"datasets loads our {shape} in Parquet", [list(turn.values())[1] for turn in talks[0][column]] == ["q0", "a, 0", "more", "\"end\"\n"], talks[0])


def shards(root):
    hub = root / "hub/data"
    hub.mkdir(parents=True)
    everything = datasets.Dataset.from_list(ROWS)
    for shard in range(3):
        everything.shard(3, shard, contiguous=True).to_parquet(hub / f"train-{shard:05d}-of-00003.parquet")
    everything.to_parquet(hub / "test-00000-of-00001.parquet")
    done = convert(root / "hub", root / "back.jsonl")
    check("a folder of Parquet shards gives its training split in order", done.returncode == 0 and rows_of(root / "back.jsonl") == ROWS, done.stderr)


def trained_on(root, data):
    """The weights of a model after two steps on a file: Arrow and libtorch in one process."""
    done = subprocess.run([PROGRAM, "train", "practice_base", "--data", data, "--out", root / f"{data.suffix}_model", "--steps", "2", "--threads", "1",
                           "--template", "practice"], capture_output=True, text=True, check=False)
    return (root / f"{data.suffix}_model/model.safetensors").read_bytes() if done.returncode == 0 else done.stderr


def trained(root):
    rows = [{"instruction": f"Say {i}", "output": str(i)} for i in range(64)]
    datasets.Dataset.from_list(rows).to_parquet(root / "rows.parquet")
    (root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    weights = trained_on(root, root / "rows.parquet")
    check("a model trained on Parquet is the one trained on JSON lines", isinstance(weights, bytes) and weights == trained_on(root, root / "rows.jsonl"), weights[:300])


def broken_parquet(root):
    table = pyarrow.Table.from_pylist(ROWS)
    pyarrow.parquet.write_table(table, root / "good.parquet", row_group_size=100, write_page_checksum=True)
    good = (root / "good.parquet").read_bytes()
    column = pyarrow.parquet.read_metadata(root / "good.parquet").row_group(1).column(2)

    def told(data, wanted):
        (root / "bad.parquet").write_bytes(data)
        done = convert(root / "bad.parquet", root / "x.jsonl")
        return done.returncode == 5 and done.stderr.count("\n") == 1 and f"bad.parquet: {wanted}" in done.stderr and not (root / "x.jsonl").exists(), done.stderr
    at = column.dictionary_page_offset + column.total_compressed_size // 2
    check("a flipped byte is told with its row group and column", *told(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1:], "row group 1, column output: "))
    check("a file that is cut off is told in one line", *told(good[: len(good) // 2], ""))
    check("one with another beginning too", *told(b"JUNK" + good[4:-4] + b"JUNK", ""))
    pyarrow.parquet.write_table(table.set_column(0, "instruction", pyarrow.array(range(300))), root / "typed.parquet", row_group_size=100)
    done = convert(root / "typed.parquet", root / "x.jsonl")
    check("a column of the wrong type is named", done.returncode == 5 and 'row group 0, row 1: "instruction" is not a string' in done.stderr, done.stderr)


def damaged_parquet(root):
    """Cut off or changed anywhere, without checksums: an error of one line, or rows; never a crash."""
    rows = [{**row, **talk, "part": None, "number": i} for i, (row, talk) in enumerate(zip(ROWS, TALKS))]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), root / "good.parquet", row_group_size=20, compression="snappy")
    good, draw = (root / "good.parquet").read_bytes(), random.Random(1)
    wrong, cases = [], 600 if os.environ.get("RETORT_LONG") else 30
    for case in range(cases):
        data = bytearray(good)
        for _ in range(draw.randint(1, 3)):
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        (root / "bad.parquet").write_bytes(data[: draw.randrange(len(data))] if case % 4 == 0 else data)
        done = convert(root / "bad.parquet", root / "x.jsonl", "--to", "messages")
        if done.returncode not in (0, 5) or not done.stderr or (done.returncode == 5 and not done.stderr.splitlines()[-1].startswith("retort: ")):
            wrong.append((case, done.returncode, done.stderr))
    check(f"{cases} damaged files are read or refused in a line", not wrong, wrong[:1])


def absent_module(root):
    """The program alone, as where no module is installed."""
    shutil.copy(PROGRAM, root / "retort")
    datasets.Dataset.from_list(ROWS).to_parquet(root / "advised.parquet")
    done = subprocess.run([root / "retort", "data", "convert", "advised.parquet", "x.jsonl"], cwd=root, capture_output=True, text=True, check=False)
    advised(root, done, "Parquet without the module")


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


def arrow(root):
    datasets.Dataset.from_list(ROWS).save_to_disk(root / "advised_folder")
    advised(root, convert(root / "advised_folder", root / "x.jsonl"), "a folder of Arrow")


def main():
    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as folder:
        parts = [their_files, our_files, folders, absent_module, arrow]
        if (pathlib.Path(PROGRAM).parent / "libretort_parquet.so").exists():
            parts += [their_parquet, their_talks, our_parquet, shards, trained, broken_parquet, damaged_parquet]
        else:
            print("SKIP Parquet: this build has no libretort_parquet.so")
        for part in parts:
            root = pathlib.Path(folder) / part.__name__
            root.mkdir()
            part(root)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return counts[1] > 0


sys.exit(main())
