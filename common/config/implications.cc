#include "common/config/implications.h"

#include <algorithm>

#include "common/config/explain.h"
#include "common/config/foreign_names.h"
#include "common/config/tls_keys.h"
#include "common/net/address.h"
#include "common/text/quantity.h"

namespace chatgate {
namespace {

constexpr std::string_view kTokenBeginning = "sk-cg-";
constexpr std::string_view kDemoModel = "demo";

bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// A variable of another program, from the environment or else from .env.
Given find_variable(const Facts& facts, const std::string& name) {
  const bool is_near = !facts.environment.get(name).empty();
  const Variables& variables = is_near ? facts.environment : facts.dot_env;
  return {variables.get(name), variables.origin(name), name};
}

void note(const Facts& facts, std::string sentence) {
  facts.loaded.notes.push_back(std::move(sentence));
}

void add_word(const Facts& facts, Words Settings::*field, std::string_view key,
              const std::string& word, const std::string& origin) {
  Words& words = facts.settings.*field;
  if (contains(words, word)) return;
  words.push_back(word);
  ConfigOrigin& shown = origin_of(facts.loaded, key);
  shown.value = join_list(words);
  shown.origin = shown.origin == "default" ? origin : shown.origin + ", " + origin;
}

// ChatGPT-Web's OPENAI_PROXY is no proxy but opens /v1 to callers with keys of their own.
void let_own_keys_in(const Facts& facts) {
  const Given given = find_variable(facts, "OPENAI_PROXY");
  const auto is_on = parse_boolean(given.text);
  if (!is_on) return;
  if (*is_on) add_word(facts, &Settings::own_keys, "own_keys", "v1", given.origin);
  note(facts, given.origin + " is a switch here, not the address of a proxy: " +
                  (*is_on ? "callers may use /v1 with upstream keys of their own"
                          : "off, which it is anyway"));
}

// The platform's callers without a key used API_KEY, which its manual allows only together with a
// list of the addresses that may come in.
void let_guests_of_platform_in(const Facts& facts) {
  const Given given = find_variable(facts, "API_KEY");
  const auto& settings = facts.settings;
  if (given.text.empty() || !contains(settings.doors, "platform")) return;
  if (facts.sources.find("guest_doors") != nullptr) return;  // somebody has decided
  if (settings.allow_ips.empty()) {
    note(facts, given.origin +
                    " serves requests with a token; callers of the door platform without one are "
                    "refused, as anybody could come: allow_ips says who may, and lets them in");
    return;
  }
  add_word(facts, &Settings::guest_doors, "guest_doors", "platform",
           given.origin + " with allow_ips");
}

// openai-api without an access token was open to all.
void let_guests_of_bot_in(const Facts& facts) {
  const auto& file = facts.sources.all[kBotFile].values;
  const auto in_file = file.find("upstream_key");
  Given given = find_variable(facts, "APIKEY");
  if (given.text.empty() && in_file != file.end()) given = in_file->second;
  const auto& settings = facts.settings;
  if (given.text.empty() || !settings.access_token.empty()) return;
  if (!contains(settings.doors, "bot") || facts.sources.find("guest_doors") != nullptr) return;
  add_word(facts, &Settings::guest_doors, "guest_doors", "bot",
           given.origin + " without an access token");
  facts.loaded.warnings.push_back("the door bot is open to everybody, as " + given.origin +
                                  " comes without an access token; the account " +
                                  quote(settings.guest_account) +
                                  " pays; set access_token (ACCESS_TOKEN) to close it");
}

// Of the models that the demo upstream knows, the doors whose clients name none take its own.
void choose_demo_model(const Facts& facts) {
  ConfigOrigin& origin = origin_of(facts.loaded, "default_model");
  if (!facts.settings.upstreams.empty() || origin.origin != "default") return;
  facts.settings.default_model = kDemoModel;
  origin.value = kDemoModel;
}

// The room for the answer must leave some for the question.
Result<void> check_response_tokens(const Facts& facts) {
  auto& settings = facts.settings;
  if (settings.min_response_tokens < settings.context_tokens) return {};
  ConfigOrigin& origin = origin_of(facts.loaded, "min_response_tokens");
  const std::string context_origin = origin_of(facts.loaded, "context_tokens").origin;
  if (origin.origin == "default") {
    settings.min_response_tokens = settings.context_tokens / 2;
    origin.value = std::to_string(settings.min_response_tokens);
    origin.origin = "default, half of context_tokens";
    return {};
  }
  return fail(ErrorCode::kInvalidArgument,
              "min_response_tokens (" + std::to_string(settings.min_response_tokens) + " from " +
                  origin.origin + ") leaves no room in context_tokens (" +
                  std::to_string(settings.context_tokens) + " from " + context_origin +
                  "); lower one or raise the other");
}

// An empty key where one was meant to be is found before anybody else finds it.
Result<void> check_ops_key(const Facts& facts) {
  if (!facts.settings.ops_key.empty() || is_loopback(facts.settings.listen)) return {};
  std::string origin;
  const std::string own_name = environment_name_of(find_config_row("ops_key")->key);
  for (const Variables* variables : {&facts.dot_env, &facts.environment}) {
    for (const auto& name : {own_name, std::string("OPS_KEY")}) {
      if (variables->is_empty(name)) origin = variables->origin(name);
    }
  }
  if (const Given* given = facts.sources.find("ops_key")) origin = given->origin + ": ops_key";
  if (origin.empty()) return {};
  return fail(ErrorCode::kInvalidArgument,
              origin + ": it is given but empty, and others can reach " + facts.settings.listen +
                  "; give a random key, as `openssl rand -hex 32` prints, or remove it to close "
                  "/accounts");
}

bool is_other_database(const Sources& sources, std::string_view name) {
  return std::any_of(sources.all.begin(), sources.all.end(), [&](const Source& source) {
    return source.other_database && source.other_database->name == name;
  });
}

// Which names of other programs are in the environment, one sentence for each program.
void note_foreign_names(const Facts& facts) {
  std::vector<std::pair<std::string_view, Words>> programs;
  for (const auto& foreign : foreign_names()) {
    const std::string name(foreign.name);
    const bool is_root =
        name == "ROUTE" && (facts.environment.is_empty(name) || facts.dot_env.is_empty(name));
    if (find_variable(facts, name).text.empty() && !is_root) continue;
    // Every environment has the one; of the other there is a note of its own.
    if (name == "LANG" || is_other_database(facts.sources, name)) continue;
    auto program = std::find_if(programs.begin(), programs.end(),
                                [&](const auto& one) { return one.first == foreign.program; });
    if (program == programs.end()) program = programs.insert(programs.end(), {foreign.program, {}});
    if (!contains(program->second, name)) program->second.push_back(name);
  }
  for (const auto& [program, names] : programs) {
    note(facts, "names of " + std::string(program) + ": " + enumerated(names));
  }
}

}  // namespace

Result<void> apply_implications(const Facts& facts) {
  note_foreign_names(facts);
  let_own_keys_in(facts);
  let_guests_of_platform_in(facts);
  let_guests_of_bot_in(facts);
  choose_demo_model(facts);
  return check_response_tokens(facts).and_then([&] { return check_ops_key(facts); }).and_then([&] {
    return apply_tls(facts.settings, facts.loaded);
  });
}

std::vector<std::string> upstream_keys_of(const Given& given) {
  if (given.name != "APIKEY" && given.name != "api_key") return {given.text};
  std::vector<std::string> keys;
  std::string_view rest = given.text;
  while (!rest.empty()) {
    const std::string_view key = trim(rest.substr(0, rest.find('|')));
    if (!key.empty() && !contains(keys, key)) keys.emplace_back(key);
    rest.remove_prefix(std::min(rest.find('|'), rest.size() - 1) + 1);
  }
  if (keys.empty()) keys.emplace_back();  // refused as an empty key
  return keys;
}

Result<std::string> check_whose_key(const Given& given, std::string key, bool has_url) {
  const bool is_ambiguous = given.name == "API_KEY" || !has_url;
  if (!key.starts_with(kTokenBeginning) || !is_ambiguous) return key;
  return fail(
      ErrorCode::kInvalidArgument,
      "this is a token of chatgate itself (sk-cg-...), but the upstream's key belongs here; "
      "callers send tokens, and guest_doors with guest_account let them in without one");
}

ConfigOrigin& origin_of(LoadedConfig& loaded, std::string_view key) {
  for (auto& origin : loaded.origins) {
    if (origin.key == key) return origin;
  }
  return loaded.origins.emplace_back(ConfigOrigin{std::string(key), "", "default"});
}

}  // namespace chatgate
