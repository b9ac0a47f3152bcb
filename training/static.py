"""Step 3: findling-static. Distil the teacher into token rows, then contrast (query, passage) pairs.

The student is the weighted sum of its tokens' rows. It starts from the teacher's embedding of each token alone with
Zipf-like weights (Model2Vec, SIF: Arora et al. 2017), learns the teacher's geometry by cosine and by the similarities
inside each batch (as in TinyBERT/LEAF distillation), then ranks passages against in-batch negatives softened by the teacher.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from training import embedder
from training.paths import MODELS, fix_seeds, log, work
from training.probe import look
from training.ragged import Ragged
from training.teacher import passage_rows

DIMENSIONS = embedder.DIMENSIONS
MATRYOSHKA = embedder.MATRYOSHKA


class Rows(torch.nn.Module):
    """Token rows [vocabulary, 256] times exp(weight) [vocabulary]."""

    def __init__(self, rows: torch.Tensor, weights: torch.Tensor):
        super().__init__()
        self.rows = torch.nn.Parameter(rows)
        self.weights = torch.nn.Parameter(weights)

    def forward(self, bag: tuple[np.ndarray, np.ndarray]) -> torch.Tensor:
        ids, offsets = (torch.from_numpy(part) for part in bag)
        return F.embedding_bag(ids, self.rows, offsets, mode="sum", per_sample_weights=self.weights[ids].exp())

    def table(self) -> np.ndarray:
        return (self.rows * self.weights.exp()[:, None]).detach().numpy()


def load_teacher(name: str) -> np.ndarray:
    """float16 [rows, 384]; rows that the teacher has not reached yet are zero and are left out."""
    with np.load(work(f"teacher-{name}.npz")) as file:
        return file["out"]


def rotation(sample: np.ndarray, dimensions: int) -> np.ndarray:
    """Principal axes [384, dimensions] of the teacher's (uncentred) embeddings: cosines survive the cut best."""
    values, vectors = np.linalg.eigh(sample.T.astype(np.float64) @ sample)
    return vectors[:, ::-1][:, :dimensions].astype(np.float32)


def frequencies(groups: list[Ragged], size: int) -> np.ndarray:
    """In how many of the texts each token stands, plus one."""
    counts = np.ones(size)
    for group in groups:
        for i in range(len(group)):
            counts[np.unique(group[i])] += 1
    return counts / sum(len(g) for g in groups)


class Source:
    """Texts with their teacher embeddings, rotated to the student's axes."""

    def __init__(self, rows: Ragged, target: np.ndarray, axes: np.ndarray):
        self.rows, self.full = rows, target.astype(np.float32)
        self.target = self.full @ axes
        self.usable = np.flatnonzero((rows.lengths() > 0) & (np.abs(self.full).sum(1) > 0))

    def batch(self, rng: np.random.Generator, size: int, most: int) -> tuple:
        chosen = rng.choice(self.usable, size)
        return self.rows.bag(chosen, most), torch.from_numpy(self.target[chosen]), torch.from_numpy(self.full[chosen])


def similarity_loss(student: torch.Tensor, teacher: torch.Tensor, temperature: float = 0.05) -> torch.Tensor:
    """KL between the two softmaxes of each text's similarities to the batch (itself left out)."""
    size = len(student)
    away = torch.eye(size, dtype=torch.bool)
    of_student = (student @ student.T / temperature).masked_fill(away, -1e4)
    of_teacher = (teacher @ teacher.T / temperature).masked_fill(away, -1e4)
    return F.kl_div(F.log_softmax(of_student, 1), F.log_softmax(of_teacher, 1), log_target=True, reduction="batchmean")


