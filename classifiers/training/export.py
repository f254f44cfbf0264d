"""Exporting: a trained network becomes one ONNX graph whose weights are 8-bit integers (weight-only)."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

from classifiers.encoder import GRAPH
from classifiers.training.model import Network

_OPSET = 17
_BLOCK = 32


def export(network: Network, folder: Path, *, accuracy_level: int = 0) -> None:
    """Write `folder/encoder.onnx`. `accuracy_level` 4 lets activations be rounded too, row by row: faster."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = folder / "plain.onnx"
    _trace(network, plain)
    model = onnx.load(plain)
    plain.unlink()
    _shrink_embeddings(model)
    quantizer = MatMulNBitsQuantizer(
        model,
        algo_config=DefaultWeightOnlyQuantConfig(
            block_size=_BLOCK, is_symmetric=True, accuracy_level=accuracy_level, bits=8
        ),
    )
    quantizer.process()
    onnx.save(quantizer.model.model, folder / GRAPH)


def _trace(network: Network, path: Path) -> None:
    network = network.float().cpu().eval()
    ids = torch.randint(1000, 2000, (1, 12))
    sentences = torch.zeros(1, 2, 12)
    sentences[0, 0, 1:5] = 1
    sentences[0, 1, 5:10] = 1
    inputs = (ids, torch.zeros_like(ids), torch.ones_like(ids), sentences)
    torch.onnx.export(
        network,
        inputs,
        str(path),
        input_names=["ids", "segments", "mask", "sentences"],
        output_names=["logits", "contributions"],
        dynamic_axes={
            "ids": {0: "letters", 1: "tokens"},
            "segments": {0: "letters", 1: "tokens"},
            "mask": {0: "letters", 1: "tokens"},
            "sentences": {0: "letters", 1: "sentences", 2: "tokens"},
            "logits": {0: "letters"},
            "contributions": {0: "letters", 1: "sentences"},
        },
        opset_version=_OPSET,
        dynamo=False,
    )


def _shrink_embeddings(model: onnx.ModelProto) -> None:
    """Keep each large look-up table as int8 rows with one scale a row, multiplied after the look-up."""
    graph = model.graph
    tables = {one.name: one for one in graph.initializer}
    for node in [node for node in graph.node if node.op_type == "Gather" and node.input[0] in tables]:
        table = tables[node.input[0]]
        values = numpy_helper.to_array(table)
        if values.ndim != 2 or values.size < 100_000:
            continue
        scale = np.abs(values).max(1, keepdims=True) / 127 + 1e-12
        rounded = np.clip(np.rint(values / scale), -127, 127).astype(np.int8)
        name = table.name
        graph.initializer.remove(table)
        graph.initializer.extend(
            [
                numpy_helper.from_array(rounded, f"{name}_q"),
                numpy_helper.from_array(scale.astype(np.float32), f"{name}_s"),
            ]
        )
        at = list(graph.node).index(node)
        output, ids = node.output[0], node.input[1]
        graph.node.remove(node)
        for offset, made in enumerate(
            (
                helper.make_node("Gather", [f"{name}_q", ids], [f"{output}_q"], axis=0),
                helper.make_node("Cast", [f"{output}_q"], [f"{output}_f"], to=TensorProto.FLOAT),
                helper.make_node("Gather", [f"{name}_s", ids], [f"{output}_s"], axis=0),
                helper.make_node("Mul", [f"{output}_f", f"{output}_s"], [output]),
            )
        ):
            graph.node.insert(at + offset, made)
