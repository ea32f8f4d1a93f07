# SPDX-License-Identifier: Apache-2.0
"""PyTorch's side of bench/networks.py, in the Python that has it.

usage: networks_torch.py WORKLOAD DATA_DIR BATCH THREADS SECONDS

Eager and compiled; with Adam in one fused kernel. Sequences are padded to the longest of the batch,
the output taken at each one's last row, or packed.
"""

import networks_inputs as inputs
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy


class Recurrent(nn.Module):
    """Particles to the state after each event's last row."""

    def __init__(self, packed):
        super().__init__()
        self.gru, self.packed = nn.GRU(inputs.FEATURES, inputs.UNITS, batch_first=True), packed

    def forward(self, particles, last):
        if self.packed:
            particles = nn.utils.rnn.pack_padded_sequence(particles, last.cpu() + 1, True, False)
            return self.gru(particles)[1][0]
        if last is None:
            return self.gru(particles)[1][0]
        return self.gru(particles)[0][torch.arange(len(last)), last]


class Network(nn.Module):
    """Gives logits."""

    def __init__(self, name, packed):
        super().__init__()
        self.name, self.recurrent, self.dropout = name, None, nn.Dropout(inputs.RATE)
        if name in inputs.RECURRENT:
            self.recurrent = Recurrent(packed)
        self.dense = nn.ModuleDict({layer: nn.Linear(rows, columns)
                                    for layer, rows, columns in inputs.DENSE[name]})

    def forward(self, features, particles, last):
        x = features
        if self.recurrent:
            x = self.dropout(self.recurrent(particles, last))
        if self.name == "inclusive":
            x = torch.cat([x, self.dropout(features)], 1)
        *hidden, output = self.dense.values()
        for layer in hidden:
            x = torch.relu(layer(x))
        return output(x)

    def set(self, weights):
        with torch.no_grad():
            for name, layer in self.dense.items():
                kernel, bias = map(torch.from_numpy, weights[name])
                layer.weight.copy_(kernel.T), layer.bias.copy_(bias)
            if self.recurrent:
                self.set_gru(self.recurrent.gru, *map(torch.from_numpy, weights["gru"]))

    @staticmethod
    def set_gru(gru, kernel, recurrent, bias):
        def reordered(values):  # Keras's z, r, h are r, z, n here
            z, r, h = values.chunk(3, -1)
            return torch.cat([r, z, h], -1)
        gru.weight_ih_l0.copy_(reordered(kernel).T), gru.bias_ih_l0.copy_(reordered(bias[0]))
        gru.weight_hh_l0.copy_(reordered(recurrent).T), gru.bias_hh_l0.copy_(reordered(bias[1]))


def tensors(work, batch):
    """features, particles, each event's last row, targets."""
    if not work.recurrent:
        return torch.from_numpy(batch.features), None, None, torch.from_numpy(batch.targets)
    last = torch.from_numpy(batch.lengths).long() - 1
    features = torch.from_numpy(batch.features) if work.network == "inclusive" else None
    return features, torch.from_numpy(batch.particles), last, torch.from_numpy(batch.targets)


def trainer(work, folder, data, packed, compiled):
    """Losses are of steps without dropout; after them the network begins anew, with it."""
    weights = inputs.weights(folder, work.network)
    loss_of = binary_cross_entropy_with_logits if work.network == "mlp" else cross_entropy

    def begin():
        network = Network(work.network, packed)
        network.set(weights)
        adam = torch.optim.Adam(network.parameters(), inputs.ADAM["rate"],
                                (inputs.ADAM["beta_1"], inputs.ADAM["beta_2"]),
                                inputs.ADAM["epsilon"], fused=True)

        def forward(features, particles, last, targets):
            return loss_of(network(features, particles, last), targets)
        if compiled:
            forward = torch.compile(forward, dynamic=work.recurrent and not work.full)

        def step(i):
            adam.zero_grad(set_to_none=True)
            loss = forward(*data[i])
            loss.backward()
            adam.step()
            return loss
        return network, step
    network, step = begin()
    network.eval()
    losses = inputs.losses_of(lambda i: step(i).item(), len(data))
    return begin()[1], losses


def predictor(work, folder, data, packed, compiled, batches):
    network = Network(work.network, packed).eval()
    network.set(inputs.weights(folder, work.network))

    def forward(features, particles, last):
        logits = network(features, particles, last)
        return torch.sigmoid(logits) if work.network == "mlp" else torch.softmax(logits, 1)
    if compiled:
        forward = torch.compile(forward)

    losses = [inputs.loss(work, forward(*data[i][:3]).numpy(), batches[i].targets)
              for i in range(min(inputs.CHECKED, len(data)))]
    return lambda i: forward(*data[i][:3]), losses


def run(work, folder, size, threads, seconds):
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    batches = inputs.batches(work, folder, size)
    data = [tensors(work, batch) for batch in batches]
    if work.full:  # the state after the last row is that of all
        data = [(features, particles, None, targets) for features, particles, _, targets in data]

    def form(packed, compiled):
        if work.trains:
            return lambda: trainer(work, folder, data, packed, compiled)
        return lambda: predictor(work, folder, data, packed, compiled, batches)
    forms = {"eager": form(False, False), "compiled": form(False, True)}
    if work.recurrent and not work.full:
        forms = {"padded, eager": form(False, False), "padded, compiled": form(False, True),
                 "packed, eager": form(True, False)}
    with torch.inference_mode(not work.trains):
        return inputs.measure(work, forms, len(data), seconds)


if __name__ == "__main__":
    inputs.main(__doc__, run, f"PyTorch {torch.__version__}")
