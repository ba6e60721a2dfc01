"""An adapter that PEFT wrote, read by us: the same logits, merged and not, and the same losses when both train it; and ours, trained, read by PEFT. Usage: adapter_parity.py DUMP"""
import json
import os
import random
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import peft
import torch
import transformers

LOGITS_MAX, LOSS_MAX, STEPS, RATE = 1e-4, 1e-3, 10, 3e-3
torch.set_num_threads(1)
passed, failed = 0, 0


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'FAILED'}: {name}{' (' + detail + ')' if detail else ''}")


def make_base(folder):
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=200, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
        max_position_embeddings=128, tie_word_embeddings=True, initializer_range=0.1)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)


def make_adapter(base, folder, targets, rslora):
    torch.manual_seed(5)
    model = peft.get_peft_model(
        transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        peft.LoraConfig(r=4, lora_alpha=10, lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM", use_rslora=rslora))
    for name, weight in model.named_parameters():
        if "lora_B" in name:  # zero in a fresh one, which would say nothing
            torch.nn.init.normal_(weight, std=0.1)
    model.save_pretrained(folder)


def load(base, folder, trainable=False):
    return peft.PeftModel.from_pretrained(transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), folder, is_trainable=trainable)


def logits(model, tokens):
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits.flatten()


def their_losses(model, documents):
    weights, losses = [w for w in model.parameters() if w.requires_grad], []
    optimizer = torch.optim.AdamW(weights, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    for _ in range(STEPS):
        total = count = 0
        for document in documents:
            ids, begin = torch.tensor([document["tokens"]]), document["response_begin"]
            out = model(ids).logits[0, begin - 1 : -1]
            total = total + torch.nn.functional.cross_entropy(out, ids[0, begin:], reduction="sum")
            count += ids.shape[1] - begin
        loss = total / count
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def compare(dump, work, name, targets, rslora=False):
    base, theirs, ours = (os.path.join(work, part) for part in ("base", name + "-peft", name + "-ours"))
    make_adapter(base, theirs, targets, rslora)
    rng = random.Random(4)
    documents = [{"tokens": [rng.randrange(200) for _ in range(rng.randrange(12, 40))], "response_begin": rng.randrange(2, 9)} for _ in range(8)]
    tokens = [rng.randrange(200) for _ in range(30)]
    given, out = os.path.join(work, "given.json"), os.path.join(work, "out.json")
    with open(given, "w") as file:
        json.dump({"tokens": tokens, "documents": documents, "steps": STEPS, "learning_rate": RATE}, file)
    subprocess.run([dump, base, theirs, given, out, ours], check=True)
    with open(out) as file:
        got = json.load(file)
    model = load(base, theirs, trainable=True)
    wanted = logits(model, tokens)
    plain = logits(transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), tokens)

    def distance(key, to):
        return (torch.tensor(got[key]) - to).abs().max().item()

    check(f"{name}: logits within {LOGITS_MAX} of PEFT's", distance("logits", wanted) <= LOGITS_MAX, f"{distance('logits', wanted):.1e}; without the adapter {(plain - wanted).abs().max():.1f}")
    check(f"{name}: merged as well", distance("merged", wanted) <= LOGITS_MAX, f"{distance('merged', wanted):.1e}")
    losses = their_losses(model, documents)
    worst = max(abs(a - b) / b for a, b in zip(got["losses"], losses))
    check(f"{name}: the first {STEPS} losses within {LOSS_MAX}", len(got["losses"]) == STEPS and worst <= LOSS_MAX, f"{worst:.1e}; loss {losses[0]:.3f} to {losses[-1]:.3f}")
    if not rslora:  # we write what the run file can ask for, which has no such scaling
        back = distance("trained", logits(load(base, ours), tokens))
        check(f"{name}: PEFT reads the adapter that we trained and wrote", back <= LOGITS_MAX, f"{back:.1e}")


def main(dump):
    with tempfile.TemporaryDirectory() as work:
        make_base(os.path.join(work, "base"))
        compare(dump, work, "all projections", ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"])
        compare(dump, work, "queries and values", ["q_proj", "v_proj"])
        compare(dump, work, "rank-stabilised", ["q_proj", "down_proj"], rslora=True)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
