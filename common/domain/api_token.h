// A bearer token and the scope that it opens. The token itself is never kept, only its hash.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/domain/ids.h"

namespace chatgate {

using TokenHash = std::array<uint8_t, 32>;  // SHA-256 of the whole token

struct ApiToken {
  TokenId id;
  UserId user_id;
  TokenHash hash{};
  std::string prefix;  // the first characters, by which people tell tokens apart
  std::string name;
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
  std::optional<Timestamp> revoked_at;      // from then on: may lie ahead, while a grace lasts
  std::vector<std::string> allowed_models;  // names, or beginnings that end in `*`; empty: all
  int64_t requests_per_minute = 0;          // 0: unlimited, here and below
  int64_t tokens_per_minute = 0;
  int64_t parallel_requests = 0;
  std::string sealed_upstream_key;  // encrypted by common/secrets; empty: the pool's key is used
};

// A fresh token: "sk-cg-" and 256 random bits in base64url (RFC 4648, no padding).
std::string generate_api_token();
bool is_api_token(std::string_view text);  // by its beginning
TokenHash hash_of_token(std::string_view token);
std::string prefix_of_token(std::string_view token);  // "sk-cg-" and 6 characters

// Whether `model` matches one of `patterns` (a name, or a beginning followed by `*`).
bool matches_model(const std::vector<std::string>& patterns, std::string_view model);

}  // namespace chatgate
