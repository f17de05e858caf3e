"""The official Python SDK under load: a handler that does nothing, and says nothing. See docs/PERFORMANCE.md."""

import os

import lark_oapi as lark

handler = (
    lark.EventDispatcherHandler.builder("", "").register_p2_im_message_receive_v1(lambda event: None).build()
)
lark.ws.Client(
    os.environ["LARK_APP_ID"],
    os.environ["LARK_APP_SECRET"],
    event_handler=handler,
    domain=os.environ["LARK_DOMAIN"],
    log_level=lark.LogLevel.WARNING,
).start()
