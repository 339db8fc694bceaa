// How each front door's clients are told of an error. Pure; any thread.
#pragma once

#include "common/config/config.h"
#include "common/messages/language.h"
#include "server/transport/http_listener.h"

namespace chatgate {

using RenderDoorError = RenderedError(const Error& error, Language language, const Config& config);

RenderDoorError render_v1_error;        // OpenAI's envelope
RenderDoorError render_agent_error;     // the same; a model without a price in the agent's words
RenderDoorError render_ask_error;       // {"detail"}, and the error's own status
RenderDoorError render_message_error;   // the bare text, and the error's own status
RenderDoorError render_chatgpt_error;   // {"code", "msg": "failed", "data": {"response"}}
RenderDoorError render_platform_error;  // {"code", "msg"}
RenderDoorError render_bot_error;       // 200 {"code", "data": null, "msg"}
RenderDoorError render_web_error;       // mostly 200 {"status": "Fail", "message", "data": null}
RenderDoorError render_accounts_error;  // mostly 200 {"message"}; of /admin too

}  // namespace chatgate
