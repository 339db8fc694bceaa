#include "server/doors/door_errors.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

namespace chatgate {
namespace {

using nlohmann::json;

const Config kConfig;

Error error_of(ErrorCode code) {
  Error error{code, "in English"};
  error.retry_after_ms = 1'500;
  return error;
}

std::string header_of(const RenderedError& rendered, std::string_view name) {
  for (const auto& [key, value] : rendered.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST_CASE("the platform tells errors by the statuses that it documents", "[doors]") {
  for (const auto& [code, status] : {std::pair{ErrorCode::kInvalidRequest, 400},
                                     {ErrorCode::kModelNotPriced, 400},
                                     {ErrorCode::kMissingToken, 401},
                                     {ErrorCode::kUserBlocked, 403},
                                     {ErrorCode::kNotFound, 404},
                                     {ErrorCode::kMethodNotAllowed, 400},
                                     {ErrorCode::kBodyTooLarge, 400},
                                     {ErrorCode::kInsufficientQuota, 429},
                                     {ErrorCode::kUpstreamUnreachable, 500},
                                     {ErrorCode::kStoreUnavailable, 500}}) {
    const auto get = render_chatgpt_error(error_of(code), Language::kEn, kConfig);
    CHECK(get.status == status);
    CHECK(json::parse(get.body) ==
          json{{"code", status}, {"msg", "failed"}, {"data", {{"response", "in English"}}}});
    const auto post = render_platform_error(error_of(code), Language::kEn, kConfig);
    CHECK(post.status == status);
    CHECK(json::parse(post.body) == json{{"code", status}, {"msg", "in English"}});
    CHECK(header_of(post, "Retry-After") == "2");
  }
}

TEST_CASE("the bot answers with 200 whatever happens", "[doors]") {
  const auto limited = render_bot_error(error_of(ErrorCode::kRateLimited), Language::kEn, kConfig);
  CHECK(limited.status == 200);
  CHECK(json::parse(limited.body) == json{{"code", 429}, {"data", nullptr}, {"msg", "in English"}});
  const auto wrong = render_bot_error(error_of(ErrorCode::kInvalidToken), Language::kEn, kConfig);
  CHECK(wrong.body == "{\"code\":403,\"data\":null,\"msg\":\"非法访问\"}");
}

TEST_CASE("errors are told in the client's language, unescaped", "[doors]") {
  const auto error = error_of(ErrorCode::kUserBlocked);
  const auto chinese = render_ask_error(error, Language::kZhCn, kConfig);
  const auto russian = render_ask_error(error, Language::kRuRu, kConfig);
  CHECK(chinese.status == 403);
  CHECK(chinese.body.find("in English") == std::string::npos);
  CHECK(chinese.body.find("\\u") == std::string::npos);
  CHECK(chinese.body != russian.body);
}

TEST_CASE("the agent has words of its own for a model without a price", "[doors]") {
  Error error = error_of(ErrorCode::kModelNotPriced);
  error.subject = "gpt-9";
  const auto body = json::parse(render_agent_error(error, Language::kEn, kConfig).body);
  CHECK(body["error"]["message"] == "model gpt-9 not config. please contact administrator");
}

TEST_CASE("the web door fails with 200, but for log-ins and limits", "[doors][web]") {
  Config config;
  config.ops_link = "https://help.example";
  const auto render = [&](ErrorCode code) {
    return render_web_error(error_of(code), Language::kEn, config);
  };
  const auto stranger = render(ErrorCode::kMissingToken);
  CHECK(stranger.status == 401);
  CHECK(header_of(stranger, "WWW-Authenticate") == "Basic realm=\"Restricted\"");
  CHECK(json::parse(stranger.body)["status"] == "Fail");
  const auto limited = render(ErrorCode::kRateLimited);
  CHECK(limited.status == 429);
  CHECK(header_of(limited, "Retry-After") == "2");
  for (const auto code :
       {ErrorCode::kInvalidRequest, ErrorCode::kInvalidToken, ErrorCode::kUserBlocked,
        ErrorCode::kInsufficientQuota, ErrorCode::kModelNotPriced, ErrorCode::kUpstreamBroken,
        ErrorCode::kStoreUnavailable, ErrorCode::kOverloaded}) {
    const auto failed = render(code);
    CHECK(failed.status == 200);
    CHECK(json::parse(failed.body)["data"].is_null());
    CHECK(header_of(failed, "WWW-Authenticate").empty());
  }
  for (const auto code : {ErrorCode::kInvalidToken, ErrorCode::kInsufficientQuota}) {
    CHECK(render(code).body.find("https://help.example") != std::string::npos);
    config.ops_link.clear();
    CHECK(render(code).body.find("http") == std::string::npos);
    CHECK(render(code).body.find("{link}") == std::string::npos);
    config.ops_link = "https://help.example";
  }
}

TEST_CASE("/accounts refuses an order in its message", "[doors][web]") {
  auto unknown = error_of(ErrorCode::kNotFound);
  const auto closed = render_accounts_error(unknown, Language::kEn, kConfig);
  CHECK(closed.status == 404);
  unknown.subject = "ann";
  const auto refused = render_accounts_error(unknown, Language::kEn, kConfig);
  CHECK(refused.status == 200);
  CHECK(json::parse(refused.body) == json{{"message", "in English"}});
  for (const auto code : {ErrorCode::kInvalidToken, ErrorCode::kMissingToken}) {
    const auto stranger = render_accounts_error(error_of(code), Language::kEn, kConfig);
    CHECK(stranger.status == 401);
    CHECK(header_of(stranger, "WWW-Authenticate").starts_with("Basic realm=\"chatgate admin"));
    const auto chinese = render_accounts_error(error_of(code), Language::kZhCn, kConfig);
    CHECK(json::parse(chinese.body)["message"] == "管理密钥错误或缺失");
  }
  auto refusal = error_of(ErrorCode::kRefused);
  CHECK(render_accounts_error(refusal, Language::kEn, kConfig).status == 200);
  refusal.param = "Authorization";
  const auto foreign = render_accounts_error(refusal, Language::kZhCn, kConfig);
  CHECK(foreign.status == 403);
  CHECK(json::parse(foreign.body) == json{{"message", "in English"}});
  CHECK(header_of(foreign, "WWW-Authenticate").empty());
  CHECK(render_accounts_error(error_of(ErrorCode::kStoreUnavailable), Language::kEn, kConfig)
            .status == 503);
}

}  // namespace
}  // namespace chatgate
