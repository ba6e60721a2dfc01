"""Pairs a second of google's rouge_score on the lines of standard input, each against all: as Lion and Alpaca call it (texts tokenized
once, `_score_lcs` on each pair) and as Self-Instruct does (`score` on the texts)."""
import itertools
import json
import sys
import time

from rouge_score import rouge_scorer

SECONDS = 5


def rate(name, score, texts):
    begin, pairs = time.process_time(), 0
    for old, new in itertools.product(texts, texts):
        score(old, new)
        pairs += 1
        if pairs % 256 == 0 and time.process_time() - begin > SECONDS:
            break
    print(json.dumps({"name": name, "figure": round(pairs / (time.process_time() - begin) / 1e6, 6), "unit": "M pairs/s"}))


def main():
    texts = [line.strip() for line in sys.stdin]
    if not texts:
        return
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    tokens = [scorer._tokenizer.tokenize(text) for text in texts]
    rate("novelty_full_scores_reference", rouge_scorer._score_lcs, tokens)
    rate("novelty_full_scores_reference_with_tokens", scorer.score, texts)


if __name__ == "__main__":
    main()
