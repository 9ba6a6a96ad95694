"""The order of a norm in a request: a number, or one of a few names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from service.web.fields import RequestField, is_number

INFINITIES = {"inf": math.inf, "+inf": math.inf, "Infinity": math.inf, "-inf": -math.inf, "-Infinity": -math.inf}


class OrderField(RequestField):
    """A number, "inf" or "-inf", as a float; or one of `names`, as the text."""

    def __init__(self, names: Sequence[str] = (), **options: Any) -> None:
        super().__init__(**options)
        self.names = tuple(names)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float | str:
        if isinstance(value, str):
            if value in self.names:
                return value
            if value in INFINITIES:
                return INFINITIES[value]
        elif is_number(value) and abs(value) < 1e300:
            return float(value)
        names = "".join(f', "{name}"' for name in self.names)
        raise self.wrong(value, f'a number, "inf", "-inf"{names}')

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, {"type": "string", "enum": ["inf", "-inf", *self.names]}]}
