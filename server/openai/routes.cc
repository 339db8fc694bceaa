// /v1: OpenAI's API. The model list is chatgate's own; everything else goes through the pipeline.

#include <nlohmann/json.hpp>

#include "server/doors/caller.h"
#include "server/openai/endpoint_name.h"
#include "server/pipeline/authenticate.h"
#include "server/routes.h"

namespace chatgate {
namespace {

constexpr std::string_view kModels = "/v1/models";

bool may_use(const Principal& principal, std::string_view model) {
  return !principal.scope || principal.scope->allowed_models.empty() ||
         matches_model(principal.scope->allowed_models, model);
}

nlohmann::ordered_json model_object(std::string_view model, Timestamp since) {
  return {{"id", model},
          {"object", "model"},
          {"created", since.unix_ms / 1000},
          {"owned_by", "chatgate"}};
}

void answer_model(const RouteParts& parts, const RoutedRequest& request, const Principal& principal,
                  std::string_view model) {
  const auto found = parts.directory.find_price(model, principal.unit,
                                                request.context.runtime->config.exchange_rates);
  if (found && may_use(principal, model)) {
    return answer_json(request.exchange, model_object(model, found->price->effective_from).dump());
  }
  answer_error(request, {ErrorCode::kNotFound,
                         "the model `" + std::string(model) + "` does not exist", "model"});
}

// GET /v1/models and /v1/models/{model}: what this token may use and its account can pay for.
void answer_models(const RouteParts& parts, const RoutedRequest& request) {
  auto principal = authenticate(parts.directory, request.exchange);
  if (!principal) return answer_error(request, principal.error());
  const std::string_view wanted = request.path.size() > kModels.size()
                                      ? std::string_view(request.path).substr(kModels.size() + 1)
                                      : std::string_view{};
  if (!wanted.empty()) return answer_model(parts, request, *principal, wanted);
  const auto& rates = request.context.runtime->config.exchange_rates;
  nlohmann::ordered_json list{{"object", "list"}, {"data", nlohmann::ordered_json::array()}};
  for (const auto& [model, since] : parts.directory.list_models(principal->unit, rates)) {
    if (may_use(*principal, model)) list["data"].push_back(model_object(model, since));
  }
  answer_json(request.exchange, list.dump());
}

}  // namespace

void answer_openai(const RouteParts& parts, const RoutedRequest& request) {
  Route route;
  if (takes_own_keys(request)) {
    auto caller = identify(parts, request);
    if (!caller) return answer_error(request, caller.error());
    route.principal = std::move(caller->principal);
    route.own_key = std::move(caller->own_key);
  }
  const std::string_view method = request.exchange.head().method;
  const bool is_models = request.path == kModels || request.path.substr(0, 11) == "/v1/models/";
  if (is_models && route.own_key.empty() && (method == "GET" || method == "HEAD"))
    return answer_models(parts, request);
  if (!allow_methods(request, "GET, HEAD, POST, PUT, PATCH, DELETE")) return;

  route.endpoint = endpoint_name(request.path);
  route.upstream_path = encode_path(std::string_view(request.path).substr(3));
  if (const auto query = request.exchange.query(); !query.empty()) {
    route.upstream_path.append("?").append(query);
  }
  parts.pipeline.run(request.exchange, request.context, std::move(route));
}

}  // namespace chatgate
