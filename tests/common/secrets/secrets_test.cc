#include "common/secrets/secrets.h"

#include <catch2/catch_all.hpp>
#include <cstdlib>

#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string kDigits(64, 'a');

void set_mode(const std::string& file, std::filesystem::perms mode) {
  std::filesystem::permissions(file, mode);
}

}  // namespace

TEST_CASE("what is sealed opens with its key alone") {
  const MasterKey key{1, 2, 3};
  const MasterKey other{1, 2, 4};
  const std::string sealed = seal("sk-upstream", key);
  CHECK(open_sealed(sealed, key) == "sk-upstream");
  CHECK(seal("sk-upstream", key) != sealed);  // a nonce of its own each time
  CHECK_THAT(sealed, !ContainsSubstring("sk-upstream"));
  CHECK_FALSE(open_sealed(sealed, other));
  CHECK(open_sealed(seal("", key), key) == "");
}

TEST_CASE("a changed or cut seal is refused at every place") {
  const MasterKey key{7};
  const std::string sealed = seal("secret", key);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(open_sealed(changed, key));
    CHECK_FALSE(open_sealed(sealed.substr(0, i), key));
  }
  CHECK_FALSE(open_sealed("not base64!", key));
}

TEST_CASE("the master key comes from a file that others cannot read") {
  const TempFolder folder;
  using std::filesystem::perms;
  folder.write("key", kDigits + "\n");
  set_mode("key", perms::owner_read | perms::owner_write);
  const auto key = load_master_key("key");
  REQUIRE(key);
  CHECK((*key)[0] == 0xaa);

  set_mode("key", perms::owner_read | perms::others_read);
  CHECK_THAT(load_master_key("key").error().message, ContainsSubstring("chmod 600"));
  CHECK_THAT(load_master_key("none").error().message, ContainsSubstring("none"));
  CHECK_FALSE(load_master_key("."));
}

TEST_CASE("a master key that is none is refused without being shown") {
  const TempFolder folder;
  using std::filesystem::perms;
  for (const std::string& text :
       {std::string(63, 'b'), std::string(64, 'z'), std::string(66, 'b')}) {
    folder.write("key", text);
    set_mode("key", perms::owner_read | perms::owner_write);
    const auto key = load_master_key("key");
    REQUIRE_FALSE(key);
    CHECK(key.error().code == ErrorCode::kInvalidArgument);
    CHECK_THAT(key.error().message, ContainsSubstring("64 hexadecimal digits"));
    CHECK_THAT(key.error().message, !ContainsSubstring(text));
  }
}

TEST_CASE("without a file the environment, then .env, has the master key") {
  const TempFolder folder;
  ::unsetenv("CHATGATE_MASTER_KEY");
  CHECK(load_master_key("").error().code == ErrorCode::kNotFound);
  folder.write(".env", "CHATGATE_MASTER_KEY=" + kDigits + "\n");
  CHECK(load_master_key(""));
  ::setenv("CHATGATE_MASTER_KEY", "wrong", 1);
  CHECK(load_master_key("").error().code == ErrorCode::kInvalidArgument);
  ::unsetenv("CHATGATE_MASTER_KEY");
}

TEST_CASE("people see the ends of a secret, of a short one nothing") {
  CHECK(mask("sk-cg-0123456789x9Qf") == "sk-c…x9Qf");
  CHECK(mask("0123456789abcde") == "…");
  CHECK(equal_secrets("abc", "abc"));
  CHECK_FALSE(equal_secrets("abc", "abd"));
  CHECK_FALSE(equal_secrets("abc", "abcd"));
  CHECK(equal_secrets("", ""));
}

TEST_CASE("a password is known by its Argon2id hash alone") {
  const std::string password = "correct horse";
  const auto hash = hash_password(password);
  REQUIRE(hash);
  CHECK_THAT(*hash, Catch::Matchers::StartsWith("$argon2id$"));
  CHECK_THAT(*hash, !ContainsSubstring(password));
  CHECK(matches_password(*hash, password));
  CHECK_FALSE(matches_password(*hash, "correct horsf"));
  CHECK_FALSE(matches_password("", password));
  CHECK_FALSE(matches_password("$argon2id$broken", password));
  CHECK(hash_password("1234567").error().code == ErrorCode::kInvalidArgument);
  CHECK(hash_password(std::string(1025, 'x')).error().code == ErrorCode::kInvalidArgument);
}
