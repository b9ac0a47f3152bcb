"""Step 5: train a cross-encoder on the mined lists. Resumes from its last checkpoint; logs what it sees on the test sets.

`base` starts from all-MiniLM-L6-v2's layers, `tiny` from parts of the base; both learn the labels and the cheap teacher
(cosine mixed with BM25). training.distil then hands the tiny model the base's logits.
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from training import judge
from training.crossencoder import BASE, TINY, VOCABULARY, CrossEncoder, Shape, from_bert, pruned, score_pairs
from training.embedder import StaticEmbedder
from training.lists import Graded, Lists, beside_first, boosted_loss, graded_loss, loss_of, unit
from training.paths import EVAL, MODELS, fix_seeds, log, work
from training.ragged import Ragged
from training.tokens import teacher_folder
from training.world import World

SHARES = {"question": 3.0, "keyword": 2.0, "qa": 1.2, "anchor": 0.6, "heading": 0.3, "tldr": 0.3}
# Each worker runs its part of a batch on one core (OMP_NUM_THREADS=1). Torch's own threads meet at a barrier in every
# operation: with other work on the machine that made training nine times slower (72 → 8 pairs a second).
WORKERS = ThreadPoolExecutor(8)
SOFT_SCALE = 7.0  # the cheap teacher's 0..1 as logits


def token_counts() -> np.ndarray:
    """How often each token stands in the training texts; special tokens count as frequent."""
    counts = np.zeros(VOCABULARY)
    for name in ("heads", "texts", "queries", "extra"):
        counts += np.bincount(Ragged.load(work(f"{name}.npz")).ids, minlength=VOCABULARY)
    counts[[0, 100, 101, 102]] += 1e9
    return counts


def fresh(kind: str, layers: tuple[int, ...] = (0, 1)) -> CrossEncoder:
    """A cross-encoder with its starting weights; `layers`: which of the base's the tiny one begins with."""
    from safetensors.torch import load_file

    bert = load_file(teacher_folder() + "/model.safetensors")
    if kind == "base":
        model = CrossEncoder(BASE)
        from_bert(model, bert, token_counts())
        return model
    big = CrossEncoder(BASE)
    checkpoint = work("base-final.pt") if work("base-final.pt").exists() else work("base.pt")
    if checkpoint.exists():
        state = torch.load(checkpoint)
        big = CrossEncoder(Shape(**state.get("shape", BASE.as_dict())))
        big.load_state_dict(state["model"])
    else:
        from_bert(big, bert, token_counts())
    return pruned(big, replace(TINY, layers=len(layers), rows=big.shape.rows), layers)


def held_out(model: CrossEncoder, lists: Lists, most: int, world: World | None = None, count: int = 200, size: int = 16) -> dict[str, float]:
    """Share of held-out lists whose own passage comes first, and its mean reciprocal rank; `mrr0.3` and so on are those of the
    order blended with the first stage's at that weight (0: the first stage alone), as src/rerank/blend.ts does it."""
    chosen = lists.held[:count]
    columns = np.tile(np.arange(size), (len(chosen), 1))
    batch = lists.at(chosen, columns, np.zeros(len(chosen), bool))
    logits = judge.scorer_of(model, most)(batch["pairs"]).reshape(len(chosen), size)
    found = {"world": world.figure(judge.scorer_of(model, most))} if world else {}
    for weight in (0.0, 0.3, 0.5, 0.7, 1.0):
        scores = weight * unit(logits) + (1 - weight) * unit(batch["first"].numpy())
        rank = 1 + (scores[:, 1:] > scores[:, :1]).sum(1) + (scores[:, 1:] == scores[:, :1]).sum(1) / 2
        found[f"mrr{weight}"] = round(float((1 / rank).mean()), 4)
        if weight == 1:
            found["top1"] = round(float((rank == 1).mean()), 4)
    return found


class Looker:
    """Looks at samples of the test sets while training."""

    def __init__(self, depth: int, queries: int):
        self.lists: dict[str, judge.Shortlist] = {}
        if queries == 0 or not EVAL.exists():
            return
        embed = StaticEmbedder.load(MODELS / "findling-static").embed
        self.lists = {name: judge.of_fusion(name, embed, depth, queries) for name in ("scifact", "docs-anthropic")}
        self.lists["msmarco-dl19"] = judge.of_run("msmarco-dl19", "BM25.trec", 100 if queries > 100 else 50)

    def __call__(self, model: CrossEncoder, most: int) -> dict:
        scorer = judge.scorer_of(model, most)
        return {name: one.figures(one.logits(scorer)) for name, one in self.lists.items()}


