from bastproxy.libs.session.scrollback import MAX_LINES, Scrollback, colours_after


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def scrollback(lines: int = 100, age: float = 3600) -> tuple[Scrollback, Clock]:
    clock = Clock()
    kept = Scrollback(lines=lines, age=age, clock=clock)
    kept.somebody_watches(True)
    return kept, clock


def add(kept: Scrollback, *lines: bytes) -> None:
    for line in lines:
        kept.add(line, ends=line.endswith(b"\n"))


def texts(shown: list) -> list[bytes]:
    return [entry.data for entry in shown]


def test_the_newest_lines_are_replayed() -> None:
    kept, _ = scrollback(lines=2)
    add(kept, b"a\r\n", b"b\r\n", b"c\r\n")
    replay = kept.replay()
    assert texts(replay.before) == [b"b\r\n", b"c\r\n"]
    assert replay.missed == []
    assert replay.lost == 0


def test_a_line_in_parts_counts_once_and_is_replayed_whole() -> None:
    kept, _ = scrollback(lines=2)
    add(kept, b"a\r\n", b"b1 ", b"b2\r\n", b"c\r\n")
    assert texts(kept.replay().before) == [b"b1 ", b"b2\r\n", b"c\r\n"]


def test_an_open_line_at_the_end_is_replayed_beside_the_lines() -> None:
    kept, _ = scrollback(lines=1)
    add(kept, b"a\r\n", b"b\r\n", b"<30hp> ")
    assert texts(kept.replay().before) == [b"b\r\n", b"<30hp> "]


def test_old_lines_are_not_replayed() -> None:
    kept, clock = scrollback(age=60)
    add(kept, b"old\r\n")
    clock.now += 61
    add(kept, b"new\r\n")
    assert texts(kept.replay().before) == [b"new\r\n"]
    kept.age = 0
    assert texts(kept.replay().before) == [b"old\r\n", b"new\r\n"]


def test_no_lines_are_replayed_where_none_are_wanted() -> None:
    kept, _ = scrollback(lines=0)
    add(kept, b"a\r\n")
    assert kept.replay().before == []


def test_what_nobody_saw_is_missed_whatever_the_limits() -> None:
    kept, clock = scrollback(lines=1, age=10)
    add(kept, b"seen\r\n")
    kept.somebody_watches(False)
    add(kept, b"x\r\n", b"y\r\n", b"z\r\n")
    clock.now += 5
    replay = kept.replay()
    assert texts(replay.before) == [b"seen\r\n"]
    assert texts(replay.missed) == [b"x\r\n", b"y\r\n", b"z\r\n"]
    clock.now += 100
    assert texts(kept.replay().missed) == [b"x\r\n", b"y\r\n", b"z\r\n"]
    kept.somebody_watches(True)
    add(kept, b"live\r\n")
    assert kept.replay().missed == []


def test_what_came_before_the_first_client_is_missed_too() -> None:
    kept = Scrollback()
    add(kept, b"welcome\r\n")
    assert texts(kept.replay().missed) == [b"welcome\r\n"]


def test_lines_that_are_kept_no_more_are_counted() -> None:
    kept, _ = scrollback(lines=5)
    kept.somebody_watches(False)
    for number in range(MAX_LINES + 7):
        add(kept, b"%d\r\n" % number)
    replay = kept.replay()
    assert replay.lost == 7
    assert replay.missed[0].data == b"7\r\n"
    assert len(replay.missed) == MAX_LINES


def test_bytes_are_bounded() -> None:
    kept, _ = scrollback()
    for _ in range(100):
        add(kept, b"x" * 65536 + b"\n")
    assert sum(len(entry.data) for entry in kept._shown) <= 1 << 22


def test_colours_begin_as_they_were() -> None:
    kept, _ = scrollback(lines=1)
    add(kept, b"\x1b[1;31mred\r\n", b"still red\r\n")
    replay = kept.replay()
    assert texts(replay.before) == [b"still red\r\n"]
    assert colours_after([replay.colours]) == colours_after([b"\x1b[1;31m"])
    assert replay.live_colours == replay.colours
    add(kept, b"\x1b[0mplain\r\n")
    assert kept.replay().live_colours == b""


def test_clear_forgets_everything() -> None:
    kept, _ = scrollback()
    add(kept, b"a\r\n")
    kept.clear()
    replay = kept.replay()
    assert (replay.before, replay.missed, replay.lost) == ([], [], 0)


def test_lines_of_the_proxy_are_replayed_as_such() -> None:
    kept, _ = scrollback()
    add(kept, b"<30hp> ")
    kept.say(b"[bastproxy] hello")
    assert [entry.own for entry in kept.replay().before] == [False, True]


def test_what_a_client_that_vanished_may_not_have_seen_counts_as_missed() -> None:
    kept, clock = scrollback()
    add(kept, b"seen\r\n")
    clock.now += 10
    vanished = clock.now
    clock.now += 10
    add(kept, b"lost\r\n")
    kept.somebody_watches(False, taken_until=vanished)
    add(kept, b"later\r\n")
    replay = kept.replay()
    assert texts(replay.before) == [b"seen\r\n"]
    assert texts(replay.missed) == [b"lost\r\n", b"later\r\n"]
