#include "server/docs/openapi.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "api_description.h"
#include "common/messages/messages.h"
#include "server/docs/error_samples.h"
#include "server/doors/caller.h"
#include "server/routes.h"
#include "version.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kPlatformPath = "/{platform_route}";
constexpr std::array kMethods{"get", "put", "post", "delete", "patch"};

// A response that a door gives for some of its errors.
struct ErrorResponse {
  std::string description;
  std::set<std::string> headers;
  ordered_json examples = ordered_json::object();
};
using ErrorResponses = std::map<int, ErrorResponse>;  // by status

ordered_json reference(std::string_view kind, std::string_view name) {
  return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

// Whether a documented path is answered by the route: its own, or one below it.
bool belongs_to(std::string_view path, std::string_view route) {
  if (route.empty()) return path == kPlatformPath;
  if (route.ends_with('/')) route.remove_suffix(1);
  return path == route || (path.starts_with(route) && path[route.size()] == '/');
}

std::string public_path(std::string_view path, const Config& config) {
  if (path != kPlatformPath) return std::string(path);
  return config.platform_route == "/" ? "/" : "/" + config.platform_route;
}

std::string model_text(const std::string& text, const Config& config) {
  if (text == "$model") return config.default_model;
  return config.default_model.starts_with("demo") ? "demo-embedding" : "text-embedding-3-small";
}

void name_models(ordered_json& value, const Config& config) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text == "$model" || text == "$embedding_model") value = model_text(text, config);
  } else if (value.is_structured()) {
    for (auto& member : value) name_models(member, config);
  }
}

// What the door says of these errors, by status. Nothing of the configuration shows in it.
ErrorResponses render_errors(const Door& door, const ordered_json& names, bool has_body) {
  ErrorResponses responses;
  for (const auto& name : names) {
    const auto* sample = find_error_sample(name.get_ref<const std::string&>());
    if (sample == nullptr || (sample->needs_body && !has_body)) continue;
    const auto rendered = door.render_error(error_of(*sample), Language::kEn, Config{});
    auto& response = responses[rendered.status];
    if (!response.description.empty()) response.description += "\n";
    response.description += "- " + std::string(sample->meaning);
    response.examples[name.get<std::string>()] = {{"summary", sample->meaning},
                                                  {"value", ordered_json::parse(rendered.body)}};
    for (const auto& [header, value] : rendered.headers) {
      if (header != "Content-Type") response.headers.insert(header);
    }
    if (sample->code == ErrorCode::kMethodNotAllowed) response.headers.insert("Allow");
  }
  return responses;
}

// An answer whose status says nothing of how it went: either of two shapes.
void add_failures(ordered_json& answer, const ErrorResponse& failures, const ordered_json& schema) {
  auto& media = answer["content"]["application/json"];
  if (media.contains("schema")) {
    media["schema"] = {{"oneOf", ordered_json::array({media["schema"], schema})}};
  } else {
    media["schema"] = schema;
  }
  for (const auto& [name, example] : failures.examples.items()) media["examples"][name] = example;
  for (const auto& header : failures.headers) {
    answer["headers"][header] = reference("headers", header);
  }
}

class Composer {
 public:
  explicit Composer(const Config& config)
      : config_(config), document_(ordered_json::parse(kDescribeApi)) {
    document_["info"]["version"] = kVersion;
  }

  void add(const RouteEntry& route) {
    auto description = ordered_json::parse(route.description);
    for (auto& [path, item] : description["paths"].items()) {
      const auto shown = public_path(path, config_);
      if (!belongs_to(path, route.path) || document_["paths"].contains(shown)) continue;
      for (const auto* method : kMethods) {
        if (item.contains(method)) complete(item[method], route.door, description);
      }
      document_["paths"][shown] = item;
    }
    add_tag(description["tag"]);
    for (const auto* kind :
         {"schemas", "parameters", "requestBodies", "responses", "securitySchemes"}) {
      if (!description.contains(kind)) continue;
      for (auto& [name, value] : description[kind].items()) component(kind, name) = value;
    }
  }

  ordered_json finish() && {
    name_models(document_, config_);
    return std::move(document_);
  }

 private:
  ordered_json& component(const char* kind, const std::string& name) {
    return document_["components"][kind][name];
  }

  void add_tag(const ordered_json& tag) {
    for (auto& known : document_["tags"]) {
      if (known["name"] != tag["name"]) continue;
      if (!known.contains("description")) known = tag;
      return;
    }
    document_["tags"].push_back(tag);
  }

  void complete(ordered_json& operation, const Door& door, const ordered_json& description) {
    operation["tags"] = {description["tag"]["name"]};
    if (!operation.contains("security")) operation["security"] = description["security"];
    const ordered_json nobody = ordered_json::object();
    auto& security = operation["security"];
    const bool is_open = std::ranges::find(security, nobody) != security.end();
    if (takes_guests(door.name, config_) && !security.empty() && !is_open) {
      security.push_back(nobody);
    }
    const auto errors = operation.value("errors", description["errors"]);
    operation.erase("errors");
    auto& responses = operation["responses"];
    for (auto& [status, answer] : responses.items()) {
      if (status[0] == '2' && !answer.contains("$ref")) {
        answer["headers"]["x-request-id"] = reference("headers", "x-request-id");
      }
    }
    add_errors(operation, render_errors(door, errors, operation.contains("requestBody")),
               description);
  }

  void add_errors(ordered_json& operation, const ErrorResponses& errors,
                  const ordered_json& description) {
    auto& responses = operation["responses"];
    for (const auto& [status, error] : errors) {
      const auto key = std::to_string(status);
      if (status == 200) {
        add_failures(responses[key], error, description["error"]);
      } else if (!responses.contains(key)) {
        responses[key] = share(description["name"].get<std::string>() + key,
                               response_of(error, description["error"]),
                               operation["operationId"].get<std::string>());
      }
    }
    // In the order of their statuses, as people look for them.
    ordered_json sorted = ordered_json::object();
    std::map<std::string, ordered_json> by_status;
    for (auto& [status, response] : responses.items()) by_status[status] = std::move(response);
    for (auto& [status, response] : by_status) sorted[status] = std::move(response);
    responses = std::move(sorted);
  }

  static ordered_json response_of(const ErrorResponse& error, const ordered_json& schema) {
    ordered_json response{{"description", error.description}};
    for (const auto& header : error.headers) {
      response["headers"][header] = reference("headers", header);
    }
    response["content"]["application/json"] = {{"schema", schema}, {"examples", error.examples}};
    return response;
  }

  // Most operations of a door share their responses; one that differs has its own.
  ordered_json share(std::string name, ordered_json response, const std::string& operation) {
    auto& shared = document_["components"]["responses"];
    if (shared.contains(name) && shared[name] != response) name += "_" + operation;
    shared[name] = std::move(response);
    return reference("responses", name);
  }

  const Config& config_;
  ordered_json document_;
};

}  // namespace

ordered_json describe_api(const Config& config) {
  Composer composer(config);
  for (const auto* route : open_routes(config)) composer.add(*route);
  return std::move(composer).finish();
}

}  // namespace chatgate