def parameter_groups(model: CrossEncoder, rate: float) -> list[dict]:
    """Fresh head at five times the rate, no decay on norms and biases."""
    head = [p for n, p in model.named_parameters() if n.startswith("head") and p.requires_grad]
    plain = [p for n, p in model.named_parameters() if not n.startswith("head") and p.requires_grad and p.ndim == 1]
    body = [p for n, p in model.named_parameters() if not n.startswith("head") and p.requires_grad and p.ndim > 1]
    return [{"params": body, "lr": rate, "weight_decay": 0.01}, {"params": plain, "lr": rate, "weight_decay": 0.0},
            {"params": head, "lr": rate * 5, "weight_decay": 0.0}]


def freeze(model: CrossEncoder, layers: int) -> None:
    """The word rows and the first layers learn no more: a step of six layers with two of them frozen takes a fifth less."""
    for part in (model.words, model.widen, model.places, model.types, model.norm, *model.layers[:layers]):
        part.requires_grad_(False)


def schedule(done: float, warm: float = 0.05) -> float:
    """Linear up, linear down to 2 %."""
    return done / warm if done < warm else 0.02 + 0.98 * (1 - done) / (1 - warm)


def cheap_teacher(batch: dict, cosine: float) -> torch.Tensor:
    """The mixture's logits [lists, size]; with `cosine`, all-MiniLM's cosine alone, one worth so many logits: what differs little
    stays little, where the mixture stretches every list to 0..1 (docs/decisions/0039)."""
    return batch["cosine"] * cosine if cosine else batch["soft"] * SOFT_SCALE


def among_equals(read: dict, cosine: float) -> torch.Tensor:
    """Half of the best teacher's logits for graded lists: the base's where it has scored them, else the cheap teacher's. A
    cosine counts whole: grades and cosines err in different ways."""
    soft = cheap_teacher(read, cosine)
    if cosine:
        return soft
    return torch.where(read["base"].isnan(), soft, read["base"]) / 2 if "base" in read else soft / 2


def read_loss(logits: torch.Tensor, drawn: dict, options) -> torch.Tensor:
    """Of lists [lists, size] that somebody graded."""
    if options.first_share and "first" in drawn:
        logits = beside_first(logits, drawn, options.first_share, torch.rand(len(logits)) < 0.3)
    if not options.boost:
        return graded_loss(logits, drawn)
    return graded_loss(logits, drawn, options.sharpness, among_equals(drawn, options.cosine))


def step_of(model, lists: Lists, options, done: float, teacher=None, graded: dict | None = None) -> float:
    """One batch forwards and backwards; gradients add up in the parameters. Returns the mean loss.

    `graded`: what gives lists with grades → its share of the batch.
    """
    most = options.most if done < options.long_from else options.most_long
    share = options.soft_begin + (options.soft_end - options.soft_begin) * done
    each = options.lists // options.threads
    counts = {source: round(each * of) for source, of in (graded or {}).items()}
    mined = each - sum(counts.values())
    parts = [(lists.draw(mined, options.size), [source.draw(count) for source, count in counts.items() if count]) for _ in range(options.threads)]

    def one(part: tuple[dict, list[dict]]) -> float:
        batch, read = part
        logits = score_pairs(model, [pair for drawn in (batch, *read) for pair in drawn["pairs"]], most, options.micro)
        own, *others = logits.split([len(drawn["pairs"]) for drawn in (batch, *read)])
        soft = cheap_teacher(batch, options.cosine) if teacher is None else teacher(batch)
        if options.boost:
            loss = boosted_loss(own.view(-1, options.size), batch, soft, options.boost)
        else:
            loss = loss_of(own.view(-1, options.size), batch, soft, share, first_share=options.first_share)
        for drawn, flat in zip(read, others):
            loss = loss + read_loss(flat.view(drawn["grades"].shape), drawn, options) * (len(drawn["grades"]) / sum(counts.values()))
        loss = loss / len(parts)
        loss.backward()
        return loss.item()

    return sum(WORKERS.map(one, parts))


