"""Shapes of secrets: how issuers write their keys.

All patterns are linear: no repetition stands inside another, and every one is bounded. Sources: the
issuers' own documentation of their key formats, and GitHub's list of secret scanning patterns, as
of 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from basanite.domain.severity import Confidence, Severity


@dataclass(frozen=True)
class Shape:
    """A kind of secret. Group 1 of the pattern, where there is one, is the secret itself."""

    id: str
    kind: str
    """For a person: ``AWS access key id``."""
    pattern: re.Pattern[str]
    severity: Severity
    confidence: Confidence
    hints: tuple[str, ...]
    """Parts in lower case, one of which every text with such a secret has: a cheap first look."""

    def hinted(self, lower: str) -> bool:
        """Whether a text in lower case may hold one."""
        return any(each in lower for each in self.hints)


def _shape(
    identifier: str,
    kind: str,
    pattern: str,
    hint: str,
    severity: Severity = Severity.HIGH,
    confidence: Confidence = Confidence.HIGH,
) -> Shape:
    return Shape(identifier, kind, re.compile(pattern), severity, confidence, (*hint.split("|"),))


_END = r"(?![A-Za-z0-9_-])"
_BEGIN = r"(?<![A-Za-z0-9_])"
_ALONE = r"(?<![A-Za-z0-9_-])"

_ISSUED: tuple[tuple[str, str, str, str], ...] = (
    ("npm-token", "npm token", r"npm_[A-Za-z0-9]{36}+", "npm_"),
    ("pypi-token", "PyPI token", r"pypi-Ag[A-Za-z0-9_-]{60,400}+", "pypi-ag"),
    ("sendgrid-key", "SendGrid key", r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}+", "sg."),
    ("twilio-key", "Twilio key", r"SK[0-9a-f]{32}+", "sk"),
    ("groq-key", "Groq key", r"gsk_[A-Za-z0-9]{48,56}+", "gsk_"),
    ("replicate-token", "Replicate token", r"r8_[A-Za-z0-9]{37}+", "r8_"),
    ("langsmith-key", "LangSmith key", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}+", "lsv2_"),
    ("pinecone-key", "Pinecone key", r"pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{50,80}+", "pcsk_"),
    ("databricks-token", "Databricks token", r"dapi[0-9a-f]{32}(?:-\d)?", "dapi"),
    ("perplexity-key", "Perplexity key", r"pplx-[A-Za-z0-9]{40,56}+", "pplx-"),
    ("xai-key", "xAI key", r"xai-[A-Za-z0-9]{70,90}+", "xai-"),
    ("tavily-key", "Tavily key", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{30,40}+", "tvly-"),
    ("nvidia-key", "NVIDIA key", r"nvapi-[A-Za-z0-9_-]{60,72}+", "nvapi-"),
    ("cerebras-key", "Cerebras key", r"csk-[a-z0-9]{40,60}+", "csk-"),
    ("vault-token", "Vault token", r"hv[sb]\.[A-Za-z0-9_-]{24,200}+", "hvs.|hvb."),
    ("digitalocean-token", "DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}+", "_v1_"),
    ("grafana-token", "Grafana token", r"gl(?:sa|c)_[A-Za-z0-9_+/=-]{32,200}+", "glsa_|glc_"),
    ("bitbucket-token", "Atlassian token", r"AT(?:BB|ATT3)[A-Za-z0-9_=-]{24,220}+", "atbb|atatt3"),
    ("slack-app-token", "Slack app token",
     r"xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[0-9a-f]{40,80}+", "xapp-"),
    ("telegram-token", "Telegram bot token", r"\d{8,10}:AA[A-Za-z0-9_-]{32,33}+", ":aa"),
    ("shopify-token", "Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}+", "shp"),
    ("supabase-key", "Supabase key",
     r"sb(?:p_[0-9a-f]{40}|_secret_[A-Za-z0-9_-]{20,60})", "sbp_|sb_secret_"),
    ("postman-key", "Postman key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}+", "pmak-"),
    ("linear-key", "Linear key", r"lin_api_[A-Za-z0-9]{40}+", "lin_api_"),
    ("notion-token", "Notion token", r"ntn_[A-Za-z0-9]{40,50}+", "ntn_"),
    ("age-key", "age key",
     r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}+", "age-secret-key-1"),
    ("hugging-face-organisation-token", "Hugging Face organisation token",
     r"api_org_[A-Za-z]{34}+", "api_org_"),
)  # fmt: skip
"""Keys that begin with their issuer's mark: id, kind, pattern, hint in lower case."""

