r"""Make benign tensor files and models of trees with the programs that people make them with.

Environment (not the project's own)::

    python -m venv ENV
    ENV/bin/pip install safetensors==0.8.0 gguf==0.19.0 xgboost==3.2.0 lightgbm==4.7.0 \
        catboost==1.2.10 sentencepiece==0.2.3 numpy scikit-learn
    ENV/bin/python benchmarks/inspection/benign_tensors.py OUT

Then ``basanite inspect OUT`` must end with 0: nothing found, and nothing left open.
"""

# Each kind of file asks for its own programs only.
# What it imports is not installed where types are checked.
# mypy: ignore-errors
from __future__ import annotations

import json
import struct
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

RANDOM = 7
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + "
    "message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def safetensors_files(out: Path) -> None:
    """Every number type that NumPy has, many tensors, none, metadata, empty tensors."""
    import numpy as np
    from safetensors.numpy import save_file

    random = np.random.default_rng(RANDOM)
    for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8",
                 "uint16", "uint32", "uint64", "bool", "complex64"):  # fmt: skip
        array = (random.normal(size=(8, 5)) * 50).astype(name)
        save_file({"w": array, "b": array[0].copy()}, out / f"{name}.safetensors")
    many = {f"model.layers.{n}.weight": random.normal(size=(4, 4)) for n in range(3000)}
    save_file(many, out / "many.safetensors", {"format": "pt"})
    save_file({}, out / "none.safetensors")
    save_file({"e": np.zeros((0, 4)), "s": np.array(1.5), "w": np.ones(3)}, out / "odd.safetensors")
    notes = {
        "format": "pt",
        "ss_tag_frequency": json.dumps({f"tag {n}": n for n in range(5000)}),
        "modelspec.thumbnail": "data:image/jpeg;base64," + "/9j/4AAQSkZJRg" * 8000,
        "modelspec.license": "CreativeML Open RAIL++-M",
    }
    save_file({"lora.w": random.normal(size=(16, 4))}, out / "lora.safetensors", notes)
    shard = {f"w{n}": random.normal(size=(3, 3)) for n in range(4)}
    save_file(shard, out / "model-00001-of-00002.safetensors")
    index = {"metadata": {"total_size": 288}, "weight_map": dict.fromkeys(shard, "x")}
    (out / "model.safetensors.index.json").write_text(json.dumps(index))


