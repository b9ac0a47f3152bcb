"""Lists to learn from: a query, its passage and some candidates, with hard and soft labels and the first stage's scores."""

import csv
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from training.corpus import passage_key
from training.embedder import StaticEmbedder
from training.paths import MODELS, REPOSITORY, log, work
from training.prepare import KINDS
from training.rankers import LEXICAL_SHARE
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


GRADES = REPOSITORY / "training" / "grades.tsv"
GRADES_HELD = REPOSITORY / "training" / "grades-held.tsv"


def static_cosines(queries: Ragged, passages: Ragged, query: np.ndarray, row: np.ndarray, folder: Path) -> np.ndarray:
    """float32 [lists, candidates]: what the shipped static embedder says of each candidate."""
    table = torch.from_numpy(StaticEmbedder.load(folder).table)

    def embed(ragged: Ragged, block: int = 4096) -> torch.Tensor:
        parts = []
        for start in range(0, len(ragged), block):
            rows = [torch.from_numpy(np.asarray(ragged[i]).astype(np.int64)) for i in range(start, min(start + block, len(ragged)))]
            offsets = torch.tensor([0, *np.cumsum([len(r) for r in rows])[:-1]])
            parts.append(F.normalize(F.embedding_bag(torch.cat(rows), table, offsets, mode="sum"), dim=1))
        return torch.cat(parts)

    asked, read = embed(queries), embed(passages)
    parts = [torch.einsum("qd,qcd->qc", asked[query[i : i + 512]], read[row[i : i + 512]]) for i in range(0, len(row), 512)]
    return torch.cat(parts).numpy()


