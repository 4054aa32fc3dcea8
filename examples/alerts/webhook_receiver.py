"""Take the messages of a webhook channel, and believe only those that Tidemark signed.

python webhook_receiver.py whsec_... [port]
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(sys.argv[1])
seen: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Prints each message once: one that comes again has the same `webhook-id`."""

    def do_POST(self) -> None:
        """Check the signature and the age, answer, and print."""
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            message = webhook.verify(body, {k.lower(): v for k, v in self.headers.items()})
        except WebhookVerificationError as error:
            self.send_error(400, str(error))
            return
        self.send_response(204)
        self.end_headers()
        if self.headers["webhook-id"] in seen:
            return
        seen.add(self.headers["webhook-id"])
        for one in message["data"]["alerts"]:
            alert = one["alert"]
            print(one["occasion"], alert["severity"], alert["message"], flush=True)


port = int(sys.argv[2]) if len(sys.argv) > 2 else 8000
HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
