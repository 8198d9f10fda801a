"""Shell commands that no model, handler or notebook has to run, told by their shape."""

from __future__ import annotations

import re

_MAX = 100_000
_FETCH = r"(?:curl|wget|fetch|aria2c|lwp-download|iwr|irm|Invoke-WebRequest|Invoke-RestMethod)\b"
_SHELL = (
    r"(?:(?:sudo|env|nohup|exec)\s+(?:-\w+\s+)*)*(?:\S*/)?"
    r"(?:(?:ba|z|da|k|c|fi)?sh|iex|Invoke-Expression)(?=[\s;&|)\"'`]|$)"
)
_INTERPRETER = (
    r"(?:(?:sudo|env)\s+(?:-\w+\s+)*)*(?:\S*/)?(?:python[\d.]*|perl|ruby|node|php)"
    r"\s*(?:-\s*)?(?=[;&|)\"'`\n]|$)"
)
_SHAPES = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (
            rf"{_FETCH}[^\n;]{{1,2000}}?\|\s*(?:{_SHELL}|{_INTERPRETER})",
            "runs what it fetches from an address",
        ),
        (
            rf"(?:{_SHELL}\s+(?:-\w+\s+)*|\b(?:source|eval|\.)\s+|python[\d.]*\s+-c\s+)"
            rf"[\"']?(?:<\(|\$\(|`)\s*{_FETCH}",
            "runs what it fetches from an address",
        ),
        (r"DownloadString\s*\(|certutil\b.{0,80}-urlcache|bitsadmin\b.{0,40}/transfer|mshta\s+http|"
         r"regsvr32\b.{0,60}/i:http", "runs what it fetches from an address"),
        (r"/dev/(?:tcp|udp)/|\bmkfifo\b.{0,200}\b(?:nc|ncat|netcat)\b|"
         r"\b(?:nc|ncat|netcat)\b[^\n|;]{0,100}\s-(?:\w*[ec])\s|\bsocat\b.{0,200}\bexec:",
         "opens a shell to another machine"),
        (
            rf"\b(?:base64|base32|xxd|openssl)\b[^\n|;]{{0,200}}(?:-d\b|-D\b|--decode|-r\b|-di?\b)"
            rf"[^\n;]{{0,200}}\|\s*(?:{_SHELL}|{_INTERPRETER})",
            "runs a text that is hidden by its encoding",
        ),
        (r"powershell(?:\.exe)?\b.{0,200}\s-e(?:nc|ncodedcommand)?\s+[A-Za-z0-9+/=]{16,}",
         "runs a text that is hidden by its encoding"),
        (r"\brm\s+-(?:rf|fr|r\s+-f)\w*\s+(?:--no-preserve-root\s+)?(?:/|~|\$HOME|/\*|~/\*)(?=[\s;&|\"']|$)"
         r"|\bmkfs(?:\.\w+)?\s+/dev/|\bdd\b[^\n]{0,200}\bof=/dev/(?:sd|nvme|hd|vd)|:\(\)\s*\{\s*:\|:",
         "destroys the files of the machine"),
        (r">>?\s*\S*\.ssh/authorized_keys|\|\s*crontab\b|>>?\s*/etc/(?:cron|sudoers|passwd|ld\.so)",
         "keeps a way into the machine open"),
        (
            r"(?:\b(?:printenv|env|set)\b|\bcat\b[^\n|;]{0,200}(?:/etc/(?:passwd|shadow)|\.ssh/|\.aws/"
            r"|\.kube/|\.netrc|id_rsa|credentials))[^\n|;]{0,200}\|[^\n]{0,100}"
            r"\b(?:curl|wget|nc|ncat|netcat)\b",
            "sends secrets of the machine away",
        ),
        (
            r"\b(?:curl|wget)\b[^\n|;]{0,400}(?:-d|--data\S*|-F|-T|--upload-file|--post-file)[\s=]*"
            r"[^\n|;]{0,200}(?:/etc/(?:passwd|shadow)|\.ssh/|\.aws/|\.kube/|\.netrc|id_rsa|"
            r"\$\((?:env|printenv)\)|`(?:env|printenv)`)",
            "sends secrets of the machine away",
        ),
    )
)  # fmt: skip


def hostile_command(text: str) -> str | None:
    """Return what is wrong with a shell command, as the end of a sentence, or None."""
    short = text[:_MAX].replace("\\\n", " ")
    return next((words for shape, words in _SHAPES if shape.search(short)), None)
