#include <catch2/catch_all.hpp>

#include "common/config/config.h"
#include "server/tls/tls_settings.h"
#include "tests/common/config/loading.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;

namespace {

Environment with_tls(Environment more = {}) {
  more.insert({{"CHATGATE_TLS_CERT", "c.pem"}, {"CHATGATE_TLS_KEY", "k.pem"}});
  return more;
}

}  // namespace

TEST_CASE("clients are asked for certificates where an authority is named", "[config]") {
  const TempFolder folder;
  CHECK(load_or_fail({}, {}).tls_client_auth == "off");
  CHECK_FALSE(tls_settings_of(load_or_fail({}, {})).is_on());
  CHECK(load_or_fail({}, with_tls()).tls_client_auth == "off");

  const auto asking = with_tls({{"CHATGATE_TLS_CLIENT_CA", "a.pem"}});
  CHECK(load_or_fail({}, asking).tls_client_auth == "optional");
  const auto files = tls_settings_of(load_or_fail({}, asking)).files;
  CHECK(files == TlsFiles{"c.pem", "k.pem", "a.pem", ClientAuth::kOptional});
  const auto auth_of = [&](const std::string& word) {
    auto environment = asking;
    environment["CHATGATE_TLS_CLIENT_AUTH"] = word;
    return tls_settings_of(load_or_fail({}, environment)).files.client_auth;
  };
  CHECK(auth_of("off") == ClientAuth::kOff);
  CHECK(auth_of("Required") == ClientAuth::kRequired);
  const auto shown = origin_in(load_config("", {}, asking).value(), "tls_client_auth");
  CHECK(shown.value == "optional");
}

TEST_CASE("keys of TLS that need one another are refused alone", "[config]") {
  const TempFolder folder;
  CHECK(load_error({}, {{"CHATGATE_TLS_CERT", "c.pem"}}) ==
        "environment CHATGATE_TLS_CERT: tls_cert needs tls_key beside it; give both files or "
        "neither");
  CHECK_THAT(load_error({{"tls_key", "k"}}, {}),
             ContainsSubstring("flag --tls-key: tls_key needs tls_cert"));
  CHECK_THAT(load_error({}, {{"CHATGATE_TLS_CLIENT_CA", "a"}}),
             ContainsSubstring("needs tls_cert"));
  CHECK_THAT(load_error({}, with_tls({{"CHATGATE_TLS_CLIENT_AUTH", "optional"}})),
             ContainsSubstring("tls_client_ca does not say"));
  CHECK_THAT(load_error({}, with_tls({{"CHATGATE_TLS_CLIENT_USERS", "a=ann"}})),
             ContainsSubstring("needs tls_client_ca"));
}

TEST_CASE("accounts of certificates are read, fingerprints in any spelling", "[config]") {
  const TempFolder folder;
  std::string colons, plain;
  for (int i = 0; i < 32; ++i) {
    colons += i == 0 ? "AB" : ":AB";
    plain += "ab";
  }
  const auto users_of = [&](const std::string& text) {
    return with_tls({{"CHATGATE_TLS_CLIENT_CA", "a.pem"}, {"CHATGATE_TLS_CLIENT_USERS", text}});
  };
  const auto settings =
      tls_settings_of(load_or_fail({}, users_of("Ann Lee=ann,SHA256:" + colons + "=bob")));
  CHECK(settings.client_users == ClientUsers{{"Ann Lee", "ann"}, {"sha256:" + plain, "bob"}});
  CHECK_THAT(load_error({}, users_of("sha256:abcd=ann")), ContainsSubstring("no fingerprint"));
  CHECK_THAT(load_error({}, users_of("a=two words")),
             ContainsSubstring("tls_client_users of \"a\""));
}
