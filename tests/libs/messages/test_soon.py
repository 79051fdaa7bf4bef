import asyncio
from contextvars import ContextVar

from bastproxy.libs.messages import Soon

where: ContextVar[str] = ContextVar("where", default="nowhere")


def test_without_an_event_loop_it_is_called_at_once():
    calls = []
    Soon(lambda: calls.append(1)).call()
    assert calls == [1]


async def test_it_is_called_once_however_often_it_was_asked_to():
    calls = []
    soon = Soon(lambda: calls.append(where.get()))
    where.set("a plugin")
    soon.call()
    soon.call()
    assert calls == []
    await asyncio.sleep(0)
    assert calls == ["nowhere"]
    soon.call()
    await asyncio.sleep(0)
    assert len(calls) == 2


async def test_what_is_done_now_is_not_done_again():
    calls = []
    soon = Soon(lambda: calls.append(1))
    soon.now()
    assert calls == []
    soon.call()
    soon.now()
    await asyncio.sleep(0)
    assert calls == [1]
