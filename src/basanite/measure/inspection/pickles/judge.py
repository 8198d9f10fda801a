"""Judging: from the events of one stream of pickles to findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from basanite.domain.finding import Finding, Location, Rule
from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.formats.pickle.events import (
    Broken,
    Call,
    End,
    Event,
    Import,
    SetState,
    SpecialName,
)
from basanite.formats.pickle.symbols import COMPUTED, Global, Opaque, Result, describe
from basanite.measure.inspection.pickles import rules
from basanite.measure.inspection.pickles.callables import (
    Standing,
    effect,
    harmless_reference,
    severe,
    standing,
)
from basanite.measure.inspection.pickles.contracts import held

MAX_FINDINGS = 200
"""Of one stream. A stream with more says so little more that nobody needs to read it."""
_MAKING = frozenset({"NEWOBJ", "NEWOBJ_EX"})


@dataclass
class Judgement:
    """What one stream of pickles came to."""

    path: str
    vouched: frozenset[str]
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    referenced: dict[Global, int] = field(default_factory=dict)
    called: set[Global] = field(default_factory=set)
    failed: bool = False
    broken: str = ""
    """Why the stream could not be followed to its end; empty when it could."""
    limited: bool = False
    """Whether it was our own limit that ended it."""
    pickles: int = 0
    imported: bool = False
    special: SpecialName | None = None

    def follow(self, events: Iterable[Event]) -> None:
        """Take in all events of the stream."""
        for event in events:
            if isinstance(event, Call):
                self._call(event)
            elif isinstance(event, Import):
                self.imported = True
                self.referenced.setdefault(event.target, event.offset)
            elif isinstance(event, SetState):
                self._state(event)
            elif isinstance(event, SpecialName):
                self.special = self.special or event
            elif isinstance(event, End):
                self.pickles += 1
                self.imported = False
            elif isinstance(event, Broken) and (event.limit or self.pickles == 0 or self.imported):
                # Otherwise: bytes behind a whole pickle that are no pickle. Nothing loads them.
                self.broken = f"byte {event.offset}: {event.reason}"
                self.limited = event.limit
        self._references()

    def _call(self, call: Call) -> None:
        target = call.callee
        if isinstance(target, Result):
            self._result_called(call, target)
            return
        if not isinstance(target, Global):
            if target in (Opaque.LOST, Opaque.PERSISTENT, Opaque.TEXT, Opaque.CONTAINER):
                self._unknown(str(target), "something that cannot be worked out", call.offset)
            return
        self.called.add(target)
        match (str(target), call.arguments):
            case ("builtins.getattr", (Global() as owner, str() as name, *_)):
                # What is reached for decides, not that something is reached for.
                self.called.add(owner)
                target = Global(owner.module, f"{owner.name}.{name}")
                self.called.add(target)
        how = Standing.CLOSED if target.name == COMPUTED else standing(target, self.vouched)
        if how is Standing.CLASS:
            how = Standing.OPEN if call.how in _MAKING else Standing.UNKNOWN
        if how is Standing.OPEN:
            self._open(call, target)
        elif how is Standing.CLOSED:
            self._closed(call, target)
        else:
            self._unknown(str(target), visible(str(target), 200), call.offset)

    def _open(self, call: Call, target: Global) -> None:
        how, cause = held(target, call.arguments, self.vouched)
        if how is Standing.CLOSED:
            self._misused(call, target)
        elif how is Standing.UNKNOWN and cause is not None:
            self.called.add(cause)
            self._unknown(str(cause), visible(str(cause), 200), call.offset)

    def _closed(self, call: Call, target: Global) -> None:
        self.failed = True
        name = visible(str(target), 200)
        self._add(
            rules.CLOSED_CALL,
            str(target),
            f"Loading it calls {name} with {describe(call.arguments)}: it would {effect(target)}.",
            call.offset,
            Severity.CRITICAL if severe(target) else Severity.HIGH,
        )

    def _misused(self, call: Call, target: Global) -> None:
        self.failed = True
        self._add(
            rules.CLOSED_CALL,
            str(target),
            f"Loading it calls {target} with {describe(call.arguments)}: these are not the "
            "arguments that a model file gives it.",
            call.offset,
            Severity.HIGH,
        )

    def _result_called(self, call: Call, target: Result) -> None:
        source = target.of
        if source is not None and standing(source) is Standing.CLOSED:
            self._closed(call, source)
        else:
            self._unknown(str(target), visible(str(target), 200), call.offset)

    def _unknown(self, key: str, shown: str, offset: int) -> None:
        self._add(
            rules.UNKNOWN_CALL,
            key,
            f"Loading it calls {shown}, which is not known to be harmless.",
            offset,
            None,
        )

    def _state(self, event: SetState) -> None:
        if isinstance(event.target, Global):
            target = event.target
            self.called.add(target)
            if standing(target, self.vouched) is Standing.CLOSED:
                self._closed(Call(event.offset, target, event.state, "BUILD"), target)
            else:
                self._unknown(f"{target} state", f"a setter of {target}", event.offset)

    def _references(self) -> None:
        """Judge what was named and never called, once everything is known."""
        idle = {g: at for g, at in self.referenced.items() if g not in self.called}
        if self.special is not None:
            closed = any(standing(g) is Standing.CLOSED for g in idle)
            self.failed |= closed
            self._add(
                rules.TAMPERING,
                self.special.name,
                f"Its data names {self.special.name}, by which state replaces what an object does"
                + (", and it holds something closed to put there." if closed else "."),
                self.special.offset,
                None if closed else Severity.MEDIUM,
            )
        for target, offset in idle.items():
            how = standing(target, self.vouched)
            if how in (Standing.OPEN, Standing.CLASS) or harmless_reference(target):
                continue
            what = "closed to model files" if how is Standing.CLOSED else "not known here"
            self._add(
                rules.REFERENCE,
                str(target),
                f"It holds {visible(str(target), 200)} without calling it; that is {what}.",
                offset,
                None,
            )

    def _add(
        self, rule: Rule, key: str, message: str, offset: int, severity: Severity | None
    ) -> None:
        if (rule.id, key) in self.findings or len(self.findings) >= MAX_FINDINGS:
            return
        self.findings[rule.id, key] = Finding(
            rule=rule,
            message=message[:4000],
            confidence=Confidence.HIGH if rule is rules.CLOSED_CALL else Confidence.MEDIUM,
            location=Location(path=self.path, offset=offset),
            severity=severity if severity is not rule.severity else None,
            detail={"name": visible(key, 300)},
        )
