"""Long lists in pages: each row comes once and in order, also while others are added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from itsdangerous import BadData, URLSafeSerializer
from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, func, literal, tuple_
from sqlalchemy.orm import Session

from shared.crypto import derive_all
from shared.errors import FieldError, Invalid

T = TypeVar("T")
U = TypeVar("U")
UNLESS_SAID, AT_MOST = 100, 1000
PLAIN = TypeAdapter(list[Any])
BAD_CURSOR = FieldError("/cursor", "cursor", "bad-cursor", location="query")


@dataclass(frozen=True)
class Slice:
    """The page that is wanted: the one after `cursor`, or the first one; `limit` rows at most."""

    cursor: str | None = None
    limit: int = UNLESS_SAID


FIRST = Slice()


@dataclass(frozen=True)
class Order:
    """The order of the list called `name`: by columns that are never null, the last of which is unique.

    A row whose columns change moves within the list; all others stay where they are.
    """

    name: str
    columns: Sequence[Any]
    descending: bool = False


class Page(list[T]):
    """The rows of one page. `total` counts those of all pages; `next` is a cursor, None on the last page."""

    def __init__(self, rows: Iterable[T], total: int, next: str | None = None) -> None:
        super().__init__(rows)
        self.total, self.next = total, next

    def each(self, shown: Callable[[T], U]) -> Page[U]:
        """Return the same page with `shown` applied to every row."""
        return Page(map(shown, self), self.total, self.next)


def page_of(session: Session, rows: Select[*tuple[Any, ...]], order: Order, wanted: Slice) -> Page[Any]:
    """Return the rows of one page. Raises Invalid for a cursor that does not come from this list."""
    columns = list(order.columns)
    total = session.execute(rows.with_only_columns(func.count(), maintain_column_froms=True)).scalar_one()
    chosen = rows.add_columns(*columns).limit(wanted.limit + 1)
    if wanted.cursor is not None:
        last = tuple_(*map(_as, _read(order, wanted.cursor), columns))
        key = tuple_(*columns)
        chosen = chosen.where(key < last if order.descending else key > last)
    sorted_by = [one.desc() if order.descending else one.asc() for one in columns]
    found = session.execute(chosen.order_by(*sorted_by)).all()
    more = len(found) > wanted.limit
    kept = found[: wanted.limit]
    return Page(kept, total, _written(order, kept[-1][-len(columns) :]) if more else None)


def _as(value: Any, column: Any) -> ColumnElement[Any]:
    return literal(value, column.type)


def _written(order: Order, values: Sequence[Any]) -> str:
    return str(_serializer(order).dumps(PLAIN.dump_python(list(values), mode="json")))


def _read(order: Order, cursor: str) -> list[Any]:
    try:
        values = _serializer(order).loads(cursor)
        kinds = [column.type.python_type for column in order.columns]
        return [TypeAdapter(kind).validate_python(one) for kind, one in zip(kinds, values, strict=True)]
    except (BadData, ValueError):
        raise Invalid([BAD_CURSOR]) from None


def _serializer(order: Order) -> URLSafeSerializer:
    return URLSafeSerializer(derive_all("cursor")[::-1], salt=order.name)
