#include "server/tls/client_certificate.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

TEST_CASE("a certificate proves the account of its name or its fingerprint", "[tls]") {
  const std::string print(64, 'a');
  const ClientUsers users{{"ann.laptop", "ann"},
                          {"bob@example.org", "bob"},
                          {"b.example", "bob"},
                          {"sha256:" + print, "cleo"}};
  CHECK(account_of(users, {"ann.laptop", {}, "00"}) == "ann");
  CHECK(account_of(users, {"", {"bob@example.org"}, "00"}) == "bob");
  CHECK(account_of(users, {"someone", {"else.example", "b.example"}, "00"}) == "bob");
  CHECK(account_of(users, {"someone", {"bob@example.org", "b.example"}, "00"}) == "bob");
  CHECK(account_of(users, {"ann.laptop", {"bob@example.org"}, print}) == "cleo");
}

TEST_CASE("a certificate that is not known, or known as two, proves nothing", "[tls]") {
  const std::string print(64, 'a');
  const ClientUsers users{
      {"ann.laptop", "ann"}, {"bob@example.org", "bob"}, {"sha256:" + print, "cleo"}};
  CHECK(account_of(users, {}).empty());
  CHECK(account_of(users, {"", {""}, ""}).empty());
  CHECK(account_of(users, {"ANN.laptop", {"ann"}, "00"}).empty());
  CHECK(account_of(users, {"ann.laptop", {"bob@example.org"}, "00"}).empty());
  CHECK(account_of({}, {"ann.laptop", {}, print}).empty());
  // A name that reads like a fingerprint is none.
  CHECK(account_of(users, {"sha256:" + print, {"sha256:" + print}, "00"}).empty());
}
