"""Names: what Keras imports for a module and a name, by what kind of thing stands there."""

from __future__ import annotations

import builtins
import re
import sys
from enum import StrEnum

from basanite.measure.inspection.graphs.operators import Reach, operator


class Kind(StrEnum):
    """What a name leads to."""

    OWN = "own"
    """A part of Keras that models are made of."""
    TOOL = "tool"
    """A function of Keras that loads, fetches, writes or changes settings."""
    PYTHON = "python"
    """The standard library."""
    LIBRARY = "library"
    """A function of a library that does more than mathematics."""
    FOREIGN = "foreign"
    """Code that comes from elsewhere and has to be there already."""


_FAMILY = frozenset({"keras", "tf_keras", "keras_core", "keras_hub", "keras_cv", "keras_nlp"})
_HUBS = ("keras_hub", "keras_cv", "keras_nlp")
_INSIDE_TENSORFLOW = ("tensorflow.keras", "tensorflow.python.keras", "tensorflow.compat.v1.keras")
_PREFIXES = frozenset(
    {"src", "api", "_tf_keras", "keras", "_v1", "_v2", "v1", "v2", "python", "legacy", "compat",
     "tensorflow", "tf_keras", "experimental"}
)  # fmt: skip
_FUNCTIONS = frozenset(
    {"activations", "initializers", "losses", "metrics", "regularizers", "constraints", "ops",
     "random", "backend", "layers", "quantizers", "optimizers", "applications", "nn", "math",
     "engine", "preprocessing"}
)  # fmt: skip
"""Rooms of Keras whose functions compute."""
_CLASSES = _FUNCTIONS | {
    "models", "dtype_policies", "mixed_precision", "trainers", "feature_column", "premade",
    "premade_models", "distillation", "training", "saving", "utils",
}  # fmt: skip
"""Rooms of Keras whose classes models are made of, or that hold nothing but data."""
_PURE = frozenset({"to_categorical", "normalize", "preprocess_input", "clone_model"})
_ACTS = re.compile(
    r"^_*(?:de?serialize|load|save|get_file|get_symbol|open|read|write|fetch|download|import|exec|"
    r"eval_|enable|disable|set_|clear_|extract|func_load|func_dump|image_dataset|text_dataset|"
    r"audio_dataset|timeseries_dataset|model_from|plot|register|py_func|numpy_func|run)",
    re.IGNORECASE,
)
"""Beginnings of names of functions that do something else than compute."""
_MATHEMATICS = (
    "jax.nn", "jax.numpy", "jax.lax", "jax._src.nn", "jax._src.numpy", "jax._src.lax",
    "torch.nn.functional", "tensorflow.nn", "tensorflow.math", "tensorflow.linalg",
    "tensorflow.image", "tensorflow.strings", "tensorflow.signal", "tensorflow.python.ops.math_ops",
    "tensorflow.python.ops.nn", "tensorflow.python.ops.gen_nn", "tensorflow.python.ops.gen_math",
    "tensorflow.python.ops.array_ops", "tensorflow.python.ops.gen_array",
    "tensorflow.python.ops.image_ops", "tensorflow.python.ops.linalg",
    "tensorflow.python.ops.gen_linalg", "tensorflow.python.ops.clip_ops",
    "tensorflow.python.ops.special_math_ops", "tensorflow.python.util.dispatch",
    "tensorflow_addons", "tensorflow_probability", "tensorflow_hub", "tensorflow_text",
    "transformers",
)  # fmt: skip
_LIBRARIES = frozenset(
    {
        "numpy", "scipy", "pandas", "torch", "torchvision", "tensorflow", "tf", "jax", "jaxlib",
        "sklearn", "joblib", "dill", "cloudpickle", "yaml", "ruamel", "requests", "httpx",
        "aiohttp", "urllib3", "boto3", "botocore", "pip", "setuptools", "pkg_resources",
        "_distutils_hack", "wheel", "IPython", "ipykernel", "jupyter", "matplotlib", "PIL", "cv2",
        "h5py", "huggingface_hub", "datasets", "fsspec", "psutil", "paramiko", "fabric", "invoke",
        "sh", "pexpect", "numba", "cffi", "sympy", "absl", "google", "grpc", "mlflow", "wandb",
        "rich", "click", "jinja2", "flask", "django", "sqlalchemy", "pytest", "nltk", "spacy",
        "shapely", "pyarrow", "dask", "ray", "win32api", "win32com", "pywintypes", "cython",
    }
)  # fmt: skip
"""Libraries that often are there; the file itself then chooses what to call of them."""
_MISTAKABLE = frozenset({"test", "idlelib", "lib2to3", "turtledemo", "this", "antigravity"})
_HARMLESS_BUILTINS = frozenset(
    {"abs", "all", "any", "bool", "complex", "dict", "divmod", "float", "hash", "int", "len",
     "list", "max", "min", "pow", "range", "reversed", "round", "set", "slice", "sorted", "str",
     "sum", "tuple", "zip", "map", "filter", "enumerate", "bytes", "frozenset", "repr", "ord",
     "chr", "hex", "oct", "bin", "format", "id", "isinstance", "issubclass", "callable", "iter",
     "next", "object", "print"}
)  # fmt: skip


