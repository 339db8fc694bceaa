#include "server/transport/tls_endpoint.h"

#include <catch2/catch_all.hpp>

#include "tests/support/certificates.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;

namespace {

void write(const TempFolder& folder, const TestCertificate& made) {
  folder.write("key.pem", made.key);
  folder.write("cert.pem", made.certificate);
}

TlsSettings settings_with(ClientUsers users = {}) {
  return {{"cert.pem", "key.pem", {}, ClientAuth::kOff}, std::move(users)};
}

}  // namespace

TEST_CASE("changed files are served with once they are looked at", "[tls]") {
  const TempFolder folder;
  ManualClock clock;
  TlsEndpoint endpoint(clock);
  write(folder, make_certificate({}));
  REQUIRE(endpoint.use(settings_with()));
  const auto first = endpoint.context();
  endpoint.look_after_files();
  CHECK(endpoint.context() == first);

  const auto next = make_certificate({});
  write(folder, next);
  endpoint.look_after_files();
  const auto second = endpoint.context();
  CHECK(second != first);

  // Sessions go on where nothing has changed, whoever asks.
  REQUIRE(endpoint.use(settings_with()));
  CHECK(endpoint.context() == second);
  write(folder, next);
  endpoint.look_after_files();
  CHECK(endpoint.context() == second);
}

TEST_CASE("files that cannot be served with leave the old ones in force", "[tls]") {
  const TempFolder folder;
  ManualClock clock;
  TlsEndpoint endpoint(clock);
  const auto good = make_certificate({});
  write(folder, good);
  REQUIRE(endpoint.use(settings_with({{"a", "ann"}})));
  const auto first = endpoint.context();

  folder.write("cert.pem", make_certificate({}).certificate);  // of another key
  endpoint.look_after_files();
  CHECK(endpoint.context() == first);
  const auto used = endpoint.use(settings_with({{"a", "bob"}}));
  REQUIRE_FALSE(used);
  CHECK(used.error().code == ErrorCode::kInvalidArgument);
  CHECK(endpoint.context() == first);
  CHECK(endpoint.account_of({"a", {}, {}}) == "bob");  // who is who needs no files

  auto elsewhere = settings_with();
  elsewhere.files.certificate = "none.pem";
  CHECK_FALSE(endpoint.use(elsewhere));
  CHECK(endpoint.settings().files.certificate == "cert.pem");

  std::filesystem::remove("cert.pem");
  endpoint.look_after_files();
  CHECK(endpoint.context() == first);
  write(folder, make_certificate({}));
  endpoint.look_after_files();
  CHECK(endpoint.context() != first);
}

TEST_CASE("a certificate out of its time does not replace one that is valid", "[tls]") {
  constexpr int64_t kHour = 3600, kDay = 86'400;
  const TempFolder folder;
  ManualClock clock(system_clock().now().unix_ms);
  TlsEndpoint endpoint(clock);
  write(folder, make_certificate({.valid_until_s = 10 * kDay}));
  REQUIRE(endpoint.use(settings_with()));
  const auto good = endpoint.context();
  CHECK_FALSE(endpoint.are_files_kept());

  write(folder, make_certificate({.valid_from_s = -2 * kDay, .valid_until_s = -kDay}));
  endpoint.look_after_files();
  CHECK(endpoint.context() == good);
  CHECK(endpoint.are_files_kept());
  const auto used = endpoint.use(settings_with());
  REQUIRE_FALSE(used);
  CHECK_THAT(used.error().message,
             Catch::Matchers::Matches("tls_cert cert.pem: the certificate expired on .*, and the "
                                      "one in force is valid until .*"));

  // One that is early is taken over when its time has come, though no file changes.
  write(folder, make_certificate({.valid_from_s = kHour}));
  endpoint.look_after_files();
  CHECK(endpoint.context() == good);
  CHECK(endpoint.are_files_kept());
  clock.advance_ms((kHour - 60) * 1000);
  endpoint.look_after_files();
  CHECK(endpoint.context() == good);
  clock.advance_ms(120'000);
  endpoint.look_after_files();
  CHECK(endpoint.context() != good);
  CHECK_FALSE(endpoint.are_files_kept());
}

TEST_CASE("where no certificate is valid the files decide", "[tls]") {
  constexpr int64_t kHour = 3600;
  const TempFolder folder;
  ManualClock clock(system_clock().now().unix_ms);
  TlsEndpoint endpoint(clock);
  write(folder, make_certificate({.valid_from_s = -2 * kHour, .valid_until_s = -kHour}));
  REQUIRE(endpoint.use(settings_with()));  // at a start nothing better is there
  const auto expired = endpoint.context();
  write(folder, make_certificate({.valid_from_s = -3 * kHour, .valid_until_s = -kHour}));
  endpoint.look_after_files();
  const auto other = endpoint.context();
  CHECK(other != expired);

  write(folder, make_certificate({.valid_until_s = kHour}));
  endpoint.look_after_files();
  const auto good = endpoint.context();
  CHECK(good != other);
  write(folder, make_certificate({.valid_from_s = -3 * kHour, .valid_until_s = -kHour}));
  endpoint.look_after_files();
  CHECK(endpoint.context() == good);
  clock.advance_ms(2 * kHour * 1000);  // until the good one has expired, too
  endpoint.look_after_files();
  CHECK(endpoint.context() != good);
  CHECK_FALSE(endpoint.are_files_kept());
}

TEST_CASE("the refusal of files is known until they are good or others are given", "[tls]") {
  const TempFolder folder;
  ManualClock clock;
  TlsEndpoint endpoint(clock);
  write(folder, make_certificate({}));
  REQUIRE(endpoint.use(settings_with()));
  auto elsewhere = settings_with();
  elsewhere.files.certificate = "none.pem";
  REQUIRE_FALSE(endpoint.use(elsewhere));
  endpoint.look_after_files();  // those in force are as good as before
  CHECK(endpoint.are_files_kept());
  REQUIRE(endpoint.use(settings_with()));
  CHECK_FALSE(endpoint.are_files_kept());

  folder.write("cert.pem", "nonsense");
  endpoint.look_after_files();
  CHECK(endpoint.are_files_kept());
  write(folder, make_certificate({}));
  endpoint.look_after_files();
  CHECK_FALSE(endpoint.are_files_kept());
}

TEST_CASE("the keys of the tickets are made anew twice a day", "[tls]") {
  const TempFolder folder;
  ManualClock clock;
  TlsEndpoint endpoint(clock);
  write(folder, make_certificate({}));
  REQUIRE(endpoint.use(settings_with()));
  const auto first = endpoint.context();
  clock.advance_ms(11 * 3'600'000);
  endpoint.look_after_files();
  CHECK(endpoint.context() == first);
  clock.advance_ms(2 * 3'600'000);
  endpoint.look_after_files();
  CHECK(endpoint.context() != first);
}

TEST_CASE("unfinished handshakes are bounded", "[tls]") {
  ManualClock clock;
  TlsEndpoint endpoint(clock);
  for (int i = 0; i < TlsEndpoint::kHandshakesMax; ++i) REQUIRE(endpoint.begin_handshake());
  CHECK_FALSE(endpoint.begin_handshake());
  endpoint.end_handshake();
  CHECK(endpoint.begin_handshake());
}
