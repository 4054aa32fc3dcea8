from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest

from api.moments import refuse_far_dates
from api.problems import Refusal

FAR = [
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
    datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))),
    date.min,
    date.max,
]


class Asked(msgspec.Struct, rename="camel"):
    not_before: datetime | date | None = None
    others: list["Asked"] = []


@pytest.mark.parametrize("moment", FAR, ids=str)
def test_dates_that_cannot_be_reckoned_with_are_refused(moment: date) -> None:
    for asked, field in (
        (Asked(moment), "notBefore"),
        (Asked(others=[Asked(), Asked(moment)]), r"others\[1\]\.notBefore"),
    ):
        with pytest.raises(Refusal, match=f"{field}: must be a date of the years 1900 to 9000"):
            refuse_far_dates(asked)


def test_other_dates_are_taken() -> None:
    refuse_far_dates(Asked(datetime(1900, 1, 1, tzinfo=UTC), [Asked(date(9000, 12, 31)), Asked()]))
