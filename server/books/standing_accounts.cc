#include "server/books/standing_accounts.h"

#include "common/log/log.h"
#include "common/secrets/secrets.h"

namespace chatgate {
namespace {

// Short passwords are the administrator's own choice, and a start must not fail for one that has
// done for years; but he is told.
constexpr size_t kPasswordBytesAdvised = 8;

Result<User> find_or_add(Store& store, const std::string& name, const std::string& key,
                         Timestamp now) {
  auto found = store.find_user(name);
  if (!found && found.error().code != ErrorCode::kNotFound) return found;
  if (!found) {
    User user;
    user.name = name;
    user.unit = {"tokens"};
    user.unmetered = true;
    user.note = "made for " + key;
    user.created_at = now;
    return store.add_user(user, {});
  }
  if (!found->unmetered || found->archived_at) {
    return fail(ErrorCode::kRefused, "the account " + name + ", which " + key +
                                         " names, exists and is " +
                                         (found->unmetered ? "archived" : "metered") +
                                         ": rename that account, or change " + key);
  }
  return found;
}

Result<void> make_static_user(Store& store, const std::string& name, const std::string& password,
                              Timestamp now) {
  if (auto checked = check_user_name(name); !checked) {
    return fail(ErrorCode::kInvalidArgument, "static_users: " + checked.error().message);
  }
  auto user = find_or_add(store, name, "static_users", now);
  if (!user) return tl::unexpected(std::move(user.error()));
  if (password.size() < kPasswordBytesAdvised) {
    log::warn("short_static_password", {{"user", std::string_view(name)}});
  }
  if (!user->password_hash.empty() && matches_password(user->password_hash, password)) return {};
  auto hash = hash_password(password, 1);
  if (!hash) {
    return fail(hash.error().code, "static_users, " + name + ": " + hash.error().message);
  }
  return store.set_password_hash(user->id, *hash);
}

}  // namespace

bool has_guests(const Config& config) {
  return !config.guest_doors.empty() || !config.own_keys.empty() || !config.access_token.empty();
}

Result<void> make_standing_accounts(Store& store, const Config& config, Timestamp now) {
  for (const auto& [name, password] : config.static_users) {
    if (auto made = make_static_user(store, name, password, now); !made) return made;
  }
  if (!has_guests(config)) return {};
  auto guest = find_or_add(store, config.guest_account, "guest_account", now);
  if (!guest) return tl::unexpected(std::move(guest.error()));
  return {};
}

}  // namespace chatgate
