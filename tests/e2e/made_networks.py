# SPDX-License-Identifier: Apache-2.0
"""Networks written as Keras writes them, without Keras: configuration and random weights as .h5."""

import json

import h5py
import numpy as np


class Network:
    """A functional model, layer by layer."""

    def __init__(self, seed=0):
        self.random = np.random.default_rng(seed)
        self.layers, self.weights, self.inputs, self.outputs = [], {}, [], []

    def input(self, *shape, ragged=False):
        name = f"input_{len(self.inputs)}"
        config = {"name": name, "batch_shape": [None, *shape], "dtype": "float32"}
        if ragged:
            config["ragged"] = True
        self.layers.append({"class_name": "InputLayer", "name": name, "config": config,
                            "inbound_nodes": []})
        self.inputs.append(name)
        return name

    def add(self, class_name, inputs, *shapes, weights=None, mask=None, **config):
        """\\param shapes of its weights, in Keras's order"""
        name = f"{class_name.lower()}_{len(self.layers)}"
        many = isinstance(inputs, (list, tuple))
        tensors = [self._tensor(x) for x in (inputs if many else [inputs])]
        joins = class_name in JOINED
        node = {"args": [tensors] if joins else tensors,
                "kwargs": {"mask": self._tensor(mask)} if mask else {}}
        self.layers.append({"class_name": class_name, "name": name, "inbound_nodes": [node],
                            "config": {"name": name, **config}})
        self.weights[name] = weights or [
            self.random.normal(0, 0.4, shape).astype("f4") for shape in shapes]
        return name

    def operation(self, class_name, *arguments, **config):
        """An operation of keras.ops; numbers stand for themselves."""
        name = f"{class_name.lower()}_{len(self.layers)}"
        arguments = [self._tensor(x) if isinstance(x, str) else x for x in arguments]
        self.layers.append({"module": "keras.src.ops.numpy", "class_name": class_name,
                            "name": name, "config": {"name": name, **config},
                            "inbound_nodes": [{"args": arguments, "kwargs": {}}]})
        return name

    def write(self, path, *outputs):
        config = {"name": "made", "trainable": True, "layers": self.layers,
                  "input_layers": [[name, 0, 0] for name in self.inputs],
                  "output_layers": [[name, 0, 0] for name in outputs]}
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"] = "3.0.0"
            file.attrs["backend"] = "tensorflow"
            file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": config})
            group = file.create_group("model_weights")
            group.attrs["layer_names"] = np.array([x["name"] for x in self.layers], "S")
            for layer in self.layers:
                arrays = self.weights.get(layer["name"], [])
                at = group.create_group(layer["name"])
                names = [f"{layer['name']}/w{i}" for i in range(len(arrays))]
                at.attrs["weight_names"] = np.array(names, "S")
                for name, array in zip(names, arrays, strict=True):
                    at.create_dataset(name, data=array)
        return path

    @staticmethod
    def _tensor(name):
        return {"class_name": "__keras_tensor__",
                "config": {"shape": [None], "dtype": "float32", "keras_history": [name, 0, 0]}}


JOINED = {"Concatenate", "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"}


def nested(class_name, **config):
    """A layer inside a Bidirectional or TimeDistributed."""
    return {"class_name": class_name, "config": {"name": "inner", **config}}
