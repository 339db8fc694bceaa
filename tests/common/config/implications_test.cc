#include <catch2/catch_all.hpp>

#include "common/config/config.h"
#include "common/config/explain.h"
#include "tests/common/config/loading.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

using Words = std::vector<std::string>;
const std::string kKey = "sk-0123456789abcdefghij";

std::string explained(const Environment& environment) {
  const auto loaded = load_config("", {}, environment);
  if (!loaded) FAIL(loaded.error().message);
  return joined(explain(*loaded));
}

}  // namespace

TEST_CASE("OPENAI_PROXY as a switch lets own keys in, as an address it is a proxy", "[config]") {
  const TempFolder folder;
  CHECK(load_or_fail({}, {{"OPENAI_PROXY", "true"}}).own_keys == Words{"v1"});
  CHECK(load_or_fail({}, {{"OPENAI_PROXY", "false"}}).own_keys.empty());
  CHECK(load_or_fail({}, {{"OPENAI_PROXY", "http://p:1"}}).own_keys.empty());
  const Environment both{{"OPENAI_PROXY", "true"}, {"CHATGATE_OWN_KEYS", "bot"}};
  CHECK(load_or_fail({}, both).own_keys == Words{"bot", "v1"});
  const Environment removed{{"OPENAI_PROXY", "false"}, {"CHATGATE_OWN_KEYS", "v1"}};
  CHECK(load_or_fail({}, removed).own_keys == Words{"v1"});
  CHECK(load_or_fail({}, {{"OPENAI_PROXY", "true"}, {"OPENAI_KEY", kKey}})
            .upstreams.at(0)
            .proxy.empty());
  CHECK_THAT(explained({{"OPENAI_PROXY", "true"}}),
             ContainsSubstring("environment OPENAI_PROXY is a switch here, not the address"));
}

TEST_CASE("API_KEY lets callers without a key in only from listed addresses", "[config]") {
  const TempFolder folder;
  CHECK(load_or_fail({}, {{"API_KEY", kKey}}).guest_doors.empty());
  CHECK_THAT(explained({{"API_KEY", kKey}}),
             ContainsSubstring("callers of the door platform without one are refused"));

  const Environment listed{{"API_KEY", kKey}, {"CHATGATE_ALLOW_IPS", "10.0.0.0/8"}};
  CHECK(load_or_fail({}, listed).guest_doors == Words{"platform"});
  CHECK_THAT(explained(listed), ContainsSubstring("callers of platform need no token; the account "
                                                  "\"guest\" pays"));
  // Only that name was understood so.
  CHECK(load_or_fail({}, {{"OPENAI_KEY", kKey}, {"CHATGATE_ALLOW_IPS", "10.0.0.0/8"}})
            .guest_doors.empty());
  // Whoever decides about guests has decided, and a closed door stays closed.
  Environment decided = listed;
  decided["CHATGATE_GUEST_DOORS"] = "ask";
  CHECK(load_or_fail({}, decided).guest_doors == Words{"ask"});
  Environment closed = listed;
  closed["CHATGATE_DOORS"] = "web";
  CHECK(load_or_fail({}, closed).guest_doors.empty());
  folder.write("chatgate.json", R"({"guest_doors": []})");
  CHECK(load_or_fail({}, listed).guest_doors.empty());
}

TEST_CASE("openai-api without an access token stays open, with a warning", "[config]") {
  const TempFolder folder;
  const auto loaded = load_config("", {}, {{"APIKEY", kKey}});
  REQUIRE(loaded);
  CHECK(loaded->config.guest_doors == Words{"bot"});
  CHECK(origin_in(*loaded, "guest_doors").origin == "environment APIKEY without an access token");
  REQUIRE(loaded->warnings.size() == 1);
  CHECK_THAT(loaded->warnings[0], ContainsSubstring("open to everybody") &&
                                      ContainsSubstring("\"guest\" pays") &&
                                      ContainsSubstring("ACCESS_TOKEN"));
  CHECK_THAT(explained({{"APIKEY", kKey}}), ContainsSubstring("warning: the door bot"));

  const auto is_closed = [](const Environment& environment) {
    const auto closed = load_config("", {}, environment);
    return closed && closed->config.guest_doors.empty() && closed->warnings.empty();
  };
  CHECK(is_closed({{"APIKEY", kKey}, {"ACCESS_TOKEN", "t"}}));
  CHECK(is_closed({{"OPENAI_KEY", kKey}}));
  CHECK(is_closed({{"APIKEY", kKey}, {"CHATGATE_DOORS", "web"}}));
  folder.write("chatgate.json", R"({"guest_doors": []})");
  CHECK(is_closed({{"APIKEY", kKey}}));
}

