"""Report: what was found in one template, each thing once."""

from __future__ import annotations

from dataclasses import dataclass, field

from basanite.domain.finding import Finding, Location, Rule
from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity

_MOST = 40


@dataclass
class Report:
    """The findings of one template."""

    path: str
    """Encoded path of the artifact that the template lies in."""
    name: str
    """Which template of it."""
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(
        self,
        rule: Rule,
        message: str,
        line: int,
        *,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
    ) -> None:
        """Take in something found at a line of the template; the same is not told twice."""
        said = visible(message, 600)
        key = (rule.id, said)
        if key in self.findings or len(self.findings) >= _MOST:
            return
        self.findings[key] = Finding(
            rule=rule,
            message=f"{self.name}, line {line}: {said}",
            confidence=confidence,
            severity=severity,
            location=Location(path=self.path),
            detail={"template": self.name, "what": said},
        )
