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
        best = 1e9
        for _ in range(3):
            start = time.perf_counter()
            tokenizer.encode_batch_fast(rows, add_special_tokens=False)
            best = min(best, time.perf_counter() - start)
        print(json.dumps({"figure": "tokenize_rows_reference", "tokenizer": path.parent.name, "value": round(len(rows) / best, 1), "unit": "rows/s on two threads"}), flush=True)
