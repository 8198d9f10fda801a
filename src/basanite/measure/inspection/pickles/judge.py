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
    Changed,
    End,
    Event,
    Held,
    Import,
    SpecialName,
)
from basanite.formats.pickle.nested import LOADER
from basanite.formats.pickle.symbols import Global, Method, Opaque, Result, Symbol, describe
from basanite.measure.inspection.pickles import rules
from basanite.measure.inspection.pickles.callables import (
    armed,
    called,
    effect,
    made,
    severe,
    standing,
)
from basanite.measure.inspection.pickles.contracts import held, result_called
from basanite.measure.inspection.pickles.handed import told
from basanite.measure.inspection.pickles.standing import Standing
from basanite.measure.inspection.pickles.trace import Trace

MAX_FINDINGS = 200
"""Of one stream and kind. A stream with more says so little more that nobody needs to read it."""
_MAKING = frozenset({"NEWOBJ", "NEWOBJ_EX"})
_GATED = frozenset(
    {
        Global("builtins", "getattr"),
        Global("functools", "reduce"),
        Global("_functools", "reduce"),
        LOADER,
    }
)
"""Open where a serialiser calls them as it does, and not to be kept for anyone to call."""
_MILD = frozenset({"__class__", "__init__", "__hash__", "__eq__", "__bases__", "__mro__"})


