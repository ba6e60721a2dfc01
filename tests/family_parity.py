"""Every family that we run, beside `transformers`: a small random model with the family's quirks switched on, made and saved there, read here. Both give the same
logits (fp32, and bf16 within bf16's own error), the same 64 greedy tokens, the same gradients of every weight and the same training losses; what we save, whole and in shards, loads
there to the same bits and the same logits, and keeps the family's config. Called by parity.py; alone: family_parity.py FAMILY_DUMP [NAME]..."""
import json
import os
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
import numpy
import safetensors.torch
import torch
import transformers

from training_parity import their_losses

LOGITS_MAX, GRADIENT_MAX, LOSS_MAX = 1e-4, 1e-4, 1e-3
STEPS = 50 if os.environ.get("RETORT_LONG") else 8
SHAPE = {"vocab_size": 160, "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 256,
         "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 5e3, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
YARN = {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 64}


def long_rope(original):
    factors = [1.0 + 0.3 * i for i in range(4)]
    return {"rope_parameters": {"rope_type": "longrope", "rope_theta": 1e4, "partial_rotary_factor": 0.5, "short_factor": factors, "long_factor": [3 * f for f in factors],
                                "original_max_position_embeddings": original}, "original_max_position_embeddings": original}


FAMILIES = {
    "llama": ("Llama", {"head_dim": 12, "tie_word_embeddings": False, "rope_parameters": LLAMA3, "rms_norm_eps": 1e-5}),
    "llama, biases, linear scaling": ("Llama", {"head_dim": 20, "attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True,
                                                "rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0}}),
    "mistral": ("Mistral", {"sliding_window": 9, "head_dim": 12}),
    "qwen2": ("Qwen2", {"use_sliding_window": True, "sliding_window": 11, "max_window_layers": 2, "tie_word_embeddings": True, "rope_parameters": YARN}),
    "qwen3": ("Qwen3", {"head_dim": 20, "use_sliding_window": True, "sliding_window": 8, "max_window_layers": 3, "attention_bias": True}),
    "smollm3": ("SmolLM3", {"tie_word_embeddings": True}),
    "gemma2": ("Gemma2", {"head_dim": 20, "query_pre_attn_scalar": 12, "sliding_window": 10, "attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0}),
    "gemma3": ("Gemma3", {"head_dim": 20, "query_pre_attn_scalar": 12, "sliding_window": 10, "layer_types": ["sliding_attention"] * 2 + ["full_attention", "sliding_attention"],
                          "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 4.0, "rope_theta": 1e5}, "sliding_attention": {"rope_type": "default", "rope_theta": 1e3}}}),
    "phi3": ("Phi3", {"sliding_window": 13, "hidden_size": 64}),
    "phi3, short factors": ("Phi3", {"hidden_size": 64, **long_rope(200)}),
    "phi3, long factors": ("Phi3", {"hidden_size": 64, "tie_word_embeddings": True, **long_rope(24)}),
    "olmo2": ("Olmo2", {"rope_parameters": {"rope_type": "default", "rope_theta": 5e5}}),
}


def make_model(kind, quirks, folder):
    config_class = getattr(transformers, kind + ("TextConfig" if kind == "Gemma3" else "Config"))
    torch.manual_seed(7)
    model = getattr(transformers, kind + "ForCausalLM")(config_class(**{**SHAPE, **quirks})).float().eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() == 1:  # norms and biases that are not all the same
                weight.add_(torch.randn_like(weight) * 0.2)
            else:
                weight.copy_(torch.randn_like(weight) * (0.05 if "embed" in name and kind.startswith("Gemma") else 0.25 if "embed" in name or "head" in name else 0.12))
    if model.config.tie_word_embeddings:
        model.tie_weights()
    model.save_pretrained(folder)
    return model


def sequences(count, lengths, seed):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(3, SHAPE["vocab_size"], (lengths[i % len(lengths)],), generator=generator).tolist() for i in range(count)]


def attentions(model):
    return ("sdpa", "eager") if model._supports_sdpa else ("eager",)


def their_logits(model, prompts):
    with torch.no_grad():
        return [model(torch.tensor([prompt])).logits[0].float() for prompt in prompts]


def our_logits(path, prompts, vocabulary):
    values, at, logits = torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32)), 0, []
    for prompt in prompts:
        logits.append(values[at : at + len(prompt) * vocabulary].view(len(prompt), vocabulary))
        at += len(prompt) * vocabulary
    return logits


def furthest(a, b):
    return max((x - y).abs().max().item() for x, y in zip(a, b))


def check_logits(check, name, model, prompts, ours, bf16):
    differences, folder = {}, None
    for attention in attentions(model):
        model.set_attn_implementation(attention)
        theirs = their_logits(model, prompts)
        differences[attention] = furthest(theirs, ours)
    spread = min(t.std().item() for t in theirs)
    check(f"{name}: logits within {LOGITS_MAX}", all(d <= LOGITS_MAX for d in differences.values()) and spread > 0.2,
          ", ".join(f"{d:.1e} {a}" for a, d in differences.items()) + f"; standard deviation {spread:.2f}")
    their_bf16 = their_logits(model.to(torch.bfloat16), prompts)
    model.float()
    error = furthest(their_bf16, theirs)
    check(f"{name}: bf16 within bf16's own error", furthest(bf16, theirs) <= 1.5 * error, f"ours {furthest(bf16, theirs):.1e} from fp32, theirs {error:.1e}")


def check_greedy(check, name, model, prompts, ours):
    theirs = []
    for prompt in prompts:
        ids = torch.tensor([prompt])
        with torch.no_grad():
            out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=64, min_new_tokens=64, eos_token_id=None, pad_token_id=0)
        theirs.append(out[0, len(prompt) :].tolist())
    same = sum(a == b for a, b in zip(theirs, ours))
    check(f"{name}: 64 greedy tokens the same", same == len(prompts) and all(len(t) == 64 for t in theirs), f"{same} of {len(prompts)} prompts; {len(set(theirs[0]))} different tokens in the first")


def check_gradients(check, name, model, documents, path):
    model.zero_grad()
    loss, count = 0, 0
    for document in documents:
        ids, begin = torch.tensor([document]), max(1, len(document) // 3)
        logits = model(ids).logits[0, begin - 1 : -1]
        loss = loss + torch.nn.functional.cross_entropy(logits, ids[0, begin:], reduction="sum")
        count += len(document) - begin
    (loss / count).backward()
    ours, wrong, worst = safetensors.torch.load_file(path), [], 0
    for weight_name, weight in model.named_parameters():
        scale = weight.grad.abs().max().item()
        difference = (weight.grad - ours.pop(weight_name, torch.full((), float("nan")))).abs().max().item() / scale
        worst = max(worst, difference)
        if not (scale > 0 and difference <= GRADIENT_MAX):
            wrong.append(f"{weight_name} {difference:.1e}")
    check(f"{name}: gradients of every weight within {GRADIENT_MAX}", not wrong and not ours, f"largest relative difference {worst:.1e} {wrong[:3] or ''}{list(ours)[:2] or ''}")


def check_saved(check, name, model, made, out, prompts):
    ours, kept = {}, json.load(open(os.path.join(made, "config.json")))
    for form in ("saved", "sharded"):
        folder = os.path.join(out, form)
        back = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        back.set_attn_implementation("eager")
        weights = dict(back.named_parameters())
        same = type(back) is type(model) and all(torch.equal(w, weights[n]) for n, w in model.named_parameters())
        model.set_attn_implementation("eager")
        check(f"{name}: {form} by us, loaded there: same bits, same logits", same and furthest(their_logits(model, prompts), their_logits(back, prompts)) == 0)
        ours[form] = json.load(open(os.path.join(folder, "config.json")))
    lost = {k: v for k, v in kept.items() if k not in ("dtype", "transformers_version") and ours["saved"].get(k) != v}
    check(f"{name}: no member of config.json is lost", not lost and os.path.exists(os.path.join(out, "sharded", "model.safetensors.index.json")), str(lost) if lost else "")


def check_losses(check, name, folder, training):
    theirs, untrained = (their_losses(folder, training, rate) for rate in (training["learning_rate"], 0.0))
    worst, moved = (max(abs(a - b) / b for a, b in zip(training["losses"], losses)) for losses in (theirs, untrained))
    check(f"{name}: {STEPS} training losses within {LOSS_MAX}", len(theirs) == len(training["losses"]) == STEPS and worst <= LOSS_MAX and moved > 5 * LOSS_MAX,
          f"largest relative difference {worst:.1e}; loss {theirs[0]:.3f} to {theirs[-1]:.3f}; {moved:.2f} without training")


def check_family(check, name, dump, work):
    kind, quirks = FAMILIES[name]
    made, out = os.path.join(work, name, "made"), os.path.join(work, name, "out")
    model = make_model(kind, quirks, made)
    prompts, documents = sequences(3, [40, 27, 33], 1), sequences(6, [41, 9, 30, 22], 2)  # longer than the windows
    given = os.path.join(work, name, "in.json")
    with open(given, "w") as file:
        json.dump({"prompts": prompts, "documents": documents, "steps": STEPS}, file)
    done = subprocess.run([dump, made, given, out], stderr=subprocess.PIPE, text=True)
    if not check(f"{name}: we read it", done.returncode == 0, done.stderr.strip()):
        return
    with open(os.path.join(out, "out.json")) as file:
        ours = json.load(file)
    logits, bf16 = (our_logits(os.path.join(out, f), prompts, ours["vocabulary"]) for f in ("logits.f32", "logits_bf16.f32"))
    check_logits(check, name, model, prompts, logits, bf16)
    model = transformers.AutoModelForCausalLM.from_pretrained(made, dtype=torch.float32).eval()  # bf16 rounded the other
    check_greedy(check, name, model, prompts, ours["greedy"])
    check_gradients(check, name, model, documents, os.path.join(out, "gradients.safetensors"))
    check_saved(check, name, model, made, out, prompts)
    check_losses(check, name, made, ours["training"])


def check_families(check, dump, work, names=()):
    transformers.utils.logging.set_verbosity_error()
    for name in names or FAMILIES:
        check_family(check, name, dump, work)


if __name__ == "__main__":
    torch.set_num_threads(1)
    counts = [0, 0]

    def check(name, good, detail=""):
        counts[not good] += 1
        print(f"{'ok' if good else 'FAILED'}: {name}{' (' + detail + ')' if detail else ''}", flush=True)
        return good

    with tempfile.TemporaryDirectory() as folder:
        check_families(check, sys.argv[1], folder, sys.argv[2:])
    print(f"{counts[0]} passed, {counts[1]} failed")
    sys.exit(counts[1] > 0)
