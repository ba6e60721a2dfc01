"""Compares our tokenizer and decoder with Hugging Face's: what we write they load, what they write we load, and both give the same
token ids, logits within 1e-4, the same 64 greedy tokens and the same training losses. Usage: parity.py PARITY_DUMP [FOLDER TEMPLATE]..."""
import json
import os
import random
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TQDM_DISABLE"] = "1"
import numpy
import tokenizers
import torch
import transformers
from tokenizers import decoders, models, pre_tokenizers, trainers

from family_parity import check_families
from training_parity import check_training

LOGITS_MAX = 1e-4
torch.set_num_threads(1)  # a model so small only waits for a second thread
HOSTILE = [
    "", " ", "  ", "\n", "a", " a", "  two  spaces  ", "\t\ttabs\r\n\r\n x", "it's we'll I'd they've 'sand 'S O'Neil''s", "abc123 4567,8 ½ ² Ⅷ ٣",
    "naïve café Ünïcödé ẞ", "日本語のテキスト　全角スペース", "👩‍👩‍👧‍👦 🇩🇪 🏳️‍🌈", "e\u0301 combining \u0301\u0302", "\u00a0nbsp\u2003em\u200bzero\ufeffbom",
    "<|ask|>spelled<|end|> <|mark|>", "\x00\x01\x7f\x85\x9f", "a\u2028b\u2029c", "\U0010ffff\ue000", "x" * 3000, " " * 500 + "x", "What is the word after dog?",
    "Please list the first 12 numbers: 1, 2, 3.", "The answer is yes.\nNo!", "'s 't 're 've 'm 'll 'd", "don't can't", "\u1680ogham\u180evowel", "if (x<=3) { y+=4; }",
]
PROMPTS = ["What is this?", "Please write the word dog.", "12 and 30", "Is it so that 3 is more than 2? Say yes or no.", "naïve 日本", "Find the last letter of house"]
ALPHABETS = ["abcdefgh the of", "0123456789 .,", " \t\n\r\u00a0\u3000", "'stdmrevl ", "äöüßéñçÅ", "日本語한국어عربىहिन्दी", "😀👍🏽🇫🇷‍", "<|>aksendmr", "".join(map(chr, range(1, 64)))]

passed, failed = 0, 0


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'FAILED'}: {name}{' (' + detail + ')' if detail else ''}", flush=True)
    return good


def random_texts(count):
    rng = random.Random(5)
    texts = []
    for _ in range(count):
        alphabets = rng.sample(ALPHABETS, 3)
        texts.append("".join(rng.choice(rng.choice(alphabets)) for _ in range(rng.randrange(40))))
    for _ in range(count):
        points = [rng.randrange(0x110000) for _ in range(rng.randrange(1, 12))]
        texts.append("".join(chr(c) for c in points if not 0xD800 <= c < 0xE000))
    return texts


def our_view(dump, folder, arguments, texts, prompts=(), more=()):
    given, out = os.path.join(folder, "texts.json"), os.path.join(folder, "ours.json")
    with open(given, "w") as file:
        json.dump({"texts": texts, "prompts": list(prompts), "more": list(more)}, file)
    subprocess.run([dump, given, out] + arguments, check=True)
    with open(out) as file:
        return json.load(file), out + ".f32"


def check_ids(name, ours, path, texts):
    theirs = tokenizers.Tokenizer.from_file(path)
    theirs.encode_special_tokens = True  # text that spells a special token is text
    theirs.no_truncation()
    wrong = [t for t, o in zip(texts, ours["texts"]) if theirs.encode(t, add_special_tokens=False).ids != o["ids"]]
    lost = [t for t, o in zip(texts, ours["texts"]) if not o["round_trip"]]
    their_loss = [t for t, o in zip(texts, ours["texts"]) if theirs.decode(o["ids"], skip_special_tokens=True) != t]
    check(f"{name}: same ids for {len(texts)} texts", not wrong, f"first difference: {wrong[0]!r}" if wrong else "")
    check(f"{name}: decode gives the text back, ours and theirs", not lost and not their_loss, repr((lost + their_loss)[:1]) if lost or their_loss else "")


