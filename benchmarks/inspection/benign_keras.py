"""Writes benign models of Keras, HDF5, TensorFlow and TensorFlow Lite, made by these libraries.

Not run in the project's environment: it needs one of its own with
``pip install tensorflow-cpu keras h5py``. Then

    python benchmarks/inspection/benign_keras.py DIR
    basanite inspect DIR

must end with exit code 0: nothing found, nothing left open.
"""

# mypy: ignore-errors
from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import h5py
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

RNG = np.random.default_rng(7)


def dense(activation: str = "relu", depth: int = 2, **options: object) -> keras.Model:
    """Return a small network for tables."""
    parts = [layers.Dense(8, activation=activation, **options) for _ in range(depth)]
    return keras.Sequential([keras.Input((6,)), *parts, layers.Dense(1)])


def convolution() -> keras.Model:
    """Return a small network for pictures, with augmentation."""
    entry = keras.Input((16, 16, 3))
    x = layers.RandomFlip("horizontal")(entry)
    x = layers.Rescaling(1 / 255)(x)
    x = layers.Conv2D(4, 3, padding="same", activation="swish")(x)
    y = layers.BatchNormalization()(x)
    x = layers.Add()([x, y])
    x = layers.SeparableConv2D(4, 3)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(entry, layers.Dense(3, activation="softmax")(x), name="pictures")


def recurrent() -> keras.Model:
    """Return a network for series, with wrappers and cells."""
    entry = keras.Input((12, 2))
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(entry)
    x = layers.TimeDistributed(layers.Dense(3))(x)
    x = layers.RNN([layers.GRUCell(3), layers.LSTMCell(3)])(x)
    return keras.Model(entry, layers.Dense(1, kernel_regularizer=keras.regularizers.L1L2())(x))


def text() -> keras.Model:
    """Return a network that holds a vocabulary."""
    words = layers.TextVectorization(max_tokens=50, output_sequence_length=5)
    words.adapt(["pump on", "valve open now", "level high"])
    return keras.Sequential(
        [keras.Input((1,), dtype="string"), words, layers.Embedding(50, 4),
         layers.GlobalMaxPooling1D(), layers.Dense(1)]
    )  # fmt: skip


def lookups() -> keras.Model:
    """Return a network with several inputs and preprocessing layers."""
    number = keras.Input((1,), name="number")
    word = keras.Input((1,), name="word", dtype="string")
    scaled = layers.Normalization()
    scaled.adapt(RNG.normal(size=(50, 1)))
    index = layers.StringLookup(vocabulary=["a", "b", "/c", "http://d"], output_mode="one_hot")
    bins = layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode="one_hot")
    parts = [scaled(number), index(word), bins(number)]
    return keras.Model([number, word], layers.Dense(1)(layers.Concatenate()(parts)))


def attention() -> keras.Model:
    """Return a small transformer block made of layers and operations."""
    entry = keras.Input((10, 8))
    x = layers.MultiHeadAttention(2, 4)(entry, entry)
    x = layers.LayerNormalization()(x + entry)
    x = keras.ops.mean(x, axis=1)
    x = keras.ops.relu(x * 2.0)
    return keras.Model(entry, layers.Dense(1, activation=keras.activations.gelu)(x))


def nested() -> keras.Model:
    """Return a model inside a model."""
    inner = keras.Sequential([keras.Input((8,)), layers.Dense(4)], name="inner")
    entry = keras.Input((6,))
    return keras.Model(entry, inner(layers.Dense(8)(entry)))


def compiled(model: keras.Model, **options: object) -> keras.Model:
    """Return a model with a training configuration."""
    model.compile(**{"optimizer": "adam", "loss": "mse", **options})
    return model


def models() -> dict[str, keras.Model]:
    """Return models of many kinds by name."""
    found = {
        f"dense-{each}": compiled(dense(each))
        for each in ("relu", "tanh", "selu", "gelu", "sigmoid", "softplus", "mish")
    }
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    found |= {
        "regular": compiled(
            dense(
                kernel_regularizer="l2", bias_constraint="non_neg", kernel_initializer="he_normal"
            )
        ),
        "schedule": compiled(dense(), optimizer=keras.optimizers.SGD(schedule)),
        "metrics": compiled(
            dense(), loss=keras.losses.Huber(), metrics=[keras.metrics.MeanAbsoluteError(), "mse"]
        ),
        "adamw": compiled(dense(), optimizer=keras.optimizers.AdamW(clipnorm=1.0)),
        "half": compiled(dense(dtype="mixed_float16")),
        "uncompiled": dense(),
        "convolution": compiled(convolution(), loss="sparse_categorical_crossentropy"),
        "recurrent": compiled(recurrent()),
        "text": compiled(text()),
        "lookups": compiled(lookups()),
        "attention": compiled(attention()),
        "nested": compiled(nested()),
        "mobilenet": keras.applications.MobileNetV2(
            (32, 32, 3), weights=None, classes=2, alpha=0.35
        ),
        "efficientnet": keras.applications.EfficientNetB0(
            input_shape=(32, 32, 3), weights=None, classes=2
        ),
    }
    trained = found["dense-relu"]
    trained.fit(RNG.normal(size=(16, 6)), RNG.normal(size=(16, 1)), verbose=0)
    return found


