#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: torch_writes_graphs.py FOLDER
Networks as PyTorch's exporter writes them, for onnx_graphs.py: FOLDER/torch_*.onnx."""

import pathlib
import sys
import warnings

import torch
from torch import nn

F = nn.functional


class Of(nn.Module):
    """A network of layers and a function of them and of the inputs."""

    def __init__(self, forward, **layers):
        super().__init__()
        for name, layer in layers.items():
            setattr(self, name, layer)
        self.run = forward

    def forward(self, *inputs):
        return self.run(self, *inputs)


def last(states):
    return states[:, -1]


def mlp(activation):
    return nn.Sequential(nn.Linear(7, 16), activation, nn.Linear(16, 9), activation,
                         nn.Linear(9, 3))


def recurrent(kind, **options):
    return kind(5, 6, batch_first=True, **options)


def networks():
    """name -> network, shapes of its inputs without events."""
    for name, activation in {
            "relu": nn.ReLU(), "leaky": nn.LeakyReLU(0.1), "elu": nn.ELU(0.7), "selu": nn.SELU(),
            "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(), "gelu": nn.GELU(), "silu": nn.SiLU(),
            "mish": nn.Mish(), "softplus": nn.Softplus(), "hardswish": nn.Hardswish(),
            "relu6": nn.ReLU6(), "hardsigmoid": nn.Hardsigmoid(), "softsign": nn.Softsign(),
            "celu": nn.CELU(1.3), "hardtanh": nn.Hardtanh(-0.4, 0.9)}.items():
        yield name, mlp(activation), [(7,)]
    yield "prelu", nn.Sequential(nn.Linear(7, 8), nn.PReLU(8), nn.Linear(8, 3), nn.PReLU()), [(7,)]
    norms = nn.Sequential(nn.Linear(7, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3),
                          nn.LayerNorm(16), nn.Linear(16, 4), nn.Softmax(1))
    for module in norms:
        if isinstance(module, nn.BatchNorm1d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    yield "norms", norms, [(7,)]
    yield "residual", Of(lambda n, x: x + n.b(torch.relu(n.a(x))) * 0.5 - x / 3,
                         a=nn.Linear(7, 9), b=nn.Linear(9, 7)), [(7,)]
    yield "two_inputs", Of(lambda n, x, y: torch.sigmoid(n.a(torch.cat([x, n.b(y)], 1))),
                           a=nn.Linear(11, 2), b=nn.Linear(3, 4)), [(7,), (3,)]
    yield "two_outputs", Of(lambda n, x: (F.log_softmax(n.a(x), 1), torch.tanh(n.b(x))),
                            a=nn.Linear(7, 4), b=nn.Linear(7, 2)), [(7,)]
    yield "normed", Of(lambda n, x: F.normalize(n.a((x - 0.3) / torch.arange(1, 8)), dim=1),
                       a=nn.Linear(7, 5)), [(7,)]
    yield "chunks", Of(lambda n, x: F.glu(n.a(x), 1) * torch.chunk(n.a(x), 2, 1)[1],
                       a=nn.Linear(7, 8)), [(7,)]
    yield "deep_sets", Of(lambda n, x: n.b(torch.relu(n.a(x)).sum(1)), a=nn.Linear(5, 8),
                          b=nn.Linear(8, 3)), [(9, 5)]
    yield "pooled", Of(lambda n, x: torch.cat([n.a(x).mean(1), n.a(x).max(1)[0]], 1),
                       a=nn.Linear(5, 8)), [(9, 5)]
    yield "flat", nn.Sequential(nn.Flatten(), nn.Linear(45, 8), nn.ReLU(),
                                nn.Linear(8, 3)), [(9, 5)]
    yield "over_steps", Of(lambda n, x: n.a(x.transpose(1, 2)).transpose(1, 2) + x,
                           a=nn.Linear(9, 9)), [(9, 5)]
    yield "sequence_norm", Of(lambda n, x: n.b(n.a(x)), a=nn.Linear(5, 8),
                              b=nn.LayerNorm(8)), [(9, 5)]
    yield "convolution", nn.Sequential(nn.Conv1d(5, 8, 3, padding=1), nn.ELU(), nn.MaxPool1d(2),
                                       nn.Conv1d(8, 6, 2, dilation=2), nn.ReLU(), nn.Flatten(),
                                       nn.Linear(18, 2)), [(5, 10)]
    yield "convolution_pooled", nn.Sequential(nn.Conv1d(5, 8, 3, stride=2), nn.BatchNorm1d(8),
                                              nn.GELU(), nn.AvgPool1d(2),
                                              nn.AdaptiveAvgPool1d(1), nn.Flatten(),
                                              nn.Linear(8, 2)), [(5, 11)]
    for kind in (nn.GRU, nn.LSTM, nn.RNN):
        name = kind.__name__.lower()
        yield f"{name}_last", Of(lambda n, x: n.b(last(n.a(x)[0])), a=recurrent(kind),
                                 b=nn.Linear(6, 3)), [(8, 5)]
        yield f"{name}_all", Of(lambda n, x: n.b(n.a(x)[0]), a=recurrent(kind),
                                b=nn.Linear(6, 3)), [(8, 5)]
        yield f"{name}_both_ways", Of(lambda n, x: n.b(n.a(x)[0].mean(1)),
                                      a=recurrent(kind, bidirectional=True),
                                      b=nn.Linear(12, 3)), [(8, 5)]
    yield "gru_stack", Of(lambda n, x: n.b(last(n.a(x)[0])),
                          a=recurrent(nn.GRU, num_layers=2, bidirectional=True),
                          b=nn.Linear(12, 3)), [(8, 5)]
    yield "gru_state", Of(lambda n, x: n.b(n.a(x)[1][-1]), a=recurrent(nn.GRU),
                          b=nn.Linear(6, 3)), [(8, 5)]
    yield "embedding", Of(lambda n, x: n.b(torch.relu(n.a(x)).mean(1)), a=nn.Embedding(11, 4),
                          b=nn.Linear(4, 3)), [(6, int)]


def main():
    folder = pathlib.Path(sys.argv[1])
    warnings.simplefilter("ignore")
    torch.manual_seed(11)
    n = 0
    for name, network, shapes in networks():
        inputs = tuple(torch.randint(0, 11, (2, shape[0])) if int in shape else
                       torch.randn(2, *shape) for shape in shapes)
        names = [f"x{i}" for i in range(len(inputs))]
        torch.onnx.export(network.eval(), inputs, str(folder / f"torch_{name}.onnx"),
                          opset_version=15, input_names=names,
                          dynamic_axes={x: {0: "batch"} for x in names})
        n += 1
    print(f"{n} models of PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
