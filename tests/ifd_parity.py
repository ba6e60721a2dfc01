"""IFD beside `transformers`: the losses of an answer after its prompt and alone, of the same weights in fp32. The practice base on a few rows; with a folder of
SmolLM2 also that, on real rows. Usage: ifd_parity.py RETORT PRACTICE_BASE [SMOLLM2_FOLDER ROWS.jsonl COUNT]"""
import json
import os
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
import torch
import transformers

LOSS_MAX = 1e-3
torch.set_num_threads(1)
counts = [0, 0]


def check(name, good, detail=""):
    counts[not good] += 1
    print(f"{'ok' if good else 'FAILED'}: {name}{' (' + detail + ')' if detail else ''}", flush=True)


def ours(program, model, template, rows):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.jsonl")
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        done = subprocess.run([program, "data", "score", path, "--model", model, "--template", template, "--threads", "1"], capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]


@torch.no_grad()
def mean_loss(model, tokens, begin):
    """Of tokens[begin:], each given all before it."""
    logits = model(torch.tensor([tokens])).logits[0].float()
    logp = torch.log_softmax(logits[:-1], -1).gather(1, torch.tensor(tokens[1:])[:, None])[:, 0]
    return -logp[begin - 1:].mean().item()


def compare(name, program, folder, template, render, rows):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    worst, compared = 0.0, 0
    for row, found in zip(rows, ours(program, folder, template, rows)):
        prompt, answer = render(tokenizer, row)
        if len(answer) < 2:
            continue
        after, alone = mean_loss(model, prompt + answer, len(prompt) + 1), mean_loss(model, answer, 1)
        worst = max(worst, abs(found["nll_after_prompt"] - after), abs(found["nll_alone"] - alone), abs(found["ifd"] - after / alone))
        compared += 1
    check(f"{name}: both losses and IFD of {compared} answers within {LOSS_MAX} of transformers'", compared > 0 and worst <= LOSS_MAX, f"{worst:.1e}")


def practice_prompt(tokenizer, row):
    whole = tokenizer.apply_chat_template([{"role": "user", "content": row["instruction"]}], add_generation_prompt=True, tokenize=False)
    prompt = tokenizer(whole, add_special_tokens=False)["input_ids"]
    both = tokenizer.apply_chat_template([{"role": "user", "content": row["instruction"]}, {"role": "assistant", "content": row["output"]}], tokenize=False)
    tokens = tokenizer(both, add_special_tokens=False)["input_ids"]
    end = tokenizer.eos_token_id
    answer = tokens[len(prompt):]
    return prompt, answer[:answer.index(end)] if end in answer else answer


def main(program, base, *real):
    texts = [("Which day comes two days after Monday?", "Wednesday it is, then."), ("Add 12 and 30.", "12 + 30 = 42"), ("Sort these: 9 4 7", "4 7 9"),
             ("Spell cat backwards.", "t a c"), ("Say it again, please.", "it again, it again")]
    compare("practice base", program, base, "own", practice_prompt, [{"instruction": i, "output": o} for i, o in texts])
    if real:
        with open(real[1], encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        rows = [{"instruction": row["instruction"] + ("\n" + row["input"] if row.get("input") else ""), "output": row["output"].strip()} for row in rows]
        rows = [row for row in rows if 20 < len(row["output"]) < 600 and len(row["instruction"]) < 600][:int(real[2])]
        compare("SmolLM2", program, real[0], "own", practice_prompt, rows)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
