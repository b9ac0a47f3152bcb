"""Step 2: all-MiniLM-L6-v2's embeddings of the training texts, the target that the static rows are distilled from.

On CPUs with AMX, bfloat16 is about four times as fast as float32 (measured: 235 against 58 passages of 128 tokens a second
on two cores).
"""

import os
import sys
import time

import numpy as np
import torch

from training.hardware import fast_dtype
from training.paths import fix_seeds, log, work
from training.ragged import Ragged
from training.tokens import CLS, SEP, teacher_folder, token_lists

BATCH_TOKENS = 4096


class Teacher:
    """Mean-pooled, normalised sentence embeddings [rows, 384]."""

    def __init__(self):
        from transformers import BertModel

        torch.set_num_threads(int(os.environ.get("FINDLING_THREADS", "2")))
        self.model = BertModel.from_pretrained(teacher_folder()).eval().to(fast_dtype())

    @torch.inference_mode()
    def embed(self, rows: list[list[int]]) -> np.ndarray:
        """One batch of token lists (without [CLS]/[SEP]) → float32 [rows, 384], unit length."""
        longest = max(len(row) for row in rows) + 2
        ids = torch.zeros(len(rows), longest, dtype=torch.int64)
        mask = torch.zeros(len(rows), longest, dtype=torch.int64)
        for i, row in enumerate(rows):
            ids[i, : len(row) + 2] = torch.tensor([CLS, *map(int, row), SEP])
            mask[i, : len(row) + 2] = 1
        hidden = self.model(ids, mask).last_hidden_state.float()
        weights = mask.unsqueeze(-1).float()
        pooled = (hidden * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(pooled, dim=-1).numpy()

    def embed_all(self, rows, path=None, pause: float = 60.0) -> np.ndarray:
        """Every row, by length so that padding costs little → float16 [rows, 384]; resumes from `path` where it stopped."""
        order = np.argsort([len(row) for row in rows], kind="stable")
        out = np.zeros((len(rows), 384), dtype=np.float16)
        done = 0
        if path is not None and path.exists():
            with np.load(path) as file:
                if len(file["out"]) == len(rows):
                    out, done = file["out"], int(file["done"])
        saved = began = time.time()
        first = done
        while done < len(rows):
            # Longest of this slice is its last row; take as many as fill the token budget.
            take = max(8, BATCH_TOKENS // (len(rows[order[min(done + 64, len(rows) - 1)]]) + 2))
            chosen = order[done : done + take]
            out[chosen] = self.embed([rows[i] for i in chosen])
            done += len(chosen)
            if path is not None and (time.time() - saved > pause or done == len(rows)):
                np.savez(path, out=out, done=done)
                saved = time.time()
                log("teacher", file=path.name, done=done, of=len(rows), per_second=round((done - first) / (saved - began)))
        return out


def passage_rows(heads: Ragged, texts: Ragged, most: int = 126) -> list[np.ndarray]:
    """Heading, full stop, text: each passage's tokens, cut at `most`."""
    stop = np.array(token_lists(["."])[0], dtype=np.uint16)
    rows = []
    for i in range(len(heads)):
        parts = [heads[i], stop, texts[i]] if len(heads[i]) else [texts[i]]
        rows.append(np.concatenate(parts)[:most])
    return rows


def run(which: list[str]) -> None:
    fix_seeds()
    teacher = Teacher()
    for name in which:
        if name == "passages":
            rows = passage_rows(Ragged.load(work("heads.npz")), Ragged.load(work("texts.npz")))
        elif name == "vocabulary":
            rows = [[i] for i in range(30522)]
        else:
            ragged = Ragged.load(work(f"{name}.npz"))
            rows = [ragged[i] for i in range(len(ragged))]
        teacher.embed_all(rows, work(f"teacher-{name}.npz"))


if __name__ == "__main__":
    run(sys.argv[1:] or ["vocabulary", "queries", "extra", "passages"])
