"""Active content: what HTML and JavaScript in a notebook would do in the browser of its reader.

Plots, tables and widgets bring scripts into nearly every notebook. What they never do is drive the
kernel with commands, call the server's own interface, read cookies or run text that is hidden.
Source: the messaging and server interfaces of Jupyter; IPython's and nbformat's trust model.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from basanite.domain.names import visible
from basanite.domain.severity import Severity

_SMALL = 20_000
"""Characters: a library that is embedded whole is longer, and holds every word once."""
_MAX_DEPTH = 2
_KERNEL = re.compile(r"\bkernel\s*(?:\.\s*|\[\s*['\"])(?:execute|requestExecute)\b|execute_request")
_COMMANDS = re.compile(
    r"\bos\s*\.\s*(?:system|popen|exec\w*|environ|remove|spawn\w*)|\bsubprocess\b|\bexec\s*\(|"
    r"\beval\s*\(|__import__|\burllib\b|\brequests\s*\.|\bsocket\b|\bpty\b|\bbase64\b|"
    r"get_ipython\s*\(|['\"]\s*[!%]\s*\w|\bcurl\b|\bwget\b|\bopen\s*\("
)
_LIBRARIES = re.compile(
    r"bokeh|holoviews|panel|matplotlib|nbagg|plotly|ipywidgets|qgrid|vpython|nglview|altair"
)
_SERVER = re.compile(r"/?api/(?:kernels|terminals|contents|sessions)\b|terminals/websocket")
_CALLS = re.compile(
    r"\bfetch\s*\(|XMLHttpRequest|\bWebSocket\s*\(|\$\s*\.\s*(?:ajax|post|get)\w*\s*\(|sendBeacon|"
    r"new\s+Image\b"
)
_SECRETS = re.compile(r"document\s*\.\s*cookie|localStorage|sessionStorage|_xsrf")
_FOREIGN = re.compile(
    r"(?:https?:|wss?:)?//(?P<host>[\w.-]+\.[a-z]{2,}|\d+\.\d+\.\d+\.\d+)", re.IGNORECASE
)
_HIDDEN = re.compile(
    r"\b(?:eval|Function|setTimeout|execScript)\s*\(\s*(?:window\s*\.\s*)?"
    r"(?:atob|unescape|decodeURIComponent|String\s*\.\s*fromCharCode)"
)
_GRAVE = re.compile(
    r"\beval\s*\(|\bFunction\s*\(|\batob\s*\(|createElement\s*\(\s*['\"]script|\bimport\s*\(|"
    r"document\s*\.\s*cookie|\bfetch\s*\(|XMLHttpRequest|sendBeacon|\bkernel\b"
)
_HANDLER = re.compile(
    r"\bon[a-z]{3,20}\s{0,10}=\s{0,10}(?:\"([^\"]{0,5000})\"|'([^']{0,5000})'|([^\s>\"']{1,2000}))",
    re.IGNORECASE,
)
_SCHEME = r"\s{0,10}(?:javascript|vbscript)\s{0,10}:"
_ADDRESS = re.compile(
    r"\b(?:href|src|action|formaction|data)\s{0,10}=\s{0,10}(?:"
    rf"\"{_SCHEME}([^\"]{{0,5000}})|'{_SCHEME}([^']{{0,5000}})|{_SCHEME}([^\s>]{{0,5000}}))",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"\bsrc\s{0,10}=\s{0,10}[\"']?([^\"'\s>]{1,2000})", re.IGNORECASE)
_INNER = re.compile(
    r"\bsrcdoc\s{0,10}=\s{0,10}(?:\"([^\"]{0,2000000})\"|'([^']{0,2000000})')", re.IGNORECASE
)
_DATA = re.compile(r"data:text/html[^,\"']{0,100}?(;base64)?,([^\"'\s>]{1,4000000})", re.IGNORECASE)
_KNOWN_HOSTS = (
    "jsdelivr.net", "unpkg.com", "cloudflare.com", "googleapis.com", "gstatic.com", "google.com",
    "plot.ly", "plotly.com", "bokeh.org", "pydata.org", "holoviz.org", "anaconda.org", "d3js.org",
    "mathjax.org", "jquery.com", "bootstrapcdn.com", "github.io", "github.com", "rawgit.com",
    "githubusercontent.com", "highcharts.com", "mapbox.com", "openlayers.org", "esm.sh",
    "skypack.dev", "datatables.net", "fontawesome.com", "wandb.ai", "jupyter.org", "youtube.com",
    "twitter.com", "googletagmanager.com", "aspnetcdn.com", "polyfill.io", "vega.github.io",
    "amcharts.com", "leafletjs.com", "openstreetmap.org", "huggingface.co", "colab.dev",
    "tradingview.com", "kaggle.com", "esri.com", "arcgis.com", "threejs.org", "tensorflow.org",
)  # fmt: skip
"""Where plots and widgets get their libraries from. A name is no proof; others are looked at."""


@dataclass(frozen=True, slots=True)
class Active:
    """Something active: the rule, what to say, and how bad."""

    rule: str
    message: str
    severity: Severity


def active_html(text: str, depth: int = 0) -> Iterator[Active]:
    """Yield what an HTML or SVG text does beyond showing something."""
    scripts, rest = _split(text)
    for attributes, code in scripts:
        if (source := _SOURCE.search(attributes)) is not None:
            yield from _loaded(source[1])
        yield from active_script(code)
    for handler in _HANDLER.finditer(rest):
        yield from _handled(
            html.unescape(next(each for each in handler.groups() if each is not None))
        )
    for address in _ADDRESS.finditer(rest):
        code = next(each for each in address.groups() if each is not None)
        yield from _handled(html.unescape(unquote(code)))
    if depth < _MAX_DEPTH:
        for inner in _INNER.finditer(rest):
            yield from active_html(html.unescape(inner[1] or inner[2] or ""), depth + 1)
        for data in _DATA.finditer(rest):
            yield from active_html(_unpacked(data[2], packed=bool(data[1])), depth + 1)


def _split(text: str) -> tuple[list[tuple[str, str]], str]:
    """Return the scripts of a text with their attributes, and the text without them."""
    low = text.lower()
    scripts: list[tuple[str, str]] = []
    rest: list[str] = []
    at = 0
    while (start := low.find("<script", at)) >= 0:
        rest.append(text[at:start])
        opened = low.find(">", start)
        if opened < 0:
            break
        end = low.find("</script", opened)
        end = len(text) if end < 0 else end
        scripts.append((text[start:opened][:10_000], text[opened + 1 : end]))
        at = end
    else:
        rest.append(text[at:])
    return scripts, " ".join(rest)


def active_script(code: str) -> Iterator[Active]:
    """Yield what a script does; a script that does nothing hostile is a small matter."""
    if not code.strip():
        return
    small = len(code) <= _SMALL
    grave = list(_grave(code, small=small))
    yield from grave
    if not grave:
        yield Active("script", "An output runs a script in the browser.", Severity.LOW)


def _grave(code: str, *, small: bool) -> Iterator[Active]:
    kernel = _KERNEL.search(code)
    if kernel is not None:
        around = code if small else code[max(0, kernel.start() - 1000) : kernel.end() + 1000]
        if _COMMANDS.search(around):
            text = "A script has the kernel run commands."
            yield Active("kernel", text, Severity.HIGH)
        elif not _LIBRARIES.search(code):
            yield Active("kernel", "A script has the kernel run something.", Severity.MEDIUM)
    if small and _SERVER.search(code) and _CALLS.search(code):
        text = "A script calls the notebook server itself: kernels, terminals or files."
        yield Active("server", text, Severity.HIGH)
    if small and _SECRETS.search(code) and _CALLS.search(code) and _foreign(code):
        yield Active("secrets", "A script sends cookies or stored data away.", Severity.HIGH)
    if _HIDDEN.search(code):
        yield Active("hidden-script", "A script runs a text that it hides.", Severity.HIGH)
    if small and re.search(r"createElement\s*\(\s*['\"]script", code):
        for source in re.finditer(r"\.src\s*=\s*['\"`]([^'\"`]{1,2000})", code):
            yield from _loaded(source[1])


def _foreign(code: str) -> list[str]:
    hosts = [each["host"].lower() for each in _FOREIGN.finditer(code[:_SMALL])]
    return [each for each in hosts if not _known(each)]


def _known(host: str) -> bool:
    if host in ("localhost", "127.0.0.1", "0.0.0.0", "www.w3.org", "w3.org"):  # noqa: S104
        return True
    return any(host == each or host.endswith(f".{each}") for each in _KNOWN_HOSTS)


def _loaded(source: str) -> Iterator[Active]:
    """Judge where a script is loaded from."""
    foreign = _FOREIGN.match(source)
    if foreign is None or _known(foreign["host"].lower()):
        return
    host = visible(foreign["host"], 100)
    bare = host.replace(".", "").isdigit()
    severity = Severity.HIGH if bare else Severity.MEDIUM
    yield Active("foreign-script", f"A script is loaded from {host}.", severity)


def _handled(code: str) -> Iterator[Active]:
    """Judge the code of an event or of an address."""
    grave = [each for each in _grave(code, small=True) if each.severity is Severity.HIGH]
    yield from grave
    if not grave and _GRAVE.search(code) and "google.colab" not in code:
        text = f"An element runs {visible(code.strip(), 100)} when something happens to it."
        yield Active("hidden-script", text, Severity.HIGH)


def _unpacked(text: str, *, packed: bool) -> str:
    if not packed:
        return unquote(text)
    try:
        return base64.b64decode(unquote(text) + "==").decode("utf-8", "replace")
    except (ValueError, binascii.Error):
        return ""
