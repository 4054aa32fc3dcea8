"""The vocabulary of measurements, shared by the plain and the async reporter."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, SupportsFloat, TypedDict, TypeVar, Unpack
from uuid import UUID

from tidemark_client.wire import MetricType

Result = TypeVar("Result")


class Details(TypedDict, total=False):
    """What may be said about a measurement beside its value.

    `timestamp` must carry an offset (default: now); `event_id` makes a repeat
    harmless (default: random); `metadata` is any JSON object up to 16 KiB;
    `source` overrides the reporter's.
    """

    timestamp: datetime
    event_id: UUID
    asset_name: str
    asset_type: str
    source: str
    metadata: Mapping[str, Any]


class Measures(ABC, Generic[Result]):
    """One method per metric type, all of them through `report`."""

    @abstractmethod
    def report(
        self,
        asset_id: str,
        metric_type: MetricType | str,
        value: SupportsFloat,
        **details: Unpack[Details],
    ) -> Result:
        """Report any metric of an asset."""

    def score(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report the overall quality score, 0-100."""
        return self.report(asset_id, MetricType.SCORE, value, **details)

    def issues(self, asset_id: str, count: int, **details: Unpack[Details]) -> Result:
        """Report how many issues are open now (not how many are new)."""
        return self.report(asset_id, MetricType.ISSUES, count, **details)

    def completeness(
        self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]
    ) -> Result:
        """Report how much of what should be there is there, 0-100."""
        return self.report(asset_id, MetricType.COMPLETENESS, value, **details)

    def accuracy(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report how much agrees with the truth, such as a reconciled source, 0-100."""
        return self.report(asset_id, MetricType.ACCURACY, value, **details)

    def consistency(
        self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]
    ) -> Result:
        """Report how much agrees with itself and its neighbours, 0-100."""
        return self.report(asset_id, MetricType.CONSISTENCY, value, **details)

    def timeliness(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report how much is as fresh as it should be, 0-100."""
        return self.report(asset_id, MetricType.TIMELINESS, value, **details)

    def uniqueness(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report how much is there only once, 0-100."""
        return self.report(asset_id, MetricType.UNIQUENESS, value, **details)

    def validity(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report how much is within its format, range and vocabulary, 0-100."""
        return self.report(asset_id, MetricType.VALIDITY, value, **details)

    def integrity(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report how many references lead somewhere, 0-100."""
        return self.report(asset_id, MetricType.INTEGRITY, value, **details)

    def profiling(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report that a profile was taken; what the number means is up to the job."""
        return self.report(asset_id, MetricType.PROFILING, value, **details)

    def lineage(self, asset_id: str, value: SupportsFloat, **details: Unpack[Details]) -> Result:
        """Report a lineage figure, such as the number of upstream assets."""
        return self.report(asset_id, MetricType.LINEAGE, value, **details)
