"""Step 6: the base's logits on mined candidates, and the tiny model that learns them.

`score` fills `base-logits.npz` (float32 [Q, 32], NaN where not scored) and resumes; `train` distils. The target is the base
mixed with the cheap teacher: their errors differ, and the mixture ranks better than either (docs/decisions/0032).
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch

from training import train
from training.crossencoder import TINY, score_pairs, shortened
from training.export import from_onnx, load
from training.lists import Lists
from training.paths import fix_seeds, log, work

BASE_SCALE = 1.0
CHEAP_SCALE = 0.5
LABEL_ALONE = 1.5


def order_of(lists: Lists, asked: float | None) -> np.ndarray:
    """Every list once; with `asked`, that share of any stretch is of lists that somebody asked for, until these run out."""
    order = lists.next_lists(len(lists.kept))[::-1]
    if asked is None:
        return order
    natural = lists.natural[order]
    place = np.where(natural, np.cumsum(natural) / asked, np.cumsum(~natural) / (1 - asked))
    return order[np.argsort(place, kind="stable")]


def score(checkpoint: Path, minutes: float, columns: int, most: int, asked: float | None = None, block: int = 24) -> None:
    """Score the own passage and `columns - 1` other candidates of as many queries as the time allows; `asked` as in `Lists`."""
    torch.set_num_threads(1)
    lists = Lists(train.SHARES, 5)
    path = work("base-logits.npz")
    logits = np.load(path)["logits"] if path.exists() else np.full(lists.row.shape, np.nan, np.float32)
    model = load(checkpoint)
    order = [i for i in order_of(lists, asked) if np.isnan(logits[i, 0])]
    picks = np.random.default_rng(5)
    began = saved = time.time()

    def one(rows: np.ndarray) -> tuple:
        taken = np.stack([np.concatenate([[0], 1 + picks.permutation(lists.row.shape[1] - 1)[: columns - 1]]) for _ in rows])
        batch = lists.at(rows, taken, lists.kind[rows] == 3)
        with torch.inference_mode():
            return rows, taken, score_pairs(model, batch["pairs"], most, 32).numpy().reshape(taken.shape)

    done = 0
    with ThreadPoolExecutor(2) as workers:
        while time.time() - began < 60 * minutes and done < len(order):
            parts = [np.array(order[done + s * block : done + (s + 1) * block]) for s in range(4)]
            for rows, taken, values in workers.map(one, [p for p in parts if len(p)]):
                logits[rows[:, None], taken] = values
            done += 4 * block
            if time.time() - saved > 60:
                np.savez(path, logits=logits)
                saved = time.time()
                log("distil", scored=int((~np.isnan(logits)).sum()), lists=done)
    np.savez(path, logits=logits)
    log("distil", scored=int((~np.isnan(logits)).sum()), lists=done, finished=True)


class ScoredLists(Lists):
    """Lists with the base's logits, of those that it has scored only the scored columns; the rest at `others` of every draw.

    Scored lists alone are learnt by heart: after two rounds over 88,000 pairs the test sets fell while the loss still did
    (docs/decisions/0037).
    """

    def __init__(self, share: dict[str, float], seed: int, asked: float | None = None, others: float = 0.0):
        super().__init__(share, seed, asked=asked)
        self.logits = np.load(work("base-logits.npz"))["logits"]
        scored = ~np.isnan(self.logits[self.kept, 0])
        self.unscored, self.others = self.kept[~scored & self.natural[self.kept]], others
        self.kept, self.chance = self.kept[scored], self.chance[scored] / self.chance[scored].sum()

    def draw(self, count: int, size: int) -> dict:
        of_others = int(round(count * self.others)) if len(self.unscored) else 0
        chosen = np.concatenate([self.next_lists(count - of_others), self.rng.choice(self.unscored, of_others, replace=False)])
        columns = []
        for i in chosen:
            known = np.flatnonzero(~np.isnan(self.logits[i]))[1:]
            if len(known) == 0:
                known = np.arange(1, self.row.shape[1])
            columns.append(np.append(0, self.rng.choice(known, size - 1, replace=len(known) < size - 1)))
        return self.at(chosen, np.stack(columns), self.bare(chosen) & (self.kind[chosen] == 3))

    def at(self, chosen: np.ndarray, columns: np.ndarray, bare: np.ndarray) -> dict:
        """Like `Lists.at`, with the base's logits, NaN where it has none."""
        batch = super().at(chosen, columns, bare)
        return batch | {"base": torch.from_numpy(np.take_along_axis(self.logits[chosen], columns, 1))}


def mixed_teacher(batch: dict, cosine: float = 0.0) -> torch.Tensor:
    """Teacher logits [lists, size]: the base's plus the cheap teacher's; without the base's that one alone and the label raised.
    With `cosine` the cheap teacher is all-MiniLM's cosine, which counts as much as the base (docs/decisions/0039)."""
    cheap = train.cheap_teacher(batch, cosine).clone()
    beside = cheap.clone() if cosine else CHEAP_SCALE * batch["soft"]
    cheap[:, 0] += LABEL_ALONE
    return torch.where(batch["base"].isnan(), cheap, BASE_SCALE * batch["base"] + beside)


if __name__ == "__main__":
    options = train.parser()
    options.add_argument("step", choices=["score", "train"])
    options.add_argument("--base", type=Path, default=work("base-final.pt"))
    options.add_argument("--columns", type=int, default=10)
    options.add_argument("--others", type=float, default=0.0, help="share of lists that the base has not scored")
    given = options.parse_args()
    given.name = given.name or "tiny"
    fix_seeds(given.seed)
    if given.step == "score":
        score(given.base, given.minutes, given.columns, given.most, given.asked)
    else:
        layers = tuple(given.layers)
        model = shortened(from_onnx(given.from_onnx), layers, TINY.inner) if given.from_onnx else train.fresh("tiny", layers)
        if given.from_file:
            model.load_state_dict(torch.load(given.from_file)["model"])
        train.train(given, model, partial(mixed_teacher, cosine=given.cosine), ScoredLists(train.SHARES, given.seed, given.asked, given.others))
