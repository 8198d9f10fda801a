"""Package URLs (purl) of dependencies, by the rules of each ecosystem."""

from __future__ import annotations

import re
from urllib.parse import quote

from basanite.domain.inventory import Dependency

_TYPES = {
    "pypi": "pypi",
    "npm": "npm",
    "conda": "conda",
    "debian": "deb",
    "deb": "deb",
    "cargo": "cargo",
    "golang": "golang",
    "go": "golang",
    "maven": "maven",
}
_SAFE = ".-_~"


def package_url(dependency: Dependency) -> str:
    """Return the purl of a dependency, with its version when one is known.

    PyPI names are lower case with hyphens for runs of dots, hyphens and underscores (PEP 503).
    An ecosystem without a purl type is said with the type ``generic``.
    """
    kind = _TYPES.get(dependency.ecosystem.lower(), "generic")
    name = dependency.name
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name).lower()
    namespace = ""
    if kind in {"npm", "golang", "maven"} and "/" in name:
        space, _, name = name.rpartition("/")
        namespace = "/".join(quote(part, safe=_SAFE) for part in space.split("/") if part) + "/"
    version = f"@{quote(dependency.version, safe=_SAFE + ':')}" if dependency.version else ""
    return f"pkg:{kind}/{namespace}{quote(name, safe=_SAFE)}{version}"
