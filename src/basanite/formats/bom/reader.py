"""Reader of bills of materials: CycloneDX 1.4 to 1.7 and SPDX 2.3 and 3.0.1, all as JSON.

XML, tag-value, RDF and Protocol Buffers forms are not read; their tools convert them to JSON.
"""

from __future__ import annotations

from basanite.domain.bom import Bom
from basanite.domain.errors import UnreadableError
from basanite.formats.bom.cyclonedx import looks_like_cyclonedx, read_cyclonedx
from basanite.formats.bom.spdx2 import looks_like_spdx2, read_spdx2
from basanite.formats.bom.spdx3 import looks_like_spdx3, read_spdx3
from basanite.formats.json_document import load_json

MAX_BYTES = 32 << 20
MAX_VALUES = 3_000_000
"""As many objects, lists and members: a small document must not unfold into a large one."""


def read_bom(data: bytes) -> Bom:
    """Return what a BOM lists, in one neutral form.

    The document is a stranger's: malformed parts are left out and told in ``problems``.

    Raises:
        UnreadableError: it is no JSON, too large or too deep, or no BOM of a known format.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError(f"the document has {len(data)} bytes; up to {MAX_BYTES} are read")
    if sum(map(data.count, (b"{", b"[", b","))) > MAX_VALUES:
        raise UnreadableError(f"the document holds more than {MAX_VALUES} values")
    if data.lstrip()[:1] == b"<":
        raise UnreadableError("the document is XML; BOMs are read as JSON")
    body = load_json(data)
    if isinstance(body, dict):
        if looks_like_cyclonedx(body):
            return read_cyclonedx(body)
        if looks_like_spdx2(body):
            return read_spdx2(body)
        if looks_like_spdx3(body):
            return read_spdx3(body)
    raise UnreadableError("the document is no CycloneDX and no SPDX in JSON")
