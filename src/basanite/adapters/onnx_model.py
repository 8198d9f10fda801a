"""A predictive model in ONNX, called with ONNX Runtime. Used inside a confined worker only.

ONNX carries a graph of operators and weights, no code. What could still reach outside (weights in
other files, operators from a maker's library) is refused on the bytes before they are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from basanite.adapters.onnx_guard import guard
from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible

if TYPE_CHECKING:
    import numpy as np

MAX_BYTES = (2 << 30) - 1
"""The most that one protobuf message can hold."""
ROWS_A_CALL = 4096

_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
}
_SERIOUS = 4
"""ONNX Runtime's highest log level: errors come as exceptions, not as lines on stderr."""


class OnnxModel:
    """A model that takes rows of numbers. Implements `basanite.domain.ports.Model`.

    It has one input for whole rows (shape [N, F]), or one input for each column.

    Raises:
        UnreadableError: the bytes are no ONNX model, reach outside themselves, use operators or
            input types that cannot be run, or are too large.
        ModuleNotFoundError: ONNX Runtime is not installed.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > MAX_BYTES:
            raise UnreadableError(f"the model is larger than {MAX_BYTES:,} bytes")
        guard(data)
        import onnxruntime  # noqa: PLC0415 - heavy, and an extra

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _SERIOUS
        # Otherwise a file that is no protobuf may be read in the runtime's own format.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        try:
            self._session = onnxruntime.InferenceSession(
                data, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except _failures() as error:
            raise UnreadableError(
                f"ONNX Runtime does not load the model: {visible(str(error), 300)}"
            ) from error
        self._inputs = self._session.get_inputs()
        unknown = [each.type for each in self._inputs if each.type not in _TYPES]
        if unknown or not self._inputs:
            raise UnreadableError(
                "the model takes no numbers"
                + (f" but {visible(unknown[0], 80)}" if unknown else "")
            )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(str(each.name) for each in self._inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return tuple(str(each.name) for each in self._session.get_outputs())

    def predict(self, rows: Sequence[Sequence[float]]) -> Mapping[str, Sequence[Any]]:
        """Return the outputs by name, each as long as ``rows``.

        Raises:
            UnreadableError: the model does not take such rows, breaks on them, or gives another
                number of answers than it was given rows.
        """
        import numpy as np  # noqa: PLC0415 - heavy, and an extra

        names = self.outputs
        answers: dict[str, list[Any]] = {name: [] for name in names}
        table = np.asarray(rows, dtype=np.float64)
        if table.ndim != 2:
            raise UnreadableError("the rows given to the model differ in length")
        for start in range(0, len(table), self._batch):
            part = table[start : start + self._batch]
            try:
                found = self._session.run(None, self._feed(part))
            except _failures() as error:
                raise UnreadableError(
                    f"the model breaks on its input: {visible(str(error), 300)}"
                ) from error
            for name, output in zip(names, found, strict=True):
                values = output.tolist() if isinstance(output, np.ndarray) else list(output)
                if not isinstance(values, list) or len(values) != len(part):
                    raise UnreadableError(
                        f"output {visible(name, 80)} does not give one answer for each row"
                    )
                answers[name].extend(values)
        return answers

    @property
    def _batch(self) -> int:
        """How many rows one call may hold; a model may be fixed to one."""
        first = self._inputs[0].shape
        fixed = first[0] if first and isinstance(first[0], int) else None
        return fixed if fixed == 1 else ROWS_A_CALL

    def _feed(self, part: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        if len(self._inputs) == 1:
            only = self._inputs[0]
            return {only.name: part.astype(_TYPES[only.type])}
        if len(self._inputs) != part.shape[1]:
            raise UnreadableError(
                f"the model has {len(self._inputs)} inputs and the table {part.shape[1]} features"
            )
        feed = {}
        for column, each in enumerate(self._inputs):
            values = part[:, column].astype(_TYPES[each.type])
            feed[each.name] = values if len(each.shape) == 1 else values.reshape(-1, 1)
        return feed


def _failures() -> tuple[type[Exception], ...]:
    """Return what ONNX Runtime raises; its exceptions have no common base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state  # noqa: PLC0415 - heavy

    return (
        state.EPFail,
        state.EngineError,
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.NoModel,
        state.NoSuchFile,
        state.NotImplemented,
        state.RuntimeException,
        RuntimeError,
        ValueError,
    )
