"""The events of a message, and what plugins made of it: whether it goes on, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from bastproxy.libs.events import Dispatcher, EventRecord
from bastproxy.libs.records import LogRecord


class Delivery(NamedTuple):
    """Who gets a message.

    :ivar send: whether anybody does.
    :ivar clients: the ids of those that do; None is all.
    """

    send: bool = True
    clients: list[str] | None = None


TO_ALL: Final = Delivery()


def raise_events(
    dispatcher: Dispatcher, names: Iterable[str], args: Mapping[str, Any], owner_id: str
) -> Delivery:
    """Raise the events of a message one after another; each sees what the ones before decided."""
    delivery = TO_ALL
    for name in names:
        record = dispatcher.raise_event(
            name, {**args, "send": delivery.send, "clients": delivery.clients}, owner_id
        )
        if record.changes:
            delivery = _decided(record)
    return delivery


def _decided(record: EventRecord) -> Delivery:
    try:
        clients: Any = record.get("clients")
        if clients is not None:
            clients = [clients] if isinstance(clients, str) else [str(one) for one in clients]
        return Delivery(bool(record.get("send", True)), clients)
    except Exception as error:  # whatever a plugin has put there, the message goes on
        who = record.changes[-1]
        LogRecord(
            f"{who.owner_id}: {who.callback} has put a wrong 'send' or 'clients' into the record "
            f"of {record.event_name}: {type(error).__name__}: {error}; the message goes to all",
            level="error",
            sources=[who.owner_id or record.owner_id, record.owner_id],
        )()
        return TO_ALL
