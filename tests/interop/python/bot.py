"""The official Python SDK against a platform whose address is in the environment.

Only its `domain` is set. Each event that it hands to a handler is printed as one line of JSON, so that the test can
compare what arrived with what was pushed.
"""

import json
import os
import sys
import time

import lark_oapi as lark
from lark_oapi.event.callback.model.p2_card_action_trigger import (
    P2CardActionTrigger,
    P2CardActionTriggerResponse,
)


def tell(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)


def on_message(event: lark.im.v1.P2ImMessageReceiveV1) -> None:
    message = event.event.message
    tell(event="message", event_id=event.header.event_id, content=message.content)
    if "slowly" in message.content:
        time.sleep(1.5 if "very" in message.content else 0.02)


def on_action(event: P2CardActionTrigger) -> P2CardActionTriggerResponse:
    tell(event="action", event_id=event.header.event_id, value=event.event.action.value)
    return P2CardActionTriggerResponse({"toast": {"type": "success", "content": "完成"}})


handler = (
    lark.EventDispatcherHandler.builder("", "")
    .register_p2_im_message_receive_v1(on_message)
    .register_p2_card_action_trigger(on_action)
    .build()
)

client = lark.ws.Client(
    os.environ["LARK_APP_ID"],
    os.environ["LARK_APP_SECRET"],
    event_handler=handler,
    domain=os.environ["LARK_DOMAIN"],
    log_level=lark.LogLevel.WARNING,
)
tell(event="starting", python=sys.version.split()[0])
client.start()
