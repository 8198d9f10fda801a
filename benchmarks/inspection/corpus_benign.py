"""Makes several hundred benign model files, really written by the libraries that write them.

Run it in an environment of its own, since nothing here belongs to Basanite:

    python -m venv /path/to/environment
    pip install torch==2.13.0 scikit-learn numpy pandas joblib scipy xgboost lightgbm statsmodels
    python benchmarks/inspection/corpus_benign.py FOLDER

It writes the files and ``manifest.json``: path below the folder -> what is expected, always
``pass``. Libraries that are missing are left out and named at the end.
"""

from __future__ import annotations

import argparse
import array
import collections
import datetime
import decimal
import fractions
import functools
import importlib
import io
import ipaddress
import itertools
import json
import logging
import math
import operator
import pathlib
import pickle
import random
import re
import statistics
import sys
import types
import uuid
import warnings
import zoneinfo
from collections.abc import Callable, Iterator
from typing import Any

Made = Iterator[tuple[str, bytes]]
"""File name and content."""


def pickled(name: str, value: Any, protocols: tuple[int, ...] = (2, 4, 5)) -> Made:
    """One value in several protocols, those that can write it."""
    for protocol in protocols:
        try:
            content = pickle.dumps(value, protocol)
        except (TypeError, AttributeError, ValueError, pickle.PicklingError) as error:
            print(f"  {name} not in protocol {protocol}: {error}", file=sys.stderr)
            continue
        yield f"{name}.p{protocol}.pkl", content


def joblibbed(name: str, value: Any, compressions: tuple[Any, ...] = (0,)) -> Made:
    """One value as joblib writes it."""
    import joblib

    for each in compressions:
        out = io.BytesIO()
        joblib.dump(value, out, compress=each)
        shown = each if isinstance(each, int) else "-".join(str(part) for part in each)
        yield f"{name}.c{shown}.joblib", out.getvalue()


ALL_COMPRESSIONS = (0, 3, ("zlib", 6), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3))


def standard() -> Made:
    """Data of the standard library."""
    chance = random.Random(5)
    values: dict[str, Any] = {
        "plain": {"a": [1, 2.5, "x", b"y", None, True, {3}, frozenset([4]), (5,), -(2**70)]},
        "nested": {"deep": [[[[{"x": ({"y": [1]},)}]]]]},
        "numbers": list(range(5000)),
        "floats": [each / 7 for each in range(5000)],
        "records": [{"id": i, "name": f"pump {i}", "ok": i % 2 == 0} for i in range(1000)],
        "vocabulary": {f"word{i}": i for i in range(3000)},
        "collections": [
            collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1], 5),
            collections.defaultdict(list, a=[1]), collections.defaultdict(int),
            collections.ChainMap({"a": 1}), collections.UserDict(a=1), collections.UserList([1]),
        ],
        "dates": [datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.date(2020, 1, 1),
                  datetime.timedelta(3), datetime.time(1)],
        "zones": [datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC"))],
        "decimals": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), complex(1, 2)],
        "ids": [uuid.UUID(int=5), range(5), slice(1, 2), ...],
        "paths": [pathlib.PurePosixPath("/a/b"), pathlib.Path("c")],
        "namespace": argparse.Namespace(lr=0.1, layers=[1, 2], device="cpu"),
        "simple": types.SimpleNamespace(a=1),
        "array": array.array("d", [1, 2]),
        "bytes": [bytearray(b"abc"), b"\xff" * 300, io.BytesIO(b"abc")],
        "addresses": [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_network("10.0.0.0/8")],
        "patterns": [re.compile(r"(?u)\b\w\w+\b", re.IGNORECASE)],
        "functions": [math.log, len, sorted, str.lower, operator.itemgetter(1), operator.add,
                      functools.partial(round, ndigits=2), statistics.mean, sum, max],
        "types": [int, str, list, dict, type(None), list[int], dict[str, int]],
        "iterators": [itertools.count(5), itertools.repeat(1), iter([1, 2]), enumerate([1])],
        "errors": [ValueError("x"), KeyError("y"), UserWarning("z")],
        "logger": logging.getLogger("plant.models"),
        "random": chance,
        "bound": [chance.random, "abc".upper, {}.get],
        "shared": [["same"]] * 50 + [("t", 1)] * 50,
    }  # fmt: skip
    recursive: list[Any] = []
    recursive.append(recursive)
    values["recursive"] = recursive
    for name, value in values.items():
        yield from pickled(f"standard/{name}", value, (0, 1, 2, 3, 4, 5))
    yield from pickled("standard/annotated", [Any, dict[str, Any], int | None], (2, 4))
    yield "standard/two.pkl", pickle.dumps({"a": 1}) + pickle.dumps([1, 2])


