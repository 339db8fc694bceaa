// What the front doors run with, a part of Config: which of them are open, what their requests ask
// for where they do not say, who may come in without a token. A plain value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace chatgate {

struct DoorConfig {
  // The doors that are open: agent, web, ask, platform, bot, docs. /v1 always is.
  std::vector<std::string> doors = {"agent", "web", "ask", "platform", "bot", "docs"};
  // Those of v1, platform and bot at which callers may bring the key of their own upstream account.
  std::vector<std::string> own_keys;
  // Those of ask, platform and bot at which callers need no token; `guest_account` is charged.
  std::vector<std::string> guest_doors;
  std::string guest_account = "guest";

  // What a request asks of the upstream where its door's clients do not say.
  std::string default_model = "gpt-4o-mini";
  std::string default_temperature;  // decimals, as JSON numbers; empty: the upstream's own
  std::string default_top_p;
  std::string default_presence_penalty;
  std::string default_frequency_penalty;

  // Conversations of the doors web and ask.
  int64_t context_tokens = 4'096;     // of a question with its history and its answer, together
  int64_t min_response_tokens = 600;  // of them kept free for the answer
  int64_t web_message_ttl_ms = 1'800'000;
  int64_t ask_message_ttl_ms = 2'592'000'000;
  std::string conversations = "database";  // or "memory": never written to disk

  // The WebSocket of the door ask.
  std::string websocket_listen;  // a port of its own beside /ws: address:port; empty: none
  int64_t websocket_message_bytes_max = 1 << 20;
  int64_t websocket_idle_timeout_ms = 600'000;  // without a question or a pong

  // The door web.
  std::map<std::string, std::string> static_users;  // name -> password; secret
  std::string ops_key;                              // of /accounts, /admin; secret; empty: none
  std::string ops_link;                             // where people are sent to help themselves
  int64_t web_requests_per_second = 1;              // of one address; 0: no limit
  int64_t web_requests_burst = 2;

  std::string platform_route = "api";  // of the door platform; "/": the root

  // The door bot.
  std::string access_token;  // secret; empty: none
  std::string bot_desc;      // said to the model before each question
  int64_t bot_max_tokens = 512;
  std::vector<std::string> chat_proxy_hosts;  // that /ai/chat_proxy may be sent through; empty: off

  // Who may come in at all, whatever the door.
  std::vector<std::string> allow_ips;  // addresses and blocks; empty: all
  std::vector<std::string> deny_ips;
  int64_t ip_requests_per_second = 0;  // of one address (IPv6: of one /64); 0: no limit
  int64_t ip_requests_per_minute = 0;
  int64_t ip_requests_per_hour = 0;
  std::vector<std::string> cors_origins = {"*"};  // whose pages may call; `*`: all
  std::string language = "en";                    // of messages: en, zh_CN, zh_TW, ru_RU
};

}  // namespace chatgate
