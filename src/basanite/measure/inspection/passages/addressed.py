"""Words that are meant for a model: overriding its orders, hiding from the user, fetching secrets.

They decide nothing alone. A prompt may well say them in the open; they matter where a person does
not see them, or where a tool's description should only say what the tool does. All patterns are
linear: every repetition is bounded.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Sign(StrEnum):
    """What a passage does to a model."""

    OVERRIDES = "it tells the model to drop its instructions"
    SECRECY = "it tells the model to keep something from the user"
    FETCHES = "it tells the model to read secrets"
    CARRIES = "it tells the model to carry what it read elsewhere"
    REPLACES = "it tells the model to use or avoid other tools"
    MARKED = "it is marked up like a message of the system"
    ADDRESSES = "it gives orders to a model"


_GAP = r"[^.\n]{0,40}?"
_OLD = r"(?:previous|prior|above|earlier|preceding|foregoing|all|any|your|system|other|original)"
_ORDERS = r"(?:instruction|prompt|rule|guideline|directive|polic(?:y|ie)|constraint|message)s?"
_OVERRIDES = (
    rf"\b(?:ignore|disregard|forget|override|bypass)\b{_GAP}\b{_OLD}\b{_GAP}\b{_ORDERS}\b",
    r"\byou are now\b[^.\n]{0,30}?\b(?:dan|developer mode|unrestricted|jailbroken|in admin)\b",
    r"\b(?:new|updated|real) (?:system )?(?:instructions|prompt) ?:",
    r"\bignorier(?:e|en)\b[^.\n]{0,40}?\b(?:anweisung|vorgabe|regel)(?:en)?\b",
    r"\b(?:ignorez?|oublie[zr]?)\b[^.\n]{0,40}?\b(?:instructions|consignes|règles) pr[ée]c[ée]dent",
    r"\b(?:ignor[ae]|olvida)\b[^.\n]{0,30}?\b(?:instrucciones|istruzioni|instruções) "
    r"(?:anterior|previ|precedent)",
    r"忽略[^。\n]{0,12}(?:指令|指示|说明|提示|規則|规则)",
    r"(?:以前|上記|これまで)の(?:指示|命令)[^。\n]{0,8}無視",
    r"игнорируй(?:те)?[^.\n]{0,40}?(?:инструкци|указани|правил)",
    r"이전[^.\n]{0,10}지시[^.\n]{0,10}무시",
    r"تجاهل[^.\n]{0,30}?(?:التعليمات|الأوامر)",
)
_SECRECY = (
    r"\b(?:do not|don'?t|never|must not|should not|avoid|without)\b[^.\n]{0,30}?\b(?:tell(?:ing)?|"
    r"mention(?:ing)?|inform(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|notify(?:ing)?|"
    r"alert(?:ing)?|let(?:ting)?)\b[^.\n]{0,40}?\b(?:users?|humans?|operators?|anyone)\b",
    r"\b(?:users?|humans?|operators?) (?:must|should|may) (?:not|never) (?:know|see|notice)\b",
    r"\b(?:hide|conceal|keep) (?:this|it|that)\b[^.\n]{0,30}?\bfrom (?:the )?(?:user|human)",
)
_PLACES = (
    r"(?:~|\$home|/root|/home/\w{1,30})/\.(?:ssh|aws|kube|netrc|gnupg|config/gcloud|docker|cursor)"
    r"|\bid_(?:rsa|ed25519|ecdsa)\b|\.aws/credentials|/etc/(?:passwd|shadow)\b|\.git-credentials"
    r"|\bmcp\.json\b|(?<![\w.])\.env\b(?! file format)|\bclaude_desktop_config\.json\b|\.netrc\b"
)
_FETCHES = (
    rf"\b(?:read|open|cat|load|access|get|fetch|include|retrieve|dump|print|copy|list)\b"
    rf"[^\n]{{0,60}}?(?:{_PLACES})",
    r"\b(?:read|get|collect|include|retrieve|dump|print|repeat|reveal|extract)\b[^.\n]{0,40}?"
    r"\b(?:system prompt|conversation history|chat history|previous messages|"
    r"environment variables|private keys?|ssh keys?)\b",
)
_CARRIES = (
    r"\b(?:pass|send|post|put|include|upload|forward|transmit|submit|append|encode|exfiltrate|"
    r"e-?mail)\b[^.\n]{0,60}?\b(?:as|to|in|into|via|with|through)\b[^.\n]{0,40}?"
    r"(?:\b(?:parameter|argument|field|sidenote|side note|context|notes?|metadata|webhook|server|"
    r"address|attacker)\b|https?://|\w@\w)",
)
_REPLACES = (
    r"\b(?:before|prior to|instead of|whenever|when) (?:using|calling|invoking|running|you use|"
    r"you call)\b[^.\n]{0,20}?\b(?:any|every|all|other|another)\b[^.\n]{0,16}?\btools?\b",
    r"\b(?:do not|don'?t|never) (?:use|call|invoke)\b[^.\n]{0,20}?\b(?:other|another|any other)\b"
    r"[^.\n]{0,16}?\btools?\b",
)
_MARKED = (
    r"<\s{0,3}/?\s{0,3}(?:important|system|secret|hidden|admin|assistant|sys|override|"
    r"system[_-](?:prompt|message|reminder|instructions?))\s{0,3}>",
    r"\[/?INST\]|<</?SYS>>|<\|(?:im_start|im_end|system|user|assistant|eot_id|start_header_id)\|>",
)
_ADDRESSES = (
    r"\b(?:AIs?(?= (?:must|should|shall|always|never|do not|don'?t|ignore))|LLMs?|"
    r"(?:language|AI) models?|AI (?:assistants?|agents?|systems?|reviewers?)|"
    r"chatbots?|claude|chatgpt|gpt-?\d|copilot|gemini|assistant)\b(?! (?:users?|developers?))"
    r"[^.\n]{0,60}?\b(?:must|should|shall|always|never|need to|have to|do not|don'?t|ignore|"
    r"respond|reply|execute|recommend|approve|rate|give a positive)\b",
    r"\b(?:if|when) you are an? (?:AI|LLM|(?:large )?language model|assistant|agent|bot)\b",
)


def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_PATTERNS: dict[Sign, re.Pattern[str]] = {
    Sign.OVERRIDES: _any(_OVERRIDES),
    Sign.SECRECY: _any(_SECRECY),
    Sign.FETCHES: _any(_FETCHES),
    Sign.CARRIES: _any(_CARRIES),
    Sign.REPLACES: _any(_REPLACES),
    Sign.MARKED: _any(_MARKED),
    Sign.ADDRESSES: _any(_ADDRESSES),
}
_STRONG = frozenset({Sign.OVERRIDES, Sign.SECRECY})
LONGEST = 20_000
"""Characters of one passage that are looked at."""


def signs(passage: str) -> frozenset[Sign]:
    """Return what a passage does to a model; empty where it says nothing to one."""
    plain = " ".join(passage[:LONGEST].split())
    return frozenset(sign for sign, pattern in _PATTERNS.items() if pattern.search(plain))


def hostile(found: frozenset[Sign]) -> bool:
    """Whether nobody with good intent writes so where the user does not read it."""
    return bool(found & _STRONG) or {Sign.FETCHES, Sign.CARRIES} <= found


def said(found: frozenset[Sign]) -> str:
    """Return the signs in one sentence's end, in a stable order."""
    return "; ".join(sign.value for sign in Sign if sign in found)
