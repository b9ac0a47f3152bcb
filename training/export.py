"""Step 7: write a trained cross-encoder in the forms its backends need.

- `model.kernel.safetensors` for the package's own WASM kernel (training/kernel_file.py).
- `model.int8.onnx` for ONNX Runtime's WASM: MatMuls dynamically quantised (int8 weights per channel, uint8 activations), word rows int8.
- `model.w4.onnx`/`model.w8.onnx` for WebGPU: weight-only MatMulNBits, fp32 arithmetic, so no shader-f16 is needed.
- `model.fp16.onnx` for WebGPU with shader-f16.
- `canary.json`: a few pairs with the fp32 reference logits and what each form may differ by.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from training.crossencoder import CrossEncoder, Shape, pack
from training.embedder import quantise
from training.kernel_file import run_kernel, write_kernel
from training.paths import MODELS, log, work
from training.tokens import token_lists

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
OPSET = 17
KERNEL = "model.kernel.safetensors"
CANARY = [
    ("how do I undo the last commit", "Git. Undo things. git reset --soft HEAD~1 moves the branch back by one commit and keeps the changes staged."),
    ("how do I undo the last commit", "Baking bread. Let the dough rise for one hour in a warm place before you shape the loaf."),
    ("relocatable bottles", "Homebrew. Bottles. A bottle that has no absolute paths inside can be poured into any prefix: it is relocatable."),
    ("What are the symptoms of anemia?", "Iron-deficiency anemia causes tiredness, shortness of breath, pale skin and a fast heartbeat."),
    ("What are the symptoms of anemia?", "The HTTP cache stores responses and serves them again until they become stale."),
    ("css grid gap", "Layout. The gap property sets the space between rows and columns of a grid container."),
]


def load(path: Path) -> CrossEncoder:
    state = torch.load(path)
    model = CrossEncoder(Shape(**state["shape"]))
    model.load_state_dict(state["model"])
    return model.eval()


def mean_of(model: CrossEncoder, other: CrossEncoder) -> CrossEncoder:
    """Half of each model's weights; both of one shape, one trained on from the other (Wortsman et al., "Model soups", ICML 2022)."""
    if model.shape != other.shape:
        raise SystemExit(f"Only models of one shape have a mean: {model.shape}, {other.shape}.")
    weights = other.state_dict()
    model.load_state_dict({key: (value + weights[key]) / 2 if value.is_floating_point() else value for key, value in model.state_dict().items()})
    return model


