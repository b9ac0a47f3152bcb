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
    rows = [[title, *(value(found[s][stage]["all"]) for s in SETS)] for stage, title in NAMES.items()]
    parts = ["nDCG@10, passages of at most 180 words, best passage (MaxP), min-max fusion of two top 100 at equal weights:", "",
             table(["", *SETS], rows), "", "By query type (queries):", ""]
    kinds = [[s, kind, str(found[s]["bm25"][kind][1]), *(value(found[s][stage][kind]) for stage in ("bm25", "static-256", "hybrid", "minilm", "minilm-hybrid"))]
             for s in SETS for kind in ("keyword", "question", "long") if kind in found[s]["bm25"]]
    return "\n".join(parts) + "\n" + table(["set", "type", "queries", "BM25", "static", "hybrid", "MiniLM", "MiniLM hybrid"], kinds)


def reranker_tables(figures: dict, model: str) -> str:
    found = figures.get("rerankers", {}).get(model)
    if found is None:
        return "Not yet measured."
    rows, kinds = [], []
    about = found["about"]
    for name, stages in found.items():
        if name == "about":
            continue
        over, blend = stages[f"{model} overwritten"], stages[f"{model} blended"]
        rows.append([name, value(stages["first"]["all"]), value(over["all"]), value(blend["all"])])
        kinds.extend([name, kind, str(cell[1]), value(cell), value(over[kind]), value(blend[kind])]
                     for kind, cell in stages["first"].items() if kind != "all")
    seed = figures["seedTable"][model]
    hits = [[name, f"{five:.2f}", f"{ten:.2f}"] for name, (five, ten) in seed.items()]
    return "\n".join([
        f"nDCG@10, form {about['form']}; the hybrid's best {about['depth']} passages (msmarco-dl19: its BM25 run's 100), overwritten by",
        "the model's order or blended with the first stage's at equal weights:", "",
        table(["set", "first stage", "overwritten", "blended"], rows), "", "By query type:", "",
        table(["set", "type", "queries", "first stage", "overwritten", "blended"], kinds), "",
        "Hit rate on docs-anthropic, 40 candidates for 10 results, blended:", "", table(["", "@5", "@10"], hits)])


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
