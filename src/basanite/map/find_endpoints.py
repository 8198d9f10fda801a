"""Finds what the code asks: providers, model servers, and models of a hub.

A line may hold a secret, so nothing of it is copied but host, port and the path up to its version,
and names of models that look like one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from basanite.domain.artifact import Artifact, Format
from basanite.domain.system import ComponentKind, Endpoint, ModelTask
from basanite.map.address import MADE_UP, SECRET, is_keyed, plain_address, with_version
from basanite.map.found import (
    DraftComponent,
    Folder,
    Sign,
    Text,
    is_test,
    name_of,
    parts_of,
    suffix_of,
)
from basanite.map.providers import IMAGES, PROVIDERS, Provider, hosting, importing, naming, provider

_READ = frozenset(
    {Format.PYTHON, Format.NOTEBOOK, Format.JSON, Format.YAML, Format.TOML, Format.ENV}
)
_READ_SUFFIXES = frozenset(
    [".js", ".ts", ".tsx", ".jsx", ".mjs", ".sh", ".cfg", ".ini", ".conf", ".properties", ".in"]
)
_READ_NAMES = ("Dockerfile", "Containerfile", "Makefile", "Procfile", ".env")
_SKIPPED = frozenset(["package-lock.json", "npm-shrinkwrap.json", "tokenizer.json", "vocab.json"])

_IMPORT = re.compile(
    r"^[ \t\"]{0,80}(?:from|import)[ \t]{1,4}([A-Za-z_][\w.]{0,100})"
    r"(?:[ \t]{1,4}import[ \t]{1,4}([\w, \t(]{1,200}))?",
    re.MULTILINE,
)
_JS_IMPORT = re.compile(r"(?:from|require\(|import)\s{0,4}['\"](@?[a-z0-9][\w./-]{0,80})['\"]")
_URL = re.compile(r"https?://[^\s\"'`<>\\^|]{1,400}")
_VARIABLE = re.compile(r"\b([A-Z][A-Z0-9_]{3,40}_(?:KEY|TOKEN|HOST|ENDPOINT|BASE_URL))\b")
_MODEL = re.compile(
    r"\bmodel(?:_?name|_?id|Id|Name)?\b[\"']?\s{0,4}(?:=|:)\s{0,4}[\"']?([a-z0-9][a-zA-Z0-9.:_-]{2,60})"
)
_BEDROCK = re.compile(r"[\"']bedrock(?:-runtime|-agent-runtime)?[\"']")
_HUB = re.compile(
    r"(?:from_pretrained|SentenceTransformer|CrossEncoder|HuggingFaceEmbeddings|snapshot_download|"
    r"hf_hub_download|HuggingFaceHub|pipeline|AutoModel\w{0,40})\([^)\n]{0,80}?"
    r"(?:[\"'])([A-Za-z0-9][\w.-]{1,60}/[A-Za-z0-9][\w.-]{1,80})[\"']"
)
_HUB_SHORT = re.compile(
    r"(?:SentenceTransformer|CrossEncoder|HuggingFaceEmbeddings|SentenceTransformerEmbeddings|"
    r"SentenceTransformerEmbeddingFunction)\([^)\n]{0,60}?[\"']([A-Za-z][\w.]{1,30}(?:-[\w.]{1,30}){1,8})[\"']"
)
_HUB_URL = re.compile(
    r"https://huggingface\.co/([A-Za-z0-9][\w.-]{0,60}/[A-Za-z0-9][\w.-]{0,80})/resolve/"
)
_REPO_KEY = re.compile(
    r"(?:repo_id|model_id|model_name|model_path|model)[\"']?\s{0,4}[=:]\s{0,4}"
    r"[\"']([A-Za-z0-9][\w-]{1,40}/[A-Za-z0-9][\w.-]{2,80})[\"']"
)
MAX_LISTED = 40


def find_endpoints(folder: Folder) -> tuple[list[DraftComponent], tuple[str, ...]]:
    """Return providers, services and hub models that files speak of, and notes on the rest."""
    seen = _Seen()
    for artifact in folder.artifacts:
        if _is_read(artifact) and (text := folder.text(artifact.path)) is not None:
            seen.look(text)
    return seen.components(), tuple(seen.notes)


def _is_read(artifact: Artifact) -> bool:
    name = name_of(artifact.path)
    if name in _SKIPPED or is_test(artifact.path) or parts_of(artifact.path)[0] == "docs":
        return False
    return (
        artifact.format in _READ
        or suffix_of(artifact.path) in _READ_SUFFIXES
        or name.startswith(_READ_NAMES)
    )


class _Seen:
    """Collects what all files say, one entry for each provider, address and hub model."""

    def __init__(self) -> None:
        self._providers: dict[str, list[Sign]] = {}
        self._services: dict[str, list[Sign]] = {}
        self._images: dict[str, list[Sign]] = {}
        self._addresses: dict[str, str] = {}
        self._models: dict[str, tuple[str, Sign]] = {}
        self._hub: dict[str, list[Sign]] = {}
        self.notes: list[str] = []

    def look(self, text: Text) -> None:
        self._imports(text)
        self._urls(text)
        self._names(text)
        for image, service in IMAGES:
            at = text.text.find(image)
            if at >= 0 and not _commented(text, at):
                self._images.setdefault(service, []).append(text.sign(at, f"the image {image}"))

    def _provide(self, which: Provider, sign: Sign) -> None:
        self._providers.setdefault(which.id, []).append(sign)

    def _imports(self, text: Text) -> None:
        for match in _IMPORT.finditer(text.text):
            module, items = match.group(1), re.findall(r"\w+", match.group(2) or "")
            names = [f"{module}.{item}" for item in items[:20]]
            which = next(filter(None, map(importing, [*names, module])), None)
            if which:
                self._provide(which, text.sign(match.start(1), f"imports {module}"))
        if suffix_of(text.path) in (".js", ".ts", ".tsx", ".jsx", ".mjs"):
            for match in _JS_IMPORT.finditer(text.text):
                which = importing(match.group(1))
                if which:
                    self._provide(which, text.sign(match.start(), f"imports {match.group(1)}"))
        for match in _BEDROCK.finditer(text.text):
            self._provide(provider("aws-bedrock"), text.sign(match.start(), "asks for bedrock"))

    def _urls(self, text: Text) -> None:
        # The outputs kept in a notebook name addresses that no code asks.
        notebook = suffix_of(text.path) == ".ipynb"
        for match in _URL.finditer(text.text):
            if _commented(text, match.start()):
                continue
            address = plain_address(match.group())
            sign = text.sign(match.start(), "an address")
            keyed = not notebook and is_keyed(text, match.start(), address)
            if address is None:
                if keyed and len(self.notes) < MAX_LISTED:
                    self.notes.append(
                        f"{sign.path}:{sign.line} builds an address from variables; add a service "
                        "or provider component for it"
                    )
                continue
            host = urlsplit(address).hostname or ""
            if MADE_UP.search(host):
                continue
            which = hosting(host)
            if which:
                self._provide(which, sign)
                if not which.url:
                    self._addresses.setdefault(which.id, address)
            elif keyed or address.endswith("/v1"):
                if ":11434" in address:
                    self._addresses.setdefault("ollama", with_version(address))
                    self._provide(provider("ollama"), sign)
                else:
                    self._services.setdefault(address, []).append(sign)

    def _names(self, text: Text) -> None:
        for match in _VARIABLE.finditer(text.text):
            for each in PROVIDERS:
                if match.group(1) in each.variables:
                    self._provide(each, text.sign(match.start(), f"names {match.group(1)}"))
        for match in _MODEL.finditer(text.text):
            which = naming(match.group(1))
            if which and not SECRET.search(match.group(1)) and not _commented(text, match.start()):
                sign = text.sign(match.start(), f"names the model {match.group(1)}")
                self._models.setdefault(which.id, (match.group(1), sign))
        for pattern in (_HUB, _HUB_SHORT, _HUB_URL, _REPO_KEY):
            for match in pattern.finditer(text.text):
                name = match.group(1)
                if (
                    not SECRET.search(name)
                    and not _commented(text, match.start())
                    and not (pattern is _REPO_KEY and _is_path(name))
                ):
                    self._hub.setdefault(name, []).append(
                        text.sign(match.start(), "names this model of a hub")
                    )

    def components(self) -> list[DraftComponent]:
        """Return the components, providers first."""
        return [*self._known(), *self._served(), *self._unknown(), *self._from_hub()]

    def _known(self) -> Iterator[DraftComponent]:
        for identifier, signs in sorted(self._providers.items()):
            which = provider(identifier)
            model, model_sign = self._models.get(identifier, ("", None))
            url = self._addresses.get(identifier, which.url)
            todo = [] if url else ["add its endpoint: the address differs for every customer"]
            if which.local and identifier not in self._addresses:
                todo.append("check the address: this is the server's usual one")
            yield DraftComponent(
                id=identifier,
                kind=ComponentKind.SERVICE if which.local else ComponentKind.PROVIDER,
                title=which.title,
                provider="" if which.local else which.title,
                endpoint=Endpoint(url=url, protocol=which.protocol, model=model) if url else None,
                signs=(*_few(signs), *([model_sign] if model_sign else [])),
                guessed=frozenset({"endpoint"}),
                todo=tuple(todo),
            )

    def _served(self) -> Iterator[DraftComponent]:
        for service, signs in sorted(self._images.items()):
            if service not in self._providers:
                yield DraftComponent(
                    id=service,
                    kind=ComponentKind.SERVICE,
                    title=f"{service} server",
                    signs=_few(signs),
                    todo=("add its endpoint: the address that the system uses",),
                )

    def _unknown(self) -> Iterator[DraftComponent]:
        for address, signs in sorted(self._services.items())[:MAX_LISTED]:
            place = urlsplit(address)
            yield DraftComponent(
                id=f"service-{place.netloc}",
                kind=ComponentKind.SERVICE,
                title=f"Service at {place.netloc}",
                endpoint=Endpoint(url=address),
                signs=_few(signs),
                guessed=frozenset({"kind", "endpoint"}),
                todo=("keep it only if a model answers there",),
            )
        if len(self._services) > MAX_LISTED:
            self.notes.append(f"{len(self._services) - MAX_LISTED} more addresses are not listed")

    def _from_hub(self) -> Iterator[DraftComponent]:
        for name, signs in sorted(self._hub.items())[:MAX_LISTED]:
            yield DraftComponent(
                id=name.rpartition("/")[2],
                kind=ComponentKind.MODEL,
                title=name,
                provider=f"Hugging Face Hub: {name.rpartition('/')[0] or 'sentence-transformers'}",
                task=_task(name),
                signs=_few(signs),
                guessed=frozenset({"provider", "task"}),
                todo=(
                    (
                        "fetched when the program runs: pin its version, and add its path once the "
                        "files are here"
                    ),
                ),
            )
        if len(self._hub) > MAX_LISTED:
            self.notes.append(f"{len(self._hub) - MAX_LISTED} more hub models are not listed")


def _commented(text: Text, position: int) -> bool:
    return text.before(position).lstrip(" \t\"'").startswith(("#", "//", "* "))


def _is_path(name: str) -> bool:
    return name.split("/", maxsplit=1)[0].lower() in (
        "models",
        "model",
        "data",
        "weights",
        "checkpoints",
        "artifacts",
        "src",
        "app",
        "assets",
        "config",
        "configs",
        "application",
        "text",
        "image",
        "results",
        "output",
        "saved_models",
    ) or name.endswith((".py", ".txt", ".json", ".yaml", ".yml", ".csv"))


def _few(signs: list[Sign]) -> tuple[Sign, ...]:
    """Return at most three signs, one for each file and text."""
    unique = {(sign.path, sign.text): sign for sign in reversed(signs)}
    return tuple(reversed(unique.values()))[:3]


def _task(name: str) -> ModelTask | None:
    lower = name.lower()
    if any(
        word in lower for word in ("gguf", "instruct", "chat", "gpt", "llama", "mistral", "qwen")
    ):
        return ModelTask.GENERATION
    return None