def distil_loss(made: torch.Tensor, target: torch.Tensor, full: torch.Tensor) -> torch.Tensor:
    """Cosine to the rotated teacher and its batch similarities, at each Matryoshka width."""
    loss = made.new_zeros(())
    teacher = F.normalize(full, dim=1)
    for width in MATRYOSHKA:
        student = F.normalize(made[:, :width], dim=1)
        aimed = F.normalize(target[:, :width], dim=1)
        share = 1.0 if width == DIMENSIONS else 0.3
        loss = loss + share * (1 - (student * aimed).sum(1)).mean() + share * 0.5 * similarity_loss(student, teacher)
    return loss


class Pairs:
    """(query, passage) pairs with the teacher's view of both; headings are dropped at random from the passage."""

    def __init__(self, queries: Source, heads: Ragged, passages: Source, texts: Ragged, share: dict[int, float]):
        with np.load(work("pairs.npz")) as file:
            self.passage, self.kind, label = file["passage"], file["kind"], file["label"]
        reach = len(passages.full)
        good = (label == 1) & (self.passage < reach) & (queries.rows.lengths() > 0)
        good &= np.abs(passages.full[np.minimum(self.passage, reach - 1)]).sum(1) > 0
        good &= texts.lengths()[self.passage] > 3
        cosine = (queries.full * passages.full[np.minimum(self.passage, reach - 1)]).sum(1)
        good &= cosine > 0.3  # a heading such as "Example" says nothing of its section
        self.rows = np.flatnonzero(good)
        weight = np.array([share[int(k)] for k in self.kind[self.rows]])
        self.chance = weight / weight.sum()
        self.queries, self.passages, self.texts = queries, passages, texts

    def batch(self, rng: np.random.Generator, size: int, most: int) -> tuple:
        chosen = rng.choice(self.rows, size, p=self.chance, replace=False)
        passage = self.passage[chosen]
        # A heading query must find its text, not its own words.
        bare = (self.kind[chosen] == 3) | (rng.random(size) < 0.25)
        ids, offsets = self.passages.rows.bag(passage, most)
        ids_bare, offsets_bare = self.texts.bag(passage, most)
        ends, ends_bare = np.append(offsets[1:], len(ids)), np.append(offsets_bare[1:], len(ids_bare))
        parts = [ids_bare[offsets_bare[i] : ends_bare[i]] if bare[i] else ids[offsets[i] : ends[i]] for i in range(size)]
        starts = np.cumsum([0] + [len(p) for p in parts[:-1]])
        bag = (np.concatenate(parts), starts)
        full = torch.from_numpy(self.queries.full[chosen]), torch.from_numpy(self.passages.full[passage])
        return self.queries.rows.bag(chosen, 64), bag, full, torch.from_numpy(passage)


def contrast_loss(queries, passages, full, owner, temperature: float = 0.05) -> torch.Tensor:
    """InfoNCE over the batch, both ways, plus KL to the teacher's own row of similarities; likely false negatives masked."""
    of_teacher = F.normalize(full[0], dim=1) @ F.normalize(full[1], dim=1).T
    truth = of_teacher.diagonal()
    mask = (of_teacher > truth[:, None] + 0.05) | (owner[:, None] == owner[None, :])
    mask.fill_diagonal_(False)
    aim = torch.arange(len(truth))
    soft = F.log_softmax(of_teacher / 0.04, 1)
    loss = queries.new_zeros(())
    for width in MATRYOSHKA:
        share = 1.0 if width == DIMENSIONS else 0.3
        scores = F.normalize(queries[:, :width], dim=1) @ F.normalize(passages[:, :width], dim=1).T / temperature
        hard = scores.masked_fill(mask, -1e4)
        loss = loss + share * 0.5 * (F.cross_entropy(hard, aim) + F.cross_entropy(hard.T, aim))
        loss = loss + share * 0.5 * F.kl_div(F.log_softmax(scores, 1), soft, log_target=True, reduction="batchmean")
    return loss


