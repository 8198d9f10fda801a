"""Rules of graphs: what never varies of each finding."""

from __future__ import annotations

from basanite.domain.finding import Reference, Rule
from basanite.domain.severity import Severity
from basanite.measure.inspection.graphs.operators import Reach

REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0011.000"),
    Reference(scheme="ATLAS", id="AML.T0018"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_ASK = "Do not run this model. Ask the supplier for one whose graph only computes, and read and "
RUNS = Rule(
    id="graph-operators/runs-code",
    title="The graph calls code of the program that runs it",
    severity=Severity.HIGH,
    remediation=_ASK + "decode data before the graph.",
    references=REFERENCES,
)
WRITES = Rule(
    id="graph-operators/writes-files",
    title="Running the graph writes files",
    severity=Severity.HIGH,
    remediation=_ASK + "write files outside of the graph.",
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-73")),
)
CONNECTS = Rule(
    id="graph-operators/connects",
    title="Running the graph talks to other machines",
    severity=Severity.HIGH,
    remediation=_ASK + "fetch data outside of the graph.",
    references=REFERENCES,
)
READS = Rule(
    id="graph-operators/reads-files",
    title="Running the graph reads files",
    severity=Severity.HIGH,
    remediation=_ASK + "write files outside of the graph.",
    references=(*REFERENCES, Reference(scheme="CWE", id="CWE-73")),
)
FOREIGN = Rule(
    id="graph-operators/custom-operator",
    title="The graph needs operators from a library outside the model",
    severity=Severity.MEDIUM,
    remediation="Find out which library they come from and treat it as code of the system.",
    references=REFERENCES,
)
BY_REACH = {
    Reach.RUNS: RUNS,
    Reach.WRITES: WRITES,
    Reach.CONNECTS: CONNECTS,
    Reach.READS: READS,
    Reach.TABLE: READS,
    Reach.SAVES: WRITES,
    Reach.FOREIGN: FOREIGN,
}
ALL = (RUNS, WRITES, CONNECTS, READS, FOREIGN)
