"""Writes unicode_tables.h: which characters make words, and what each is compared as (compatibility decomposition and case folding,
NFKD of casefold of NFKD). Only of letters, digits and marks: a symbol separates, even where NFKC would write it in letters. Hangul
syllables are left out: unicode_words.cpp computes their letters.
Usage: python3 src/pool/make_unicode_tables.py > src/pool/unicode_tables.h   (Python 3.11: Unicode 14)
"""
import unicodedata

# Scripts that put no space between words; UAX #29 leaves them to dictionaries and cuts at every character.
UNSPACED = ("CJK", "KANGXI", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HENTAIGANA", "THAI", "LAO", "KHMER", "MYANMAR", "TAI",
            "NEW TAI", "JAVANESE", "BALINESE")


def fold(character):
    once = unicodedata.normalize("NFKD", character).casefold()
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", once).casefold())


def kind(c):
    category = unicodedata.category(chr(c))
    if c == 0x200B:  # zero width space: it divides, for all that its category says
        return None
    if category == "Cf" or 0xFE00 <= c <= 0xFE0F or 0xE0100 <= c <= 0xE01EF:  # and variation selectors
        return "Ignored"
    if category[0] == "M":
        return "Mark"
    if category[0] in "LN":
        return "Alone" if category == "Lo" and unicodedata.name(chr(c), "").startswith(UNSPACED) else "Word"
    return None


def code_points():
    return (c for c in range(0x80, 0x110000) if not 0xD800 <= c <= 0xDFFF and unicodedata.category(chr(c)) not in ("Cn", "Co"))


def kind_ranges():
    ranges = []
    for c in code_points():
        k = kind(c)
        if k is None:
            continue
        if ranges and ranges[-1][1] == c - 1 and ranges[-1][2] == k:
            ranges[-1][1] = c
        else:
            ranges.append([c, c, k])
    return ranges


def folds():
    """Runs of characters, every step-th, that are compared as the character `delta` on; and those compared as several."""
    runs, several = [], []
    for c in code_points():
        folded = fold(chr(c))
        if folded == chr(c) or kind(c) is None or 0xAC00 <= c <= 0xD7A3:
            continue
        if len(folded) > 1:
            several.append((c, folded))
            continue
        delta, last = ord(folded) - c, runs[-1] if runs else [0, 0, 0, 0]
        gap = c - last[1]
        if delta == last[2] and gap in (1, 2) and last[3] in (0, gap):
            last[1], last[3] = c, gap
        else:
            runs.append([c, c, delta, 0])
    return [(first, last, max(step, 1), delta) for first, last, delta, step in runs], several


def block(name, entries, line):
    print(f"constexpr {name}[] = {{")
    text = ""
    for entry in entries:
        if len(text) + len(entry) > line:
            print(text)
            text = ""
        text += entry + ","
    print(text + "\n};")


runs, several = folds()
print(f"// Written by make_unicode_tables.py from Unicode {unicodedata.unidata_version}; included by unicode_words.cpp alone. Do not edit.")
print("// clang-format off")
block("KindRange kKinds", ["{0x%X,0x%X,%s}" % tuple(r) for r in kind_ranges()], 150)
block("FoldRun kFoldRuns", ["{0x%X,0x%X,%d,%d}" % r for r in runs], 150)
block("FoldString kFoldStrings", ['{0x%X,U"%s"}' % (c, "".join("\\x%X" % ord(f) for f in s)) for c, s in several], 150)
print("// clang-format on")
