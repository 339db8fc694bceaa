#include "server/tls/tls_context.h"

#include <openssl/x509.h>

#include <catch2/catch_all.hpp>
#include <memory>

#include "tests/support/certificates.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

const TlsFiles kFiles{"cert.pem", "key.pem", {}, ClientAuth::kOff};

void write(const TempFolder& folder, const TestCertificate& made) {
  folder.write("cert.pem", made.certificate);
  folder.write("key.pem", made.key);
  std::filesystem::permissions(
      "key.pem", std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::string load_error(const TlsFiles& files) {
  const auto loaded = TlsContext::load(files);
  if (loaded) return "no error";
  CHECK(loaded.error().code == ErrorCode::kInvalidArgument);
  return loaded.error().message;
}

std::vector<std::string> warnings_of(const TlsFiles& files) {
  const auto loaded = TlsContext::load(files);
  if (!loaded) FAIL(loaded.error().message);
  return (*loaded)->warnings();
}

ClientCertificate described(const TestCertificate& made) {
  const std::string der = der_of(made.certificate);
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      d2i_X509(nullptr, &bytes, static_cast<long>(der.size())), X509_free);
  return describe_certificate(*certificate);
}

}  // namespace

TEST_CASE("a certificate with its key and its chain is served with", "[tls]") {
  const TempFolder folder;
  const auto authority = make_certificate({{"authority"}});
  auto made = make_certificate({}, authority);
  made.certificate += authority.certificate;
  write(folder, made);
  CHECK(warnings_of(kFiles).empty());
  folder.write("ca.pem", authority.certificate);
  CHECK(warnings_of({"cert.pem", "key.pem", "ca.pem", ClientAuth::kRequired}).empty());
}

TEST_CASE("each fault of the files has a sentence of its own", "[tls]") {
  const TempFolder folder;
  const auto made = make_certificate({});
  CHECK(load_error(kFiles) == "tls_cert cert.pem: No such file or directory");
  write(folder, made);
  folder.write("cert.pem", "");
  CHECK_THAT(load_error(kFiles), StartsWith("tls_cert cert.pem: there is no certificate in it"));
  folder.write("cert.pem", made.certificate +
                               "-----BEGIN CERTIFICATE-----\nAAAA\n"
                               "-----END CERTIFICATE-----\n");
  CHECK_THAT(load_error(kFiles), StartsWith("tls_cert cert.pem: certificate 2 is broken"));
  folder.write("cert.pem", made.certificate);
  folder.write("key.pem", made.certificate);
  CHECK(load_error(kFiles) == "tls_key key.pem: there is no private key in it");
  folder.write("key.pem", make_certificate({}).key);
  CHECK(load_error(kFiles) ==
        "tls_key key.pem: it is not the key of the certificate in tls_cert cert.pem");
  folder.write("key.pem", made.key);
  CHECK(load_error({"cert.pem", ".", {}, ClientAuth::kOff}) == "tls_key .: it is no file");
  CHECK_THAT(load_error({"cert.pem", "key.pem", "none", ClientAuth::kOff}),
             StartsWith("tls_client_ca none: No such file"));
}

TEST_CASE("certificates out of their time and open keys are warned of", "[tls]") {
  const TempFolder folder;
  write(folder, make_certificate({{"old"}, {}, -7200, -3600}));
  auto warnings = warnings_of(kFiles);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], StartsWith("tls_cert cert.pem: the certificate expired on "));
  write(folder, make_certificate({{"young"}, {}, 3600, 90 * 86'400}));
  warnings = warnings_of(kFiles);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("is not valid before"));
  write(folder, make_certificate({{"ends"}, {}, -3600, 3 * 86'400}));
  warnings = warnings_of(kFiles);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("expires soon"));
  write(folder, make_certificate({}));
  std::filesystem::permissions("key.pem", std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  warnings = warnings_of(kFiles);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], StartsWith("tls_key key.pem: every user of this machine may read it"));
}

TEST_CASE("a client's certificate is described by its names and its fingerprint", "[tls]") {
  const auto made = make_certificate(
      {{"ann"}, "DNS:a.example,email:ann@example.org,URI:urn:ann,IP:192.0.2.1,DNS:b.example"});
  const auto certificate = described(made);
  CHECK(certificate.common_name == "ann");
  CHECK(certificate.alternative_names ==
        std::vector<std::string>{"a.example", "ann@example.org", "urn:ann", "b.example"});
  CHECK(certificate.sha256.size() == 64);
  CHECK(certificate.sha256 != described(make_certificate({{"ann"}})).sha256);
  CHECK(described(make_certificate({{"Zoë"}})).common_name == "Zoë");
  CHECK(described(make_certificate({{}})).common_name.empty());
  // Which of two is meant, and where a name ends, are not for us to guess.
  CHECK(described(make_certificate({{"ann", "bob"}})).common_name.empty());
  CHECK(described(make_certificate({{std::string("ann\0.evil", 9)}})).common_name.empty());
}

TEST_CASE("a start finds a name by which its certificate is believed", "[tls]") {
  const TempFolder folder;
  const auto name_for = [&](const TestSubject& subject) {
    write(folder, make_certificate(subject));
    return TlsContext::load(kFiles).value()->name_for("127.0.0.1");
  };
  CHECK(name_for({{"x"}, "DNS:a.example,IP:127.0.0.1"}).empty());
  CHECK(name_for({{"x"}, "DNS:*.example,DNS:a.example"}) == "a.example");
  CHECK(name_for({{"gate.example"}}) == "gate.example");
  CHECK(name_for({{"The Gate"}}).empty());
}
