"""`find` says which systems contain a thing, and since when."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.small_system import Site

from basanite.app.find import find


def test_a_digest_is_found_since_the_first_assessment_that_saw_it(site: Site) -> None:
    first = site.assess()
    site.clock.pass_(days=1)
    site.write("app.py", "import json\n")
    site.assess()
    digest = hashlib.sha256((site.root / "models/evil.pkl").read_bytes()).hexdigest()

    (seen,), unasked = find(digest, site.clock)

    assert unasked == []
    assert (seen.system, seen.where, seen.still) == ("small", "models/evil.pkl", True)
    assert seen.since == first.time


def test_a_package_is_found_by_name_and_by_version(site: Site) -> None:
    site.assess()

    assert find("numpy", site.clock)[0]
    assert find("numpy==2.1.0", site.clock)[0]
    assert not find("numpy==9.9", site.clock)[0]


def test_a_thing_that_went_away_is_told_with_its_last_sighting(site: Site) -> None:
    first = site.assess()
    digest = hashlib.sha256((site.root / "models/evil.pkl").read_bytes()).hexdigest()
    (site.root / "models/evil.pkl").unlink()
    site.clock.pass_(days=1)
    site.assess()

    (seen,), _ = find(digest[:12], site.clock)

    assert not seen.still
    assert seen.last == first.time


def test_a_system_that_cannot_be_read_is_named_and_the_others_still_answer(
    site: Site, tmp_path: Path
) -> None:
    site.assess()
    (tmp_path / "empty").mkdir()

    seen, unasked = find("numpy", site.clock, [site.root, tmp_path / "empty"])

    assert seen
    assert [each.root for each in unasked] == [str(tmp_path / "empty")]
