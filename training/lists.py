"""Lists to learn from: a query, its passage and some candidates, with hard and soft labels."""

import numpy as np
import torch
import torch.nn.functional as F

from training.paths import work
from training.prepare import KINDS
from training.ragged import Ragged
from training.teacher import passage_rows

# How far a kind's hard label and its soft labels are trusted. Headings and anchors name their section, they do not ask
# for it: alone they mislead a reranker (docs/decisions/0031), so they mostly carry the teacher's opinion.
HARD = {"question": 1.0, "keyword": 0.8, "qa": 1.0, "anchor": 0.25, "heading": 0.1, "tldr": 0.3}
SOFT = {"question": 0.3, "keyword": 0.5, "qa": 0.3, "anchor": 1.0, "heading": 1.0, "tldr": 0.7}
# A candidate this much nearer to the query than the labelled passage may be an answer too: not a negative.
MARGIN = {"question": 0.08, "keyword": 0.04, "qa": 0.03, "anchor": 0.0, "heading": 0.0, "tldr": 0.03}


def unit(x: np.ndarray) -> np.ndarray:
    """Rows to 0..1."""
    low, high = x.min(1, keepdims=True), x.max(1, keepdims=True)
    return (x - low) / np.maximum(high - low, 1e-6)


class Lists:
    """The mined candidates with tokens; `draw` gives a batch of lists."""

    def __init__(self, share: dict[str, float], seed: int, held_out: int = 600):
        with np.load(work("mined.npz")) as file:
            self.query, self.kind, self.row = file["query"], file["kind"], file["row"]
            self.cosine, self.lexical, self.known = file["cosine"], file["lexical"], file["known"]
        self.queries = Ragged.load(work("queries.npz"))
        self.texts = Ragged.load(work("texts.npz"))
        self.whole = Ragged.of(passage_rows(Ragged.load(work("heads.npz")), self.texts, 256))
        # The cheap teacher: both views of the hybrid that the reranker is asked to improve on.
        self.soft = 0.7 * unit(self.cosine) + 0.3 * unit(np.sqrt(np.maximum(self.lexical, 0)))
        self.rng = np.random.default_rng(seed)
        order = np.random.default_rng(7).permutation(len(self.query))
        asked = np.isin(self.kind[order], [KINDS.index(k) for k in ("question", "keyword", "qa")])
        self.held = order[asked][: min(held_out, asked.sum() // 5)]  # the calibration and validation split
        self.kept = np.setdiff1d(order, self.held)
        weight = np.array([share[KINDS[k]] for k in self.kind[self.kept]])
        self.chance = weight / weight.sum()
        # One pass without repeats: a weighted shuffle (Efraimidis and Spirakis 2006), begun anew when used up.
        self.queue: list[int] = []

    def next_lists(self, count: int) -> np.ndarray:
        if len(self.queue) < count:
            keys = self.rng.random(len(self.kept)) ** (1 / np.maximum(self.chance * len(self.kept), 1e-9))
            self.queue = list(self.kept[np.argsort(keys)])
        taken, self.queue = self.queue[-count:], self.queue[:-count]
        return np.array(taken)

    def bare(self, chosen: np.ndarray) -> np.ndarray:
        """Whether to hide the headings of a list's passages: always for heading queries, else now and then."""
        return (self.kind[chosen] == KINDS.index("heading")) | (self.rng.random(len(chosen)) < 0.15)

    def draw(self, count: int, size: int) -> dict:
        """`count` lists of `size`: token pairs (flat), soft [count, size], hard mask of true negatives, kinds."""
        chosen = self.next_lists(count)
        columns = np.stack([np.append(0, 1 + self.rng.choice(self.row.shape[1] - 1, size - 1, replace=False)) for _ in chosen])
        return self.at(chosen, columns, self.bare(chosen))

    def at(self, chosen: np.ndarray, columns: np.ndarray, bare: np.ndarray) -> dict:
        row = np.take_along_axis(self.row[chosen], columns, 1)
        cosine = np.take_along_axis(self.cosine[chosen], columns, 1)
        known = np.take_along_axis(self.known[chosen], columns, 1)
        margin = np.array([MARGIN[KINDS[k]] for k in self.kind[chosen]])
        allowed = (cosine <= cosine[:, :1] + margin[:, None]) & (known != 1) | (known == 0)
        allowed[:, 0] = True
        pairs = []
        for i, c in enumerate(chosen):
            query = self.queries[self.query[c]]
            source = self.texts if bare[i] else self.whole
            pairs.extend((query, source[p]) for p in row[i])
        return {"pairs": pairs, "allowed": torch.from_numpy(allowed), "kind": self.kind[chosen], "row": row, "chosen": chosen,
                "columns": columns, "soft": torch.from_numpy(np.take_along_axis(self.soft[chosen], columns, 1)).float()}


def loss_of(logits: torch.Tensor, batch: dict, soft: torch.Tensor, soft_share: float, calibrate: float = 0.1) -> torch.Tensor:
    """Listwise softmax on the hard label, KL to the soft ones, and a little BCE that anchors logit 0.

    logits and soft [lists, size]; `soft` holds teacher logits already divided by their temperature.
    """
    hard = torch.tensor([HARD[KINDS[k]] for k in batch["kind"]], device=logits.device)
    weight = torch.tensor([SOFT[KINDS[k]] for k in batch["kind"]], device=logits.device) * soft_share
    allowed = batch["allowed"].to(logits.device)
    listwise = F.cross_entropy(logits.masked_fill(~allowed, -1e4), torch.zeros(len(logits), dtype=torch.int64, device=logits.device), reduction="none")
    agree = F.kl_div(F.log_softmax(logits, 1), F.log_softmax(soft.to(logits.device), 1), log_target=True, reduction="none").sum(1)
    label = torch.zeros_like(logits)
    label[:, 0] = 1
    binary = F.binary_cross_entropy_with_logits(logits, label, reduction="none") * allowed
    return (hard * listwise + weight * agree + calibrate * hard * binary.mean(1)).mean()
