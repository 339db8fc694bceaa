// Certificates for tests, made when they are needed: an authority and what it signs, as PEM texts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chatgate {

struct TestCertificate {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

struct TestSubject {
  std::vector<std::string> common_names = {"test"};
  // As OpenSSL writes them: "DNS:a.example", "email:a@example.org", "URI:urn:a", "IP:127.0.0.1".
  std::string alternative_names = {};
  int64_t valid_from_s = -3600;  // since now
  int64_t valid_until_s = 90 * 86'400;
};

// Signed by its own key, so that it can also be the authority of others.
TestCertificate make_certificate(const TestSubject& subject);
TestCertificate make_certificate(const TestSubject& subject, const TestCertificate& authority);

// Of a certificate, as clients send it: without its PEM clothing.
std::string der_of(const std::string& certificate_pem);

}  // namespace chatgate
