"""Services: those of apprise that are served, and the parameters that each takes.

Apprise knows some 190 services, and more with every release. Many take parameters that name a
file on the machine that sends (`template`, `keyfile`), or a second address that it fetches
(`attach`, `avatar_url`), or that would break what we promise (`retry` sends twice, `optional`
hides failures, `redirect` follows anywhere). So both services and parameters are listed here by
name, after each was read; whatever is not listed is refused.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from pipeline.operators.routing.writing import Writing


class Service(NamedTuple):
    """A service that is served.

    Attributes:
        writing: how it reads messages.
        parameters: what may stand after the `?` of its address.
        has_host: whether its address names the host that is connected to.
    """

    writing: Writing
    parameters: frozenset[str]
    has_host: bool = False


def _service(writing: Writing, parameters: str = "", *, has_host: bool = False) -> Service:
    return Service(writing, frozenset(parameters.split()), has_host)


def _secure_too(*schemes: str, service: Service) -> dict[str, Service]:
    return {scheme + end: service for scheme in schemes for end in ("", "s")}


_WEBEX: Final = _service(Writing.MARKDOWN, "to token mode")
_WORKFLOWS: Final = _service(Writing.MARKDOWN, "id sig ver api-version", has_host=True)
_SPLUNK: Final = _service(Writing.PLAIN, "apikey routing_key route entity_id")
_OFFICE: Final = _service(Writing.EMAIL, "to cc bcc from tenant oauth_id oauth_secret")
_VONAGE: Final = _service(Writing.PLAIN, "to from key secret")

SERVICES: Final[Mapping[str, Service]] = {
    # Chat
    "slack": _service(Writing.CHAT, "to token mode footer timestamp"),
    "gchat": _service(Writing.MARKS, "workspace key token thread threadkey"),
    "discord": _service(Writing.MARKDOWN, "thread ping tts"),
    "zulip": _service(Writing.TITLED, "to token", has_host=True),
    "tgram": _service(Writing.HTML, "to silent topic thread"),
    "webex": _WEBEX,
    "wxteams": _WEBEX,
    "workflow": _WORKFLOWS,
    "workflows": _WORKFLOWS,
    "lark": _service(Writing.CHAT, "token"),
    "feishu": _service(Writing.CHAT, "token"),
    "dingtalk": _service(Writing.CHAT, "to token secret"),
    "wecombot": _service(Writing.CHAT, "key"),
    "zoom": _service(Writing.CHAT, "token mode"),
    **_secure_too(
        "mmost",
        service=_service(Writing.MARKDOWN, "to channel channels team botname mode", has_host=True),
    ),
    **_secure_too("rocket", service=_service(Writing.MARKDOWN, "to webhook mode", has_host=True)),
    **_secure_too("nctalk", service=_service(Writing.MARKDOWN, "secret silent", has_host=True)),
    **_secure_too(
        "matrix", service=_service(Writing.HTML, "to token mode version msgtype", has_host=True)
    ),
    # Pagers and incidents
    "pagerduty": _service(
        Writing.PLAIN,
        "apikey integrationkey source component group class region severity action dedup",
    ),
    "opsgenie": _service(Writing.PLAIN, "apikey to region priority entity alias tags action"),
    "splunk": _SPLUNK,
    "victorops": _SPLUNK,
    "pagertree": _service(Writing.PLAIN, "id integration action urgency tags thirdparty tid"),
    "signl4": _service(Writing.PLAIN, "secret service location alerting_scenario filtering"),
    "squadcast": _service(Writing.TITLED, "key region priority"),
    "spike": _service(Writing.PLAIN, "token"),
    "incidentio": _service(Writing.TITLED, "source token"),
    "ilert": _service(Writing.TITLED, "key priority route"),
    "firehydrant": _service(Writing.PLAIN, "token level priority tags"),
    **_secure_too("goalert", service=_service(Writing.TITLED, "to token", has_host=True)),
    # Mail
    **_secure_too(
        "mailto",
        service=_service(
            Writing.EMAIL,
            "to cc bcc from name reply smtp mode user pass password port",
            has_host=True,
        ),
    ),
    "azure": _OFFICE,
    "o365": _OFFICE,
    "ses": _service(Writing.EMAIL, "to cc bcc from reply name token access key secret region"),
    "sendgrid": _service(Writing.EMAIL, "to cc bcc"),
    "mailgun": _service(Writing.EMAIL, "to cc bcc from name region"),
    "postmark": _service(Writing.EMAIL, "to cc bcc from name reply apikey"),
    "sparkpost": _service(Writing.EMAIL, "to cc bcc name region"),
    "brevo": _service(Writing.EMAIL, "to cc bcc reply"),
    "resend": _service(Writing.EMAIL, "to cc bcc from name reply apikey"),
    "smtp2go": _service(Writing.EMAIL, "to cc bcc name"),
    # Phones
    "sns": _service(Writing.PLAIN, "to token access key secret region"),
    "twilio": _service(Writing.PLAIN, "to from source sid token apikey"),
    "nexmo": _VONAGE,
    "vonage": _VONAGE,
    "msgbird": _service(Writing.PLAIN, "to from"),
    "pover": _service(Writing.HTML, "to priority sound interval expire"),
    "pbul": _service(Writing.PLAIN, "to"),
    **_secure_too(
        "ntfy", service=_service(Writing.PLAIN, "to token auth mode priority", has_host=True)
    ),
    **_secure_too("gotify", service=_service(Writing.PLAIN, "priority", has_host=True)),
}
