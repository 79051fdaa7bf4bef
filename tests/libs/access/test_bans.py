import json
from pathlib import Path
from typing import Any

import pytest

from bastproxy.libs.access import Ban, Bans
from bastproxy.libs.access import bans as module


def test_a_ban_holds_for_its_time_or_for_ever(clock: Any) -> None:
    bans = Bans(clock)
    short = bans.add("192.0.2.7", 60, "why")
    long = bans.add("192.0.2.8")
    assert short == Ban(network="192.0.2.7", until=clock.now + 60, reason="why")
    assert (bans.seconds_left(short), bans.seconds_left(long)) == (60, None)
    assert bans.list() == [short, long]
    clock.now += 61
    assert bans.of("192.0.2.7") is None
    assert bans.list() == [long]
    assert bans.seconds_left(short) == 0


def test_a_network_covers_its_addresses(clock: Any) -> None:
    bans = Bans(clock)
    ban = bans.add("192.0.2.0/24", 60)
    assert bans.of("192.0.2.200") == ban
    assert bans.of("::ffff:192.0.2.200") == ban
    assert bans.of("192.0.3.1") is None
    assert bans.of("2001:db8::1") is None
    assert bans.of("nonsense") is None


def test_an_ended_ban_hides_no_other(clock: Any) -> None:
    bans = Bans(clock)
    for_ever = bans.add("192.0.0.0/16")
    bans.add("192.0.2.7", 60)
    clock.now += 61
    assert bans.of("192.0.2.7") == for_ever
    bans.remove("192.0.0.0/16")
    assert bans.of("192.0.2.7") is None


def test_of_several_bans_the_longest_counts(clock: Any) -> None:
    bans = Bans(clock)
    for_ever = bans.add("192.0.2.0/24")
    bans.add("192.0.2.7", 60)
    assert bans.of("192.0.2.7") == for_ever


def test_of_an_ipv6_address_its_network_is_banned(clock: Any) -> None:
    bans = Bans(clock)
    assert bans.add("2001:db8:1:2::5").network == "2001:db8:1:2::/64"
    assert bans.of("2001:db8:1:2:ffff::") is not None
    assert bans.remove("2001:db8:1:2::77")
    assert bans.of("2001:db8:1:2::5") is None


def test_removing_takes_exactly_what_was_banned(clock: Any) -> None:
    bans = Bans(clock)
    bans.add("192.0.2.0/24")
    assert not bans.remove("192.0.2.7")
    assert bans.remove("192.0.2.0/24")
    assert not bans.remove("192.0.2.0/24")
    assert bans.list() == []


@pytest.mark.parametrize("text", ["", "host", "192.0.2"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Bans().add(text)
    with pytest.raises(ValueError, match="address"):
        Bans().remove(text)


def test_bans_outlive_the_process(tmp_path: Path, clock: Any) -> None:
    path = tmp_path / "data" / "bans.json"
    first = Bans(clock)
    early = first.add("192.0.2.6")
    first.keep_in(path)
    kept = [first.add("192.0.2.7", 60, "why"), first.add("2001:db8::/32")]
    first.add("192.0.2.9")
    first.remove("192.0.2.9")

    second = Bans(clock)
    second.keep_in(path)
    assert second.list() == [early, *kept]
    clock.now += 61
    third = Bans(clock)
    third.keep_in(path)
    assert third.list() == [early, kept[1]]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"{}", b'[{"network": 5}]', b'[{"network": "host"}]', b"[5]"],
)
def test_a_broken_file_is_set_aside(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "bans.json"
    path.write_bytes(content)
    bans = Bans()
    bans.keep_in(path)
    assert bans.list() == []
    assert (tmp_path / "bans.json.broken").read_bytes() == content
    assert "bans.json.broken" in caplog.text
    bans.add("192.0.2.7")
    assert json.loads(path.read_text())[0]["network"] == "192.0.2.7"


def test_a_file_that_cannot_be_written_is_told_and_the_ban_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    bans = Bans()
    bans._path = tmp_path / "file" / "bans.json"
    bans.add("192.0.2.7")
    assert bans.of("192.0.2.7") is not None
    assert "the ban list cannot be written" in caplog.text


def test_memory_is_bounded_and_lasting_bans_stay(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    bans = Bans(clock)
    bans.add("10.1.0.0/16")
    for number in range(6):
        bans.add(f"10.0.0.{number}", 60 - number)
    assert [ban.network for ban in bans.list()] == [
        "10.1.0.0/16",
        "10.0.0.0",
        "10.0.0.1",
        "10.0.0.2",
    ]
