"""ONNX models, walked without believing them and without reading their weights."""

from basanite.formats.onnx.reader import NAME, VERSION, read

__all__ = ["NAME", "VERSION", "read"]
