"""Rules about code that a model file brings along."""

from __future__ import annotations

from basanite.domain.finding import Reference, Rule
from basanite.domain.severity import Severity

REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.T0011.000"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
REACHES_OUT = Rule(
    id="embedded-code/reaches-out",
    title="The model's code touches files, the network or Python outside the model",
    severity=Severity.HIGH,
    remediation="Do not load this file. A model computes with tensors; ask the supplier why it "
    "needs this, and for its weights as safetensors.",
    references=(*REFERENCES, Reference(scheme="CVE", id="CVE-2025-32434")),
)
EXPRESSION = Rule(
    id="embedded-code/expression",
    title="A symbolic size in the model is code that is evaluated when it is loaded",
    severity=Severity.HIGH,
    remediation="Do not load this file. Sizes are names, numbers and arithmetic; a loader "
    "evaluates whatever stands in their place.",
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-95")),
)
DISGUISED = Rule(
    id="embedded-code/disguised-code",
    title="A program lies where a model should",
    severity=Severity.HIGH,
    remediation="Do not load this file, and do not run it. Ask the supplier what it is for.",
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-434")),
)
COMPILED = Rule(
    id="embedded-code/compiled-program",
    title="The model is compiled: loading it runs machine code",
    severity=Severity.MEDIUM,
    remediation="Treat the file as a program from its supplier: take it only from one you trust, "
    "check its digest, run it confined; or ask for the model before it was compiled.",
    references=REFERENCES,
)
PACKAGED = Rule(
    id="embedded-code/packaged-source",
    title="The model brings Python source that runs when it is loaded",
    severity=Severity.MEDIUM,
    remediation="Review the source in the archive as you would any code, or ask the supplier for "
    "the weights alone.",
    references=REFERENCES,
)
FOREIGN = Rule(
    id="embedded-code/foreign-operator",
    title="The model's code needs operators or classes from a library outside the file",
    severity=Severity.MEDIUM,
    remediation="Find out which library they come from and treat it as code of the system.",
    references=REFERENCES,
)
LIBRARY = Rule(
    id="embedded-code/library-operator",
    title="The model's code needs a library of the PyTorch project",
    severity=Severity.LOW,
    remediation="Pin that library like every other dependency.",
    references=REFERENCES,
)
SCRIPT = Rule(
    id="embedded-code/torchscript",
    title="The model is TorchScript: it brings its own code, in a language for tensors",
    severity=Severity.LOW,
    remediation="Nothing, where you trust its supplier: its code only computes with tensors. For "
    "weights alone prefer safetensors.",
    references=REFERENCES,
)
ALL = (
    REACHES_OUT, EXPRESSION, DISGUISED, COMPILED, PACKAGED, FOREIGN, LIBRARY, SCRIPT,
)  # fmt: skip