def start(axes: np.ndarray, seen: np.ndarray) -> Rows:
    """Rows from the teacher's embeddings of single tokens, weights a/(a + frequency) (SIF)."""
    alone = load_teacher("vocabulary").astype(np.float32)
    rows = alone @ axes
    weights = np.log(1e-3 / (1e-3 + seen))
    return Rows(torch.from_numpy(rows), torch.from_numpy(weights.astype(np.float32)))


def train(minutes: float, contrast_share: float, size: int, rate: float, output: Path, every: float = 60.0) -> None:
    rng = fix_seeds()
    torch.set_num_threads(2)
    heads, texts = Ragged.load(work("heads.npz")), Ragged.load(work("texts.npz"))
    whole = Ragged.of(passage_rows(heads, texts))
    names = {"passages": whole, "queries": Ragged.load(work("queries.npz")), "extra": Ragged.load(work("extra.npz"))}
    # One's own docs come without definitions: a source that was not prepared or embedded is left out.
    names = {name: rows for name, rows in names.items() if len(rows) and work(f"teacher-{name}.npz").exists()}
    full = {name: load_teacher(name) for name in names}
    some = np.concatenate([f[rng.choice(len(f), min(30_000, len(f)), replace=False)] for f in full.values()]).astype(np.float32)
    axes = rotation(some, DIMENSIONS)
    sources = {name: Source(rows, full[name], axes) for name, rows in names.items()}
    model = start(axes, frequencies(list(names.values()), 30522))
    pairs = Pairs(sources["queries"], heads, sources["passages"], texts, {0: 2.0, 1: 2.0, 2: 1.0, 3: 0.5, 4: 1.5, 5: 0.4})
    log("static", pairs=len(pairs.rows), begin=look_at(model))
    loop(model, sources, pairs, rng, minutes, contrast_share, size, rate, output, every)


def look_at(model: Rows) -> dict:
    return look(embedder.StaticEmbedder(*embedder.quantise(model.table())).embed)


def loop(model, sources, pairs, rng, minutes, contrast_share, size, rate, output, every) -> None:
    """Distil for the first part of the time, then mix in contrast; the rate falls as a cosine of the clock."""
    best = torch.optim.Adam([{"params": [model.rows], "lr": rate}, {"params": [model.weights], "lr": rate * 10}], betas=(0.9, 0.99))
    bases = [group["lr"] for group in best.param_groups]
    began = looked = time.time()
    step, losses = 0, []
    while (done := (time.time() - began) / (60 * minutes)) < 1:
        for group, base in zip(best.param_groups, bases):
            group["lr"] = base * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * done)))
        if done < 1 - contrast_share:
            turn = ("passages", "queries", "passages", "extra")[step % 4]
            bag, target, whole = sources.get(turn, sources["queries"]).batch(rng, size, 128)
            loss = distil_loss(model(bag), target, whole)
        elif step % 3 == 0:
            turn = ("passages", "queries", "extra")[step // 3 % 3]
            bag, target, whole = sources.get(turn, sources["queries"]).batch(rng, size, 128)
            loss = distil_loss(model(bag), target, whole)
        else:
            query, passage, whole, owner = pairs.batch(rng, size, 128)
            loss = contrast_loss(model(query), model(passage), whole, owner)
        best.zero_grad()
        loss.backward()
        best.step()
        losses.append(loss.item())
        step += 1
        if time.time() - looked > every:
            log("static", steps=step, done=round(done, 3), loss=round(float(np.mean(losses[-100:])), 4), **look_at(model))
            embedder.write(output, model.table())
            looked = time.time()
    embedder.write(output, model.table())
    np.save(work("static-table.npy"), model.table())
    log("static", steps=step, finished=True, **look_at(model))


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=8)
    options.add_argument("--contrast", type=float, default=0.5)
    options.add_argument("--size", type=int, default=1024)
    options.add_argument("--rate", type=float, default=2e-3)
    options.add_argument("--out", default=str(MODELS / "findling-static"))
    given = options.parse_args()
    train(given.minutes, given.contrast, given.size, given.rate, Path(given.out))
