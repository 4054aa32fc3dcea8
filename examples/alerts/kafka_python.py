"""Print every step of every alert, from now on.

python kafka_python.py localhost:9092
"""

import json
import sys

from kafka import KafkaConsumer

# A group of your own: it goes on where it stopped. Without one it begins anew each time.
alerts = KafkaConsumer("quality.alerts", bootstrap_servers=sys.argv[1], group_id="my-pager")
for record in alerts:
    alert = json.loads(record.value)
    print(alert["severity"], alert["status"], alert["message"], flush=True)