def train(options, model: CrossEncoder, teacher=None, lists: Lists | None = None) -> None:
    torch.set_num_threads(1)
    if options.frozen:
        freeze(model, options.frozen)
    lists = lists or Lists(SHARES, options.seed, asked=options.asked)
    graded = {Graded(lists, options.seed): options.graded} if options.graded else {}
    world = World(options.seed) if options.world else None
    if world:
        graded[world] = options.world
    looker = Looker(options.look_depth, options.look_queries)
    best = torch.optim.AdamW(parameter_groups(model, options.rate), betas=(0.9, 0.98), fused=True)
    bases = [g["lr"] for g in best.param_groups]
    path = work(f"{options.name}.pt")
    steps, spent = 0, 0.0
    if options.resume and path.exists():
        state = torch.load(path)
        model.load_state_dict(state["model"])
        best.load_state_dict(state["optimiser"])
        steps, spent = state["steps"], state["spent"]
        # Other lists than those that it began with: those it has seen.
        for source in (lists, *graded):
            source.rng = np.random.default_rng(options.seed + steps)
    model.train()
    saved = looked = last = time.time()
    losses: list[float] = []
    while (done := spent / (60 * options.minutes)) < 1:
        for group, base in zip(best.param_groups, bases):
            group["lr"] = base * schedule(done)
        best.zero_grad(set_to_none=True)
        losses.append(step_of(model, lists, options, done, teacher, graded))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        best.step()
        steps += 1
        now = time.time()
        # A step takes a second or two; what is longer was a pause (a stopped process), and does not count.
        spent, last = spent + min(now - last, 10.0), now
        if now - saved > 120:
            state = {"model": model.state_dict(), "optimiser": best.state_dict(), "steps": steps, "spent": spent}
            torch.save(state, path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)  # a reader never meets half a checkpoint
            saved = now
            log(options.name, steps=steps, done=round(done, 3), pairs=steps * options.lists * options.size,
                loss=round(float(np.mean(losses[-200:])), 4))
        if now - looked > 60 * options.look_every:
            log(options.name, steps=steps, done=round(done, 3), **held_out(model, lists, options.most, world), **looker(model, options.most))
            looked = last = time.time()
    torch.save({"model": model.state_dict(), "shape": model.shape.as_dict()}, work(f"{options.name}-final.pt"))
    log(options.name, steps=steps, finished=True, **held_out(model, lists, options.most, world), **looker(model, options.most))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser()
    made.add_argument("--model", choices=["base", "tiny"], default="base")
    made.add_argument("--name", help="of the checkpoints; by default what --model says")
    made.add_argument("--minutes", type=float, default=50)
    made.add_argument("--rate", type=float, default=8e-5)
    made.add_argument("--lists", type=int, default=16)
    made.add_argument("--size", type=int, default=8)
    made.add_argument("--micro", type=int, default=32)
    made.add_argument("--most", type=int, default=128)
    made.add_argument("--most-long", type=int, default=224)
    made.add_argument("--long-from", type=float, default=0.85)
    made.add_argument("--soft-begin", type=float, default=1.0)
    made.add_argument("--soft-end", type=float, default=0.2)
    made.add_argument("--first-share", type=float, default=0.0, help="logits that the first stage's score is worth; 0 leaves it out")
    made.add_argument("--boost", type=float, default=0.0, help="learn the teacher with the label raised by so many logits, not the label")
    made.add_argument("--asked", type=float, help="share of the mined lists that somebody asked; by default one pass over everything")
    made.add_argument("--graded", type=float, default=0.0, help="share of the lists that come from grades.tsv")
    made.add_argument("--world", type=float, default=0.0, help="share of the lists that come from world.jsonl")
    made.add_argument("--sharpness", type=float, default=1.0, help="logits that a grade is worth beside the teacher's (with --boost)")
    made.add_argument("--cosine", type=float, default=0.0, help="logits that a cosine of 1 is worth; 0 takes the mixture with BM25")
    made.add_argument("--frozen", type=int, default=0, help="first layers that learn no more, nor the word rows")
    made.add_argument("--threads", type=int, default=2)
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--look-every", type=float, default=8, help="minutes")
    made.add_argument("--look-depth", type=int, default=20)
    made.add_argument("--look-queries", type=int, default=80)
    made.add_argument("--from-file", type=Path)
    made.add_argument("--from-onnx", type=Path, help="a shipped model.fp16.onnx or model.w8.onnx to train on from")
    made.add_argument("--from-kernel", type=Path, help="a shipped model.kernel.safetensors to train on from")
    made.add_argument("--layers", type=int, nargs="+", default=[0, 1], help="which of the base's layers the tiny model begins with")
    made.add_argument("--resume", action="store_true")
    return made


if __name__ == "__main__":
    given = parser().parse_args()
    given.name = given.name or given.model
    fix_seeds(given.seed)
    if given.from_onnx:
        from training.export import from_onnx

        made = from_onnx(given.from_onnx)
    elif given.from_kernel:
        from training.kernel_file import from_kernel

        made = from_kernel(given.from_kernel)
    else:
        made = fresh(given.model, tuple(given.layers))
    if given.from_file:
        made.load_state_dict(torch.load(given.from_file)["model"])
    train(given, made)