def from_onnx(path: Path) -> CrossEncoder:
    """The torch model inside a shipped fp16 or w8 file, to train on from it: weights are found by the names of their nodes."""
    graph = onnx.load(path).graph
    tables = {t.name: numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    for table in ("words", "places"):
        if f"{table}.scale" in tables:
            tables[f"{table}.weight"] *= tables[f"{table}.scale"]
    config = json.loads((path.parent / "config.json").read_text())
    shape = Shape(layers=config["layers"], hidden=config["hidden"], heads=config["heads"], inner=config["intermediate"],
                  rows=len(tables["words.weight"]), head_size=config["headSize"], width=config["embedding"])
    model = CrossEncoder(shape)
    state = {name: tables[name] for name in model.state_dict() if name in tables}
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in tables:
            state[module_of(node) + ".weight"] = tables[node.input[1]].T
        elif node.op_type == "MatMulNBits":
            state[module_of(node) + ".weight"] = dequantised(node, tables)
        elif node.op_type == "Gemm":  # the only one: the head
            state["head.weight"], state["head.bias"] = tables[node.input[1]].reshape(1, -1), tables[node.input[2]]
    state = {name: torch.from_numpy(np.array(value)) for name, value in state.items()}
    if "row_of" in state:
        state["row_of"] = state["row_of"].long()
    missing = [name for name in model.load_state_dict(state, strict=False).missing_keys if name != "row_of"]
    if missing:
        raise ValueError(f"{path} lacks {missing}: expected an fp16 or w8 file that training.export wrote")
    return model


def module_of(node: onnx.NodeProto) -> str:
    """`/layers.0/query/MatMul` → `layers.0.query`."""
    return ".".join(node.name.strip("/").split("/")[:-1])


def dequantised(node: onnx.NodeProto, tables: dict[str, np.ndarray]) -> np.ndarray:
    """The weights [outputs, inputs] of a symmetric MatMulNBits of 8 bits: blocks of bytes around 128, a scale each."""
    about = {each.name: each.i for each in node.attribute}
    if about["bits"] != 8:
        raise ValueError(f"{node.name} has {about['bits']} bits, expected 8")
    blocks = tables[node.input[1]] - 128
    scales = tables[node.input[2]].reshape(*blocks.shape[:2], 1)
    return (blocks * scales).reshape(len(blocks), -1)[:, : about["K"]]


def to_onnx(model: CrossEncoder, path: Path) -> None:
    """fp32 graph with dynamic batch and sequence."""
    model.plain = True
    example = pack([(np.arange(1000, 1004), np.arange(2000, 2012))] * 2, 64)
    axes = {name: {0: "batch", 1: "sequence"} for name in INPUTS} | {"logits": {0: "batch"}}
    torch.onnx.export(model, example, str(path), input_names=INPUTS, output_names=["logits"], dynamic_axes=axes,
                      opset_version=OPSET, dynamo=False, do_constant_folding=True)


def small_rows(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store the word and position rows as int8 with one scale a row (quantize_dynamic knows one scale a table, far coarser), and the
    token → row map as int32."""
    graph = model.graph
    tables = {t.name: t for t in graph.initializer}
    if "row_of" in tables:
        tables["row_of"].CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tables["row_of"]).astype(np.int32), "row_of"))
    for table in ("words", "places"):
        index, gather = next((i, n) for i, n in enumerate(graph.node) if n.op_type == "Gather" and n.input[0] == f"{table}.weight")
        rows, scales = quantise(numpy_helper.to_array(tables[f"{table}.weight"]))
        tables[f"{table}.weight"].CopyFrom(numpy_helper.from_array(rows, f"{table}.weight"))
        graph.initializer.append(numpy_helper.from_array(scales[:, None], f"{table}.scale"))
        made, chosen = gather.output[0], gather.input[1]
        nodes = [
            helper.make_node("Gather", [f"{table}.weight", chosen], [f"{table}.small"], name=f"{table}/rows", axis=0),
            helper.make_node("Gather", [f"{table}.scale", chosen], [f"{table}.factor"], name=f"{table}/scales", axis=0),
            helper.make_node("Cast", [f"{table}.small"], [f"{table}.wide"], name=f"{table}/cast", to=onnx.TensorProto.FLOAT),
            helper.make_node("Mul", [f"{table}.wide", f"{table}.factor"], [made], name=f"{table}/scaled"),
        ]
        graph.node.remove(gather)
        for offset, node in enumerate(nodes):
            graph.node.insert(index + offset, node)
    return model


def to_int8(source: Path, target: Path) -> None:
    """Dynamic quantisation of the MatMuls with constant weights, over int8 word rows.

    The widening of narrow word rows stays fp32: rows differ in size, one scale for all of them doubled the error.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    rows = work("rows-int8.onnx")
    small = small_rows(onnx.load(source))
    onnx.save(small, rows)
    kept = [node.name for node in small.graph.node if node.op_type == "MatMul" and "widen" in node.name]
    quantize_dynamic(rows, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=False,
                     op_types_to_quantize=["MatMul"], nodes_to_exclude=kept, extra_options={"MatMulConstBOnly": True})


def fold(model: CrossEncoder, rows: int) -> CrossEncoder:
    """Let more of the rarest tokens share their nearest neighbour's row, until `rows` are left."""
    from dataclasses import replace

    from training.crossencoder import folding
    from training.train import token_counts

    counts = np.zeros(model.shape.rows)
    np.add.at(counts, model.row_of.numpy(), token_counts())
    onto, kept = folding(model.words.weight, counts, rows)
    small = CrossEncoder(replace(model.shape, rows=rows))
    state = model.state_dict()
    state["row_of"] = onto[state["row_of"]]
    state["words.weight"] = state["words.weight"][kept]
    small.load_state_dict(state)
    return small.eval()


def to_weights(source: Path, target: Path, bits: int, block: int) -> None:
    """Weight-only MatMulNBits with fp32 arithmetic, over int8 word rows. Blocks of 128 at 8 bits, 32 at 4: as many bytes of
    scales as the file can bear."""
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    config = DefaultWeightOnlyQuantConfig(block_size=block, is_symmetric=True, accuracy_level=0, bits=bits)
    quantiser = MatMulNBitsQuantizer(small_rows(onnx.load(source)), algo_config=config)
    quantiser.process()
    quantiser.model.save_model_to_file(str(target), False)


def to_fp16(source: Path, target: Path) -> None:
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)


def run(path: Path, pairs: list, most: int = 256, threads: int = 1) -> np.ndarray:
    """Logits of an ONNX file, one pair a call: dynamic int8 depends on its batch."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    out = []
    for pair in pairs:
        tensors = pack([pair], most)
        out.append(session.run(None, {n: t.numpy() for n, t in zip(INPUTS, tensors)})[0].ravel()[0])
    return np.array(out, dtype=np.float32)


def canary(folder: Path, reference: Path, files: list[str]) -> dict:
    """Reference logits and, for each file, the largest difference here with a margin of two (0.02 at least)."""
    asked, read = (token_lists([pair[side] for pair in CANARY], 256) for side in (0, 1))
    pairs = list(zip(map(np.array, asked), map(np.array, read)))
    truth = run(reference, pairs)
    tolerance = {}
    for file in files:
        logits = run_kernel(folder / file, pairs) if file == KERNEL else run(folder / file, pairs)
        off = float(np.abs(logits - truth).max())
        tolerance[file.split(".")[1]] = round(max(0.02, 2 * off), 3)
    rows = [{"query": q, "passage": p, "logit": round(float(t), 4)} for (q, p), t in zip(CANARY, truth)]
    made = {"pairs": rows, "tolerance": tolerance}
    (folder / "canary.json").write_text(json.dumps(made, indent=2) + "\n")
    return tolerance


def export(checkpoint: Path, name: str, most: int, bits: int, rows: int, before: Path | None = None) -> None:
    model = load(checkpoint)
    if before:
        model = mean_of(model, load(before))
    if rows and rows < model.shape.rows:
        model = fold(model, rows)
    folder = MODELS / name
    folder.mkdir(parents=True, exist_ok=True)
    full = work(name, "model.fp32.onnx")
    to_onnx(model, full)
    files = [KERNEL, "model.int8.onnx", f"model.w{bits}.onnx", "model.fp16.onnx"]
    write_kernel(model, folder / files[0])
    to_int8(full, folder / files[1])
    to_weights(full, folder / files[2], bits, 128 if bits == 8 else 32)
    to_fp16(full, folder / files[3])
    shape = model.shape
    config = {"layers": shape.layers, "hidden": shape.hidden, "heads": shape.heads, "intermediate": shape.inner,
              "headSize": shape.head_size, "embedding": shape.width,
              "maxTokens": most, "vocabulary": "wordpiece", "inputs": INPUTS, "output": "logits",
              "layout": "[CLS] query [SEP] passage [SEP]"}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    sizes = {file: (folder / file).stat().st_size for file in files}
    too_big = [file for file, size in sizes.items() if size >= 20 * 2**20]
    for file in too_big:  # static hosts refuse files of 25 MiB; ours stay under 20
        (folder / file).unlink()
    kept = [file for file in files if file not in too_big]
    torch.save({"model": model.state_dict(), "shape": model.shape.as_dict()}, work(name, "model.pt"))
    log("export", model=name, **sizes, left_out=too_big, tolerance=canary(folder, full, kept))


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("checkpoint", type=Path)
    options.add_argument("name")
    options.add_argument("--most", type=int, default=256)
    options.add_argument("--bits", type=int, default=8)
    options.add_argument("--rows", type=int, default=0, help="fold the word rows to this many")
    options.add_argument("--mean", type=Path, help="the checkpoint of before: the mean of both's weights is exported (docs/decisions/0040)")
    given = options.parse_args()
    export(given.checkpoint, given.name, given.most, given.bits, given.rows, given.mean)
