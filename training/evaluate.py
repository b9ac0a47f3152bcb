"""Step 8: every figure of the cards. Each shipped model on each test set, by query type, with the peers beside them.

Scores of peers (the teacher) and rerankers are cached in the work folder, so that a second run costs seconds.
Writes `figures.json` beside the models' cards: nothing else in the cards is typed by hand.
"""

import argparse
import json

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


def embedders() -> dict:
    found = {}
    for name in NAMES:
        test = tests(name)
        found[name] = {stage: by_type(test, per_query(test, scores)) for stage, scores in first_stages(test).items()}
        log("evaluate", set=name, **{stage: value["all"][0] for stage, value in found[name].items()})
    return found


def scorer(name: str, form: str):
    """Token pairs → logits. `torch` is the checkpoint in bfloat16 and batches, many times faster for the base; any other
    form is the shipped file itself, one pair a call as the engine does."""
    from training.export import load, run

    if form == "torch":
        return judge.scorer_of(load(work(name, "model.pt")), 256)
    return lambda pairs: run(MODELS / name / f"model.{form}.onnx", pairs, 256, threads=2)


def shortlists(depth: int) -> dict[str, judge.Shortlist]:
    embed = StaticEmbedder.load(MODELS / "findling-static").embed
    found = {name: judge.of_fusion(name, embed, depth) for name in NAMES if name != "msmarco-dl19"}
    found["msmarco-dl19 (BM25 run)"] = judge.of_run("msmarco-dl19", "BM25.trec", 100)
    return found


def rerankers(names: list[str], depth: int, form: str) -> dict:
    found: dict = {}
    for title, one in shortlists(depth).items():
        found[title] = {"first": by_type(one.test, one.ndcg_per_query(one.first))}
        for name in names:
            logits = one.logits(scorer(name, form))
            for label, weight in (("overwritten", 1.0), ("blended", BLEND)):
                scores = rankers.reranked(one.first, one.picked, logits, weight)
                found[title][f"{name} {label}"] = by_type(one.test, one.ndcg_per_query(scores))
            np.save(work("logits", f"{name}-{title.split()[0]}-{depth}.npy"), logits)
            log("evaluate", set=title, model=name, **one.figures(logits))
    return found


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


def keep(part: str, model: str | None, found: dict) -> None:
    """Put one part into models/figures.json, read anew so that two evaluations may run side by side."""
    path = MODELS / "figures.json"
    figures = json.loads(path.read_text()) if path.exists() else {}
    if model is None:
        figures[part] = found
    else:
        figures.setdefault(part, {})[model] = found
    path.write_text(json.dumps(figures, indent=1) + "\n")


def evaluate(models: list[str], depth: int, form: str, only_embedder: bool) -> None:
    if only_embedder:
        return keep("embedders", None, embedders())
    for model in models:
        keep("rerankers", model, rerankers([model], depth, form) | {"about": {"depth": depth, "form": form}})
        keep("seedTable", model, seed_table("docs-anthropic", model, form))


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--models", nargs="*", default=["findling-rerank-tiny", "findling-rerank-base"])
    options.add_argument("--depth", type=int, default=50)
    options.add_argument("--form", default="int8")
    options.add_argument("--only-embedder", action="store_true")
    given = options.parse_args()
    evaluate(given.models, given.depth, given.form, given.only_embedder)
