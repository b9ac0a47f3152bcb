"""Step 4: candidates for the rerankers. For each query its passage, the best of BM25, the best of the teacher, some at random.

Every candidate carries the teacher's cosine and its BM25 score: the soft labels, and the filter for false negatives.
Writes `mined.npz`: query int32 [Q], kind int8 [Q], row int32 [Q, 32], cosine and lexical float32 [Q, 32], known int8 [Q, 32]
(1 the passage the query was made for, 0 judged irrelevant, -1 unknown). Column 0 is always the query's own passage.
"""

import argparse
import json

import numpy as np
import torch

from training.bm25 import Bm25
from training.paths import fix_seeds, log, work
from training.prepare import KINDS

WANTED = {"question": 8_000, "keyword": 8_000, "qa": 16_000, "anchor": 20_000, "heading": 12_000, "tldr": 4_000}
COLUMNS = 32
DEPTH = 60


def choose(kinds: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Query rows to mine for, at most WANTED of each kind."""
    taken = []
    for number, kind in enumerate(KINDS):
        rows = np.flatnonzero((kinds == number) & (labels == 1))
        taken.append(rng.permutation(rows)[: WANTED[kind]])
    return np.sort(np.concatenate(taken))


def dense_top(queries: np.ndarray, passages: np.ndarray, depth: int, block: int = 256) -> np.ndarray:
    """Best rows by cosine, int32 [queries, depth]."""
    table = torch.from_numpy(passages).to(torch.bfloat16)
    found = []
    for start in range(0, len(queries), block):
        depth = min(depth, len(passages))
        scores = torch.from_numpy(queries[start : start + block]).to(torch.bfloat16) @ table.T
        found.append(scores.topk(depth, dim=1).indices.to(torch.int32).numpy())
    return np.concatenate(found)


def merge(own: np.ndarray, lexical: np.ndarray, dense: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """int32 [Q, 32]: the own passage, then by turns the best of both lists, the last six from deeper down or anywhere."""
    out = np.zeros((len(own), COLUMNS), np.int32)
    for i in range(len(own)):
        row, seen = [int(own[i])], {int(own[i]), -1}
        for pair in zip(lexical[i], dense[i]):
            for passage in map(int, pair):
                if passage not in seen and len(row) < COLUMNS - 6:
                    seen.add(passage)
                    row.append(passage)
        deeper = [int(p) for p in np.concatenate([lexical[i][20:], dense[i][20:]]) if int(p) not in seen]
        rng.shuffle(deeper)
        for passage in deeper + [int(p) for p in rng.integers(0, size, 64)]:
            # Two at random always: a reranker must also know what is plainly wrong.
            if len(row) >= COLUMNS - 2 and passage in deeper:
                continue
            if passage not in seen and len(row) < COLUMNS:
                seen.add(passage)
                row.append(passage)
        out[i] = row
    return out


def judged(texts: list[str], row: np.ndarray, queries: list[dict]) -> np.ndarray:
    """int8 like `row`: 1 for any passage the same question text was made for, 0 judged irrelevant, else -1."""
    known: dict[str, dict[int, int]] = {}
    for query in queries:
        known.setdefault(query["q"].strip().lower(), {})[query["p"]] = query["y"]
    out = np.full(row.shape, -1, np.int8)
    for i, text in enumerate(texts):
        labels = known[text.strip().lower()]
        out[i] = [labels.get(int(p), -1) for p in row[i]]
    return out


def lexical_candidates(pool: list[dict], texts: list[str]) -> tuple[Bm25, np.ndarray]:
    index = Bm25([row["h"] for row in pool], [row["t"] for row in pool])
    path = work("mined-lexical.npz")
    if path.exists():
        with np.load(path) as file:
            if len(file["found"]) == len(texts):
                return index, file["found"]
    found, _ = index.top(texts, DEPTH)
    np.savez(path, found=found)
    log("mine", lexical=len(found))
    return index, found


def mine(only_lexical: bool) -> None:
    rng = fix_seeds()
    torch.set_num_threads(2)
    pool = [json.loads(line) for line in open(work("pool.jsonl"))]
    queries = [json.loads(line) for line in open(work("queries.jsonl"))]
    with np.load(work("pairs.npz")) as file:
        kinds, labels, owners = file["kind"], file["label"], file["passage"]
    chosen = choose(kinds, labels, rng)
    texts = [queries[i]["q"] for i in chosen]
    index, lexical = lexical_candidates(pool, texts)
    if only_lexical:
        return
    passages = np.load(work("teacher-passages.npz"))["out"].astype(np.float32)
    asked = np.load(work("teacher-queries.npz"))["out"][chosen].astype(np.float32)
    dense = dense_top(asked, passages, DEPTH)
    log("mine", dense=len(dense))
    row = merge(owners[chosen], lexical, dense, len(pool), rng)
    cosine = np.concatenate([np.einsum("qd,qcd->qc", asked[i : i + 512], passages[row[i : i + 512]]) for i in range(0, len(row), 512)])
    known = judged(texts, row, queries)
    np.savez(work("mined.npz"), query=chosen.astype(np.int32), kind=kinds[chosen], row=row, cosine=cosine,
             lexical=index.pairs(texts, row), known=known)
    own = (cosine[:, :1] >= cosine[:, 1:]).mean(1)
    log("mine", queries=len(row), **{f"own_above_{k}": round(float(own[kinds[chosen] == n].mean()), 3) for n, k in enumerate(KINDS)})


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--only-lexical", action="store_true")
    mine(options.parse_args().only_lexical)
