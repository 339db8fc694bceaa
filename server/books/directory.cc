#include "server/books/directory.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>

namespace chatgate {

size_t Directory::HashOfHash::operator()(const TokenHash& hash) const noexcept {
  size_t value = 0;
  std::memcpy(&value, hash.data(), sizeof value);
  return value;
}

void Directory::put_user(const User& user) {
  const std::unique_lock lock(mutex_);
  auto& entry = users_[user.id];
  if (entry.name != user.name) {
    const auto former = users_by_name_.find(entry.name);
    if (former != users_by_name_.end() && former->second == user.id) users_by_name_.erase(former);
    users_by_name_[user.name] = user.id;
  }
  // Once there it stays, to know what is running and used when limits come back.
  if (!entry.limiter && user.limits != RequestLimits{}) {
    entry.limiter = std::make_shared<RequestLimiter>("account");
  }
  if (entry.limiter) entry.limiter->set_limits(user.limits, clock_.steady_ms());
  entry = {user.name,
           user.unit,
           user.unmetered && !user.budget,
           user.blocked || user.archived_at.has_value(),
           std::move(entry.limiter),
           user.password_hash};
}

void Directory::put_token(const ApiToken& token) {
  TokenEntry entry{token.id, token.user_id, std::numeric_limits<int64_t>::max(), false, nullptr};
  if (token.expires_at) entry.valid_until_ms = token.expires_at->unix_ms;
  if (token.revoked_at) {
    entry.is_revoked = token.revoked_at->unix_ms <= entry.valid_until_ms;
    entry.valid_until_ms = std::min(entry.valid_until_ms, token.revoked_at->unix_ms);
  }
  const RequestLimits limits{token.requests_per_minute, token.tokens_per_minute,
                             token.parallel_requests};
  const bool is_limited = limits != RequestLimits{};

  const std::unique_lock lock(mutex_);
  auto& slot = tokens_[token.hash];
  if (is_limited || !token.allowed_models.empty() || !token.sealed_upstream_key.empty()) {
    auto scope = std::make_shared<TokenScope>();
    scope->allowed_models = token.allowed_models;
    scope->sealed_upstream_key = token.sealed_upstream_key;
    if (is_limited) {
      // Running requests hold shares of the limiter, so it outlives every change of the token.
      scope->limiter = slot.scope && slot.scope->limiter ? slot.scope->limiter
                                                         : std::make_shared<RequestLimiter>();
      scope->limiter->set_limits(limits, clock_.steady_ms());
    }
    entry.scope = std::move(scope);
  }
  slot = std::move(entry);
}

void Directory::put_price(const Price& price) {
  const std::unique_lock lock(mutex_);
  auto& prices = prices_[price.model];
  std::erase_if(prices, [&](const auto& known) { return known->id == price.id; });
  const auto later =
      std::upper_bound(prices.begin(), prices.end(), price, [](const Price& a, const auto& b) {
        return std::pair(a.effective_from, a.id) < std::pair(b->effective_from, b->id);
      });
  prices.insert(later, std::make_shared<const Price>(price));
}

Result<Principal> Directory::find_principal(std::string_view token) const {
  const TokenHash hash = hash_of_token(token);
  const std::shared_lock lock(mutex_);
  const auto found = tokens_.find(hash);
  if (found == tokens_.end()) {
    return fail(ErrorCode::kInvalidToken, "incorrect API token provided");
  }
  const auto& entry = found->second;
  if (clock_.now().unix_ms >= entry.valid_until_ms) {
    return fail(ErrorCode::kInvalidToken, entry.is_revoked ? "this API token has been revoked"
                                                           : "this API token has expired");
  }
  return principal_of(entry.user_id, entry.id, entry.scope).map([&](Principal principal) {
    principal.token_prefix = prefix_of_token(token);
    return principal;
  });
}

std::string Directory::name_of_user(UserId id) const {
  const std::shared_lock lock(mutex_);
  const auto user = users_.find(id);
  return user == users_.end() ? std::string() : user->second.name;
}

Result<Principal> Directory::find_account(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = users_by_name_.find(name);
  if (found == users_by_name_.end()) {
    return fail(ErrorCode::kNotFound, "there is no account " + std::string(name));
  }
  return principal_of(found->second, {}, nullptr);
}

std::optional<Directory::Login> Directory::find_login(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto found = users_by_name_.find(name);
  if (found == users_by_name_.end()) return std::nullopt;
  const auto user = users_.find(found->second);
  if (user == users_.end()) return std::nullopt;
  return Login{user->second.password_hash, principal_of(found->second, {}, nullptr)};
}

// Within the lock.
Result<Principal> Directory::principal_of(UserId id, TokenId token,
                                          const std::shared_ptr<const TokenScope>& scope) const {
  const auto user = users_.find(id);
  if (user == users_.end()) return fail(ErrorCode::kInvalidToken, "incorrect API token provided");
  if (user->second.blocked) {
    return fail(ErrorCode::kUserBlocked, "this account is blocked; ask the administrator");
  }
  return Principal{
      token, id, user->second.unit, user->second.unmetered, scope, user->second.limiter};
}

std::shared_ptr<const Price> Directory::price_in_force(const PriceList& prices,
                                                       std::string_view currency, Timestamp now) {
  std::vector<std::string_view> withdrawn;  // currencies, when any will do
  for (auto price = prices.rbegin(); price != prices.rend(); ++price) {
    if ((*price)->effective_from > now || (!currency.empty() && (*price)->currency != currency)) {
      continue;
    }
    if (std::ranges::find(withdrawn, (*price)->currency) != withdrawn.end()) continue;
    if (!(*price)->removed) return *price;
    if (!currency.empty()) return nullptr;
    withdrawn.emplace_back((*price)->currency);
  }
  return nullptr;
}

std::optional<ApplicablePrice> Directory::applicable_price(const PriceList& prices,
                                                           const Unit& unit,
                                                           const ExchangeRates& rates,
                                                           Timestamp now) {
  // A tokens account is charged by count, so a price in any currency admits the model.
  const std::string_view wanted = unit.is_tokens() ? std::string_view{} : unit.code;
  if (auto price = price_in_force(prices, wanted, now)) {
    return ApplicablePrice{std::move(price), {}};
  }
  for (const auto& [pair, rate] : rates) {
    const size_t slash = pair.find('/');
    if (slash == std::string::npos || pair.substr(slash + 1) != unit.code) continue;
    if (auto price = price_in_force(prices, pair.substr(0, slash), now)) {
      return ApplicablePrice{std::move(price), rate};
    }
  }
  return std::nullopt;
}

Result<ApplicablePrice> Directory::find_price(std::string_view model, const Unit& unit,
                                              const ExchangeRates& rates) const {
  const Timestamp now = clock_.now();
  {
    const std::shared_lock lock(mutex_);
    const auto found = prices_.find(model);
    if (found != prices_.end()) {
      if (auto price = applicable_price(found->second, unit, rates, now)) return std::move(*price);
    }
  }
  Error error{ErrorCode::kModelNotPriced,
              "the model `" + std::string(model) +
                  "` has no price here and cannot be used; ask the administrator",
              "model"};
  error.subject = model;
  return tl::unexpected(std::move(error));
}

bool Directory::has_price(std::string_view model) const {
  const std::shared_lock lock(mutex_);
  return prices_.find(model) != prices_.end();
}

Directory::Size Directory::size() const {
  const std::shared_lock lock(mutex_);
  return {users_.size(), tokens_.size(), prices_.size()};
}

std::vector<std::pair<std::string, Timestamp>> Directory::list_models(
    const Unit& unit, const ExchangeRates& rates) const {
  const Timestamp now = clock_.now();
  std::vector<std::pair<std::string, Timestamp>> models;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [model, prices] : prices_) {
      if (const auto found = applicable_price(prices, unit, rates, now)) {
        models.emplace_back(model, found->price->effective_from);
      }
    }
  }
  std::sort(models.begin(), models.end());
  return models;
}

}  // namespace chatgate
