#include "server/doors/door_errors.h"

#include "common/messages/messages.h"
#include "server/json/json_object.h"
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

// Of /api/chat-process and its like, and of /accounts: what their clients know, and else 200, with
// the failure in the body. Where they cannot be at all, where no client of theirs ever is, HTTP's
// own status is the clearest.
int web_status(const Error& error) {
  switch (error.code) {
    case ErrorCode::kMissingToken:
      return 401;
    case ErrorCode::kRateLimited:
      return 429;
    case ErrorCode::kAddressNotAllowed:
    case ErrorCode::kMethodNotAllowed:
      return traits_of(error.code).http_status;
    default:
      return 200;
  }
}

// What an order was refused for stands in the message alone. An unknown account is the error's
// subject; without one there is nothing at the path, for no operations key is configured. A refusal
// that names a header is one of its sender, not of the order.
int accounts_status(const Error& error) {
  const int status = traits_of(error.code).http_status;
  switch (error.code) {
    case ErrorCode::kNotFound:
      return error.subject.empty() ? status : 200;
    case ErrorCode::kRefused:
      return error.param.empty() ? 200 : status;
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kAlreadyExists:
      return 200;
    default:
      return status;
  }
}

// The catalogues' sentences for these errors speak of tokens.
std::string accounts_message(const Error& error, Language language) {
  const bool is_about_key = traits_of(error.code).http_status == 401;
  if (is_about_key && language != Language::kEn)
    return message(language, MessageId::kOpsKeyInvalid);
  const bool is_about_sender = error.code == ErrorCode::kRefused && !error.param.empty();
  return is_about_sender ? error.message : localized(error, language);
}

// A person who cannot go on is told where help is.
std::string web_message(const Error& error, Language language, const std::string& link) {
  const auto with_link = [&](MessageId plain, MessageId linked) {
    return link.empty() ? message(language, plain) : message(language, linked, {{"link", link}});
  };
  switch (error.code) {
    case ErrorCode::kMissingToken:
      return message(language, MessageId::kLoginRequired);
    case ErrorCode::kInvalidToken:
      return with_link(MessageId::kWrongLogin, MessageId::kWrongLoginLink);
    case ErrorCode::kUserBlocked:
      return message(language, MessageId::kAccountBlocked);
    case ErrorCode::kInsufficientQuota:
      return with_link(MessageId::kOutOfBalance, MessageId::kOutOfBalanceLink);
    default:
      return localized(error, language);
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

RenderedError render_message_error(const Error& error, Language language, const Config&) {
  RenderedError rendered{traits_of(error.code).http_status, {}, localized(error, language)};
  if (error.retry_after_ms >= 0) {
    rendered.headers.emplace_back("retry-after-ms", std::to_string(error.retry_after_ms));
  }
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

RenderedError render_web_error(const Error& error, Language language, const Config& config) {
  auto rendered = rendered_json(web_status(error),
                                {{"status", "Fail"},
                                 {"message", web_message(error, language, config.ops_link)},
                                 {"data", nullptr}},
                                error);
  if (rendered.status == 401) {
    rendered.headers.emplace_back("WWW-Authenticate", "Basic realm=\"Restricted\"");
  }
  return rendered;
}

RenderedError render_accounts_error(const Error& error, Language language, const Config&) {
  const auto text = accounts_message(error, language);
  auto rendered = rendered_json(accounts_status(error), {{"message", text}}, error);
  // Another realm than that of people's accounts, so that a browser keeps the two log-ins apart.
  if (rendered.status == 401) {
    rendered.headers.emplace_back("WWW-Authenticate",
                                  "Basic realm=\"chatgate administration\", charset=\"UTF-8\"");
  }
  return rendered;
}

}  // namespace chatgate
