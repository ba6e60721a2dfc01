"""Our tokenizer beside Hugging Face's `tokenizers`: the real tokenizers, on all real texts at hand and on fuzzed strings, must give the same
ids and the same decoded text; streams are checked by the program itself. Usage: tokenizer_parity.py DUMP FOLDER [NAME]...
FOLDER holds NAME/tokenizer.json. RETORT_LONG=1: all texts and 1,000,000 strings each."""
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

import tokenizers

LONG = bool(os.environ.get("RETORT_LONG"))
DATA = pathlib.Path(__file__).resolve().parents[2] / "shared/data"
TEXTS = None if LONG else 1_000
FUZZED = int(os.environ.get("RETORT_FUZZED", 1_000_000 if LONG else 3_000))
CHUNK = 50_000


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)


def real_texts():
    """Every string of every row of the real data."""
    texts = {}
    for path in sorted(DATA.rglob("*.json*")):
        content = path.read_text(encoding="utf-8")
        for part in content.split("\n") if path.suffix == ".jsonl" else [content]:
            if part.strip():
                texts.update(dict.fromkeys(strings_in(json.loads(part))))
    return list(texts)


class Fuzz:
    """Strings of what tokenizers trip over: spaces and newlines, digits, cases, contractions, marks, scripts, added tokens in pieces."""

    WORDS = ("the of and to in is that it for was with as his her on be at by had not are but from or have an they which one you were all "
             "McDonald iPhone don't I'LL they'Re x² naïve ﬁne ſ'ſ Straße İstanbul e\u0301clair 你好 世界 こんにちは カタカナ 한국어 안녕 русский Ελλάδα "
             "العربية हिन्दी ไทย 👩‍👩‍👧 🇩🇪 http://a.b/c?d=e#f 3.14159 1,000,000 ½ Ⅷ ٣٤ ½½½ foo_bar __init__ camelCaseHTMLParser").split()
    JOINTS = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", "", "", ".", ", ", "'", "'s", "'S", "/", "//\n", "-", "_", "\u00a0", "\u3000", "\u200b", "\u0301"]
    RANGES = [(0x20, 0x7F), (0x20, 0x7F), (0, 0x20), (0x80, 0x250), (0x2B0, 0x370), (0x370, 0x530), (0x590, 0x900), (0x900, 0xE00), (0x1100, 0x1200),
              (0x1E00, 0x2000), (0x2000, 0x2070), (0x2070, 0x2C00), (0x3000, 0x3100), (0x4E00, 0x4F00), (0xAC00, 0xAD00), (0xFB00, 0x10000),
              (0x1D100, 0x1D200), (0x1F300, 0x1F600), (0x20000, 0x20100), (0, 0xD800), (0xE000, 0x110000)]

    def __init__(self, seed, tokenizer):
        self.random = random.Random(seed)
        added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
        self.added = self.random.sample(added, min(60, len(added)))
        self.vocabulary = [t for t in self.random.sample(sorted(tokenizer.get_vocab()), 3_000)]

    def character(self):
        first, end = self.random.choice(self.RANGES)
        return chr(self.random.randrange(first, end))

    def part(self):
        kind = self.random.randrange(12)
        if kind < 4:
            return self.random.choice(self.WORDS)
        if kind < 6:
            return "".join(self.character() for _ in range(self.random.randrange(1, 6)))
        if kind == 6:
            return self.random.choice(["a", "A", " ", "\n", "0", "=", "中", "\u0301", "é", "\u1100\u1161"]) * self.random.randrange(1, 30)
        if kind == 7:
            return str(self.random.randrange(10 ** self.random.randrange(1, 12)))
        if kind == 8 and self.added:
            token = self.random.choice(self.added)
            return token if self.random.random() < 0.7 else token[: self.random.randrange(len(token) + 1)]
        if kind == 9:
            return self.random.choice(self.vocabulary).replace("Ġ", " ").replace("Ċ", "\n").replace("▁", " ")
        return self.random.choice(self.WORDS).swapcase()

    def text(self):
        return "".join(self.part() + self.random.choice(self.JOINTS) for _ in range(self.random.randrange(1, 8)))


def records(blobs):
    return b"".join(struct.pack("<I", len(blob)) + blob for blob in blobs)


