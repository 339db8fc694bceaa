// What may be relayed at all. The rule is that nobody with a prepaid balance can cause a cost that
// the books would never see: every generating request names a priced model and is answered with its
// usage, and what only reads or files away is free. Work whose cost appears later or elsewhere
// (batches, fine-tuning, background responses) needs an unmetered account, a key of the user's own,
// or `relay_unmetered`.

#include <strings.h>
#include <algorithm>
#include <string_view>

#include "server/pipeline/job.h"

namespace chatgate {
namespace {

// Below /v1, by their first segments.
constexpr std::string_view kGenerating[] = {"/audio/speech",       "/audio/transcriptions",
                                            "/audio/translations", "/chat/completions",
                                            "/completions",        "/embeddings",
                                            "/images/edits",       "/images/generations",
                                            "/images/variations",  "/responses"};
constexpr std::string_view kFree[] = {"/conversations", "/files", "/moderations", "/uploads"};
constexpr std::string_view kShared[] = {"/models"};
constexpr std::string_view kCostsUnseen[] = {
    "/assistants",   "/batches",  "/containers", "/evals",         "/fine_tuning",
    "/organization", "/realtime", "/threads",    "/vector_stores", "/videos"};

std::string_view path_of(const Job& job) {
  const std::string_view path = job.route.upstream_path;
  return path.substr(0, path.find('?'));
}

bool is_one_of(std::string_view path, const auto& paths) {
  return std::any_of(std::begin(paths), std::end(paths),
                     [&](std::string_view candidate) { return path == candidate; });
}

bool is_below(std::string_view path, const auto& paths) {
  return std::any_of(std::begin(paths), std::end(paths), [&](std::string_view candidate) {
    return path.substr(0, candidate.size()) == candidate &&
           (path.size() == candidate.size() || path[candidate.size()] == '/');
  });
}

bool has_media_type(std::string_view content_type, std::string_view wanted) {
  return content_type.size() >= wanted.size() &&
         strncasecmp(content_type.data(), wanted.data(), wanted.size()) == 0;
}

Result<RequestFacts> read_facts(const Job& job) {
  if (has_media_type(job.content_type, "multipart/form-data")) {
    return read_multipart_body(job.body, job.content_type);
  }
  const auto start = job.body.find_first_not_of(" \t\r\n");
  const bool looks_like_json = start != std::string::npos && job.body[start] == '{';
  if (has_media_type(job.content_type, "application/json") || looks_like_json) {
    JsonParser parser;
    return read_json_body(job.body, parser);
  }
  return RequestFacts{};
}

bool may_cost_unseen(const Job& job) {
  return job.principal.unmetered || job.runtime->config.relay_unmetered ||
         (job.principal.scope && !job.principal.scope->sealed_upstream_key.empty());
}

// Reading and deleting cost nothing. But the account's models are everybody's.
Result<void> check_free(const Job& job, std::string_view path) {
  if (job.method == "DELETE" && is_below(path, kShared) && !may_cost_unseen(job)) {
    return fail(ErrorCode::kEndpointNotMetered,
                "models of the shared account are not deleted here; ask the administrator");
  }
  return {};
}

Result<void> check_without_model(const Job& job, std::string_view path) {
  if (is_one_of(path, kGenerating)) {
    return fail(ErrorCode::kInvalidRequest, "you must provide a model parameter", "model");
  }
  // What could not be read could name a model that the upstream reads.
  const bool was_read = job.body.empty() || job.facts.object_end > 0;
  const bool is_free =
      is_below(path, kFree) || (is_below(path, kGenerating) && was_read && job.body.size() < 65536);
  if (is_free || may_cost_unseen(job)) return {};
  return fail(ErrorCode::kEndpointNotMetered,
              "what " + job.route.endpoint +
                  " costs cannot be charged to a prepaid account; ask the administrator");
}

}  // namespace

Result<void> check_model(Job& job) {
  const std::string_view path = path_of(job);
  if (job.method == "GET" || job.method == "HEAD" || job.method == "DELETE") {
    job.body.clear();  // nothing that is free may carry a question
    return check_free(job, path);
  }
  auto facts = read_facts(job);
  if (!facts) return tl::unexpected(facts.error());
  job.facts = std::move(*facts);
  if (!job.route.own_key.empty()) {  // what it costs is between the caller and the upstream
    job.metering = job.facts.model.empty() ? Metering::kNone : Metering::kUsage;
    return {};
  }
  if (job.facts.model.empty()) return check_without_model(job, path);

  if ((is_below(path, kCostsUnseen) || job.facts.background) && !may_cost_unseen(job)) {
    return fail(ErrorCode::kEndpointNotMetered,
                "what " + job.route.endpoint + (job.facts.background ? " in the background" : "") +
                    " costs cannot be charged to a prepaid account; ask the administrator");
  }
  if (job.facts.has_costly_tier && !may_cost_unseen(job)) {
    return fail(ErrorCode::kEndpointNotMetered,
                "this service tier has prices of its own, which cannot be charged to a prepaid "
                "account; leave it out",
                "service_tier");
  }
  const auto& scope = job.principal.scope;
  if (scope && !scope->allowed_models.empty() &&
      !matches_model(scope->allowed_models, job.facts.model)) {
    Error error{ErrorCode::kModelNotAllowed,
                "this API token may not use the model `" + job.facts.model + "`", "model"};
    error.subject = job.facts.model;
    return tl::unexpected(std::move(error));
  }
  auto price = job.parts.directory.find_price(job.facts.model, job.principal.unit,
                                              job.runtime->config.exchange_rates);
  if (!price) return tl::unexpected(price.error());
  job.price = std::move(*price);
  job.metering = Metering::kTokens;
  return {};
}

}  // namespace chatgate
