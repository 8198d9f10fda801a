"""Known licences: what their terms ask of an operator, by id.

Sources: the list of licence ids of Hugging Face's model cards (2026-11), SPDX licence list as in
`packaging.licenses`, and the licences' own texts: Llama 2 to 4 community licences with their
acceptable use policies, Gemma terms of use with its prohibited use policy, OpenRAIL family,
Falcon, Qwen, DeepSeek, Mistral and Stability licences. The notes are ours, and no legal advice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Term(StrEnum):
    """What a licence asks that an operator has to know."""

    NON_COMMERCIAL = "only non-commercial use is allowed"
    RESEARCH = "only research is allowed"
    NO_DERIVATIVES = "no changed copies may be shared, which fine-tuning makes"
    USE_LIMITED = "a policy forbids certain uses"
    INFRASTRUCTURE = "its policy forbids operating critical infrastructure with it"
    COPYLEFT = "changed copies must carry the same terms"
    COMPANY = "large companies need a licence of their own"


@dataclass(frozen=True)
class Licence:
    """One licence, or one family of texts with the same terms."""

    id: str
    name: str
    terms: frozenset[Term] = frozenset()

    @property
    def permissive(self) -> bool:
        """Whether nothing of it limits the use."""
        return not self.terms


def _of(identifier: str, name: str, *terms: Term) -> tuple[str, Licence]:
    return identifier, Licence(identifier, name, frozenset(terms))


_LLAMA = (Term.USE_LIMITED, Term.INFRASTRUCTURE, Term.COMPANY)
_RAIL = (Term.USE_LIMITED,)

KNOWN: dict[str, Licence] = dict(
    (
        _of("llama2", "Llama 2 Community Licence", *_LLAMA),
        _of("llama3", "Llama 3 Community Licence", *_LLAMA),
        _of("llama3.1", "Llama 3.1 Community Licence", *_LLAMA),
        _of("llama3.2", "Llama 3.2 Community Licence", *_LLAMA),
        _of("llama3.3", "Llama 3.3 Community Licence", *_LLAMA),
        _of("llama4", "Llama 4 Community Licence", *_LLAMA),
        _of("gemma", "Gemma Terms of Use", Term.USE_LIMITED),
        _of("openrail", "OpenRAIL", *_RAIL),
        _of("openrail++", "OpenRAIL++-M", *_RAIL),
        _of("creativeml-openrail-m", "CreativeML OpenRAIL-M", *_RAIL),
        _of("bigscience-openrail-m", "BigScience OpenRAIL-M", *_RAIL),
        _of("bigscience-bloom-rail-1.0", "BigScience BLOOM RAIL 1.0", *_RAIL),
        _of("bigcode-openrail-m", "BigCode OpenRAIL-M", *_RAIL),
        _of("grok2-community", "Grok 2 Community Licence", Term.USE_LIMITED, Term.COMPANY),
        _of("deepfloyd-if-license", "DeepFloyd IF licence", Term.RESEARCH, Term.NON_COMMERCIAL),
        _of("h-research", "H Research licence", Term.RESEARCH, Term.NON_COMMERCIAL),
        _of("intel-research", "Intel Research licence", Term.RESEARCH),
        _of("apple-amlr", "Apple Machine Learning Research licence", Term.RESEARCH),
        _of("fair-noncommercial-research-license", "FAIR Noncommercial Research licence",
            Term.RESEARCH, Term.NON_COMMERCIAL),
        _of("qwen", "Qwen licence", Term.COMPANY),
        _of("qwen-research", "Qwen Research licence", Term.RESEARCH, Term.NON_COMMERCIAL),
        _of("deepseek", "DeepSeek model licence", Term.USE_LIMITED),
        _of("falcon-llm-license", "Falcon LLM licence", Term.USE_LIMITED),
        _of("mrl", "Mistral Research licence", Term.RESEARCH, Term.NON_COMMERCIAL),
        _of("mnpl", "Mistral Non-Production licence", Term.RESEARCH, Term.NON_COMMERCIAL),
        _of("stabilityai-ai-community", "Stability AI Community licence",
            Term.USE_LIMITED, Term.COMPANY),
        _of("stabilityai-nc", "Stability AI Non-Commercial licence",
            Term.RESEARCH, Term.NON_COMMERCIAL),
        _of("flux-1-dev-non-commercial-license", "FLUX.1 [dev] Non-Commercial licence",
            Term.NON_COMMERCIAL),
        _of("odbl", "Open Database Licence", Term.COPYLEFT),
        _of("odc-by", "Open Data Commons Attribution"),
        _of("pddl", "Public Domain Dedication and Licence"),
        _of("c-uda", "Computational Use of Data Agreement"),
        _of("openmdw-1.0", "OpenMDW 1.0"),
        _of("openmdw-1.1", "OpenMDW 1.1"),
        _of("bsd", "BSD, in a version that is not named"),
        _of("cc", "Creative Commons, in a version that is not named"),
        _of("etalab-2.0", "Etalab 2.0"),
        _of("wtfpl", "WTFPL"),
        _of("gpl", "GNU GPL, in a version that is not named", Term.COPYLEFT),
        _of("lgpl", "GNU LGPL, in a version that is not named", Term.COPYLEFT),
        _of("gfdl", "GNU Free Documentation Licence", Term.COPYLEFT),
        _of("lgpl-lr", "LGPL for Linguistic Resources", Term.COPYLEFT),
    )
)  # fmt: skip
"""Ids that are no SPDX ids, or mean more than SPDX says."""

UNSAID = frozenset({"unknown", "other", "none", "no-license", "tbd", "", "proprietary", "array"})
"""Words with which a card says that it does not say."""

_COPYLEFT = re.compile(
    r"(?:A?GPL|LGPL|GFDL|MPL|EPL|EUPL|OSL|CDDL|CC-BY-(?:NC-)?SA|ODbL|CDLA-Sharing|ECL|MS-RL)\b|"
    r"(?:A|L)?GPL-", re.IGNORECASE,
)  # fmt: skip


def of_spdx(identifier: str) -> Licence:
    """Return what is known of an SPDX id, by its parts."""
    upper = identifier.upper()
    terms = set()
    if re.search(r"(?:^|-)NC(?:-|$)|NONCOMMERCIAL", upper):
        terms.add(Term.NON_COMMERCIAL)
    if re.search(r"(?:^|-)ND(?:-|$)", upper):
        terms.add(Term.NO_DERIVATIVES)
    if _COPYLEFT.match(identifier) and not upper.startswith("ECL"):
        terms.add(Term.COPYLEFT)
    return Licence(identifier, identifier, frozenset(terms))


_BASES: tuple[tuple[str, str], ...] = (
    (r"meta-llama/(?:meta-)?llama-?2", "llama2"),
    (r"meta-llama/(?:meta-)?llama-?3\.1", "llama3.1"),
    (r"meta-llama/(?:meta-)?llama-?3\.2", "llama3.2"),
    (r"meta-llama/(?:meta-)?llama-?3\.3", "llama3.3"),
    (r"meta-llama/(?:meta-)?llama-?3(?!\.\d)", "llama3"),
    (r"meta-llama/(?:meta-)?llama-?4", "llama4"),
    (r"google/(?:gemma(?!-?4)|codegemma|paligemma|recurrentgemma|medgemma)", "gemma"),
    (r"bigscience/bloom", "bigscience-bloom-rail-1.0"),
    (r"bigcode/(?:starcoder|santacoder)", "bigcode-openrail-m"),
    (r"(?:compvis|runwayml|stable-diffusion-v1-5)/stable-diffusion-v?1", "creativeml-openrail-m"),
    (r"stabilityai/stable-diffusion-3", "stabilityai-ai-community"),
    (r"black-forest-labs/flux\.1-dev", "flux-1-dev-non-commercial-license"),
    (r"mistralai/(?:mistral-large|pixtral-large|ministral-8b)", "mrl"),
    (r"mistralai/codestral-22b", "mnpl"),
    (r"qwen/qwen2\.5-(?:coder-)?3b", "qwen-research"),
    (r"qwen/qwen2(?:\.5)?-72b", "qwen"),
    (r"deepseek-ai/deepseek-(?:llm|coder|moe|v2)", "deepseek"),
    (r"tiiuae/falcon-180b", "falcon-llm-license"),
)
"""Public base models whose own licence limits the use, by the name that cards give them."""


def of_base(name: str) -> Licence | None:
    """Return the licence of a base model, where it is known to limit the use."""
    lower = name.strip().lower()
    return next((KNOWN[each] for pattern, each in _BASES if re.match(pattern, lower)), None)