def numpys() -> Made:
    """Arrays in every form."""
    import numpy as np

    chance = np.random.default_rng(3)
    values: dict[str, Any] = {
        "arrays": [np.arange(5), np.zeros((3, 2), order="F"), np.array(["a", "b"]), np.eye(30)],
        "objects": np.array([1, None, "x", {"a": 1}], dtype=object),
        "structured": np.array([(1, 2.0)], dtype="i4,f8"),
        "scalars": [np.float64(1.5), np.int32(3), np.str_("x"), np.bool_(True), np.complex64(1j),
                    np.datetime64("2020-01-01"), np.timedelta64(3, "D")],
        "dtypes": [np.dtype("f8"), np.dtype([("a", "i4"), ("b", "U5")]), np.dtype("M8[ns]")],
        "masked": np.ma.masked_array([1, 2], [True, False]),
        "matrix": np.matrix([[1, 2], [3, 4]]),
        "records": np.rec.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        "random": [np.random.RandomState(3), chance, np.random.PCG64(5), np.random.SeedSequence(3)],
        "functions": [np.log1p, np.mean, np.percentile, np.float32, np.int64, np.add,
                      functools.partial(np.percentile, q=5), np.linalg.norm, np.ndarray],
        "poly": [np.poly1d([1, 2, 3]), np.polynomial.Polynomial([1, 2])],
        "state": {"weights": [chance.normal(size=(20, 20)) for _ in range(5)], "step": 3},
    }  # fmt: skip
    for name, value in values.items():
        yield from pickled(f"numpy/{name}", value, (0, 2, 3, 4, 5))
        yield from joblibbed(f"numpy/{name}", value, ALL_COMPRESSIONS)
    for name in ("objects", "structured", "arrays"):
        value = values[name] if name != "arrays" else values[name][3]
        out = io.BytesIO()
        np.save(out, value)
        yield f"numpy/{name}.npy", out.getvalue()
        for save in (np.savez, np.savez_compressed):
            out = io.BytesIO()
            save(out, first=value, second=np.arange(3))
            yield f"numpy/{name}.{save.__name__}.npz", out.getvalue()


def pandas_data() -> Made:
    """Tables and what they are made of."""
    import numpy as np
    import pandas as pd

    days = pd.date_range("2020-01-01", periods=10, tz="Europe/Oslo")
    table = pd.DataFrame(
        {"a": range(10), "b": list("abcdefghij"), "c": np.linspace(0, 1, 10), "d": days}
    )
    values: dict[str, Any] = {
        "table": table,
        "category": table.assign(b=table.b.astype("category")),
        "series": table["c"],
        "indexed": table.set_index(["a", "b"]),
        "times": [days, pd.Timestamp("2020-01-01"), pd.Timedelta(3, "h"), pd.NaT, pd.NA],
        "periods": pd.period_range("2020-01", periods=4, freq="M"),
        "intervals": pd.cut(table.c, 3),
        "nullable": pd.array([1, None, 3], dtype="Int64"),
        "sparse": pd.arrays.SparseArray([0, 0, 1]),
        "offsets": [pd.offsets.Day(2), pd.offsets.MonthEnd(), pd.offsets.BusinessDay()],
        "dtypes": [pd.CategoricalDtype(["a"]), pd.StringDtype(), pd.DatetimeTZDtype(tz="UTC")],
        "multi": pd.MultiIndex.from_product([[1, 2], ["a", "b"]]),
        "range": pd.RangeIndex(5),
    }
    for name, value in values.items():
        yield from pickled(f"pandas/{name}", value)
        yield from joblibbed(f"pandas/{name}", value, (0, 3))


