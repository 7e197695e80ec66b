"""Makes the table of meanings: make-table.py TOKENIZER.json LINES.txt FOLDER OUT.bin

FOLDER is that of embed.py for the same lines. Every piece of the vocabulary that is in ASCII gets a vector, such that the sum of the
vectors of a text points where the model of sentences says that the text does.
"""

import glob
import hashlib
import os
import sys

import numpy as np
import scipy.sparse
from tokenizers import Tokenizer

# Directions that are trained, the telling ones first, and those of them that are kept.
TRAINED, KEPT = 256, 192
ROUNDS = 4
TOGETHER = 1024

tokenizer_file, lines_file, folder, out = sys.argv[1:5]
tokenizer = Tokenizer.from_file(tokenizer_file)
tokenizer.no_padding()
tokenizer.no_truncation()
vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
is_special = lambda piece: len(piece) > 1 and piece.startswith("[") and piece.endswith("]")
kept = [number for piece, number in vocabulary if piece.isascii() and not is_special(piece)]
place = np.full(len(vocabulary), -1)
place[kept] = np.arange(len(kept))

lines = open(lines_file, encoding="utf8").read().split("\n")[:-1]
files = sorted(glob.glob(os.path.join(folder, "[0-9][0-9][0-9][0-9].npy")))
said = np.concatenate([np.load(file).astype(np.float32) for file in files])
lines = lines[: len(said)]
cut = [[place[number] for number in one.ids if place[number] >= 0] for one in tokenizer.encode_batch(lines, add_special_tokens=False)]

# The directions in which texts differ most: those of the largest eigenvalues.
values, vectors = np.linalg.eigh(said.T @ said / len(said))
basis = vectors[:, ::-1][:, :TRAINED]
wanted = said @ basis
wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)

# To begin with, what the model says for each piece alone, less what it says for all, and little for pieces that are everywhere.
share = np.ones(len(kept))
for pieces in cut:
    share[list(set(pieces))] += 1
share /= len(lines)
alone = np.load(os.path.join(folder, "pieces.npy"))[kept]
table = (((alone - 0.7 * alone.mean(0)) @ basis) / (1 + 30 * share)[:, None]).astype(np.float32)

rows = np.repeat(np.arange(len(cut)), [len(pieces) for pieces in cut])
columns = np.concatenate([np.array(pieces, np.int64) for pieces in cut])
weights = np.concatenate([np.full(len(pieces), 1 / max(1, len(pieces)), np.float32) for pieces in cut])
bags = scipy.sparse.csr_matrix((weights, (rows, columns)), shape=(len(cut), len(kept)))

random = np.random.default_rng(0)
order = random.permutation(len(cut))
held_out, training = order[-3000:], order[:-3000]
mean = np.zeros_like(table)
square = np.zeros_like(table)
size = np.sqrt((table**2).mean())


def nearness(of):
    sums = bags[of] @ table
    return ((sums / (np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9)) * wanted[of]).sum(1).mean()


print(f"{len(lines)} texts, cosine to what the model says of those held out: {nearness(held_out):.4f} at first")
for round_number in range(ROUNDS):
    rate = 0.06 * size * (0.5 * (1 + np.cos(np.pi * round_number / ROUNDS)) + 0.03)
    training = random.permutation(training)
    for start in range(0, len(training), TOGETHER):
        batch = training[start : start + TOGETHER]
        sums = bags[batch] @ table
        length = np.linalg.norm(sums, axis=1, keepdims=True) + 1e-6
        unit = sums / length
        cosine = (unit * wanted[batch]).sum(1, keepdims=True)
        gradient = bags[batch].T @ (-(wanted[batch] - cosine * unit) / length / len(batch))
        touched = np.unique(bags[batch].indices)
        step = np.asarray(gradient[touched])
        mean[touched] = 0.9 * mean[touched] + 0.1 * step
        square[touched] = 0.99 * square[touched] + 0.01 * step**2
        table[touched] -= rate * mean[touched] / (np.sqrt(square[touched]) + 1e-10)
    print(f"round {round_number + 1}: {nearness(held_out):.4f}", flush=True)

table = table[:, :KEPT]
scales = np.maximum(np.abs(table).max(1) / 127, 1e-9)
numbers = np.rint(table / scales[:, None]).astype(np.int8)
text = "\n".join(vocabulary[number][0] for number in kept).encode()
head = b'{"version":1,"dimensions":%d,"pieces":%d,"text":%d}\n' % (KEPT, len(kept), len(text))
content = head + text + scales.astype("<f4").tobytes() + numbers.tobytes()
with open(out, "wb") as file:
    file.write(content)
print(f"{len(content)} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