def run_dump(dump, path, mode, blobs):
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as got:
        given.write(records(blobs))
        given.seek(0)
        subprocess.run([dump, path, mode], stdin=given, stdout=got, check=True)
        got.seek(0)
        out = got.read()
    found, at = [], 0
    while at < len(out):
        (size,) = struct.unpack_from("<I", out, at)
        found.append(out[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def unpack(blob):
    return list(struct.unpack(f"<{len(blob) // 4}i", blob))


def compare_texts(dump, path, tokenizer, mode, texts):
    """The number of texts that differ, the first of them shown."""
    tokenizer.encode_special_tokens = mode == "plain"
    ours = run_dump(dump, path, mode, [text.encode() for text in texts])
    theirs = tokenizer.encode_batch_fast(texts, add_special_tokens=mode == "framed")
    assert len(ours) == 2 * len(texts)
    expected = [encoding.ids for encoding in theirs]
    decoded = tokenizer.decode_batch(expected, skip_special_tokens=False)
    wrong = 0
    for i, text in enumerate(texts):
        ids, said = unpack(ours[2 * i]), ours[2 * i + 1].decode()
        if ids == expected[i] and said == decoded[i]:
            continue
        wrong += 1
        if wrong <= 3:
            print(f"  {mode}: {text!r}\n    ours   {ids} {said!r}\n    theirs {expected[i]} {decoded[i]!r}")
    return wrong


def compare_decoding(dump, path, tokenizer, count):
    draw = random.Random(5)
    rows = [[draw.randrange(tokenizer.get_vocab_size()) for _ in range(draw.randrange(1, 12))] for _ in range(count)]
    ours = run_dump(dump, path, "decode", [struct.pack(f"<{len(row)}i", *row) for row in rows])
    theirs = tokenizer.decode_batch(rows, skip_special_tokens=False)
    wrong = [(row, a.decode(), b) for row, a, b in zip(rows, ours, theirs) if a.decode() != b]
    for row, a, b in wrong[:3]:
        print(f"  decode: {row}\n    ours   {a!r}\n    theirs {b!r}")
    return len(wrong)


def compare_training(dump, texts):
    """The number of merges that differ from those that `tokenizers`' own trainer learns; also that it loads ours and encodes the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokenizer.json"
        given = records([text.encode() for text in texts])
        path.write_bytes(subprocess.run([dump, "4000", "train"], input=given, stdout=subprocess.PIPE, check=True).stdout)
        theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
        theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
        theirs.train_from_iterator(texts, tokenizers.trainers.BpeTrainer(vocab_size=4_000, min_frequency=2, special_tokens=["<|end|>"], show_progress=False,
                                                                        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet()))
        learned = json.loads(theirs.to_str())["model"]["merges"]
        ours = json.loads(path.read_text(encoding="utf-8"))["model"]["merges"]
        differing = sum(a != b for a, b in zip(ours, learned)) + abs(len(ours) - len(learned))
        return differing + compare_texts(dump, path, tokenizers.Tokenizer.from_file(str(path)), "special", texts)


def main():
    dump, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    names = sys.argv[3:] or sorted(path.parent.name for path in folder.glob("*/tokenizer.json"))
    passed = failed = skipped = 0
    real = real_texts() if DATA.is_dir() else []
    if not real:
        print("SKIP tokenizer parity on real texts: ../shared/data is absent")
        skipped += 1
    if TEXTS and len(real) > TEXTS:
        real = random.Random(2).sample(real, TEXTS)
    if real and not sys.argv[3:]:
        differing = compare_training(dump, real[:2_000])
        passed, failed = passed + (not differing), failed + (differing > 0)
        print(f"trainer: {min(len(real), 2_000)} real texts, 4,000 tokens, merges and texts differing: {differing}", flush=True)
    for name in names:
        started = time.time()
        path = folder / name / "tokenizer.json"
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
        fuzz = Fuzz(11, tokenizer)
        checks = {"real texts": 0, "fuzzed strings": 0, "random ids": compare_decoding(dump, path, tokenizer, max(1_000, FUZZED // 10))}
        for start in range(0, len(real), CHUNK):
            checks["real texts"] += compare_texts(dump, path, tokenizer, "framed", real[start : start + CHUNK])
        for start in range(0, FUZZED, CHUNK):
            texts = [fuzz.text() for _ in range(min(CHUNK, FUZZED - start))]
            mode = ("special", "plain", "framed")[start // CHUNK % 3] if FUZZED > CHUNK else "special"
            checks["fuzzed strings"] += compare_texts(dump, path, tokenizer, mode, texts)
        if FUZZED <= CHUNK:
            checks["fuzzed strings"] += compare_texts(dump, path, tokenizer, "plain", [fuzz.text() for _ in range(FUZZED // 2)])
        good = not any(checks.values())
        passed, failed = passed + good, failed + (not good)
        print(f"{name}: {len(real)} real texts, {FUZZED} fuzzed strings, differing: {checks} ({time.time() - started:.0f} s)", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)


main()