def kind_of(module: str | None, name: str, *, is_class: bool) -> Kind:
    """Return what a module and a name lead to.

    ``is_class`` is what the file claims; a class without capitals is taken for a function.
    """
    if is_class and not any(each.isupper() for each in name):
        is_class = False
    if not module:
        return Kind.OWN if is_class else _builtin(name)
    module = module.lstrip(".")
    if module == "builtins":
        return _builtin(name)
    top, _, rest = module.partition(".")
    if in_family(module):
        return _keras(module, name, is_class=is_class)
    if _standard(top, rest):
        return Kind.PYTHON
    if top in _LIBRARIES and not is_class and not _mathematics(module, name):
        return Kind.LIBRARY
    return Kind.FOREIGN


def in_family(module: str | None) -> bool:
    """Return whether a module is Keras's own, or of a library that Keras itself lets in."""
    return bool(module) and (
        str(module).partition(".")[0] in _FAMILY or str(module).startswith(_INSIDE_TENSORFLOW)
    )


def _builtin(name: str) -> Kind:
    if name in _HARMLESS_BUILTINS:
        return Kind.OWN
    return Kind.PYTHON if hasattr(builtins, name) else Kind.FOREIGN


def _standard(top: str, rest: str) -> bool:
    """Whether a module is the standard library's; projects name modules of their own like some."""
    if top in ("posix", "nt", "pwd", "winreg", "msvcrt"):
        return True
    if top not in sys.stdlib_module_names or top in _MISTAKABLE:
        return False
    return not rest or top in _PACKAGES


_PACKAGES = frozenset(
    {"asyncio", "collections", "concurrent", "ctypes", "curses", "dbm", "distutils", "email",
     "encodings", "ensurepip", "html", "http", "importlib", "json", "logging", "multiprocessing",
     "os", "re", "sqlite3", "tkinter", "tomllib", "unittest", "urllib", "venv", "wsgiref", "xml",
     "xmlrpc", "zoneinfo", "pydoc_data"}
)  # fmt: skip


def _mathematics(module: str, name: str) -> bool:
    return module.startswith(_MATHEMATICS) and not _ACTS.match(name)


def _keras(module: str, name: str, *, is_class: bool) -> Kind:
    rooms = [each for each in module.split(".")[1:] if each not in _PREFIXES]
    room = rooms[0] if rooms else ""
    if name in _PURE:
        return Kind.OWN
    hub = module.startswith(_HUBS)
    if is_class:
        return Kind.OWN if hub or not room or room in _CLASSES else Kind.FOREIGN
    if _ACTS.match(name) or (room not in _FUNCTIONS and not hub):
        return Kind.TOOL
    return Kind.OWN


_CLOSED_TENSORFLOW = frozenset(
    {"data", "saved_model", "train", "py_function", "numpy_function", "py_func", "load_library",
     "load_op_library", "load_file_system_library", "config", "sysconfig", "summary", "profiler",
     "distribute", "function", "graph_util", "test", "xla", "tpu", "mlir", "estimator", "gfile",
     "python_io", "app", "flags", "resource_loader", "user_ops", "__internal__", "lookup", "queue",
     "contrib", "write_file", "read_file", "print_v2", "autograph", "feature_column", "lite"}
)  # fmt: skip
_CODES = re.compile(r"(?:decode_|encode_|parse_|serialize_|deserialize_many|is_|extract_jpeg)")
_SPELT = re.compile(r"(?:^|_)([a-z0-9])")


def tensorflow_reaches(function: str) -> bool:
    """Return whether a function of TensorFlow, by its name in the API, does more than compute."""
    parts = [each for each in function.split(".") if each not in ("tf", "compat", "v1", "v2")]
    if not parts:
        return False
    if parts[0] == "io":
        return not (len(parts) > 1 and _CODES.match(parts[1]))
    if parts[0] == "keras":
        return kind_of("keras." + ".".join(parts[1:-1]), parts[-1], is_class=False) is Kind.TOOL
    name = parts[-1] if parts[0] == "raw_ops" else _SPELT.sub(lambda m: m[1].upper(), parts[-1])
    known = operator(name)
    reaches = known is not None and known.reach is not Reach.FOREIGN and not known.attribute
    return reaches or parts[0] in _CLOSED_TENSORFLOW