@dataclass
class Judgement:
    """What one stream of pickles came to."""

    path: str
    vouched: frozenset[str]
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)
    broken: str = ""
    """Why the stream could not be followed to its end; empty when it could."""
    limited: bool = False
    """Whether it was our own limit that ended it."""
    pickles: int = 0
    named: bool = False
    """Whether anything was imported at all."""
    imported: bool = False
    """Whether anything was imported since the last pickle ended."""
    _serious: int = 0

    @property
    def failed(self) -> bool:
        """Whether something was found for which the file must not be loaded."""
        return self._serious > 0

    def follow(self, events: Iterable[Event]) -> None:
        """Take in all events of the stream."""
        for event in events:
            if isinstance(event, Call):
                self._call(event)
            elif isinstance(event, Import):
                self.imported = self.named = True
                if standing(event.target, self.vouched) not in (Standing.OPEN, Standing.KNOWN):
                    self.trace.imported(event.target)
            elif isinstance(event, Held):
                self._held(event)
            elif isinstance(event, Changed):
                self._changed(event)
            elif isinstance(event, SpecialName):
                self._special(event)
            elif isinstance(event, End):
                self.pickles += 1
                self.imported = False
            elif isinstance(event, Broken) and (event.limit or self.pickles == 0 or self.imported):
                # Otherwise: bytes behind a whole pickle that are no pickle. Nothing loads them.
                self.broken = f"byte {event.offset}: {event.reason}"
                self.limited = event.limit

    def _call(self, call: Call) -> None:
        target = call.callee
        if isinstance(target, Global):
            how = (made if call.how in _MAKING else called)(target, self.vouched)
            if how is not Standing.CLOSED and (why := self._told(target, call.arguments)):
                self._misused(call, target, None, why)
            elif how is Standing.OPEN:
                how, cause = held(target, call.arguments, self.vouched)
                if how is Standing.CLOSED:
                    self._misused(call, target, cause)
                elif how is Standing.UNKNOWN:
                    self._unknown(call, cause or target)
            elif how is Standing.CLOSED:
                self._closed(call, target)
            else:
                self._unknown(call, target)
        elif isinstance(target, Method | Result):
            how = result_called(target, self.vouched)
            if how is Standing.CLOSED:
                self._indirect(call, target)
            elif how is Standing.UNKNOWN:
                self._unknown(call, target)
        elif target is Opaque.PERSISTENT:
            self._indirect(call, target)
        elif target is Opaque.LOST:
            self._unknown(call, target)

    def _closed(self, call: Call, target: Global) -> None:
        self.trace.called(target, call)
        if (rules.CLOSED_CALL.id, str(target)) in self.findings:
            return
        self._add(
            rules.CLOSED_CALL,
            str(target),
            f"Loading it calls {_name(target)} with {describe(call.arguments)}: it would "
            f"{effect(target)}.",
            call.offset,
            Severity.CRITICAL if target.hidden or severe(target) else Severity.HIGH,
        )

    def _told(self, target: Global, arguments: Symbol) -> str | None:
        """Return why the texts handed to something not exactly known make the call closed."""
        how = standing(target, self.vouched)
        return told(arguments) if how in (Standing.KNOWN, Standing.UNKNOWN) else None

    def _misused(
        self, call: Call, target: Global, cause: Global | None, told_: str | None = None
    ) -> None:
        self.trace.called(target, call)
        closed = cause is not None and standing(cause, self.vouched) is Standing.CLOSED
        why = told_ or (
            f"{_name(cause)} is handed over, which is closed to model files"
            if cause is not None and closed
            else "these are not the arguments that a model file gives it"
        )
        self._add(
            rules.CLOSED_CALL,
            f"{target} with {cause}" if closed else str(target),
            f"Loading it calls {_name(target)} with {describe(call.arguments)}: {why}.",
            call.offset,
            Severity.HIGH,
        )

    def _indirect(self, call: Call, target: Method | Result | Opaque) -> None:
        self.trace.called(target, call)
        self._add(
            rules.CLOSED_CALL,
            _name(target),
            f"Loading it calls {_name(target)} with {describe(call.arguments)}: data that is "
            "being loaded calls nothing that it has built or fetched.",
            call.offset,
            Severity.HIGH,
        )

    def _unknown(self, call: Call, target: Global | Method | Result | Opaque) -> None:
        self.trace.called(target, call)
        name = _name(target)
        self._add(
            rules.UNKNOWN_CALL,
            name,
            f"Loading it calls {name}, which is not known to be harmless.",
            call.offset,
            None,
        )

    def _changed(self, event: Changed) -> None:
        name = _name(event.target)
        self.trace.changed(name, event)
        self._add(
            rules.TAMPERING,
            name,
            f"Loading it changes {name} itself ({event.how} with {describe(event.content)}): data "
            "never changes what belongs to a program.",
            event.offset,
            None,
        )

    def _special(self, event: SpecialName) -> None:
        self.trace.planted(event.name, event.value)
        self._add(
            rules.TAMPERING,
            event.name,
            f"It puts {_name(event.value)} under {event.name}, by which state replaces what an "
            "object does.",
            event.offset,
            Severity.MEDIUM if event.name in _MILD else None,
        )

    def _held(self, event: Held) -> None:
        target = event.target
        how = standing(target, self.vouched)
        running = how is Standing.UNKNOWN and armed(target)
        if how is Standing.CLOSED or target in _GATED or running:
            self.trace.kept(target)
            self._add(
                rules.CLOSED_REFERENCE,
                str(target),
                f"It keeps {_name(target)} as a value: whoever uses the model would "
                f"{'run what its name says' if running else effect(target)}.",
                event.offset,
                None,
            )
        elif how is Standing.UNKNOWN:
            self._add(
                rules.REFERENCE,
                str(target),
                f"It names {_name(target)} without calling it; that is not known here.",
                event.offset,
                None,
            )

    def _add(
        self, rule: Rule, key: str, message: str, offset: int, severity: Severity | None
    ) -> None:
        if (rule.id, key) in self.findings:
            return
        serious = (severity or rule.severity).rank >= Severity.HIGH.rank
        self._serious += serious
        others = len(self.findings) - self._serious
        if (self._serious if serious else others) > MAX_FINDINGS:
            return
        self.findings[rule.id, key] = Finding(
            rule=rule,
            message=message[:3000],
            confidence=Confidence.HIGH if rule is rules.CLOSED_CALL else Confidence.MEDIUM,
            location=Location(path=self.path, offset=offset),
            severity=severity if severity is not rule.severity else None,
            detail={"name": visible(key, 300)},
        )


def _name(target: object) -> str:
    if isinstance(target, Opaque):
        return target.value
    shown = visible(str(target), 200)
    hidden = isinstance(target, Global) and target.hidden and target.known
    return f"{shown} (a name worked out while loading)" if hidden else shown
