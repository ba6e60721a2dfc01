"""Tokens a second of processor time of our training and of `transformers`' on the same packed rows: LlamaForCausalLM with its own packing (positions that begin anew), labels on
the responses, torch's fused AdamW, clipping. Three ways: fp32 as it comes, fp32 with set_float32_matmul_precision("medium"), bf16 autocast. The turns are interleaved, and the best
turn of each counts. RETORT_BENCH_THREADS (1), RETORT_BENCH_ROUNDS (2), RETORT_BENCH_SIZES ("5m 34m 135m"). Usage: training_reference.py BENCH_STUDENT_CPU"""
import json
import os
import subprocess
import sys
import tempfile
import time

THREADS = int(os.environ.get("RETORT_BENCH_THREADS", "1"))
ROUNDS = int(os.environ.get("RETORT_BENCH_ROUNDS", "2"))
SIZES = os.environ.get("RETORT_BENCH_SIZES", "5m 34m 135m").split()
WAYS = ("default", "medium", "autocast")


def figure(name, value, unit):
    print(json.dumps({"name": name, "figure": round(value, 4), "unit": unit}), flush=True)


def tensors(rows, row_tokens):
    import torch

    ids, positions, labels = (torch.full((len(rows), row_tokens), fill) for fill in (0, 0, -100))
    count = 0
    for b, row in enumerate(rows):
        at = 0
        for document in row:
            tokens, begin = document["tokens"], max(1, document["response_begin"])
            ids[b, at : at + len(tokens)] = torch.tensor(tokens)
            positions[b, at : at + len(tokens)] = torch.arange(len(tokens))
            labels[b, at + begin : at + len(tokens)] = torch.tensor(tokens[begin:])
            at += len(tokens)
            count += len(tokens)
        positions[b, at:] = torch.arange(row_tokens - at)  # padding is a document of its own
    return {"input_ids": ids, "position_ids": positions, "labels": labels}, count


def train(way, path):
    import torch
    import transformers

    torch.set_num_threads(THREADS)
    with open(path) as file:
        given = json.load(file)
    steps, row_tokens = given.pop("steps"), given.pop("row_tokens")
    if way == "medium":
        torch.set_float32_matmul_precision("medium")
    config = transformers.LlamaConfig(**given, max_position_embeddings=2048, tie_word_embeddings=True, attn_implementation="sdpa", use_cache=False)
    model = transformers.LlamaForCausalLM(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    tokens = begin = 0
    for step, rows in enumerate(steps):
        if step == 1:  # the first warms up
            begin = time.process_time()
        batch, count = tensors(rows, row_tokens)
        with torch.autocast("cpu", torch.bfloat16, enabled=way == "autocast"):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        tokens += count if step > 0 else 0
    print(json.dumps({"rate": tokens / (time.process_time() - begin), "loss": loss.item()}))


def lines(command):
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=os.environ | {"OMP_NUM_THREADS": str(THREADS)})
    return [json.loads(line) for line in out.stdout.splitlines() if line.startswith(b'{"')]


def compare(bench, size, path):
    ours, theirs = [], {way: [] for way in WAYS}
    for _ in range(ROUNDS):
        ours += [line["figure"] for line in lines([bench, size, path]) if line["name"] == f"train_{size}"]
        for way in WAYS:
            theirs[way].append(lines([sys.executable, "-W", "ignore", __file__, way, path])[-1]["rate"])
    best = {way: max(rates) for way, rates in theirs.items()}
    figure(f"train_{size}_best", max(ours), "tok/s of processor time")
    for way, rate in best.items():
        figure(f"train_{size}_transformers_{way}", rate, "tok/s of processor time")
    figure(f"train_{size}_vs_transformers_best", max(ours) / max(best["medium"], best["autocast"]), "times")
    figure(f"train_{size}_vs_transformers_default", max(ours) / best["default"], "times")


if __name__ == "__main__":
    if sys.argv[1] in WAYS:
        train(sys.argv[1], sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as work:
            for size in SIZES:
                compare(sys.argv[1], size, os.path.join(work, size + ".json"))