TEST_CASE("Static users come as two lists", "[config]") {
  const TempFolder folder;
  const Environment two{{"BASIC_AUTH_USER", "user1, user2"},
                        {"BASIC_AUTH_PASSWORD", "a=1,passwd2"}};
  const auto loaded = load_config("", {}, two);
  REQUIRE(loaded);
  CHECK(loaded->config.static_users ==
        std::map<std::string, std::string>{{"user1", "a=1"}, {"user2", "passwd2"}});
  CHECK(origin_in(*loaded, "static_users").value == "user1=…,user2=…");
  CHECK(origin_in(*loaded, "static_users").origin ==
        "environment BASIC_AUTH_USER, BASIC_AUTH_PASSWORD");
  // The same in chatgate's own name agrees.
  Environment agreed = two;
  agreed["CHATGATE_STATIC_USERS"] = "user2=passwd2,user1=a=1";
  CHECK(load_or_fail({}, agreed).static_users.size() == 2);
  // A list from the environment and the other from .env.
  folder.write(".env", "BASIC_AUTH_PASSWORD=from-file\n");
  CHECK(load_or_fail({}, {{"BASIC_AUTH_USER", "ann"}}).static_users.at("ann") == "from-file");
  folder.write(".env", "BASIC_AUTH_USER=bob\nBASIC_AUTH_PASSWORD=secret\n");
  CHECK(load_or_fail({}, {}).static_users.at("bob") == "secret");
}

TEST_CASE("Lists of static users that do not fit are refused without a password", "[config]") {
  const TempFolder folder;
  const auto [users, passwords, problem] = GENERATE(table<const char*, const char*, const char*>({
      {"ann,bob", "hunter2", "different lengths (2 and 1)"},
      {"ann", "hunter2,hunter2", "different lengths (1 and 2)"},
      {"ann,", "hunter2,hunter2", "user 2 has no name"},
      {"ann,bob", "hunter2,", "the password of \"bob\" is empty"},
      {"ann,ann", "hunter2,hunter2x", "\"ann\" is given twice"},
      {"ann smith", "hunter2", "BASIC_AUTH_USER"},
      {"", "hunter2", "BASIC_AUTH_USER is missing"},
      {"ann", "", "BASIC_AUTH_PASSWORD is missing"},
  }));
  const std::string message =
      load_error({}, {{"BASIC_AUTH_USER", users}, {"BASIC_AUTH_PASSWORD", passwords}});
  CHECK_THAT(message, StartsWith("environment BASIC_AUTH_") && ContainsSubstring(problem) &&
                          !ContainsSubstring("hunter2"));
}

TEST_CASE("Static users in chatgate's own names are refused without a password", "[config]") {
  const TempFolder folder;
  for (const char* text : {"ann:hunter2", "=hunter2", "a b=hunter2", "ann=hunter2,ann=hunter2"}) {
    INFO(text);
    CHECK_THAT(load_error({}, {{"CHATGATE_STATIC_USERS", text}}),
               StartsWith("environment CHATGATE_STATIC_USERS: ") && !ContainsSubstring("hunter2"));
  }
  CHECK_THAT(load_error({}, {{"CHATGATE_STATIC_USERS", "ann=hunter2"},
                             {"BASIC_AUTH_USER", "ann"},
                             {"BASIC_AUTH_PASSWORD", "hunter3"}}),
             ContainsSubstring("disagree") && !ContainsSubstring("hunter"));
  for (const char* text : {R"({"ann": "hunter2,x"})", R"("hunter2")", R"({"ann": ["hunter2"]})"}) {
    folder.write("chatgate.json", std::string(R"({"static_users": )") + text + "}");
    INFO(text);
    CHECK_THAT(load_error({}, {}),
               StartsWith("file chatgate.json: static_users: ") && !ContainsSubstring("hunter2"));
  }
}