SHAPES: tuple[Shape, ...] = (
    _shape(
        "private-key",
        "private key",
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        "private key",
        Severity.CRITICAL,
    ),
    _shape(
        "aws-access-key",
        "AWS access key id",
        _BEGIN + r"((?:AKIA|ASIA)[A-Z2-7]{16})(?![A-Z0-9])",
        "akia|asia",
        Severity.HIGH,
    ),
    _shape(
        "github-token",
        "GitHub token",
        _BEGIN + r"(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255}+)" + _END,
        "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
        Severity.CRITICAL,
    ),
    _shape(
        "anthropic-key",
        "Anthropic key",
        _ALONE + r"(sk-ant-[A-Za-z0-9_-]{20,200}+)" + _END,
        "sk-ant-",
    ),
    _shape(
        "openrouter-key",
        "OpenRouter key",
        _BEGIN + r"(sk-or-v1-[0-9a-f]{64})" + _END,
        "sk-or-v1-",
    ),
    _shape(
        "openai-key",
        "OpenAI-style key",
        _ALONE + r"(sk-(?!ant-)[A-Za-z0-9_-]{20,240}+)" + _END,
        "sk-",
    ),
    _shape(
        "hugging-face-token",
        "Hugging Face token",
        _BEGIN + r"(hf_[A-Za-z0-9]{30,60}+)" + _END,
        "hf_",
    ),
    _shape("google-key", "Google API key", _BEGIN + r"(AIza[A-Za-z0-9_-]{35})" + _END, "aiza"),
    _shape(
        "slack-token",
        "Slack token",
        _BEGIN + r"(xox[abeoprs]-[A-Za-z0-9-]{10,250})",
        "xox",
    ),
    _shape(
        "slack-webhook",
        "Slack webhook",
        r"hooks\.slack\.com/services/(T[A-Za-z0-9]{6,14}/B[A-Za-z0-9]{6,14}/[A-Za-z0-9]{16,40})",
        "hooks.slack.com",
        Severity.MEDIUM,
    ),
    _shape(
        "stripe-key",
        "Stripe live key",
        _BEGIN + r"([rs]k_live_[A-Za-z0-9]{16,120}+)" + _END,
        "k_live_",
        Severity.CRITICAL,
    ),
    _shape(
        "gitlab-token",
        "GitLab token",
        _BEGIN + r"(gl(?:pat|rt|dt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_-]{20,100}+)" + _END,
        "glpat-|glrt-|gldt-|glcbt-|glptt-|glft-|glsoat-|glagent-|glimt-",
    ),
    _shape(
        "json-web-token",
        "JSON web token",
        _BEGIN + r"(eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{16,1000})",
        "eyj",
        Severity.MEDIUM,
        Confidence.MEDIUM,
    ),
    *(
        _shape(identifier, kind, f"{_BEGIN}({pattern}){_END}", hint)
        for identifier, kind, pattern, hint in _ISSUED
    ),
    _shape(
        "azure-key",
        "Azure connection secret",
        r"(?:AccountKey|SharedAccessKey|SharedSecretValue)=([A-Za-z0-9+/]{42,86}={1,2})",
        "accountkey=|sharedaccesskey=|sharedsecretvalue=",
    ),
    _shape(
        "azure-signature",
        "Azure shared access signature",
        r"[?&]sig=([A-Za-z0-9%+/]{43,70}(?:%3D|=))",
        "sig=",
    ),
    _shape(
        "azure-secret",
        "Azure client secret",
        r"(?<![A-Za-z0-9_~.-])([A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34})(?![A-Za-z0-9_~.-])",
        "8q~|7q~",
    ),
    _shape(
        "aws-secret-key",
        "AWS secret access key",
        r"(?i:secret_?access_?key|aws_?secret_?key|secretaccesskey)"
        r"[\"']{0,2}[ \t]{0,4}(?::=|=>|[:=])"
        r"[ \t]{0,4}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
        "secret",
        Severity.CRITICAL,
    ),
    _shape(
        "encoded-private-key",
        "private key in base64",
        r"((?:LS0tLS1CRUdJTi(?:BSU0EgUFJJVkFURS|BQUklWQVRF|BFQyBQUklWQVRF|BPUEVOU1NIIFBSSVZBVEU|"
        r"BFTkNSWVBURUQgUFJJVkFURS))[A-Za-z0-9+/=]{40,8000})",
        "ls0tls1crudjti",
        Severity.CRITICAL,
    ),
    _shape(
        "basic-credentials",
        "user name and password in base64",
        r"(?:[Bb]asic[ \t]{1,4}|\"auth\"[ \t]{0,4}:[ \t]{0,4}\")([A-Za-z0-9+/]{10,400}={0,2})",
        'basic |"auth"',
    ),
    _shape(
        "netrc-password",
        "password of a .netrc",
        r"\bmachine[ \t]{1,8}+\S{1,200}+[ \t]{1,8}+login[ \t]{1,8}+\S{1,200}+[ \t]{1,8}+password"
        r"[ \t]{1,8}(\S{4,200})",
        "machine ",
    ),
    _shape(
        "password-in-url",
        "password in an address",
        r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@'\"]{1,100}:([^\s:/@'\"]{3,200})@[^\s/@'\"]{1,200}",
        "://",
    ),
)
"""Shapes that an issuer made recognisable."""
