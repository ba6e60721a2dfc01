"""Rows per second of Hugging Face's `tokenizers` on the rows that bench_tokenize encodes."""
import json
import pathlib
import time

import tokenizers

DATA = pathlib.Path("../shared/data/instructions.jsonl")
if DATA.exists():
    rows = []
    for line in DATA.read_text(encoding="utf-8").split("\n"):
        if line:
            row = json.loads(line)
            rows.append("\n".join(row[part] for part in ("instruction", "input", "output") if isinstance(row.get(part), str) and row[part]))
    for path in sorted(pathlib.Path(".cache/tokenizers").glob("*/tokenizer.json")):
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        tokenizer.encode_special_tokens = True
        best = cpu = 1e9
        for _ in range(3):
            start, busy = time.perf_counter(), time.process_time()
            tokenizer.encode_batch_fast(rows, add_special_tokens=False)
            best, cpu = min(best, time.perf_counter() - start), min(cpu, time.process_time() - busy)
        print(json.dumps({"figure": "tokenize_rows_reference", "tokenizer": path.parent.name, "value": round(len(rows) / best, 1), "unit": "rows/s on two threads"}))
        print(json.dumps({"figure": "tokenize_rows_cpu_reference", "tokenizer": path.parent.name, "value": round(2 * len(rows) / cpu, 1), "unit": "rows per two seconds of processor time"}), flush=True)
