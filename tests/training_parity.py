"""Our training beside `transformers` and torch's own AdamW: the first checkpoint, trained on the same rows in the same order with the same settings in fp32, gives the
same first 20 losses. Each document runs alone there, so packing and attention within documents are checked too. Called by parity.py."""
import json
import math
import os
import subprocess

import torch
import transformers

LOSS_MAX = 1e-3  # relative


def response_loss_sum(model, document):
    """Sum over the response's tokens; the first token has nothing before it to predict it from."""
    ids = torch.tensor([document["tokens"]])
    begin = max(1, document["response_begin"])
    logits = model(ids).logits[0, begin - 1 : -1]
    return torch.nn.functional.cross_entropy(logits, ids[0, begin:], reduction="sum"), ids.shape[1] - begin


def optimizer_of(model, ours):
    """Weight decay falls on the layers' matrices alone."""
    decayed, plain = [], []
    for name, weight in model.named_parameters():
        (decayed if weight.dim() == 2 and name.startswith("model.layers.") else plain).append(weight)
    groups = [{"params": decayed, "weight_decay": ours["weight_decay"]}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=ours["learning_rate"], betas=ours["betas"], eps=ours["epsilon"])


def share(step, steps, warmup_share):
    """Linear warm-up that begins above 0, then a cosine to 0."""
    warmup = math.ceil(warmup_share * steps)
    return (step + 1) / warmup if step < warmup else 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


def their_losses(folder, ours, learning_rate):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train()
    optimizer, losses = optimizer_of(model, ours), []
    for step, rows in enumerate(ours["steps"]):
        parts = [response_loss_sum(model, document) for row in rows for document in row]
        loss = sum(part for part, _ in parts) / sum(count for _, count in parts)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), ours["clip_norm"])
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * share(step, len(ours["steps"]), ours["warmup_share"])
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def check_training(check, dump, work):
    folder, out = os.path.join(work, "first"), os.path.join(work, "training.json")
    subprocess.run([dump, folder, out], check=True)
    with open(out) as file:
        ours = json.load(file)
    theirs, untrained = (their_losses(folder, ours, rate) for rate in (ours["learning_rate"], 0.0))
    worst, moved = (max(abs(a - b) / b for a, b in zip(ours["losses"], losses)) for losses in (theirs, untrained))
    check(f"the first {len(theirs)} training losses within {LOSS_MAX} of transformers'", len(theirs) == len(ours["losses"]) == 20 and worst <= LOSS_MAX,
          f"largest relative difference {worst:.1e}; loss {theirs[0]:.3f} to {theirs[-1]:.3f}")
    check("which without training would differ far more", moved > 100 * LOSS_MAX, f"{moved:.2f}")
