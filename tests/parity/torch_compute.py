#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: torch_compute.py GIVEN.npz FOUND.npz
The half of torch_cases.py that runs where PyTorch is: computes a case in double, and gives values
under the names and in the layouts of Keras. Weights are Keras's all the time; PyTorch's own layers
compute with what they become (transposed, gates in another order), so that gradients and steps of
optimizers are those of Keras's arrays."""

import json
import sys

import numpy
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
# Keras has the gates z, r, candidate, PyTorch r, z, candidate; both have i, f, candidate, o.
N_GATES, KERAS_GATE = {"gru": 3, "lstm": 4, "rnn": 1}, {"gru": (1, 0, 2)}
KINDS = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}


def gates_in_order(kind, rows):
    """[gates * n, ...] of Keras in PyTorch's order."""
    parts = rows.chunk(N_GATES[kind])
    return torch.cat([parts[i] for i in KERAS_GATE.get(kind, range(len(parts)))])


class Layer:
    def __init__(self, name, weights, options):
        self.name, self.weights, self.options = name, weights, options

    def of(self, path):
        return self.weights[f"{self.name}/{path}"]

    def moving(self):
        """Names of what is no parameter."""
        return ()


class Dense(Layer):
    def __call__(self, x, lengths, training):
        y = x @ self.of("vars/0") + self.of("vars/1")
        return torch.tanh(y) if self.options.get("activation") == "tanh" else y


def recurrent_weights(kind, kernel, state_kernel, bias):
    """Of one direction, as nn.GRU and its kind want them."""
    biases = bias if bias.dim() == 2 else torch.stack([bias, torch.zeros_like(bias)])
    return [gates_in_order(kind, value) for value in (kernel.T, state_kernel.T, *biases)]


