"""A bot on the official Python SDK, with only its `domain` set: echoes texts, sends a card for "card", answers clicks."""

import json
import os

import lark_oapi as lark
from lark_oapi.api.im.v1 import ReplyMessageRequest, ReplyMessageRequestBody
from lark_oapi.event.callback.model.p2_card_action_trigger import P2CardActionTrigger, P2CardActionTriggerResponse

app = os.environ["LARK_APP_ID"], os.environ["LARK_APP_SECRET"]
domain = os.environ["LARK_DOMAIN"]
api = lark.Client.builder().app_id(app[0]).app_secret(app[1]).domain(domain).log_level(lark.LogLevel.WARNING).build()


def card(title, *elements):
    return {
        "schema": "2.0",
        "config": {"update_multi": True},
        "header": {"title": {"tag": "plain_text", "content": title}, "template": "turquoise"},
        "body": {"elements": list(elements)},
    }


QUESTION = card(
    "Lunch?",
    {"tag": "markdown", "content": "Where do we **go**?"},
    {
        "tag": "form",
        "name": "lunch",
        "elements": [
            {"tag": "input", "name": "wish", "label": {"tag": "plain_text", "content": "Wish"}, "required": True},
            {"tag": "date_picker", "name": "day", "placeholder": {"tag": "plain_text", "content": "Day"}},
            {
                "tag": "button",
                "name": "send",
                "text": {"tag": "plain_text", "content": "Submit"},
                "type": "primary",
                "form_action_type": "submit",
            },
        ],
    },
)


def on_message(event: lark.im.v1.P2ImMessageReceiveV1) -> None:
    message = event.event.message
    text = json.loads(message.content).get("text", "")
    kind, content = ("interactive", QUESTION) if text == "card" else ("text", {"text": f"python: {text}"})
    body = ReplyMessageRequestBody.builder().msg_type(kind).content(json.dumps(content)).build()
    answer = api.im.v1.message.reply(
        ReplyMessageRequest.builder().message_id(message.message_id).request_body(body).build()
    )
    if not answer.success():
        raise RuntimeError(f"{answer.code} {answer.msg}")


def on_action(event: P2CardActionTrigger) -> P2CardActionTriggerResponse:
    wish = (event.event.action.form_value or {}).get("wish")
    done = card("Lunch", {"tag": "markdown", "content": f"We go for **{wish}**."})
    return P2CardActionTriggerResponse(
        {"toast": {"type": "success", "content": f"{wish} it is"}, "card": {"type": "raw", "data": done}}
    )


handler = (
    lark.EventDispatcherHandler.builder("", "")
    .register_p2_im_message_receive_v1(on_message)
    .register_p2_card_action_trigger(on_action)
    .build()
)
lark.ws.Client(*app, event_handler=handler, domain=domain, log_level=lark.LogLevel.WARNING).start()
