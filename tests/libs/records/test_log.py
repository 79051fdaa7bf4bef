import logging
from collections.abc import Iterator

import pytest

from bastproxy.libs.records import LogRecord, logger_for


@pytest.fixture(autouse=True)
def levels(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Every level as the test leaves it is put back."""
    names = ["bastproxy", "bastproxy.plugins.a", "bastproxy.plugins.b", "bastproxy.plugins"]
    before = {name: logging.getLogger(name).level for name in names}
    logging.getLogger("bastproxy").setLevel(logging.INFO)
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
    return [(record.name, record.levelname, record.getMessage()) for record in caplog.records]


def test_calling_it_sends_it_in_the_name_of_its_source(caplog: pytest.LogCaptureFixture) -> None:
    record = LogRecord("Something happened", level="warning", sources=["plugins.a"])
    assert said(caplog) == []
    record()
    assert said(caplog) == [("bastproxy.plugins.a", "WARNING", "Something happened")]
    assert caplog.records[0].sources == ("plugins.a",)


def test_info_is_the_level_of_what_has_none(caplog: pytest.LogCaptureFixture) -> None:
    LogRecord("hello")()
    assert said(caplog) == [("bastproxy", "INFO", "hello")]


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical", "INFO"])
def test_every_level_is_sent_where_it_passes(caplog: pytest.LogCaptureFixture, level: str) -> None:
    logger_for("plugins.a").setLevel(logging.DEBUG)
    LogRecord("x", level=level, sources=["plugins.a"])()
    assert [name for _, name, _ in said(caplog)] == [level.upper()]


def test_an_unknown_level_is_a_mistake_that_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="'loud' is no log level; use debug"):
        LogRecord("x", level="loud")


def test_levels_hold_by_source_and_for_what_is_below(caplog: pytest.LogCaptureFixture) -> None:
    logger_for("plugins.a").setLevel(logging.DEBUG)
    logger_for("plugins").setLevel(logging.ERROR)
    for source in ("plugins.a", "plugins.b", "libs.api"):
        LogRecord("debug", level="debug", sources=[source])()
        LogRecord("info", level="info", sources=[source])()
    assert [(name, level) for name, level, _ in said(caplog)] == [
        ("bastproxy.plugins.a", "DEBUG"),
        ("bastproxy.plugins.a", "INFO"),
        ("bastproxy.libs.api", "INFO"),
    ]


def test_of_several_sources_the_first_that_lets_it_pass_speaks_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = LogRecord("x", level="debug", sources=["plugins.a", "plugins.b"])
    record()
    assert said(caplog) == []
    logger_for("plugins.b").setLevel(logging.DEBUG)
    record()
    logger_for("plugins.a").setLevel(logging.DEBUG)
    record()
    assert [name for name, _, _ in said(caplog)] == ["bastproxy.plugins.b", "bastproxy.plugins.a"]


def test_one_source_may_be_a_string(caplog: pytest.LogCaptureFixture) -> None:
    LogRecord("x", sources="plugins.a")()
    assert said(caplog) == [("bastproxy.plugins.a", "INFO", "x")]


def test_several_lines_are_one_message(caplog: pytest.LogCaptureFixture) -> None:
    LogRecord(["one", "two"])()
    LogRecord(line for line in ("three", "four"))()
    assert [message for _, _, message in said(caplog)] == ["one\ntwo", "three\nfour"]


def test_a_message_is_no_format(caplog: pytest.LogCaptureFixture) -> None:
    LogRecord("100 %d {x} %s")()
    assert said(caplog)[0][2] == "100 %d {x} %s"


def test_the_exception_is_told_with_it(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("no dragon")
    except ValueError as error:
        caught = error
        LogRecord("first", exc_info=True)()
    LogRecord("second", exc_info=caught)()
    assert caplog.text.count("ValueError: no dragon") == 2
    assert caplog.text.count("Traceback") == 2


def test_it_is_told_from_where_it_was_called(caplog: pytest.LogCaptureFixture) -> None:
    LogRecord("x")()
    assert caplog.records[0].filename == "test_log.py"


def test_sources_hang_under_the_logger_of_the_proxy() -> None:
    assert logger_for("").name == "bastproxy"
    assert logger_for("bastproxy").name == "bastproxy"
    assert logger_for("plugins.core.events").name == "bastproxy.plugins.core.events"
    assert logger_for("bastproxy.libs.api").name == "bastproxy.libs.api"
    assert logger_for("bastproxys").name == "bastproxy.bastproxys"
