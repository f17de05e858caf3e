"""What the dispatcher of the official Python SDK makes of events.

Reads one payload a line, and prints for each one line of JSON: the fields of the object that a handler gets, by their
names in Python, or the error. What is None is left out.
"""

import json
import logging
import sys

import lark_oapi as lark

# It says of each error again what is printed here.
logging.disable(logging.CRITICAL)


def plain(value):
    if hasattr(value, "__dict__"):
        return {name: plain(inner) for name, inner in vars(value).items() if inner is not None}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def dispatch(payload):
    caught = []
    envelope = json.loads(payload)
    builder = lark.EventDispatcherHandler.builder("", "")
    if "schema" in envelope:
        key = envelope["header"]["event_type"]
        register = getattr(builder, "register_p2_" + key.replace(".", "_"), None)
        if register is None:
            return {"error": "there is no such event"}
        register(caught.append)
    else:
        builder.register_p1_customized_event(envelope["event"]["type"], caught.append)
    try:
        builder.build()._do_without_validation(payload.encode())
    except Exception as error:
        return {"error": type(error).__name__}
    return plain(caught[0])


for line in sys.stdin:
    print(json.dumps(dispatch(line), ensure_ascii=False), flush=True)
