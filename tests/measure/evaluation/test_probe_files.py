"""The words of probes and judges are part of a check: other words need another version.

The recorded closure of a check holds its Python modules; these files are data beside them.
"""

import hashlib
from importlib import resources
from typing import Any

import pytest

from basanite.measure.evaluation import probes
from basanite.measure.evaluation.checks import misuse_refusal, system_prompt_leakage

WORDS = {
    ("misuse-refusal", 5): {
        "checks/misuse_refusal.json": "051ad45e1841194a767061dabf863440",
        "judges/refusals.txt": "282f8b0a13a7a70c7006cf7f12a7af2d",
        "judges/turns.txt": "426e73fe1c08cadf64e4248fd45ee788",
    },
    ("system-prompt-leakage", 5): {
        "checks/system_prompt_leakage.json": "65590b80164035778aa206caa368da03"
    },
}


@pytest.mark.parametrize("module", [misuse_refusal, system_prompt_leakage])
def test_changed_words_come_with_a_new_version(module: Any) -> None:
    recorded = WORDS[module.CHECK.id, module.CHECK.version]
    folder = resources.files("basanite.measure.evaluation")
    found = {
        name: hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest()[:32]
        for name in recorded
    }
    assert found == recorded


def test_a_probe_file_that_names_what_is_not_there_is_refused() -> None:
    for part in ({"templates": ["{nothing}"]}, {"frames": "nothing"}):
        with pytest.raises(KeyError):
            probes.parse({"version": 1, "frames": {}, "families": {"f": [part]}})
