"""An address of every service that is served."""

from pipeline.channels.services import SERVICES

UUID = "a1b2c3d4-1111-2222-3333-444455556666"
A, B = "a" * 32, "b" * 32
AWS = "AHIAJGNT76XIMXDBIJYA/bu1dHSdO22pfaaVy/wmNsdjJ4C07D3bndi9PWwSJFaN/us-east-2"

_BEHIND_SCHEME = {
    "slack": "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
    "gchat": "workspace/key/token",
    "discord": "4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "zulip": f"bot@org/{A}/general",
    "tgram": "123456789:abcdefg_hijklmnop/12315544/",
    "webex": "a" * 80,
    "wxteams": "a" * 80,
    "workflow": f"prod.example.com:443/{A}/{B}",
    "lark": "abcd-1234",
    "feishu": "abcd1234",
    "dingtalk": "abcd12345678",
    "wecombot": UUID,
    "zoom": "hook/token",
    "mmost": f"chat.example.com/{A}",
    "rocket": "user:pass@chat.example.com/#general",
    "nctalk": "user:pass@cloud.example.com/room",
    "matrix": "user:pass@chat.example.com/#general",
    "pagerduty": "integration@api",
    "opsgenie": UUID,
    "splunk": f"route@{UUID}/entity",
    "victorops": f"route@{UUID}/entity",
    "pagertree": "int_0123456789",
    "signl4": "secret",
    "squadcast": "key",
    "spike": A,
    "incidentio": "source/token",
    "ilert": "key",
    "firehydrant": "token",
    "goalert": f"alerts.example.com/{UUID}",
    "mailto": "me:pw@example.com",
    "azure": "me@example.com/tenant/client/secret",
    "o365": "me@example.com/tenant/client/secret",
    "ses": f"me@example.com/{AWS}",
    "sendgrid": "abcd123-xyz:me@example.com",
    "mailgun": f"me@example.com/{A}-12345678-12345678",
    "postmark": f"{UUID}:me@example.com",
    "sparkpost": f"me@example.com/{'a' * 40}",
    "brevo": f"{A}:me@example.com",
    "resend": "abcd:me@example.com",
    "smtp2go": f"me@example.com/{A}",
    "sns": f"{AWS}/12223334444",
    "twilio": f"AC{A}:{B}@12223334444/13334445555",
    "nexmo": f"AC12345678:{'a' * 16}@15551233456/15551234444",
    "vonage": f"AC12345678:{'a' * 16}@15551233456/15551234444",
    "msgbird": f"{'a' * 25}/15551233456/15551234444",
    "pover": f"{'u' * 30}@{'t' * 30}",
    "pbul": A,
    "ntfy": "push.example.com/topic",
    "gotify": "push.example.com/abcdefghijklmno",
}

SAMPLES = {
    scheme: f"{scheme}://{_BEHIND_SCHEME.get(scheme) or _BEHIND_SCHEME[scheme[:-1]]}"
    for scheme in SERVICES
}
