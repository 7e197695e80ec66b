"""Asks the model of sentences for the meaning of texts: embed.py MODEL.onnx TOKENIZER.json LINES.txt FOLDER

Writes FOLDER/pieces.npy, the meaning of each piece of the vocabulary alone, and FOLDER/NNNN.npy, those of 2,000 lines each. What is
there already is not made again, so that it can be stopped and go on.
"""

import os
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

LINES_A_FILE = 2000
LONGEST = 64
CLS, SEP = 101, 102

model_file, tokenizer_file, lines_file, folder = sys.argv[1:5]
tokenizer = Tokenizer.from_file(tokenizer_file)
tokenizer.no_padding()
tokenizer.no_truncation()
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model_file, options)
inputs = [one.name for one in session.get_inputs()]


def embed(encoded, together=32):
    """The mean of what the model says for each piece, as a direction. Texts of one length are asked for together."""
    order = sorted(range(len(encoded)), key=lambda at: len(encoded[at]))
    found = np.zeros((len(encoded), 384), np.float32)
    for start in range(0, len(order), together):
        batch = order[start : start + together]
        ids = np.zeros((len(batch), len(encoded[batch[-1]])), np.int64)
        mask = np.zeros_like(ids)
        for row, at in enumerate(batch):
            ids[row, : len(encoded[at])] = encoded[at]
            mask[row, : len(encoded[at])] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        said = session.run(None, {name: given[name] for name in inputs})[0]
        counted = mask[:, :, None].astype(np.float32)
        mean = (said * counted).sum(1) / counted.sum(1)
        found[batch] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return found


os.makedirs(folder, exist_ok=True)
pieces_file = os.path.join(folder, "pieces.npy")
if not os.path.exists(pieces_file):
    np.save(pieces_file, embed([[CLS, piece, SEP] for piece in range(tokenizer.get_vocab_size())]))
lines = open(lines_file, encoding="utf8").read().split("\n")[:-1]
for start in range(0, len(lines), LINES_A_FILE):
    path = os.path.join(folder, f"{start // LINES_A_FILE:04d}.npy")
    if os.path.exists(path):
        continue
    encoded = [one.ids for one in tokenizer.encode_batch(lines[start : start + LINES_A_FILE])]
    cut = [ids if len(ids) <= LONGEST else ids[: LONGEST - 1] + [SEP] for ids in encoded]
    np.save(path + ".part.npy", embed(cut).astype(np.float16))
    os.rename(path + ".part.npy", path)
    print(path, flush=True)
