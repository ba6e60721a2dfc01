"""Writes unicode_ranges.h and unicode_forms.h: asks Hugging Face's `tokenizers` itself what each code point is to its patterns and
normalizers, so that both cut text at the same places and normalize to the same characters.
Usage: python3 src/tokenizer/make_unicode_ranges.py   (in the root of the tree; needs `pip install tokenizers`)
"""
import unicodedata

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
KINDS = {
    "Upper": r"[\p{Lu}\p{Lt}]", "Lower": r"\p{Ll}", "Caseless": r"[\p{Lm}\p{Lo}]", "Mark": r"\p{M}", "Number": r"\p{N}",
    "Space": r"\s", "Punctuation": r"\p{P}", "Symbol": r"\p{S}",
}
HEAD = f"// Written by make_unicode_ranges.py from `tokenizers` {tokenizers.__version__}. Do not edit.\n// clang-format off\n"


def write(path, sections):
    with open(path, "w") as file:
        file.write(HEAD)
        for name, entries in sections:
            if name:
                file.write(f"constexpr {name}[] = {{\n")
            for i in range(0, len(entries), 8):
                file.write(" ".join(entries[i : i + 8]) + "\n")
            if name:
                file.write("};\n")
        file.write("// clang-format on\n")


def members(pattern):
    split = pre_tokenizers.Split(Regex(pattern), "removed", invert=True)
    return {ord(c) for start in range(0, len(CODE_POINTS), 4096)
            for piece, _ in split.pre_tokenize_str("".join(map(chr, CODE_POINTS[start : start + 4096]))) for c in piece}


def ranges():
    kind_of = {c: kind for kind, pattern in KINDS.items() for c in members(pattern)}
    found = []
    for c in sorted(kind_of):
        if found and found[-1][1] == c - 1 and found[-1][2] == kind_of[c]:
            found[-1][1] = c
        else:
            found.append([c, c, kind_of[c]])
    return ["{0x%X, 0x%X, %s}," % tuple(r) for r in found]


nfd, nfc, lower = normalizers.NFD().normalize_str, normalizers.NFC().normalize_str, normalizers.Lowercase().normalize_str
HANGUL = range(0xAC00, 0xAC00 + 11172)


def combining_classes():
    """The order of marks, from how NFD sorts two of them; the numbers are Unicode's, the answers the library's."""
    sample = {}
    for c in CODE_POINTS:
        x = chr(c)
        known = nfd(x) == x and (nfd("\u0345" + x) != "\u0345" + x or nfd(x + "\u0334") != x + "\u0334")
        if (k := unicodedata.combining(x)) and known:
            sample.setdefault(k, x)
    order = sorted(sample)
    low, high = sample[order[0]], sample[order[-1]]
    found = {}
    for c in CODE_POINTS:
        x = chr(c)
        if nfd(x) != x or (nfd(high + x) == high + x and nfd(x + low) == x + low):
            continue  # no mark: nothing moves past it
        below = [k for k in order if nfd(x + sample[k]) != x + sample[k]]  # a mark of lower class moves before it
        rest = order[len(below):]
        found[c] = rest[0]
    return found


def decompositions():
    return {c: nfd(chr(c)) for c in CODE_POINTS if c not in HANGUL and nfd(chr(c)) != chr(c)}


def compositions(forms):
    found = []
    for c, form in forms.items():
        first = nfc(form[:-1])
        if len(form) > 1 and nfc(form) == chr(c) and len(first) == 1:
            found.append((ord(first), ord(form[-1]), c))
    return sorted(found)


def lower_ranges():
    """(first, last, step, delta): every step-th code point from first to last is lowered by adding delta."""
    found, several = [], []
    for c in CODE_POINTS:
        low = lower(chr(c))
        if low == chr(c):
            continue
        if len(low) > 1:
            several.append(c)
            low = low[0]
        delta = ord(low) - c
        last = found[-1] if found else None
        if last and last[3] == delta and (c - last[1] == last[2] or (last[0] == last[1] and c - last[1] <= 2)):
            last[2] = c - last[1]
            last[1] = c
        else:
            found.append([c, c, 1, delta])
    assert several == [0x130], several  # unicode_form.cpp adds its dot
    return ["{0x%X, 0x%X, %d, %d}," % tuple(r) for r in found]


write("src/tokenizer/unicode_ranges.h", [("", ranges())])
forms = decompositions()
marks = sorted(combining_classes().items())
write("src/tokenizer/unicode_forms.h", [
    ("Decomposition kDecompositions", ["{0x%X, {%s}}," % (c, ", ".join("0x%X" % ord(x) for x in form)) for c, form in sorted(forms.items())]),
    ("Composition kCompositions", ["{0x%X, 0x%X, 0x%X}," % pair for pair in compositions(forms)]),
    ("Mark kMarks", ["{0x%X, %d}," % mark for mark in marks]),
    ("Lowering kLowerings", lower_ranges()),
])
