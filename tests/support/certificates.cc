#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdlib>
#include <memory>

namespace chatgate {
namespace {

using BioPtr = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

void require(bool is_done) {
  if (!is_done) std::abort();
}

BioPtr reading(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all};
}

X509Ptr read_certificate(const std::string& pem) {
  return {PEM_read_bio_X509(reading(pem).get(), nullptr, nullptr, nullptr), X509_free};
}

KeyPtr read_key(const std::string& pem) {
  return {PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

std::string written(const BIO* bio) {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(const_cast<BIO*>(bio), &bytes);
  return {bytes, static_cast<size_t>(length)};
}

std::string pem_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()), BIO_free_all);
  require(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return written(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()), BIO_free_all);
  require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return written(bio.get());
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

TestCertificate make(const TestSubject& subject, const TestCertificate* authority) {
  static std::atomic<long> serial = 1;
  const KeyPtr key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const X509Ptr made(X509_new(), X509_free);
  require(key != nullptr && made != nullptr && X509_set_version(made.get(), 2) == 1);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), subject.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), subject.valid_until_s);
  X509_set_pubkey(made.get(), key.get());
  for (const auto& name : subject.common_names) {
    require(X509_NAME_add_entry_by_NID(X509_get_subject_name(made.get()), NID_commonName,
                                       MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(name.data()),
                                       static_cast<int>(name.size()), -1, 0) == 1);
  }
  if (authority == nullptr) add_extension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
  if (!subject.alternative_names.empty()) {
    add_extension(made.get(), NID_subject_alt_name, subject.alternative_names);
  }
  const auto signer =
      authority ? read_certificate(authority->certificate) : X509Ptr(nullptr, X509_free);
  const auto signing = read_key(authority ? authority->key : pem_of(key.get()));
  X509_set_issuer_name(made.get(), X509_get_subject_name(signer ? signer.get() : made.get()));
  require(X509_sign(made.get(), signing.get(), EVP_sha256()) > 0);
  return {pem_of(made.get()), pem_of(key.get())};
}

}  // namespace

TestCertificate make_certificate(const TestSubject& subject) { return make(subject, nullptr); }

TestCertificate make_certificate(const TestSubject& subject, const TestCertificate& authority) {
  return make(subject, &authority);
}

std::string der_of(const std::string& certificate_pem) {
  const auto certificate = read_certificate(certificate_pem);
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(certificate.get(), &bytes);
  require(length > 0);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return der;
}

}  // namespace chatgate
