"""Tokens a second of `transformers` on the GPU for the shapes of bench_gpu.cpp, random weights: training (bf16 weights, torch's fused AdamW, attention by sdpa, rows of 2,048
tokens without padding, the loss on all of them, as it has no packing of its own) and sampling (256 prompts of 100 to 1,024 tokens, as many new ones as the longest wants, padded on the
left; only the wanted tokens count). Training keeps all activations where they fit, else it recomputes them, which the figure's name says. Prints a JSON line per figure; what does not fit says so. Usage: gpu_reference.py"""
import gc
import json
import random
import time

import torch
import transformers

SHAPES = {
    "qwen2.5-1.5b": ("Qwen2", 151936, 1536, 28, 12, 2, 128, 8960, 1e6, True),
    "llama-3.2-1b": ("Llama", 128256, 2048, 16, 32, 8, 64, 8192, 5e5, True),
    "llama-3.1-8b": ("Llama", 128256, 4096, 32, 32, 8, 128, 14336, 5e5, False),
    "qwen3-0.6b": ("Qwen3", 151936, 1024, 28, 16, 8, 128, 3072, 1e6, True),
}
ROW_TOKENS, ROWS, STEPS, WARM = 2048, 16, 8, 2


def figure(name, value, unit="tok/s"):
    print(json.dumps({"name": name, "figure": round(value, 1), "unit": unit}), flush=True)


def model_of(name):
    family, vocabulary, width, layers, heads, kv_heads, head_width, feed_forward, rope_base, tied = SHAPES[name]
    config = getattr(transformers, f"{family}Config")(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, num_key_value_heads=kv_heads, head_dim=head_width,
        intermediate_size=feed_forward, rope_theta=rope_base, tie_word_embeddings=tied, max_position_embeddings=4096, attn_implementation="sdpa", eos_token_id=None, pad_token_id=0)
    with torch.device("cuda"):
        return getattr(transformers, f"{family}ForCausalLM")(config).to(torch.bfloat16)


def train(name):
    try:
        train_once(name, recompute=False)
    except torch.OutOfMemoryError:
        gc.collect()
        torch.cuda.empty_cache()
        train_once(name, recompute=True)


def train_once(name, recompute):
    model = model_of(name).train()
    if recompute:
        model.gradient_checkpointing_enable()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    rows = 4  # of a pass
    for step in range(STEPS):
        if step == WARM:
            torch.cuda.synchronize()
            begin = time.perf_counter()
        for _ in range(ROWS // rows):
            ids = torch.randint(2, model.config.vocab_size, (rows, ROW_TOKENS), device="cuda")
            (model(input_ids=ids, labels=ids, use_cache=False).loss * rows / ROWS).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    torch.cuda.synchronize()
    figure(f"gpu_train_{name}_transformers{'_recomputing' if recompute else ''}", (STEPS - WARM) * ROWS * ROW_TOKENS / (time.perf_counter() - begin))


@torch.no_grad()
def generate(name):
    model, draw = model_of(name).eval(), random.Random(0)
    prompts = [[draw.randrange(2, model.config.vocab_size) for _ in range(draw.randint(100, 1024))] for _ in range(256)]
    wanted = [draw.randint(100, 1024) for _ in prompts]
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts], device="cuda")
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device="cuda")
    settings = {"attention_mask": mask, "do_sample": True, "temperature": 0.6, "top_k": 0}
    model.generate(ids, **settings, max_new_tokens=4)
    torch.cuda.synchronize()
    begin = time.perf_counter()
    model.generate(ids, **settings, max_new_tokens=max(wanted))
    torch.cuda.synchronize()
    figure(f"gpu_serve_{name}_transformers", sum(wanted) / (time.perf_counter() - begin))


def main():
    for what, name in ((train, "qwen2.5-1.5b"), (train, "llama-3.2-1b"), (train, "llama-3.1-8b"),
                       (generate, "qwen3-0.6b"), (generate, "llama-3.2-1b"), (generate, "llama-3.1-8b")):
        try:
            what(name)
        except torch.OutOfMemoryError:
            print(json.dumps({"name": f"gpu_{'train' if what is train else 'serve'}_{name}_transformers", "failed": "out of memory"}), flush=True)
        gc.collect()
        torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
