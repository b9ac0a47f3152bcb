"""Write models/catalog.json from the files that are there: bytes and sha256 of each."""

import hashlib
import json

from training.paths import MODELS, log

LICENCE = "Apache-2.0"
REVISIONS = {"findling-static": "1", "findling-rerank-tiny": "5", "findling-rerank-base": "7"}
# Shares in the blend with the fused order that suit a model better than the engine's .3 (docs/decisions/0036 and 0037).
BLENDS = {"findling-rerank-tiny": 0.5, "findling-rerank-base": 0.5}
FORMS = {"kernel": "model.kernel.safetensors", "int8": "model.int8.onnx", "w4": "model.w4.onnx", "w8": "model.w8.onnx", "fp16": "model.fp16.onnx",
         "canary": "canary.json"}


def entry(path: str) -> dict:
    """One file's path (from models/), size and checksum."""
    content = (MODELS / path).read_bytes()
    return {"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def static_model(name: str) -> dict:
    config = json.loads((MODELS / name / "config.json").read_text())
    return {"id": name, "kind": "static-embedder", "revision": REVISIONS[name], "dimensions": config["dimensions"],
            "matryoshka": config["matryoshka"], "licence": LICENCE,
            "files": {"rows": entry(f"{name}/rows.i8"), "scales": entry(f"{name}/scales.f32"),
                      "config": entry(f"{name}/config.json"), "vocabulary": entry("wordpiece/vocab.txt")}}


def cross_encoder(name: str) -> dict:
    config = json.loads((MODELS / name / "config.json").read_text())
    files = {form: entry(f"{name}/{file}") for form, file in FORMS.items() if (MODELS / name / file).exists()}
    files |= {"config": entry(f"{name}/config.json"), "vocabulary": entry("wordpiece/vocab.txt")}
    return {"id": name, "kind": "cross-encoder", "revision": REVISIONS[name], "maxTokens": config["maxTokens"],
            **({"blend": BLENDS[name]} if name in BLENDS else {}),
            "layers": config["layers"], "hidden": config["hidden"], "licence": LICENCE, "files": files}


def write() -> None:
    makers = {"findling-static": static_model, "findling-rerank-tiny": cross_encoder, "findling-rerank-base": cross_encoder}
    models = [make(name) for name, make in makers.items() if (MODELS / name / "config.json").exists()]
    (MODELS / "catalog.json").write_text(json.dumps({"version": 1, "models": models}, indent=2) + "\n")
    log("catalog", models=[m["id"] for m in models])


if __name__ == "__main__":
    write()
