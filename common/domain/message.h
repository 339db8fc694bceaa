// What is said in a conversation, which is a tree: each message but the first names the one that it
// follows, and two that follow the same one are two branches. Plain values, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/domain/ids.h"

namespace chatgate {

enum class Role : uint8_t { kSystem, kUser, kAssistant };

// "system", "user", "assistant".
std::string_view name_of(Role role);
std::optional<Role> parse_role(std::string_view text);

// A fresh identity for a conversation or a message, as its clients name it: 122 random bits as a
// UUID (RFC 9562, version 4), in lower case.
std::string generate_uuid();

struct Message {
  std::string id;
  std::string conversation_id;
  std::string parent_id;  // empty: the first. It may be over already.
  Role role = Role::kUser;
  std::string name;   // the speaker's, where the client gives one
  std::string model;  // that answered; empty for what people say
  std::string content;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;  // from then on it is gone; none: kept until it is purged

  bool is_expired(Timestamp now) const { return expires_at && *expires_at <= now; }
};

// A question and its answer, kept both or not at all. REQUIRES of whoever makes one: the messages
// are all of this conversation, and one that follows another comes after it.
struct Turn {
  UserId user_id;
  std::string conversation_id;
  std::vector<Message> messages;
};

}  // namespace chatgate