def scipys() -> Made:
    """Sparse matrices, splines, distributions."""
    import numpy as np
    from scipy import interpolate, optimize, sparse, spatial, stats

    x = np.linspace(0, 1, 20)
    matrix = sparse.random(20, 20, 0.1)
    values: dict[str, Any] = {
        "sparse": [matrix.asformat(each) for each in ("csr", "csc", "coo", "lil", "dok", "bsr")],
        "splines": [interpolate.CubicSpline(x, x**2), interpolate.PchipInterpolator(x, x),
                    interpolate.BSpline(x, x, 1), interpolate.UnivariateSpline(x, x)],
        "distributions": [stats.norm(0, 1), stats.randint(1, 5), stats.gaussian_kde(x),
                          stats.uniform, stats.norm],
        "trees": spatial.cKDTree(x.reshape(-1, 2)),
        "result": optimize.OptimizeResult(x=x, success=True),
        "rotation": spatial.transform.Rotation.identity(3),
    }  # fmt: skip
    for name, value in values.items():
        yield from pickled(f"scipy/{name}", value)
        yield from joblibbed(f"scipy/{name}", value, (0, 3))


def _fitted(maker: Any, x: Any, y: Any, texts: list[str]) -> Any:
    """An estimator with as few needs as it has, fitted where that is possible."""
    from sklearn.linear_model import LogisticRegression, Ridge

    model: Any = None
    for make in (
        maker,
        lambda: maker(LogisticRegression()),
        lambda: maker(Ridge()),
        lambda: maker([("a", LogisticRegression()), ("b", LogisticRegression())]),
        lambda: maker([("a", Ridge()), ("b", Ridge())]),
        lambda: maker(LogisticRegression(), {"C": [0.1, 1]}),
        lambda: maker([("a", "passthrough", [0, 1])]),
    ):
        try:
            model = make()
        except TypeError:
            continue
        for data, target in ((x, y), (abs(x), y), (x, x[:, :2]), (x[:, 0], y), (texts, y),
                             (x[:, :1], y), (y, y), ([set(t) for t in texts], y),
                             ([{"a": 1}, {"b": 2}], [0, 1]), (x[:, :2], x[:, :2])):  # fmt: skip
            try:
                return model.fit(data, target)
            except Exception:  # noqa: BLE001 - any estimator may want other data
                continue
    return model


def sklearns() -> Made:
    """Every estimator of scikit-learn, and what people build of them."""
    import numpy as np
    from sklearn.utils import all_estimators

    chance = np.random.default_rng(0)
    x = chance.normal(size=(40, 4))
    y = (x[:, 0] > 0).astype(int)
    texts = ["pump one runs", "valve two leaks", "pump two stops", "sensor ok"] * 10
    for name, maker in all_estimators():
        model = _fitted(maker, x, y, texts)
        if model is None:
            continue
        try:
            yield from pickled(f"sklearn/{name}", model, (2, 5))
            yield from joblibbed(f"sklearn/{name}", model, (0, 3))
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            print(f"  {name} cannot be pickled: {error}", file=sys.stderr)
    yield from _built(x, y, texts)


