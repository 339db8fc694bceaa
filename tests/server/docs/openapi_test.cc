#include "server/docs/openapi.h"

#include <catch2/catch_all.hpp>
#include <set>

#include "server/docs/error_samples.h"
#include "server/routes.h"
#include "version.h"

namespace chatgate {
namespace {

using nlohmann::ordered_json;

// With all that can be opened.
Config open_config() {
  Config config;
  config.ops_key = "ops-key-of-the-test";
  config.own_keys = {"v1", "platform", "bot"};
  config.chat_proxy_hosts = {"proxy-host-of-the-test"};
  return config;
}

std::vector<std::pair<std::string, ordered_json>> operations_of(const ordered_json& document) {
  std::vector<std::pair<std::string, ordered_json>> operations;
  for (const auto& [path, item] : document["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      if (method != "parameters") operations.emplace_back(path, operation);
    }
  }
  return operations;
}

bool is_described(const ordered_json& document, std::string_view route) {
  if (route.ends_with('/')) route.remove_suffix(1);
  for (const auto& [path, item] : document["paths"].items()) {
    if (path == route || path.starts_with(std::string(route) + "/")) return true;
  }
  return false;
}

void check_references(const ordered_json& value, const ordered_json& document) {
  if (!value.is_structured()) return;
  if (value.is_object() && value.contains("$ref")) {
    const std::string name = value["$ref"];
    INFO(name);
    REQUIRE(name.starts_with("#/components/"));
    CHECK(document.contains(ordered_json::json_pointer(name.substr(1))));
  }
  for (const auto& member : value) check_references(member, document);
}

const ordered_json& resolved(const ordered_json& value, const ordered_json& document) {
  if (!value.contains("$ref")) return value;
  return document.at(ordered_json::json_pointer(value["$ref"].get<std::string>().substr(1)));
}

TEST_CASE("every route is described, and nothing else", "[docs]") {
  const auto document = describe_api(open_config());
  std::set<std::string> described;
  for (const auto* route : open_routes(open_config())) {
    INFO(route->path << " of " << route->door.name);
    CHECK(is_described(document, route->path.empty() ? "/api" : route->path));
    const auto description = ordered_json::parse(route->description);
    for (const auto& [path, item] : description["paths"].items()) {
      described.insert(path == "/{platform_route}" ? "/api" : path);
    }
  }
  CHECK(described.size() == document["paths"].size());
  for (const auto& path : described) CHECK(document["paths"].contains(path));
}

TEST_CASE("every reference of the document leads somewhere", "[docs]") {
  const auto open = describe_api(open_config());
  check_references(open, open);
  Config closed;
  closed.doors.clear();
  const auto least = describe_api(closed);
  check_references(least, least);
}

TEST_CASE("every operation has a name of its own, a summary and examples", "[docs]") {
  const auto document = describe_api(open_config());
  CHECK(document["openapi"] == "3.1.0");
  CHECK(document["info"]["version"] == kVersion);
  CHECK(document["servers"][0]["url"] == "/");
  std::set<std::string> names;
  for (const auto& [path, operation] : operations_of(document)) {
    INFO(path);
    CHECK(names.insert(operation["operationId"]).second);
    CHECK(!operation["summary"].get<std::string>().empty());
    CHECK(!operation["responses"].empty());
    CHECK(!operation.contains("errors"));
    if (!operation.contains("requestBody")) continue;
    const auto& body = resolved(operation["requestBody"], document);
    for (const auto& media : body["content"]) CHECK(!media["examples"].empty());
  }
}

TEST_CASE("closed doors are absent", "[docs]") {
  const Config all = open_config();
  const auto open = describe_api(all);
  for (const auto& door : all.doors) {
    Config config = all;
    std::erase(config.doors, door);
    const auto document = describe_api(config);
    INFO(door);
    CHECK(document["paths"].size() < open["paths"].size());
    CHECK(document.dump().find("\"tags\":[\"" + door + "\"]") == std::string::npos);
    for (const auto& tag : document["tags"]) CHECK(tag["name"] != door);
  }
  const auto usual = describe_api(Config());
  for (const char* path : {"/accounts", "/admin", "/ai/chat_custom", "/ai/chat_proxy"}) {
    CHECK(open["paths"].contains(path));
    CHECK(!usual["paths"].contains(path));
  }
  CHECK(usual["paths"].contains("/ai/chat"));
}

TEST_CASE("the document follows the configuration", "[docs]") {
  Config config;
  config.platform_route = "answers/now";
  config.default_model = "the-model";
  const auto document = describe_api(config);
  CHECK(document["paths"].contains("/answers/now"));
  CHECK(!document["paths"].contains("/api"));
  CHECK(document.dump().find("\"model\":\"the-model\"") != std::string::npos);
  CHECK(document.dump().find("$model") == std::string::npos);
  config.platform_route = "/";
  CHECK(describe_api(config)["paths"].contains("/"));

  const auto nobody = ordered_json::object();
  const auto security = [&] {
    return describe_api(config)["paths"]["/api/chat"]["post"]["security"];
  };
  CHECK(security().size() == 2);
  config.guest_doors = {"bot"};
  CHECK(security().size() == 3);
  CHECK(security().back() == nobody);
}

TEST_CASE("the document tells nothing of the configuration that is not public", "[docs]") {
  Config config = open_config();
  UpstreamConfig upstream;
  upstream.name = "secret-upstream";
  upstream.base_url = "http://secret-host/v1";
  upstream.keys = {"sk-secret-key"};
  upstream.proxy = "http://secret-user:secret-password@secret-proxy:1";
  config.upstreams = {upstream};
  config.listen = "secret-listen:80";
  config.db = "/secret/path.db";
  config.static_users = {{"secret-name", "secret-word"}};
  config.ops_link = "https://secret-link";
  config.access_token = "secret-access";
  config.bot_desc = "secret-description";
  config.guest_account = "secret-guest";
  config.trusted_proxies = config.allow_ips = config.deny_ips = {"10.11.12.13"};
  config.cors_origins = {"https://secret-origin"};
  config.master_key_file = "/secret/key";
  config.access_log = "/secret/log";
  const auto text = describe_api(config).dump();
  for (const char* secret : {"secret", "10.11.12.13", "of-the-test"}) {
    INFO(secret);
    CHECK(text.find(secret) == std::string::npos);
  }
}

// The members that a schema names, and those that it requires.
void check_envelope(const ordered_json& value, const ordered_json& schema) {
  for (const auto& name : schema["required"]) CHECK(value.contains(name.get<std::string>()));
  for (const auto& [name, member] : value.items()) {
    INFO(name);
    REQUIRE(schema["properties"].contains(name));
    if (member.is_object()) check_envelope(member, schema["properties"][name]);
  }
}

TEST_CASE("errors are described as the doors render them", "[docs]") {
  const auto document = describe_api(open_config());
  for (const auto* route : open_routes(open_config())) {
    const auto description = ordered_json::parse(route->description);
    const auto& schema = resolved(description["error"], document);
    INFO(route->path << " of " << route->door.name);
    for (const auto& sample : error_samples()) {
      const auto rendered =
          route->door.render_error(error_of(sample), Language::kEn, open_config());
      check_envelope(ordered_json::parse(rendered.body), schema);
    }
    auto names = description["errors"];
    for (const auto& [path, item] : description["paths"].items()) {
      for (const auto& operation : item) {
        if (!operation.is_object() || !operation.contains("errors")) continue;
        names.insert(names.end(), operation["errors"].begin(), operation["errors"].end());
      }
    }
    for (const auto& name : names) {
      INFO(name);
      CHECK(find_error_sample(name.get<std::string>()) != nullptr);
    }
  }
}

TEST_CASE("every status of an error has its example and its headers", "[docs]") {
  const auto document = describe_api(open_config());
  const auto& asked = document["paths"]["/ask/{conversation_id}"]["post"]["responses"];
  const auto& limited = resolved(asked["429"], document);
  CHECK(limited["headers"].contains("Retry-After"));
  CHECK(limited["content"]["application/json"]["examples"].contains("rate_limited"));
  const auto& wrong = resolved(asked["401"], document);
  CHECK(wrong["headers"].contains("WWW-Authenticate"));
  CHECK(wrong["content"]["application/json"]["examples"]["missing_token"]["value"].contains(
      "detail"));
  // The bot has no status but 200: its failures are another shape of the same answer.
  const auto& bot = document["paths"]["/api/chat"]["post"]["responses"];
  CHECK(bot.size() == 1);
  CHECK(bot["200"]["content"]["application/json"]["schema"]["oneOf"].size() == 2);
  CHECK(bot["200"]["content"]["application/json"]["examples"].contains("rate_limited"));
  const auto& web = document["paths"]["/api/chat-process"]["post"]["responses"];
  for (const char* status : {"200", "401", "403", "405", "429"}) CHECK(web.contains(status));
}

}  // namespace
}  // namespace chatgate
