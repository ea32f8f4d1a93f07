#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: torch_writes_onnx.py FOLDER
Networks of this field as PyTorch's exporter writes them, with weights of a fixed seed."""

import pathlib
import sys
import warnings

import torch
from torch import nn


class Recurrent(nn.Module):
    """Particles through a GRU, then a dense layer over the last state."""

    def __init__(self, kind):
        super().__init__()
        self.recurrent = kind(19, 8, batch_first=True, bidirectional=True)
        self.out = nn.Linear(16, 3)

    def forward(self, particles):
        states, _ = self.recurrent(particles)
        return torch.softmax(self.out(states[:, -1]), 1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)

    def forward(self, particles):
        return self.layer(particles).mean(1)


class Branches(nn.Module):
    """Scripted, so that a condition and a loop stay in the graph."""

    def forward(self, x: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        for _ in range(int(n)):
            if bool(x.sum() > 100):
                x = x - 1
            else:
                x = x * 2
        return x


def main():
    folder = pathlib.Path(sys.argv[1])
    warnings.simplefilter("ignore")
    torch.manual_seed(7)
    dense = nn.Sequential(nn.Linear(19, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1),
                          nn.Linear(16, 5), nn.Softmax(1))
    convolution = nn.Sequential(nn.Conv1d(4, 8, 3, padding=1), nn.ELU(), nn.AdaptiveAvgPool1d(1),
                                nn.Flatten(), nn.Linear(8, 2))
    networks = {"dense": (dense, (torch.randn(3, 19),)),
                "convolution": (convolution, (torch.randn(3, 4, 10),)),
                "gru": (Recurrent(nn.GRU), (torch.randn(3, 7, 19),)),
                "lstm": (Recurrent(nn.LSTM), (torch.randn(3, 7, 19),)),
                "attention": (Attention(), (torch.randn(3, 7, 8),)),
                "branches": (torch.jit.script(Branches()), (torch.ones(2, 3), torch.tensor(3)))}
    for name, (network, inputs) in networks.items():
        names = [f"x{i}" for i in range(len(inputs))]
        for opset in (15, 11) if name == "dense" else (15,):
            torch.onnx.export(network.eval(), inputs, str(folder / f"torch_{name}_{opset}.onnx"),
                              opset_version=opset, input_names=names, output_names=["y"],
                              dynamic_axes={"x0": {0: "batch"}})
    print(f"{len(networks) + 1} models of PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