def check_model(name, dump, work, folder, chat, texts, precision="fp32", own_template=True):
    ours, logits_file = our_view(dump, work, [folder, chat, precision], texts, PROMPTS)
    check_ids(name, ours, os.path.join(folder, "tokenizer.json"), texts)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    logits, at = numpy.fromfile(logits_file, dtype=numpy.float32), 0
    differences, spreads, greedy, rendered = {"sdpa": [], "eager": []}, [], [], []
    for prompt, our in zip(PROMPTS, ours["prompts"]):
        ids = torch.tensor([our["ids"]])
        size = ids.shape[1] * ours["vocabulary"]
        mine = torch.from_numpy(logits[at : at + size].reshape(ids.shape[1], -1).copy())
        at += size
        with torch.no_grad():
            # "sdpa" runs the very kernel that we call, so "eager", which spells attention out, is asked too.
            for attention in ("sdpa", "eager"):
                model.set_attn_implementation(attention)
                theirs = model(ids).logits[0]
                differences[attention].append((theirs - mine).abs().max().item())
            spreads.append(theirs.std().item())
            new = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=64, eos_token_id=ours["end"], pad_token_id=0)[0, ids.shape[1] :].tolist()
        expected = new[:-1] if new and new[-1] == ours["end"] else new
        greedy.append(expected == our["greedy"] and (expected != new) == our["ended"])
        messages = [{"role": "user", "content": prompt}]
        if own_template:
            rendered.append(tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False) == our["ids"])
    check(f"{name}: logits within {LOGITS_MAX}",
          at == logits.size and all(d <= LOGITS_MAX for d in differences["sdpa"] + differences["eager"]),
          f"largest difference {max(differences['sdpa']):.2e}, {max(differences['eager']):.2e} against eager attention; logits' standard deviation {min(spreads):.2f} to {max(spreads):.2f}")
    check(f"{name}: the same 64 greedy tokens for {len(PROMPTS)} prompts", all(greedy), "" if all(greedy) else str(greedy))
    if own_template:
        check(f"{name}: apply_chat_template gives the prompt's ids", all(rendered))
        check(f"{name}: end token", tokenizer.eos_token_id == ours["end"] == model.generation_config.eos_token_id == model.config.eos_token_id)


def foreign_model(folder, tokenizer_json):
    """A folder that transformers writes: untied, grouped key/value heads, an odd head width, several shards."""
    torch.manual_seed(3)
    config = transformers.LlamaConfig(
        vocab_size=800, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
        max_position_embeddings=128, rms_norm_eps=1e-5, tie_word_embeddings=False, rope_parameters={"rope_type": "default", "rope_theta": 5000.0},
        initializer_range=0.1)
    transformers.LlamaForCausalLM(config).save_pretrained(folder, max_shard_size="100KB")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=tokenizer_json, eos_token="<|end|>")
    tokenizer.save_pretrained(folder)
    assert os.path.exists(os.path.join(folder, "model.safetensors.index.json"))


def trained_tokenizers(folder):
    """Byte-level BPE with merges, as `tokenizers` trains and writes it, in the forms that we read."""
    corpus = [t for t in HOSTILE if len(t) < 1000] * 3 + PROMPTS * 20 + ["lower lowest newer newest the theory of the other 2024 2025 ''s"] * 20
    digits = pre_tokenizers.Digits(individual_digits=True)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    for name, pre, ignore in [("merges", byte_level, False), ("merges, digits apart", pre_tokenizers.Sequence([digits, byte_level]), False), ("merges and whole words", byte_level, True)]:
        tokenizer = tokenizers.Tokenizer(models.BPE(ignore_merges=ignore))
        tokenizer.pre_tokenizer, tokenizer.decoder = pre, decoders.ByteLevel()
        trainer = trainers.BpeTrainer(vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|end|>"], show_progress=False)
        tokenizer.train_from_iterator(corpus, trainer)
        tokenizer.add_tokens([tokenizers.AddedToken("<b>", normalized=False), tokenizers.AddedToken("<b><b>", normalized=False)])
        path = os.path.join(folder, name.replace(", ", "_").replace(" ", "_") + ".json")
        tokenizer.save(path)
        yield name, path


def main(dump, others):
    texts = HOSTILE + random_texts(3000)
    with tempfile.TemporaryDirectory() as work:
        for name, path in trained_tokenizers(work):
            more = texts + ["x<b>y<b><b><b> <b", "lower newest theory"]
            check_ids(name, our_view(dump, work, [path], more)[0], path, more)
        for chat, precision in [("practice", "fp32"), ("practice", "bf16"), ("lion", "fp32")]:
            name = f"{chat}-{precision}"
            check_model(f"our student, {chat} template, saved in {precision}", dump, work, os.path.join(work, name), chat, texts, precision)
        foreign = os.path.join(work, "foreign")
        foreign_model(foreign, os.path.join(work, "practice-fp32", "tokenizer.json"))
        check_model("a sharded model that transformers wrote", dump, work, foreign, "lion", HOSTILE, own_template=False)
        check_families(check, os.path.join(os.path.dirname(dump), "family_dump"), work)
        check_training(check, os.path.join(os.path.dirname(dump), "training_dump"), work)
        for folder, chat in zip(others[::2], others[1::2]):
            check_model(folder, dump, work, folder, chat, HOSTILE, own_template=False)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