def gguf_files(out: Path) -> None:
    """Both byte orders, quantised and plain, a tokenizer, own alignment, splits, adapters."""
    import gguf
    import numpy as np

    random = np.random.default_rng(RANDOM)

    def write(name: str, fill: Callable[[Any], None], **options: Any) -> None:
        writer = gguf.GGUFWriter(out / name, "llama", **options)
        fill(writer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    def plain(writer: Any) -> None:
        writer.add_name("small")
        writer.add_license("apache-2.0")
        writer.add_context_length(2048)
        writer.add_chat_template(CHATML)
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list([f"t{n}" for n in range(500)])
        writer.add_token_scores([0.5] * 500)
        for n in range(5):
            writer.add_tensor(f"blk.{n}.w", random.normal(size=(7, 32)).astype(np.float32))
            writer.add_tensor(f"blk.{n}.b", random.normal(size=(5,)).astype(np.float16))

    def quantised(writer: Any) -> None:
        writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
        for kind in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "BF16", "TQ1_0", "TQ2_0"):
            what = gguf.GGMLQuantizationType[kind]
            data = gguf.quants.quantize(random.normal(size=(4, 256)).astype(np.float32), what)
            writer.add_tensor(f"w.{kind}", data, raw_dtype=what)
        for kind in ("Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ2_XXS", "IQ3_S", "IQ4_XS",
                     "IQ1_S", "IQ1_M", "IQ4_NL", "MXFP4"):  # fmt: skip
            what = gguf.GGMLQuantizationType[kind]
            block, size = gguf.GGML_QUANT_SIZES[what]
            raw = random.integers(0, 255, size=(3, 512 // block * size), dtype=np.uint8)
            writer.add_tensor(f"w.{kind}", raw, raw_dtype=what)

    def aligned(writer: Any) -> None:
        writer.add_custom_alignment(64)
        writer.add_tensor("w", random.normal(size=(3, 5)).astype(np.float32))
        writer.add_tensor("v", random.normal(size=(3,)).astype(np.float32))

    def vocabulary(writer: Any) -> None:
        writer.add_token_list([f"t{n}" for n in range(50)])
        writer.add_array("general.tags", ["text", "small"])

    write("plain.gguf", plain)
    write("quantised.gguf", quantised)
    write("aligned.gguf", aligned)
    write("vocabulary.gguf", vocabulary)
    write("big.gguf", plain, endianess=gguf.GGUFEndian.BIG)
    write("split.gguf", plain, split_max_tensors=4)


def tree_files(out: Path) -> None:
    """Models of XGBoost, LightGBM and CatBoost in every layout that holds no code."""
    import catboost
    import lightgbm
    import numpy as np
    import xgboost

    random = np.random.default_rng(RANDOM)
    x = random.normal(size=(400, 6))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    kinds = np.where(x[:, 2] > 0, "up", "down").astype(object)[:, None]
    for booster in ("gbtree", "dart", "gblinear"):
        for rounds in (1, 30):
            model = xgboost.XGBClassifier(booster=booster, n_estimators=rounds).fit(x, y)
            for ending in ("json", "ubj"):
                model.save_model(out / f"{booster}-{rounds}.{ending}")
    many = xgboost.XGBClassifier(n_estimators=20).fit(x, np.arange(400) % 4)
    many.save_model(out / "classes.ubj")
    many.get_booster().dump_model(out / "dump.json", dump_format="json")
    for kind in ("gbdt", "dart", "rf"):
        settings = {"bagging_freq": 1, "bagging_fraction": 0.5} if kind == "rf" else {}
        light = lightgbm.LGBMRegressor(boosting_type=kind, n_estimators=20, verbose=-1, **settings)
        booster = light.fit(x, y).booster_
        booster.save_model(out / f"light-{kind}.txt")
        booster.save_model(out / f"light-{kind}.model")
        (out / f"light-{kind}.json").write_text(json.dumps(booster.dump_model()))
    for name, data, options in (
        ("plain", x, {}),
        ("kinds", np.hstack([x.astype(object), kinds]), {"cat_features": [6]}),
    ):
        cat = catboost.CatBoostClassifier(iterations=20, verbose=0, allow_writing_files=False)
        cat.fit(data, y, **options)
        cat.save_model(out / f"cat-{name}.cbm")
        cat.save_model(
            out / f"cat-{name}.json", format="json", pool=catboost.Pool(data, y, **options)
        )
        if not options:
            cat.save_model(out / "cat.pmml", format="pmml")
            cat.save_model(out / "cat.onnx", format="onnx")


def other_files(out: Path) -> None:
    """Vocabularies, word vectors, indexes, templates and small settings of a model's folder."""
    import numpy as np
    import sentencepiece

    text = out / "corpus.txt"
    words = ("pump", "valve", "gate", "river", "level", "meter", "rises", "falls", "the", "a")
    random = np.random.default_rng(RANDOM)
    lines = [" ".join(random.choice(words, size=9)) + f" {n}." for n in range(2000)]
    text.write_text("\n".join(lines))
    for kind in ("unigram", "bpe", "char", "word"):
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=str(out / kind), vocab_size=60, model_type=kind,
            hard_vocab_limit=False, minloglevel=2,
        )  # fmt: skip
    (out / "unigram.model").rename(out / "tokenizer.model")
    (out / "bpe.model").rename(out / "spiece.model")
    vectors = b"20 8\n" + b"".join(
        f"w{n} ".encode() + random.normal(size=8).astype(np.float32).tobytes() + b"\n"
        for n in range(20)
    )
    (out / "vectors.bin").write_bytes(vectors)
    index = b"IxF2" + struct.pack("<iqqq", 8, 20, 1 << 20, 1 << 20) + b"\x01" + bytes(4)
    (out / "index.faiss").write_bytes(index + struct.pack("<Q", 160) + bytes(640))
    (out / "chat_template.jinja").write_text(CHATML)
    config = {"bos_token": "<s>", "chat_template": CHATML}
    (out / "tokenizer_config.json").write_text(json.dumps(config))
    (out / "merges.txt").write_text("#version: 0.2\na b\nc d\n")
    (out / "vocab.txt").write_text("[PAD]\n[UNK]\nthe\n##ing\n")


def main() -> None:
    """Write every kind into a folder of its own."""
    warnings.simplefilter("ignore")
    root = Path(sys.argv[1])
    for make in (safetensors_files, gguf_files, tree_files, other_files):
        folder = root / make.__name__.removesuffix("_files")
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        print(f"{folder}: {sum(1 for _ in folder.iterdir())} files")


if __name__ == "__main__":
    main()