def _built(x: Any, y: Any, texts: list[str]) -> Made:
    import numpy as np
    from scipy import stats
    from sklearn import (
        compose,
        ensemble,
        feature_extraction,
        gaussian_process,
        linear_model,
        metrics,
        model_selection,
        pipeline,
        preprocessing,
        svm,
    )

    forest = ensemble.RandomForestClassifier(n_estimators=5)
    kernel = gaussian_process.kernels.RBF() + gaussian_process.kernels.WhiteKernel()
    built: dict[str, Any] = {
        "pipeline": pipeline.make_pipeline(preprocessing.StandardScaler(), svm.SVC()).fit(x, y),
        "columns": compose.ColumnTransformer(
            [("a", preprocessing.StandardScaler(), [0, 1]), ("b", "passthrough", [2])]
        ).fit(x, y),
        "grid": model_selection.GridSearchCV(svm.SVC(), {"C": [0.1, 1]}, cv=3).fit(x, y),
        "random": model_selection.RandomizedSearchCV(
            linear_model.Ridge(), {"alpha": stats.uniform(0, 1)}, n_iter=3, cv=3
        ).fit(x, y),
        "scored": model_selection.GridSearchCV(
            svm.SVC(), {"C": [1]}, scoring=metrics.make_scorer(metrics.f1_score), cv=3
        ).fit(x, y),
        "log": preprocessing.FunctionTransformer(np.log1p, inverse_func=np.expm1),
        "partial": preprocessing.FunctionTransformer(functools.partial(np.percentile, q=5)),
        "text": pipeline.make_pipeline(
            feature_extraction.text.TfidfVectorizer(preprocessor=str.lower),
            linear_model.LogisticRegression(),
        ).fit(texts, y),
        "words": feature_extraction.text.CountVectorizer(tokenizer=str.split, token_pattern=None)
        .fit(texts),
        "process": gaussian_process.GaussianProcessRegressor(kernel).fit(x, y),
        "vote": ensemble.VotingClassifier(
            [("a", forest), ("b", linear_model.LogisticRegression())]
        ).fit(x, y),
        "dictionary": {"model": forest.fit(x, y), "columns": list("abcd"), "date": "2020"},
        "scorer": metrics.get_scorer("roc_auc"),
        "splits": [model_selection.KFold(3), model_selection.TimeSeriesSplit(3)],
        "selector": compose.make_column_selector(dtype_include=np.number),
        "tree": ensemble.HistGradientBoostingRegressor(max_iter=5).fit(x, y),
        "bunch": __import__("sklearn.datasets").datasets.load_iris(),
    }  # fmt: skip
    for name, value in built.items():
        yield from pickled(f"built/{name}", value, (2, 3, 4, 5))
        yield from joblibbed(f"built/{name}", value, ALL_COMPRESSIONS)


def boosters() -> Made:
    """Models of XGBoost and LightGBM."""
    import lightgbm
    import numpy as np
    import xgboost

    x = np.random.default_rng(0).normal(size=(60, 4))
    y = (x[:, 0] > 0).astype(int)
    booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, y), 3)
    quiet = {"verbose": -1, "n_estimators": 3}
    light = lightgbm.train({"verbose": -1}, lightgbm.Dataset(x, y), 3)
    values = {
        "xgb-classifier": xgboost.XGBClassifier(n_estimators=3).fit(x, y),
        "xgb-regressor": xgboost.XGBRegressor(n_estimators=3).fit(x, y),
        "xgb-ranker": xgboost.XGBRFRegressor(n_estimators=3).fit(x, y),
        "xgb-booster": booster,
        "lgb-classifier": lightgbm.LGBMClassifier(**quiet).fit(x, y),
        "lgb-regressor": lightgbm.LGBMRegressor(**quiet).fit(x, y),
        "lgb-booster": light,
    }
    for name, value in values.items():
        yield from pickled(f"boosters/{name}", value)
        yield from joblibbed(f"boosters/{name}", value, (0, 3))


def statsmodels_results() -> Made:
    """Fitted models of statsmodels."""
    import numpy as np
    import statsmodels.api as sm
    from statsmodels.tsa.arima.model import ARIMA
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    x = np.random.default_rng(0).normal(size=(60, 2))
    values = {
        "ols": sm.OLS(x[:, 0], sm.add_constant(x[:, 1:])).fit(),
        "logit": sm.Logit((x[:, 0] > 0).astype(int), sm.add_constant(x[:, 1:])).fit(disp=0),
        "glm": sm.GLM(abs(x[:, 0]), sm.add_constant(x[:, 1:])).fit(),
        "arima": ARIMA(x[:, 0], order=(1, 0, 0)).fit(),
        "holt": ExponentialSmoothing(abs(x[:, 0]) + 1).fit(),
    }
    for name, value in values.items():
        yield from pickled(f"statsmodels/{name}", value)
        yield from joblibbed(f"statsmodels/{name}", value, (0,))


