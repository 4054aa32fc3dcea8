"""The request for an election of leaders, which aiokafka has not."""

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int8, Int16, Int32, Schema, String

PREFERRED = 0
TIMEOUT_MS = 30_000


class ElectLeadersResponse_v1(Response):  # noqa: N801
    """The outcome by partition; those that had the right leader already are an error, too."""

    API_KEY = 43
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "results",
            Array(
                ("topic", String("utf-8")),
                (
                    "partitions",
                    Array(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("error_message", String("utf-8")),
                    ),
                ),
            ),
        ),
    )


class ElectLeadersRequest_v1(RequestStruct):  # noqa: N801
    """No list of partitions means all of them."""

    API_KEY = 43
    API_VERSION = 1
    RESPONSE_TYPE = ElectLeadersResponse_v1
    SCHEMA = Schema(
        ("election_type", Int8),
        ("partitions", Array(("topic", String("utf-8")), ("partitions", Array(Int32)))),
        ("timeout_ms", Int32),
    )


class ElectLeadersRequest(Request[ElectLeadersRequest_v1]):
    """Give every partition back to its preferred replica."""

    API_KEY = 43

    def build(self, request_struct_class: type[ElectLeadersRequest_v1]) -> ElectLeadersRequest_v1:
        """Fill in the struct."""
        return request_struct_class(PREFERRED, None, TIMEOUT_MS)
