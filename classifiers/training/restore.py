"""Restoring: the weights of an exported reader, as far as 8 bits kept them, go back into a network to learn on."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from classifiers.training.model import Network

_ZERO = 128  # what a symmetric block's 8-bit zero is written as


def restore(network: Network, graph: Path) -> None:
    """Fill `network` with the weights in `graph` (`export`'s encoder.onnx).

    Raises ValueError where the graph is of another network.
    """
    model = onnx.load(graph).graph
    tables = {one.name: numpy_helper.to_array(one) for one in model.initializer}
    found = {name: values for name, values in tables.items() if values.dtype == np.float32}
    for name in [name.removesuffix("_q") for name in tables if name.endswith(".weight_q")]:
        found[name] = tables[f"{name}_q"].astype(np.float32) * tables[f"{name}_s"]
    for node in model.node:
        if node.op_type == "MatMulNBits":
            where = node.name.removeprefix("/").rsplit("/MatMul", 1)[0].replace("/", ".")
            blocks, scales = (tables[name] for name in node.input[1:3])
            values = (blocks.astype(np.float32) - _ZERO) * scales[..., None]
            found[f"{where}.weight"] = values.reshape(len(blocks), -1)
    wanted = network.state_dict()
    missing = [name for name, value in wanted.items() if name not in found or found[name].shape != tuple(value.shape)]
    if missing:
        raise ValueError(f"{graph} holds another network: {len(missing)} weights do not fit, the first is {missing[0]}")
    network.load_state_dict({name: torch.tensor(found[name]) for name in wanted})