def keras_files(folder: Path, found: dict[str, keras.Model]) -> None:
    """Write archives, HDF5 files, weights and architectures."""
    for name, model in found.items():
        model.save(folder / f"{name}.keras")
        model.save_weights(folder / f"{name}.weights.h5")
        (folder / f"{name}.json").write_text(model.to_json(), "utf-8")
        model.save(folder / f"{name}.h5")


def tensorflow_files(folder: Path, found: dict[str, keras.Model]) -> None:
    """Write saved models, frozen graphs, checkpoints and TensorFlow Lite models."""
    for name in (
        "dense-relu",
        "convolution",
        "recurrent",
        "text",
        "attention",
        "lookups",
        "nested",
    ):
        model = found[name]
        model.export(folder / name, verbose=False)
        tf.train.Checkpoint(model=model).save(str(folder / f"{name}-checkpoint" / "step"))
        converter = tf.lite.TFLiteConverter.from_saved_model(str(folder / name))
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS
        ]  # fmt: skip
        if name not in ("text", "lookups"):
            (folder / f"{name}.tflite").write_bytes(converter.convert())
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            (folder / f"{name}-int8.tflite").write_bytes(converter.convert())
        if name not in ("text", "lookups", "convolution"):
            shape = [1, *model.inputs[0].shape[1:]]
            run = tf.function(model).get_concrete_function(tf.TensorSpec(shape, tf.float32))
            graph = convert_variables_to_constants_v2(run).graph.as_graph_def()
            tf.io.write_graph(graph, str(folder), f"{name}-frozen.pb", as_text=False)
    _tables(folder)
    _first_release(folder / "first")


class _Table(tf.Module):
    """A module that looks words up in a file, which becomes its asset."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        filled = tf.lookup.TextFileInitializer(
            str(path), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        )  # fmt: skip
        self.table = tf.lookup.StaticHashTable(filled, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def __call__(self, words: tf.Tensor) -> tf.Tensor:
        tf.print("looked up", output_stream=sys.stdout)
        return self.table.lookup(words)


def _tables(folder: Path) -> None:
    path = folder / "words.txt"
    path.write_text("pump\nvalve\n", "utf-8")
    tf.saved_model.save(_Table(path), str(folder / "table"))


def _first_release(folder: Path) -> None:
    """What TensorFlow 1 wrote: meta graphs, checkpoints with a saver, saved models with assets."""
    v1 = tf.compat.v1
    folder.mkdir()
    words = folder / "vocabulary.txt"
    words.write_text("pump\nvalve\n", "utf-8")
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 2], name="x")
        y = tf.matmul(x, v1.get_variable("w", [2, 1], use_resource=False))
        asset = tf.constant(str(words.resolve()), name="vocabulary")
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, asset)
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(folder / "model.ckpt"))
        builder = v1.saved_model.Builder(str(folder / "saved"))
        signature = v1.saved_model.predict_signature_def({"x": x}, {"y": y})
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature},
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
        )  # fmt: skip
        builder.save()


def data_files(folder: Path) -> None:
    """Write HDF5 files that hold plain data."""
    for version in ("earliest", "latest"):
        with h5py.File(folder / f"plain-{version}.h5", "w", libver=version) as file:
            for number in range(200):
                group = file.create_group(f"run/{number}")
                group.create_dataset("x", data=RNG.normal(size=20), compression="gzip")
                group.attrs["unit"] = "bar"
            for number in range(40):
                file.attrs[f"note-{number}"] = "x" * number * 100
            file["last"] = h5py.SoftLink("/run/199/x")
            file["words"] = np.array([b"a", b"bc"])
            file.create_dataset("names", data=["a", "é"], dtype=h5py.string_dtype())
            layout = h5py.VirtualLayout((2, 20), "f8")
            for number in range(2):
                layout[number] = h5py.VirtualSource(file[f"run/{number}/x"])
            file.create_virtual_dataset("together", layout)
    with h5py.File(folder / "block.h5", "w", userblock_size=512) as file:
        file["x"] = RNG.normal(size=(3, 3))


def main() -> None:
    """Write everything into the folder that is named."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    found = models()
    for name, write in (("keras", keras_files), ("tensorflow", tensorflow_files)):
        (folder / name).mkdir()
        write(folder / name, found)
    (folder / "data").mkdir()
    data_files(folder / "data")
    print(sum(each.is_file() for each in folder.rglob("*")), "files")


if __name__ == "__main__":
    main()
