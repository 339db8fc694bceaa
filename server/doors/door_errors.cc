#include "server/doors/door_errors.h"

#include "common/messages/messages.h"
#include "server/json/json_text.h"
#include "server/wire/error_envelope.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

RenderedError rendered_json(int status, const ordered_json& body, const Error& error) {
  RenderedError rendered{status, {{"Content-Type", "application/json; charset=utf-8"}}, {}};
  if (error.retry_after_ms >= 0) {
    rendered.headers.emplace_back("Retry-After",
                                  std::to_string((error.retry_after_ms + 999) / 1000));
  }
  rendered.body = to_json_text(body);
  return rendered;
}

// The statuses that the platform documents for its clients.
int platform_status(const Error& error) {
  const int status = traits_of(error.code).http_status;
  switch (status) {
    case 401:
    case 403:
    case 404:
    case 429:
      return status;
    default:
      return status < 500 ? 400 : 500;
  }
}

}  // namespace

RenderedError render_v1_error(const Error& error, Language, const Config&) {
  return render_openai_error(error);
}

RenderedError render_agent_error(const Error& error, Language, const Config&) {
  if (error.code != ErrorCode::kModelNotPriced) return render_openai_error(error);
  Error worded = error;
  worded.message = "model " + error.subject + " not config. please contact administrator";
  return render_openai_error(worded);
}

RenderedError render_ask_error(const Error& error, Language language, const Config&) {
  auto rendered = rendered_json(traits_of(error.code).http_status,
                                {{"detail", localized(error, language)}}, error);
  if (rendered.status == 401) rendered.headers.emplace_back("WWW-Authenticate", "Bearer");
  return rendered;
}

RenderedError render_chatgpt_error(const Error& error, Language language, const Config&) {
  const int status = platform_status(error);
  return rendered_json(status,
                       {{"code", status},
                        {"msg", "failed"},
                        {"data", ordered_json{{"response", localized(error, language)}}}},
                       error);
}

RenderedError render_platform_error(const Error& error, Language language, const Config&) {
  const int status = platform_status(error);
  return rendered_json(status, {{"code", status}, {"msg", localized(error, language)}}, error);
}

RenderedError render_bot_error(const Error& error, Language language, const Config&) {
  const bool is_about_key =
      error.code == ErrorCode::kMissingToken || error.code == ErrorCode::kInvalidToken;
  const int code = is_about_key ? 403 : traits_of(error.code).http_status;
  const std::string text = is_about_key ? "非法访问" : localized(error, language);
  return rendered_json(200, {{"code", code}, {"data", nullptr}, {"msg", text}}, error);
}

}  // namespace chatgate
