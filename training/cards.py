"""Write models/<id>/CARD.md: the prose of training/cards/<id>.md with the measured tables put in."""

import json
import subprocess
from pathlib import Path

from training.paths import MODELS, REPOSITORY, log

PROSE = Path(__file__).resolve().parent / "cards"
SETS = ["scifact", "docs-anthropic", "msmarco-dl19", "cranfield", "cisi"]
NAMES = {"bm25": "BM25 (this folder's)", "static-256": "findling-static", "static-128": "… first 128 dimensions",
         "static-64": "… first 64 dimensions", "hybrid": "**BM25 + findling-static**", "minilm": "all-MiniLM-L6-v2 (the teacher, 23 MB)",
         "minilm-hybrid": "BM25 + all-MiniLM-L6-v2"}


def table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def value(cell: list | None) -> str:
    return f"{cell[0]:.3f}".lstrip("0") if cell else "–"


def embedder_tables(figures: dict) -> str:
    """nDCG@10 of each stage on each set, then by query type."""
    found = figures["embedders"]
    rows = [[title, *(value(found[s][stage]["all"] if stage in found[s] else None) for s in SETS)] for stage, title in NAMES.items()]
    parts = ["nDCG@10, passages of at most 180 words, best passage (MaxP), min-max fusion of two top 100 at equal weights:", "",
             table(["", *SETS], rows), "", "By query type (queries):", ""]
    kinds = [[s, kind, str(found[s]["bm25"][kind][1]), *(value(found[s].get(stage, {}).get(kind)) for stage in ("bm25", "static-256", "hybrid", "minilm", "minilm-hybrid"))]
             for s in SETS for kind in ("keyword", "question", "long") if kind in found[s]["bm25"]]
    return "\n".join(parts) + "\n" + table(["set", "type", "queries", "BM25", "static", "hybrid", "MiniLM", "MiniLM hybrid"], kinds)


def reranker_tables(figures: dict, model: str) -> str:
    found = figures.get("rerankers", {}).get(model)
    if found is None:
        return "Not yet measured."
    rows, kinds = [], []
    for name in (s for s in SETS if s in found):
        one, about, weights = found[name], found[name]["about"], found[name]["weights"]
        rows.append([name, str(about["queries"]), str(about["depth"]), *(f"{weights[k]:.3f}".lstrip("0") for k in ("first", "w0.3", "w0.5", "w0.7", "w1.0"))])
        kinds.extend([name, kind, str(cell[1]), value(cell), value(one["blended"][kind]), value(one["overwritten"][kind])]
                     for kind, cell in one["first"].items() if kind != "all")
    parts = ["nDCG@10 of the checkpoint: the hybrid's best passages reranked (of msmarco-dl19 its BM25 run), the model's",
             "share of the blend growing from left to right; 1 overwrites the first stage's order. `depth` passages a query; a set with",
             "fewer queries than it has is a fixed random sample.", "",
             table(["set", "queries", "depth", "first stage", ".3", ".5", ".7", "1"], rows), "", "By query type:", "",
             table(["set", "type", "queries", "first stage", "blended .5", "overwritten"], kinds)]
    seed = figures.get("seedTable", {}).get(model)
    if seed:
        hits = [[name, f"{five:.2f}", f"{ten:.2f}"] for name, (five, ten) in seed.items()]
        parts += ["", "Hit rate on docs-anthropic, 40 candidates for 10 results, blended at .5:", "", table(["", "@5", "@10"], hits)]
    return "\n".join(parts)


def write() -> None:
    figures = json.loads((MODELS / "figures.json").read_text())
    commit = subprocess.run(["git", "log", "-1", "--format=%h", "--", "training"], cwd=REPOSITORY, capture_output=True, text=True).stdout.strip()
    for prose in sorted(PROSE.glob("*.md")):
        name = prose.stem
        if not (MODELS / name / "config.json").exists():
            continue
        made = embedder_tables(figures) if name == "findling-static" else reranker_tables(figures, name)
        files = sorted(f for f in (MODELS / name).iterdir() if f.name != "CARD.md")
        sizes = table(["file", "bytes"], [[f.name, f"{f.stat().st_size:,}"] for f in files])
        text = prose.read_text().replace("{{figures}}", made).replace("{{files}}", sizes).replace("{{commit}}", commit)
        (MODELS / name / "CARD.md").write_text(text)
        log("cards", model=name)


if __name__ == "__main__":
    write()