def first_stage(lexical: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """float32 like both, [lists, candidates]: the fused scores that the engine would have, 0..1."""
    return LEXICAL_SHARE * unit(lexical) + (1 - LEXICAL_SHARE) * unit(cosine)


class Lists:
    """The mined candidates with tokens; `draw` gives a batch of lists."""

    def __init__(self, share: dict[str, float], seed: int, held_out: int = 600, asked: float | None = None):
        """`share` weighs kinds in one pass over everything; with `asked`, that share of every batch comes from what somebody asked
        (questions, keywords, question-answer pairs), which is then seen more often than headings and anchors."""
        with np.load(work("mined.npz")) as file:
            self.query, self.kind, self.row = file["query"], file["kind"], file["row"]
            self.cosine, self.lexical, self.known = file["cosine"], file["lexical"], file["known"]
        self.queries = Ragged.load(work("queries.npz"))
        self.texts = Ragged.load(work("texts.npz"))
        self.whole = Ragged.of(passage_rows(Ragged.load(work("heads.npz")), self.texts, 256))
        # The cheap teacher: both views of the hybrid that the reranker is asked to improve on.
        self.soft = 0.7 * unit(self.cosine) + 0.3 * unit(np.sqrt(np.maximum(self.lexical, 0)))
        self.first = self.first_scores()
        self.rng = np.random.default_rng(seed)
        order = np.random.default_rng(7).permutation(len(self.query))
        natural = np.isin(self.kind, [KINDS.index(k) for k in ("question", "keyword", "qa")])
        # The calibration and validation split: whole projects, so that what is learnt of one helps nowhere else.
        with np.load(work("pairs.npz")) as file:
            apart = file["held"][self.query]
        if (natural & apart).sum() < 50:  # one's own docs are one project: a fifth of what was asked, at most
            apart = np.isin(np.arange(len(order)), order[natural[order]][: min(held_out, natural.sum() // 5)])
        self.held = order[(natural & apart)[order]][:held_out]
        self.kept = order[~apart[order]]
        weight = np.array([share[KINDS[k]] for k in self.kind[self.kept]])
        self.chance = weight / weight.sum()
        # One pass without repeats: a weighted shuffle (Efraimidis and Spirakis 2006), begun anew when used up.
        self.queue: list[int] = []
        self.asked, self.natural = asked, natural
        self.queues: dict[bool, list[int]] = {True: [], False: []}

    def first_scores(self) -> np.ndarray:
        path = work("first.npy")
        if path.exists():
            return np.load(path)
        cosine = static_cosines(self.queries, self.whole, self.query, self.row, MODELS / "findling-static")
        np.save(path, first_stage(np.maximum(self.lexical, 0), cosine))
        log("lists", first=len(cosine))
        return np.load(path)

    def next_lists(self, count: int) -> np.ndarray:
        if self.asked is None:
            return self.from_one_pass(count)
        of_asked = int(round(count * self.asked + self.rng.uniform(-0.5, 0.5)))
        return np.concatenate([self.from_queue(True, of_asked), self.from_queue(False, count - of_asked)])

    def from_queue(self, natural: bool, count: int) -> np.ndarray:
        queue = self.queues[natural]
        if len(queue) < count:
            queue[:0] = self.rng.permutation(self.kept[self.natural[self.kept] == natural]).tolist()
        taken = [queue.pop() for _ in range(count)]
        return np.array(taken, np.int64)

    def from_one_pass(self, count: int) -> np.ndarray:
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
                "columns": columns, "first": torch.from_numpy(unit(np.take_along_axis(self.first[chosen], columns, 1))).float(), "soft": torch.from_numpy(np.take_along_axis(self.soft[chosen], columns, 1)).float(),
                "cosine": torch.from_numpy(cosine).float()}


class Graded:
    """Lists whose passages were graded 0..3 by reading them (grades.tsv: query, digits, passage keys).

    Few and good: they are for the last stage, several times over. Those of grades-held.tsv are never drawn.
    """

    def __init__(self, lists: Lists, seed: int, path: Path = GRADES, held: Path = GRADES_HELD):
        rows = (json.loads(line) for line in open(work("pool.jsonl")))
        pool = {passage_key(row["h"], row["t"]): i for i, row in enumerate(rows)}
        place: dict[str, int] = {}
        asked = [json.loads(line)["q"].strip() for line in open(work("queries.jsonl"))]
        for at, number in enumerate(lists.query):
            place.setdefault(asked[number], at)
        self.lists, self.rng = lists, np.random.default_rng(seed)
        self.rows: list[tuple[int, np.ndarray, np.ndarray, bool]] = []  # list, columns, grades, whether held out
        apart = {query for query, _, _ in self.lines(held)}
        for query, digits, keys in self.lines(held) + self.lines(path):
            at = place.get(query)
            if at is None:
                continue
            column = {int(row): c for c, row in enumerate(lists.row[at])}
            found = [(column[pool[key]], int(grade)) for grade, key in zip(digits, keys.split()) if pool.get(key) in column]
            if len(found) > 3:
                columns, grades = map(np.array, zip(*found))
                self.rows.append((at, columns, grades, query in apart))
        self.held = np.array([i for i, row in enumerate(self.rows) if row[3]], np.int64)
        self.kept = np.array([i for i, row in enumerate(self.rows) if not row[3]], np.int64)
        self.queue: list[int] = []

    @staticmethod
    def lines(path: Path) -> list[list[str]]:
        return list(csv.reader(path.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE)) if path.exists() else []

    def batch(self, chosen: list[int], size: int = 8) -> dict:
        """Short lists are filled up with their first passage; `real` tells which are not."""
        lists, columns, grades, real = [], [], [], []
        for each in chosen:
            at, own, given, _ = self.rows[each]
            room = size - len(own)
            lists.append(at)
            columns.append(np.append(own, np.full(room, own[0]))[:size])
            grades.append(np.append(given, np.zeros(room, np.int64))[:size])
            real.append(np.arange(size) < len(own))
        batch = self.lists.at(np.array(lists), np.stack(columns), np.zeros(len(lists), bool))
        return batch | {"grades": torch.from_numpy(np.stack(grades)), "real": torch.from_numpy(np.stack(real))}

    def draw(self, count: int) -> dict:
        while len(self.queue) < count:
            self.queue = list(self.rng.permutation(self.kept)) + self.queue
        taken, self.queue = self.queue[-count:], self.queue[:-count]
        return self.batch(taken)


def graded_loss(logits: torch.Tensor, batch: dict, sharpness: float = 1.5, soft: torch.Tensor | None = None) -> torch.Tensor:
    """KL to the softmax of the grades: passages of one grade share alike; lists of one grade throughout teach evenness.

    `soft` (teacher logits) is added to the grades, so that among equals the teacher decides.
    """
    real = batch["real"].to(logits.device)
    wanted = batch["grades"].to(logits.device) * sharpness
    wanted = (wanted if soft is None else wanted + soft.to(logits.device)).masked_fill(~real, -1e4)
    target = F.log_softmax(wanted.float(), 1)
    return F.kl_div(F.log_softmax(logits.masked_fill(~real, -1e4), 1), target, log_target=True, reduction="none").sum(1).mean()


def boosted_loss(logits: torch.Tensor, batch: dict, soft: torch.Tensor, boost: float, calibrate: float = 0.05) -> torch.Tensor:
    """KL to the teacher's opinion with the labelled passage raised by `boost` logits (less for kinds whose labels say less).

    A label alone teaches to distrust shared words: questions were written in other words than their passage's, and all mined
    candidates share words with them. On top of a teacher that knows words and meaning it corrects, and does not unlearn.
    """
    hard = torch.tensor([HARD[KINDS[k]] for k in batch["kind"]], device=logits.device)
    label = torch.zeros_like(logits)
    label[:, 0] = 1
    target = F.log_softmax(soft.to(logits.device) + boost * hard[:, None] * label, 1)
    agree = F.kl_div(F.log_softmax(logits, 1), target, log_target=True, reduction="none").sum(1)
    binary = F.binary_cross_entropy_with_logits(logits, label, reduction="none") * batch["allowed"].to(logits.device)
    return (agree + calibrate * hard * binary.mean(1)).mean()


def beside_first(logits: torch.Tensor, batch: dict, share: float, alone: torch.Tensor) -> torch.Tensor:
    """The logits on top of the first stage's score, which is worth `share` logits; `alone` [lists] leaves it out.

    A reranker's order is always blended with the first stage's: trained on the sum it learns what that one gets wrong,
    not what both know (as Gao et al. 2021, CLEAR, train a retriever on lexical retrieval's residual).
    """
    first = batch["first"].to(logits.device) * (~alone).to(logits.device).float()[:, None]
    return logits + share * first


def loss_of(logits: torch.Tensor, batch: dict, soft: torch.Tensor, soft_share: float, calibrate: float = 0.1,
            first_share: float = 0.0, alone_share: float = 0.3) -> torch.Tensor:
    """Listwise softmax on the hard label, KL to the soft ones, and a little BCE that anchors logit 0.

    logits and soft [lists, size]; `soft` holds teacher logits already divided by their temperature. With `first_share` all but
    `alone_share` of the lists are judged on top of the first stage (`beside_first`).
    """
    plain = logits
    if first_share:
        logits = beside_first(logits, batch, first_share, torch.rand(len(logits)) < alone_share)
    hard = torch.tensor([HARD[KINDS[k]] for k in batch["kind"]], device=logits.device)
    weight = torch.tensor([SOFT[KINDS[k]] for k in batch["kind"]], device=logits.device) * soft_share
    allowed = batch["allowed"].to(logits.device)
    listwise = F.cross_entropy(logits.masked_fill(~allowed, -1e4), torch.zeros(len(logits), dtype=torch.int64, device=logits.device), reduction="none")
    agree = F.kl_div(F.log_softmax(logits, 1), F.log_softmax(soft.to(logits.device), 1), log_target=True, reduction="none").sum(1)
    label = torch.zeros_like(logits)
    label[:, 0] = 1
    binary = F.binary_cross_entropy_with_logits(plain, label, reduction="none") * allowed
    return (hard * listwise + weight * agree + calibrate * hard * binary.mean(1)).mean()