def run_packed(kind, directions, x, lengths):
    """The last states of a packed sequence, [n, units] of each direction beside each other."""
    units = directions[0][1].shape[1]
    module = KINDS[kind](x.shape[2], units, batch_first=True, bidirectional=len(directions) > 1)
    names = [name + suffix for suffix in ("", "_reverse")[:len(directions)]
             for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")]
    weights = [value for direction in directions for value in direction]
    packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    for name, value in zip(names, weights, strict=True):
        delattr(module, name)  # else it would have to be a parameter of its own
        setattr(module, name, value)
    found = module(packed)[1]
    states = found[0] if kind == "lstm" else found
    return torch.cat(list(states), dim=1)


class Recurrent(Layer):
    kind = "gru"

    def directions(self):
        return [""]

    def __call__(self, x, lengths, training):
        weights = [recurrent_weights(self.kind, *[self.of(f"{part}cell/vars/{i}")
                                                  for i in range(3)])
                   for part in self.directions()]
        return run_packed(self.kind, weights, x, lengths)


class Lstm(Recurrent):
    kind = "lstm"


class Rnn(Recurrent):
    kind = "rnn"


class Both(Recurrent):
    def directions(self):
        return ["forward_layer/", "backward_layer/"]


class Attention(Layer):
    """Keras: kernels [in, heads, size], biases [heads, size], and [heads, size, out] for output."""

    def __call__(self, x, lengths, training):
        parts = ("query_dense", "key_dense", "value_dense")
        width, heads = x.shape[2], self.options["heads"]
        kernels = [self.of(f"{part}/vars/0").reshape(width, -1).T for part in parts]
        biases = [self.of(f"{part}/vars/1").reshape(-1) for part in parts]
        out = self.of("output_dense/vars/0").reshape(-1, width).T
        y = x.transpose(0, 1)
        result, _ = nn.functional.multi_head_attention_forward(
            y, y, y, width, heads, torch.cat(kernels), torch.cat(biases), None, None, False, 0.0,
            out, self.of("output_dense/vars/1"), need_weights=False)
        return result.transpose(0, 1)


class LayerNormalization(Layer):
    def __call__(self, x, lengths, training):
        return nn.functional.layer_norm(x, x.shape[-1:], self.of("vars/0"), self.of("vars/1"),
                                        self.options["epsilon"])


class BatchNormalization(Layer):
    def moving(self):
        return (f"{self.name}/vars/2", f"{self.name}/vars/3")

    def __call__(self, x, lengths, training):
        moving = [self.weights[name] for name in self.moving()]
        mean, variance = (value.clone() for value in moving)
        y = nn.functional.batch_norm(x, mean, variance, self.of("vars/0"), self.of("vars/1"),
                                     training, 1 - self.options["momentum"],
                                     self.options["epsilon"])
        if training:  # PyTorch moves by the variance of a sample, n - 1; Keras by that of all, n
            kept = self.options["momentum"] * moving[1]
            moving[0].copy_(mean)
            moving[1].copy_(kept + (variance - kept) * (len(x) - 1) / len(x))
        return y


LAYERS = {"dense": Dense, "gru": Recurrent, "lstm": Lstm, "rnn": Rnn, "both": Both,
          "attention": Attention, "layer": LayerNormalization, "batch": BatchNormalization}


def optimizer_of(kind, config, parameters):
    if kind == "SGD":
        return torch.optim.SGD(parameters, config["learning_rate"], config.get("momentum", 0),
                               nesterov=config.get("nesterov", False))
    if kind == "RMSprop":
        return torch.optim.RMSprop(parameters, config["learning_rate"], config["rho"],
                                   config["epsilon"])
    options = {"lr": config["learning_rate"], "eps": config["epsilon"]}
    if kind == "AdamW":
        return torch.optim.AdamW(parameters, weight_decay=config["weight_decay"], **options)
    return torch.optim.Adam(parameters, **options)


class Network:
    def __init__(self, given):
        self.about = json.loads(str(given["about"]))
        self.start = {name[len("weights/"):]: numpy.array(value, "float64")
                      for name, value in given.items() if name.startswith("weights/")}
        self.x = torch.tensor(given["input/x"].astype("float64"))
        self.target = torch.tensor(given["target/" + self.about["output"]].astype("float64"))
        self.lengths = torch.tensor(given["lengths/x"]) if "lengths/x" in given else None
        self.reset()

    def reset(self):
        self.weights = {name: torch.tensor(value) for name, value in self.start.items()}
        self.layers = [LAYERS[kind](name, self.weights, options)
                       for kind, name, options in self.about["layers"]]
        moving = {name for layer in self.layers for name in layer.moving()}
        self.trained = {name: value.requires_grad_() for name, value in self.weights.items()
                        if name not in moving}

    def call(self, x, rows, training):
        for layer in self.layers:
            x = layer(x, None if self.lengths is None else self.lengths[rows], training)
        return x

    def loss(self, x, rows):
        y = self.call(x, rows, True)
        return y, nn.functional.mse_loss(y, self.target[rows])

    def values(self):
        everything, output = torch.arange(len(self.x)), self.about["output"]
        found = {f"output/{output}": self.call(self.x, everything, False)}
        x = self.x.clone().requires_grad_()
        found[f"train_output/{output}"], loss = self.loss(x, everything)
        loss.backward()
        found |= {"loss": loss, f"output_loss/{output}": loss, "input_gradient/x": x.grad}
        found |= {f"gradient/{name}": value.grad for name, value in self.trained.items()}
        self.train()
        found |= {f"after/{name}": value for name, value in self.weights.items()}
        return {name: value.detach().numpy() for name, value in found.items()}

    def train(self):
        self.reset()
        optimizer = optimizer_of(*self.about["optimizer"], list(self.trained.values()))
        batch = self.about["batch"]
        for step in range(self.about["steps"]):
            rows = torch.arange(step * batch, (step + 1) * batch) % len(self.x)
            optimizer.zero_grad()
            self.loss(self.x[rows], rows)[1].backward()
            optimizer.step()


def main():
    with numpy.load(sys.argv[1]) as file:
        network = Network(dict(file))
    numpy.savez(sys.argv[2], source=f"PyTorch {torch.__version__}", **network.values())


if __name__ == "__main__":
    main()
