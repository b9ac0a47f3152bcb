"""Step 8: every figure of the cards. Each shipped model on each test set, by query type, with the peers beside them.

Scores of peers (the teacher) and rerankers are cached in the work folder, so that a second run costs seconds.
Writes `figures.json` beside the models' cards: nothing else in the cards is typed by hand.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np

from training import judge, measures, rankers
from training.embedder import StaticEmbedder
from training.paths import MODELS, log, work
from training.probe import tests
from training.teacher import Teacher
from training.testset import NAMES, TestSet, type_of
from training.tokens import token_lists

BLEND = 0.5  # the cross-encoder's share where a figure says "blended"


def by_type(test: TestSet, values: np.ndarray) -> dict[str, list]:
    """Mean of per-query values over all and over each query type that has ten queries: [mean, queries]."""
    types = np.array([type_of(q) for q in test.queries])
    found = {"all": [round(float(values.mean()), 4), len(values)]}
    for kind in ("keyword", "question", "long"):
        if (types == kind).sum() >= 10:
            found[kind] = [round(float(values[types == kind].mean()), 4), int((types == kind).sum())]
    return found


def per_query(test: TestSet, scores: np.ndarray, measure=measures.ndcg, **options) -> np.ndarray:
    return np.array([measure(test.documents(scores[i]), test.grades[q], **options) for i, q in enumerate(test.query_ids)])


def teacher_scores(test: TestSet) -> np.ndarray:
    """all-MiniLM-L6-v2's cosines [queries, passages], kept on disk."""
    path = work(f"peer-minilm-{test.name}.npy")
    if not path.exists():
        teacher = Teacher()
        asked, read = (teacher.embed_all(token_lists(t, 254)).astype(np.float32) for t in (test.queries, test.passages))
        np.save(path, asked @ read.T)
    return np.load(path)


def first_stages(test: TestSet, dimensions: tuple[int, ...] = (256, 128, 64), peers: bool = True) -> dict[str, np.ndarray]:
    stages = {"bm25": test.lexical}
    for width in dimensions:
        embed = StaticEmbedder.load(MODELS / "findling-static", width).embed
        stages[f"static-{width}"] = rankers.static_scores(test, embed)
    stages["hybrid"] = rankers.fuse(test.lexical, stages["static-256"])
    if not peers:
        return stages
    stages["minilm"] = teacher_scores(test)
    stages["minilm-hybrid"] = rankers.fuse(test.lexical, stages["minilm"])
    return stages


def embedders(name: str, peers: bool) -> dict:
    test = tests(name)
    found = {stage: by_type(test, per_query(test, scores)) for stage, scores in first_stages(test, peers=peers).items()}
    log("evaluate", set=name, **{stage: value["all"][0] for stage, value in found.items()})
    return found


def weights_of(name: str, form: str) -> Path:
    """The file that is asked."""
    return work(name, "model.pt") if form == "torch" else MODELS / name / f"model.{form}.onnx"


def scorer(name: str, form: str):
    """Token pairs → logits. `torch` is the checkpoint in bfloat16 and batches, many times faster for the base; any other
    form is the shipped file itself, one pair a call as the engine does."""
    from training.export import load, run

    if form == "torch":
        return judge.scorer_of(load(weights_of(name, form)), 256)
    return lambda pairs: run(weights_of(name, form), pairs, 256, threads=2)


def shortlist(name: str, depth: int, queries: int | None) -> judge.Shortlist:
    """The hybrid's shortlist; of msmarco-dl19 its own BM25 run, whose reranking is what others publish."""
    if name == "msmarco-dl19":
        return judge.of_run(name, "BM25.trec", 100)
    return judge.of_fusion(name, StaticEmbedder.load(MODELS / "findling-static").embed, depth, queries)


def reranker(model: str, name: str, depth: int, form: str, queries: int | None) -> dict:
    """One model on one set; the logits of these very weights are kept, so that a second look costs nothing."""
    one = shortlist(name, depth, queries)
    weights = hashlib.sha256(weights_of(model, form).read_bytes()).hexdigest()[:8]
    path = work("logits", f"{model}-{weights}-{name}-{depth}-{queries or 'all'}.npy")
    if not path.exists():
        np.save(path, one.logits(scorer(model, form)))
    logits = np.load(path)
    found = {"first": by_type(one.test, one.ndcg_per_query(one.first)), "weights": one.figures(logits)}
    for label, weight in (("overwritten", 1.0), ("blended", BLEND)):
        scores = rankers.reranked(one.first, one.picked, logits, weight)
        found[label] = by_type(one.test, one.ndcg_per_query(scores))
    log("evaluate", set=name, model=model, depth=one.picked.shape[1], **found["weights"])
    return found | {"about": {"depth": one.picked.shape[1], "form": form, "queries": len(one.test.queries)}}


def seed_table(name: str, model: str, form: str, limit: int = 10, over_fetch: int = 4) -> dict:
    """Hit rate@5 and @10 of lexical, dense and hybrid, without and with reranking of limit × over_fetch candidates."""
    test = tests(name)
    stages = first_stages(test, (256,), peers=False)
    found = {}
    for label, stage in (("lexical", "bm25"), ("dense", "static-256"), ("hybrid", "hybrid")):
        first = stages[stage]
        one = judge.Shortlist(test, first, rankers.candidates(first, limit * over_fetch))
        logits = one.logits(scorer(model, form))
        for title, scores in ((label, first), (f"{label}, reranked", rankers.reranked(first, one.picked, logits, BLEND))):
            found[title] = [round(float(per_query(test, scores, measures.hit, depth=d).mean()), 3) for d in (5, 10)]
    log("evaluate", table="hit rate@5 @10", set=name, model=model, **found)
    return found


def keep(found, *path: str) -> None:
    """Put one figure into models/figures.json, read anew so that two evaluations may run side by side."""
    file = MODELS / "figures.json"
    figures = json.loads(file.read_text()) if file.exists() else {}
    place = figures
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = found
    file.write_text(json.dumps(figures, indent=1) + "\n")


def evaluate(given) -> None:
    for name in given.sets:
        if given.only in (None, "embedder"):
            keep(embedders(name, given.peers or work(f"peer-minilm-{name}.npy").exists()), "embedders", name)
        for model in given.models if given.only in (None, "reranker") else []:
            keep(reranker(model, name, given.depth, given.form, given.queries), "rerankers", model, name)
    for model in given.models if given.only in (None, "seed") else []:
        keep(seed_table("docs-anthropic", model, given.form), "seedTable", model)


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--models", nargs="*", default=["findling-rerank-tiny", "findling-rerank-base"])
    options.add_argument("--sets", nargs="*", default=NAMES)
    options.add_argument("--depth", type=int, default=50)
    options.add_argument("--queries", type=int, help="a fixed random sample of this many queries")
    options.add_argument("--form", default="int8")
    options.add_argument("--only", choices=["embedder", "reranker", "seed"])
    options.add_argument("--no-peers", dest="peers", action="store_false", help="do not run the teacher anew")
    evaluate(options.parse_args())
