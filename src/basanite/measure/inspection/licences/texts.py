"""Texts: which licence a file holds, by a few words of its own that stand in no other.

The longest texts are looked at by their first 20,000 characters.
"""

from __future__ import annotations

import re

from basanite.measure.inspection.licences.known import KNOWN, Licence, of_spdx

_MARKS: tuple[tuple[str, str], ...] = (
    (r"llama 4 community license", "llama4"),
    (r"llama 3\.3 community license", "llama3.3"),
    (r"llama 3\.2 community license", "llama3.2"),
    (r"llama 3\.1 community license", "llama3.1"),
    (r"(?:meta )?llama 3 community license", "llama3"),
    (r"llama 2 community license", "llama2"),
    (r"gemma terms of use|gemma prohibited use policy", "gemma"),
    (r"bigscience (?:bloom )?rail", "bigscience-openrail-m"),
    (r"bigcode open ?rail-?m", "bigcode-openrail-m"),
    (r"creativeml open ?rail\+\+-?m", "openrail++"),
    (r"creativeml open ?rail-?m", "creativeml-openrail-m"),
    (r"open ?rail", "openrail"),
    (r"qwen research license", "qwen-research"),
    (r"(?:tongyi )?qwen license agreement", "qwen"),
    (r"deepseek license agreement", "deepseek"),
    (r"mistral ai research license", "mrl"),
    (r"mistral ai non-production license", "mnpl"),
    (r"stability ai community license", "stabilityai-ai-community"),
    (r"stability ai non-?commercial", "stabilityai-nc"),
    (r"falcon[- ]\w{0,8} ?(?:tii|llm) license", "falcon-llm-license"),
    (r"flux\.1 \[dev\] non-commercial license", "flux-1-dev-non-commercial-license"),
    (r"open database license", "odbl"),
    (r"computational use of data agreement", "c-uda"),
    (r"gnu affero general public license", "AGPL-3.0-only"),
    (r"gnu lesser general public license", "LGPL-3.0-only"),
    (r"gnu general public license", "GPL-3.0-only"),
    (r"attribution-noncommercial-noderiv\w* 4\.0", "CC-BY-NC-ND-4.0"),
    (r"attribution-noncommercial-sharealike 4\.0", "CC-BY-NC-SA-4.0"),
    (r"attribution-noncommercial 4\.0", "CC-BY-NC-4.0"),
    (r"attribution-noderiv\w* 4\.0", "CC-BY-ND-4.0"),
    (r"attribution-sharealike 4\.0", "CC-BY-SA-4.0"),
    (r"attribution 4\.0 international", "CC-BY-4.0"),
    (r"community data license agreement .{0,20}sharing", "CDLA-Sharing-1.0"),
    (r"community data license agreement", "CDLA-Permissive-2.0"),
    (r"apache license[ ,]{1,4}version 2\.0", "Apache-2.0"),
    (r"permission is hereby granted, free of charge", "MIT"),
    (r"redistribution and use in source and binary forms", "BSD-3-Clause"),
)
_COMPILED = tuple((re.compile(pattern), each) for pattern, each in _MARKS)
_HEAD, _WHOLE = 600, 20_000


def licence_of(text: str) -> Licence | None:
    """Return the licence whose text this is, or None: its head decides before its body."""
    plain = " ".join(text[:_WHOLE].lower().split())
    for part in (plain[:_HEAD], plain):
        for pattern, each in _COMPILED:
            if pattern.search(part):
                return KNOWN.get(each) or of_spdx(each)
    return None
