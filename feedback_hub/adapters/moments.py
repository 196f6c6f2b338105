"""A moment some time after another, in SQL: the two databases reckon with times differently."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from feedback_hub.adapters.column_types import UtcDateTime


class later(FunctionElement[datetime]):  # noqa: N801  a function of SQL is written small
    """``moment`` and so many ``seconds``; exact to a millisecond."""

    type = UtcDateTime()
    inherit_cache = True
    name = "later"

    def __init__(self, moment: ColumnElement[datetime], seconds: float) -> None:
        super().__init__(moment, literal(float(seconds)))


@compiles(later)
def _interval(element: later, compiler: SQLCompiler, **kw: object) -> str:
    moment, seconds = (compiler.process(one, **kw) for one in element.clauses)
    return f"({moment} + make_interval(secs => {seconds}))"


@compiles(later, "sqlite")
def _text(element: later, compiler: SQLCompiler, **kw: object) -> str:
    # Times are text there, with six places behind the second; three come back. What is not said
    # is counted in, so that a moment is never after itself.
    moment, seconds = (compiler.process(one, **kw) for one in element.clauses)
    return f"(strftime('%Y-%m-%d %H:%M:%f', {moment}, {seconds} || ' seconds') || '999')"