def torches() -> Made:
    """State dictionaries, whole modules and optimisers, in the new and the older format."""
    import torch
    from torch import nn

    layers: dict[str, nn.Module] = {
        "linear": nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)),
        "conv": nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.MaxPool2d(2), nn.GELU()),
        "lstm": nn.LSTM(4, 8, 2),
        "transformer": nn.TransformerEncoderLayer(16, 2, 32),
        "attention": nn.MultiheadAttention(16, 2),
        "embedding": nn.Embedding(10, 4),
        "decoder": nn.Transformer(16, 2, 1, 1, 32),
    }
    model = layers["linear"]
    values: dict[str, Any] = {}
    for name, layer in layers.items():
        values[f"{name}-state"] = layer.state_dict()
        values[f"{name}-module"] = layer
    for maker in (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop):
        optimiser = maker(model.parameters(), lr=0.1)
        model(torch.ones(1, 4)).sum().backward()
        optimiser.step()
        values[f"{maker.__name__}-state"] = optimiser.state_dict()
        schedule = torch.optim.lr_scheduler.StepLR(optimiser, 5)
        values[f"{maker.__name__}-checkpoint"] = {
            "model": model.state_dict(), "optimizer": optimiser.state_dict(), "epoch": 3,
            "scheduler": schedule.state_dict(), "args": argparse.Namespace(lr=0.1, device="cpu"),
            "best": torch.tensor(0.5), "rng": torch.get_rng_state(),
        }  # fmt: skip
    values["types"] = [
        torch.ones(2, dtype=each)
        for each in (torch.float16, torch.bfloat16, torch.int8, torch.bool, torch.complex64)
    ]
    values["devices"] = [torch.device("cpu"), torch.float32, torch.Size([1, 2]), torch.strided]
    values["sparse"] = torch.eye(3).to_sparse()
    values["parameters"] = nn.ParameterList([nn.Parameter(torch.ones(2))])
    values["functions"] = [torch.relu, nn.functional.relu, torch.nn.functional.gelu, torch.sum]
    values["quantised"] = torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)
    values["subclass"] = nn.parameter.Buffer(torch.ones(3))
    values["dataset"] = torch.utils.data.TensorDataset(torch.ones(3, 2), torch.ones(3))
    values["distribution"] = torch.distributions.Normal(torch.zeros(1), torch.ones(1))
    for name, value in values.items():
        for new in (True, False):
            out = io.BytesIO()
            torch.save(value, out, _use_new_zipfile_serialization=new)
            yield f"torch/{name}.{'zip' if new else 'old'}.pt", out.getvalue()
    for name in ("linear-state", "linear-module", "Adam-checkpoint"):
        yield from pickled(f"torch/{name}", values[name], (3, 4, 5))
        yield from joblibbed(f"torch/{name}", values[name], (0, 3))


MAKERS: dict[str, Callable[[], Made]] = {
    "standard library": standard,
    "numpy": numpys,
    "pandas": pandas_data,
    "scipy": scipys,
    "sklearn": sklearns,
    "xgboost and lightgbm": boosters,
    "statsmodels": statsmodels_results,
    "torch": torches,
}


def main() -> None:
    """Write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", choices=sorted(MAKERS))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    manifest: dict[str, str] = {}
    for kind, maker in MAKERS.items():
        if arguments.only not in (None, kind):
            continue
        count = len(manifest)
        try:
            for name, content in maker():
                path = arguments.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                manifest[name] = "pass"
        except ImportError as error:
            print(f"{kind}: left out, {error}")
        print(f"{kind}: {len(manifest) - count} files", flush=True)
    (arguments.folder / "manifest.json").write_text(json.dumps(manifest, indent=1))


if __name__ == "__main__":
    importlib.invalidate_caches()
    main()
