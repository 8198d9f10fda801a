"""Times as people write them, and grants that are taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.small_system import MANIFEST, Site

from basanite.adapters.grants import Grants
from basanite.adapters.home import home
from basanite.adapters.secrets import Secrets
from basanite.app.grant import Wish, grant, revoke
from basanite.cli.parsing import moment
from basanite.domain.check import Need
from basanite.domain.errors import UsageError


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-23", datetime(2026, 11, 23, 23, 59, 59, 999000, UTC)),
        ("2026-11-23 18:13", datetime(2026, 11, 23, 18, 13, 59, 999000, UTC)),
        ("2026-11-23T18:13+00:00", datetime(2026, 11, 23, 18, 13, 59, 999000, UTC)),
        ("2026-11-23T18:13:07", datetime(2026, 11, 23, 18, 13, 7, 999000, UTC)),
        ("2026-11-23T18:13:07Z", datetime(2026, 11, 23, 18, 13, 7, 999000, UTC)),
        ("2026-11-23T18:13:07.250", datetime(2026, 11, 23, 18, 13, 7, 250000, UTC)),
    ],
)
def test_a_day_a_minute_and_a_second_are_meant_to_their_end(written: str, meant: datetime) -> None:
    assert moment(written, "--as-of") == meant


@pytest.mark.parametrize("written", ["", "soon", "2026-13-01", "18:13", "9999-12-31"])
def test_what_is_no_time_is_told(written: str) -> None:
    if written == "9999-12-31":
        assert moment(written, "--expires").year == 9999
        return
    with pytest.raises(UsageError, match="is not a time"):
        moment(written, "--as-of")


def test_a_grant_that_is_taken_back_leaves_no_key_bound(site: Site) -> None:
    service = (
        "  - {id: chat, kind: service, endpoint: {url: 'http://127.0.0.1:9/v1', enabled: true}}\n"
    )
    site.write("basanite.yaml", MANIFEST + service)
    grant(site.state, Wish(Need.NETWORK, "chat", key_variable="CHAT_KEY"))
    assert Secrets(home()).bindings() == {"127.0.0.1:9": "CHAT_KEY"}

    assert revoke(site.state, "chat") == 1

    assert Grants(home()).all() == ()
    assert Secrets(home()).bindings() == {}
