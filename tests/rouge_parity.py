"""Compares our ROUGE-L with google's rouge_score: the tokens of every Unicode code point, and F-measure (to the bit) and decision on
all exact ties at 0.7 and on pairs of real instructions. Usage: rouge_parity.py ROUGE_DUMP [INSTRUCTIONS.jsonl [PAIRS]]"""
import itertools
import json
import os
import random
import struct
import subprocess
import sys

from rouge_score import rouge_scorer, tokenizers

PAIRS = 50_000
CHUNK = 50_000  # pairs in memory at once
SCORER = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
TOKENIZER = tokenizers.DefaultTokenizer(use_stemmer=False)


def dump(program, values):
    lines = "".join(json.dumps(v) + "\n" for v in values)
    return subprocess.run([program], input=lines, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()


def code_points():
    """Each code point between two letters and alone, 256 to a text."""
    points = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
    for at in range(0, len(points), 256):
        yield " ".join(f"a{chr(c)}Z {chr(c)}" for c in points[at:at + 256])


def ties():
    """Texts whose exact F-measure is 0.7: `lcs` shared tokens, the rest different, for all m, n <= 200."""
    for m in range(1, 201):
        for n in range(1, 201):
            lcs, rest = divmod(7 * (m + n), 20)
            if rest or lcs > min(m, n):
                continue
            shared = [f"s{i}" for i in range(lcs)]
            yield " ".join(shared + [f"x{i}" for i in range(m - lcs)]), " ".join(shared + [f"y{i}" for i in range(n - lcs)])


def edited(text, words, rng):
    """The text with some of its words dropped, replaced or moved, so that scores crowd around the threshold."""
    out, rate = [], rng.uniform(0.02, 0.35)
    for word in text.split(" "):
        if rng.random() < rate / 2:
            continue
        out.append(rng.choice(words) if rng.random() < rate else word)
    if len(out) > 1 and rng.random() < 0.5:
        i, j = rng.randrange(len(out)), rng.randrange(len(out))
        out[i], out[j] = out[j], out[i]
    return " ".join(out)


def real_pairs(path, count):
    rng = random.Random(20240607)
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [row["instruction"] + ("\n" + row["input"] if row.get("input") else "") for row in rows]
    texts = [t for t in texts if len(t) < 1500]
    words = " ".join(texts[:500]).split()
    for i in range(count):
        old = rng.choice(texts)
        yield old, (rng.choice(texts) if i % 3 == 0 else edited(old, words, rng))


def compare_pairs(program, name, pairs):
    count, refused, failed = 0, 0, []
    pairs = iter(pairs)
    while chunk := list(itertools.islice(pairs, CHUNK)):
        for (old, new), line in zip(chunk, dump(program, chunk), strict=True):
            f = SCORER.score(old, new)["rougeL"].fmeasure
            wanted = f"{struct.unpack('<Q', struct.pack('<d', f))[0]:016x} {int(f > 0.7)}"
            refused += f > 0.7
            if line != wanted:
                failed.append((old, new, wanted, line))
        count += len(chunk)
        if count > CHUNK:
            print(f"  {name}: {count} so far, {len(failed)} differ", flush=True)
    print(f"{name}: {count} pairs, {refused} of them refused by rouge_score, {len(failed)} differ")
    for old, new, wanted, got in failed[:3]:
        print(f"  old {old!r}\n  new {new!r}\n  wanted {wanted}, got {got}")
    if not 0 < refused < count:
        raise SystemExit(f"{name}: a test in which every decision is the same shows nothing")
    return count - len(failed), len(failed)


def compare_tokens(program):
    texts = list(code_points())
    failed = [t for t, line in zip(texts, dump(program, texts), strict=True) if line.split() != TOKENIZER.tokenize(t)]
    print(f"tokens: {len(texts)} texts over all code points, {len(failed)} differ")
    return len(texts) - len(failed), len(failed)


def main():
    program = sys.argv[1]
    tie_pairs = list(ties())
    if len(tie_pairs) != 940:
        raise SystemExit(f"{len(tie_pairs)} ties instead of 940")
    results = [compare_tokens(program), compare_pairs(program, "ties", tie_pairs)]
    path = sys.argv[2] if len(sys.argv) > 2 else ""
    count = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else PAIRS
    skipped = not os.path.exists(path)
    if skipped:
        print(f"SKIP real instructions: there is no file {path!r}")
    else:
        results.append(compare_pairs(program, "real instructions", real_pairs(path, count)))
    passed, failed = (sum(column) for column in zip(*results))
    print(f"{passed} passed, {failed} failed, {int(skipped)} skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
