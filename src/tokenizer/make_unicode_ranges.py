"""Writes unicode_ranges.h: asks Hugging Face's `tokenizers` itself, for each code point, whether GPT-2's pattern takes it for a
letter, a number, a space or something else, so that both cut text at the same places.
Usage: python3 src/tokenizer/make_unicode_ranges.py > src/tokenizer/unicode_ranges.h   (needs `pip install tokenizers`)
"""
import tokenizers

pre = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)


def one_piece(text):
    return len(pre.pre_tokenize_str(text)) == 1


def kind(character):
    if one_piece("b" + character):
        return "Letter"
    if one_piece("1" + character):
        return "Number"
    return None if one_piece("." + character) else "Space"


ranges = []
for c in range(0x110000):
    if 0xD800 <= c <= 0xDFFF:
        continue
    k = kind(chr(c))
    if k is None:
        continue
    if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == k:
        ranges[-1][1] = c
    else:
        ranges.append([c, c, k])
print(f"// Written by make_unicode_ranges.py from `tokenizers` {tokenizers.__version__}; included by unicode_class.cpp alone. Do not edit.")
print("// clang-format off")
for i in range(0, len(ranges), 6):
    print(" ".join("{0x%X, 0x%X, %s}," % tuple(r) for r in ranges[i : i + 6]))
print("// clang-format on")