TEST_CASE("No operations key closes its door, an empty one is refused in public", "[config]") {
  const TempFolder folder;
  CHECK_THAT(explained({}), ContainsSubstring("/accounts and /admin: closed"));
  CHECK_THAT(explained({{"OPS_KEY", "0123456789abcdef"}}),
             ContainsSubstring("/accounts and /admin: open to those who have the ops_key"));
  const Environment in_public{{"BIND_ADDRESS", "0.0.0.0"}};
  CHECK(load_or_fail({}, in_public).ops_key.empty());
  CHECK(load_or_fail({}, {{"OPS_KEY", ""}}).ops_key.empty());
  Environment empty = in_public;
  empty["OPS_KEY"] = "";
  CHECK_THAT(load_error({}, empty), StartsWith("environment OPS_KEY: it is given but empty"));
  folder.write("chatgate.json", R"({"ops_key": "", "listen": "[::]:80"})");
  CHECK_THAT(load_error({}, {}), StartsWith("file chatgate.json: ops_key: it is given but empty"));
  CHECK(load_or_fail({}, {{"OPS_KEY", "0123456789abcdef"}}).ops_key == "0123456789abcdef");
}

TEST_CASE("The room for an answer leaves some for the question", "[config]") {
  const TempFolder folder;
  const Config small = load_or_fail({}, {{"OPENAI_MAX_TOKENS", "512"}});
  CHECK(small.context_tokens == 512);
  CHECK(small.min_response_tokens == 256);
  CHECK_THAT(load_error({}, {{"OPENAI_MAX_TOKENS", "512"}, {"CHAT_MIN_RESPONSE_TOKENS", "512"}}),
             ContainsSubstring("CHAT_MIN_RESPONSE_TOKENS") &&
                 ContainsSubstring("OPENAI_MAX_TOKENS") && ContainsSubstring("no room"));
}

TEST_CASE("The explanation says what the settings come to", "[config]") {
  const TempFolder folder;
  const std::string plain = explained({});
  CHECK_THAT(plain, StartsWith("ok: listens on 127.0.0.1:8080, keeps its books in chatgate.db, "
                               "relays to the built-in demo upstream\n"));
  CHECK_THAT(plain, ContainsSubstring("doors: /v1, agent, web, ask, platform, bot, docs\n"));
  CHECK_THAT(plain, ContainsSubstring("guests: none; every caller needs a token\n"));
  CHECK_THAT(plain, ContainsSubstring("requests of one address: no limit; at the door web 1 per "
                                      "second, 2 at once\n"));
  CHECK_THAT(plain, ContainsSubstring("/ai/chat_proxy: closed"));

  const std::string full = explained({{"CHATGATE_DOORS", "web,bot"},
                                      {"OPENAI_KEY", kKey},
                                      {"SERVER_PORT", "7080"},
                                      {"HOUR_LIMIT", "50"},
                                      {"SECOND_LIMIT", "1"},
                                      {"ALLOW_ORIGIN", "https://a"},
                                      {"BASIC_AUTH_USER", "ann,bob"},
                                      {"BASIC_AUTH_PASSWORD", "hunter2,hunter3"},
                                      {"ACCESS_TOKEN", "hunter4"},
                                      {"CHATGATE_ALLOW_IPS", "10.0.0.0/8"},
                                      {"CHATGATE_DENY_IPS", "10.1.0.0/16"},
                                      {"CHATGATE_CHAT_PROXY_HOSTS", "Proxy.example.org:8080"}});
  for (const char* line : {"doors: /v1, web, bot; closed: agent, ask, platform, docs\n",
                           "requests of one address: 1 per second, 50 per hour",
                           "static users: ann, bob; not metered\n",
                           "addresses: only 10.0.0.0/8, but not 10.1.0.0/16\n",
                           "web pages: those of https://a may call\n",
                           "/ai/chat_proxy: sends through proxy.example.org:8080\n",
                           "access_token: opens the door bot",
                           "names of ChatGPT-Web: SERVER_PORT, OPENAI_KEY, BASIC_AUTH_USER, "
                           "BASIC_AUTH_PASSWORD\n",
                           "names of ChatGPT API platform: SECOND_LIMIT, HOUR_LIMIT\n"}) {
    CHECK_THAT(full, ContainsSubstring(line));
  }
  CHECK_THAT(full, !ContainsSubstring("hunter"));
}

TEST_CASE("Doors whose clients name no model ask the demo upstream for its own", "[config]") {
  const TempFolder folder;
  CHECK(load_or_fail({}, {}).default_model == "demo");
  CHECK(load_or_fail({}, {{"OPENAI_MODEL", "gpt-4o"}}).default_model == "gpt-4o");
  CHECK(load_or_fail({}, {{"OPENAI_API_KEY", kKey}}).default_model == "gpt-4o-mini");
}
