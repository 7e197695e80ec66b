"""Writes strings with the pieces that the original tokenizer cuts them into: tokenizer-sample.py TOKENIZER.json LINES.txt COUNT OUT.json [ascii]

With "ascii", words with pieces that are not in ASCII count as unknown, as for a table that lacks these. Half of the strings are lines of the text, a quarter lines with characters changed, a quarter characters of all kinds.
"""

import json
import random
import sys

from tokenizers import Tokenizer

tokenizer_file, lines_file, count, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
random.seed(25)
tokenizer = Tokenizer.from_file(tokenizer_file)
tokenizer.no_padding()
tokenizer.no_truncation()
lines = [line for line in open(lines_file, encoding="utf8").read().split("\n") if line]
KINDS = [(0x20, 0x7E), (0x00, 0xFF), (0x100, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x6FF), (0x900, 0x97F),
         (0x2000, 0x206F), (0x3000, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xACFF), (0xFF00, 0xFF65), (0x1F300, 0x1F6FF)]


# A sign since Unicode 14; the original knows it as none.
NEWER = "\u061d"


def any_character():
    low, high = random.choice(KINDS)
    return chr(random.randint(low, high)).replace(NEWER, " ")


def changed(line):
    characters = list(line)
    for _ in range(random.randint(1, 4)):
        characters.insert(random.randint(0, len(characters)), any_character())
    return "".join(characters)


strings = []
for at in range(count):
    kind = at % 4
    line = random.choice(lines)
    if kind < 2:
        strings.append(line)
    elif kind == 2:
        strings.append(changed(line))
    else:
        strings.append("".join(any_character() for _ in range(random.randint(1, 30))))


def words(pieces):
    """Unknown words where a piece is not in ASCII."""
    grouped = []
    for piece in pieces:
        if piece.startswith("##") and grouped:
            grouped[-1].append(piece)
        else:
            grouped.append([piece])
    return [piece for word in grouped for piece in (word if "".join(word).isascii() else ["[UNK]"])]


encoded = tokenizer.encode_batch(strings, add_special_tokens=False)
with open(out, "w", encoding="utf8") as file:
    known = words if sys.argv[5:] == ["ascii"] else list
    lines = [json.dumps({"text": text, "pieces": known(one.tokens)}) for text, one in zip(strings, encoded)]
    file.write("[\n" + ",\n".join(lines) + "\n]\n")
