"""The channel of the official Python SDK against a platform whose address is in the environment: an echo bot that also sends a
card, answers a click on it, and types a text."""

import asyncio
import json
import os
import sys

from lark_oapi.channel import FeishuChannel

channel = FeishuChannel(
    app_id=os.environ["LARK_APP_ID"],
    app_secret=os.environ["LARK_APP_SECRET"],
    domain=os.environ["LARK_DOMAIN"],
)

CARD = {
    "schema": "2.0",
    "config": {"update_multi": True},
    "body": {
        "elements": [
            {"tag": "markdown", "content": "Deploy?"},
            {
                "tag": "button",
                "text": {"tag": "plain_text", "content": "Approve"},
                "behaviors": [{"type": "callback", "value": {"build": 42}}],
            },
        ]
    },
}


def tell(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)


async def type_it(stream):
    for part in ["one", ", two", ", three"]:
        await stream.append(part)
        await asyncio.sleep(0.15)


async def on_message(message):
    chat_id, text = message.conversation.chat_id, message.content_text
    if text == "card":
        await channel.send(chat_id, {"card": CARD})
    elif text == "type":
        await channel.stream(chat_id, {"markdown": type_it})
    else:
        await channel.send(chat_id, {"text": f"echo: {text}"}, {"reply_to": message.message_id})


async def on_action(action):
    tell(event="action", value=action.action.value)
    card = {"schema": "2.0", "config": {"update_multi": True}, "body": {"elements": [{"tag": "markdown", "content": "Deployed"}]}}
    await channel.update_card(action.message_id, card)


channel.on("message", on_message)
channel.on("cardAction", on_action)
channel.on("error", lambda error: tell(event="error", error=str(error)))
tell(event="starting", python=sys.version.split()[0])
asyncio.run(channel.connect())
