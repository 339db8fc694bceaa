// Who may do what at which price, in memory: the request path's only view of users, tokens and
// prices. The book writer feeds it from the store, at start and whenever another process has
// changed something. Lookups are safe from any thread and take one shared lock; what they return
// stays valid and unchanged however the directory changes meanwhile.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/domain/api_token.h"
#include "common/domain/price.h"
#include "common/domain/user.h"
#include "common/result.h"
#include "server/guard/request_limiter.h"

namespace chatgate {

// What a token carries beyond its time: most carry none of it, and a million tokens must fit.
struct TokenScope {
  std::vector<std::string> allowed_models;  // empty: all
  std::string sealed_upstream_key;
  std::shared_ptr<RequestLimiter> limiter;  // null: unlimited
};

// The bearer of a request.
struct Principal {
  TokenId token_id;
  UserId user_id;
  Unit unit;
  bool unmetered = false;                   // neither a balance nor a budget bounds what it spends
  std::shared_ptr<const TokenScope> scope;  // null: everything is allowed
  std::shared_ptr<RequestLimiter> user_limiter;  // of all the account's tokens; null: unlimited
  std::string token_prefix = {};                 // for logs; empty for whoever came without one
};

// A price and the rate that converts it into an account's unit.
struct ApplicablePrice {
  std::shared_ptr<const Price> price;
  ExchangeRate rate;
};

// "USD/CNY" -> CNY for one USD.
using ExchangeRates = std::map<std::string, ExchangeRate>;

class Directory {
 public:
  explicit Directory(const Clock& clock) : clock_(clock) {}

  void put_user(const User& user);
  void put_token(const ApiToken& token);
  void put_price(const Price& price);

  // kInvalidToken for one that is unknown, expired or revoked; kUserBlocked.
  Result<Principal> find_principal(std::string_view token) const;

  // An account by its name, for whoever calls without a token. kNotFound, kUserBlocked.
  Result<Principal> find_account(std::string_view name) const;
  // Empty for an account that is not known here.
  std::string name_of_user(UserId id) const;

  // What a log-in by name and password is judged by. The hash may be empty: no password opens it.
  struct Login {
    std::string password_hash;
    Result<Principal> principal;  // kUserBlocked
  };
  std::optional<Login> find_login(std::string_view name) const;

  // The price in force in the account's currency, or one that a configured rate converts.
  // kModelNotPriced when there is none.
  Result<ApplicablePrice> find_price(std::string_view model, const Unit& unit,
                                     const ExchangeRates& rates) const;

  // Whether the model has, had or will have a price, in whatever currency.
  bool has_price(std::string_view model) const;
  struct Size {
    size_t users = 0, tokens = 0, models = 0;
  };
  Size size() const;  // revoked tokens and blocked accounts included

  // The models that find_price knows for this unit, in alphabetical order, with the time when the
  // price came into force.
  std::vector<std::pair<std::string, Timestamp>> list_models(const Unit& unit,
                                                             const ExchangeRates& rates) const;

 private:
  struct UserEntry {
    std::string name;
    Unit unit;
    bool unmetered = false;
    bool blocked = false;                     // or archived
    std::shared_ptr<RequestLimiter> limiter;  // null: never limited
    std::string password_hash;
  };
  struct TokenEntry {
    TokenId id;
    UserId user_id;
    int64_t valid_until_ms = 0;  // expiry or revocation, whichever is first
    bool is_revoked = false;
    std::shared_ptr<const TokenScope> scope;
  };
  struct HashOfHash {
    size_t operator()(const TokenHash& hash) const noexcept;
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  using PriceList = std::vector<std::shared_ptr<const Price>>;  // of one model, oldest first

  Result<Principal> principal_of(UserId id, TokenId token,
                                 const std::shared_ptr<const TokenScope>& scope) const;
  static std::shared_ptr<const Price> price_in_force(const PriceList& prices,
                                                     std::string_view currency, Timestamp now);
  static std::optional<ApplicablePrice> applicable_price(const PriceList& prices, const Unit& unit,
                                                         const ExchangeRates& rates, Timestamp now);

  const Clock& clock_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<UserId, UserEntry> users_;
  std::unordered_map<std::string, UserId, TextHash, std::equal_to<>> users_by_name_;
  std::unordered_map<TokenHash, TokenEntry, HashOfHash> tokens_;
  std::unordered_map<std::string, PriceList, TextHash, std::equal_to<>> prices_;  // by model
};

}  // namespace chatgate
