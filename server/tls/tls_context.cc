// PURPOSE: files to an SSL_CTX, each fault with a sentence of its own.
// DESIGN: the files are read whole before OpenSSL sees them, so that one moment's content is judged
// and hashed. A session is resumed by a ticket that this context alone can open (its keys are made
// with it and are never stored), so nothing is kept for absent clients, any loop can resume any
// session, and after a change of certificates or authorities everybody is verified anew.

#include "server/tls/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "common/text/text_file.h"

namespace chatgate {
namespace {

constexpr int64_t kFileBytesMax = 1 << 20;
constexpr int kWarnDays = 14;
constexpr int kChainMax = 8;
constexpr char kCiphers[] =  // of TLS 1.2; those of 1.3 are all good
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr unsigned char kSessionContext[] = "chatgate";
// As ALPN (RFC 7301) writes them: each with its length before it, the best first.
constexpr std::string_view kProtocols =
    "\x08"
    "http/1.1"
    "\x08"
    "http/1.0";

template <class T, void (*Free)(T*)>
struct Freeing {
  void operator()(T* object) const { Free(object); }
};
using X509Ptr = std::unique_ptr<X509, Freeing<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freeing<EVP_PKEY, EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Freeing<BIO, BIO_free_all>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freeing<GENERAL_NAMES, GENERAL_NAMES_free>>;

// OpenSSL's own words for what went wrong last.
std::string openssl_reason() {
  const auto code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "OpenSSL does not say why" : reason;
}

int refuse_password(char*, int, int, void* was_asked) {
  *static_cast<bool*>(was_asked) = true;
  return -1;
}

std::string time_text(const ASN1_TIME* time) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (text == nullptr || ASN1_TIME_print(text.get(), time) != 1) return "an unknown time";
  std::string printed(64, '\0');
  printed.resize(static_cast<size_t>(
      std::max(BIO_read(text.get(), printed.data(), static_cast<int>(printed.size())), 0)));
  return printed;
}

Timestamp timestamp_of(const ASN1_TIME* time) {
  tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return {int64_t{timegm(&parts)} * 1000};
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes,
                    const unsigned char* offered, unsigned int offered_bytes, void*) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_bytes,
                            reinterpret_cast<const unsigned char*>(kProtocols.data()),
                            kProtocols.size(), offered, offered_bytes) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// UTF-8; empty when it has a byte 0, before which a careless reader would stop.
std::string text_of(const ASN1_STRING* string) {
  unsigned char* bytes = nullptr;
  const int length = ASN1_STRING_to_UTF8(&bytes, string);
  if (length < 0) return {};
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::vector<std::string> alternative_names_of(const X509& certificate, bool dns_alone) {
  std::vector<std::string> texts;
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int i = 0; i < count; ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_DNS && (dns_alone || (type != GEN_EMAIL && type != GEN_URI))) continue;
    auto text = text_of(static_cast<const ASN1_STRING*>(value));
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

// The one common name of the subject. Of several none is the name.
std::string common_name_of(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int place = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (place < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, place) >= 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place)));
}

std::string hex_of(const unsigned char* bytes, size_t count) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (size_t i = 0; i < count; ++i) {
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
  }
  return text;
}

}  // namespace

void TlsContext::Deleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
TlsContext::~TlsContext() = default;

TlsContext::PemTexts TlsContext::pem_texts() const {
  const BioPtr certificates(BIO_new(BIO_s_mem())), key(BIO_new(BIO_s_secmem())),
      authorities(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(certificates.get(), SSL_CTX_get0_certificate(get()));
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(get(), &chain);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    PEM_write_bio_X509(certificates.get(), sk_X509_value(chain, i));
  }
  PEM_write_bio_PrivateKey(key.get(), SSL_CTX_get0_privatekey(get()), nullptr, nullptr, 0, nullptr,
                           nullptr);
  auto* trusted = X509_STORE_get0_objects(SSL_CTX_get_cert_store(get()));
  for (int i = 0; i < sk_X509_OBJECT_num(trusted); ++i) {
    if (X509* one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(trusted, i))) {
      PEM_write_bio_X509(authorities.get(), one);
    }
  }
  const auto text_of = [](const BioPtr& bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &bytes);
    return std::string(bytes, static_cast<size_t>(size));
  };
  return {text_of(certificates), text_of(key), text_of(authorities)};
}

ClientCertificate describe_certificate(const x509_st& certificate) {
  ClientCertificate described;
  described.common_name = common_name_of(certificate);
  described.alternative_names = alternative_names_of(certificate, false);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &bytes) == 1) {
    described.sha256 = hex_of(digest.data(), bytes);
  }
  return described;
}

std::string TlsContext::name_for(const std::string& ip) const {
  X509* certificate = SSL_CTX_get0_certificate(context_.get());
  if (certificate == nullptr || X509_check_ip_asc(certificate, ip.c_str(), 0) == 1) return {};
  auto names = alternative_names_of(*certificate, true);
  names.push_back(common_name_of(*certificate));
  for (const auto& name : names) {
    const bool is_host = !name.empty() && name.find_first_not_of(
                                              "abcdefghijklmnopqrstuvwxyz"
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789.-") == name.npos;
    if (is_host) return name;
  }
  return {};
}

// --- loading ------------------------------------------------------------------------------------

class TlsContextLoader {
 public:
  explicit TlsContextLoader(const TlsFiles& files) : files_(files) {}
  Result<std::shared_ptr<const TlsContext>> load();

 private:
  using Certificates = std::vector<X509Ptr>;

  Result<std::string> read(std::string_view key, const std::string& path);
  Result<Certificates> read_certificates(std::string_view key, const std::string& path);
  Result<KeyPtr> read_key();
  Result<void> use_certificate();
  Result<void> use_authorities();
  Result<void> set_rules();
  void warn(std::string_view key, const std::string& path, const std::string& what) {
    made_->warnings_.push_back(std::string(key) + " " + path + ": " + what);
  }
  void check_times(std::string_view key, const std::string& path, const Certificates& all);
  static tl::unexpected<Error> refuse(std::string_view key, const std::string& path,
                                      const std::string& why) {
    return fail(ErrorCode::kInvalidArgument, std::string(key) + " " + path + ": " + why);
  }

  const TlsFiles& files_;
  std::shared_ptr<TlsContext> made_{new TlsContext};
  std::string content_;  // of all files, to be hashed
};

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  return TlsContextLoader(files).load();
}

Result<std::shared_ptr<const TlsContext>> TlsContextLoader::load() {
  ERR_clear_error();
  made_->context_.reset(SSL_CTX_new(TLS_server_method()));
  if (made_->context_ == nullptr) return fail(ErrorCode::kSystem, "TLS: " + openssl_reason());
  auto done = set_rules().and_then([&] { return use_certificate(); }).and_then([&] {
    return use_authorities();
  });
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int bytes = 0;
  EVP_Digest(content_.data(), content_.size(), digest.data(), &bytes, EVP_sha256(), nullptr);
  OPENSSL_cleanse(content_.data(), content_.size());
  made_->digest_ = hex_of(digest.data(), bytes);
  if (!done) return tl::unexpected(std::move(done.error()));
  return std::shared_ptr<const TlsContext>(made_);
}

Result<void> TlsContextLoader::set_rules() {
  SSL_CTX* context = made_->get();
  SSL_CTX_set_security_level(context, 2);
  const bool is_set =
      SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_max_proto_version(context, 0) == 1 &&
      SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
      SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1) == 1;
  if (!is_set) return fail(ErrorCode::kSystem, "TLS: " + openssl_reason());
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // An idle connection keeps no buffers; what one read brings is not read a second time.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets need none
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  return {};
}

Result<std::string> TlsContextLoader::read(std::string_view key, const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return refuse(key, path, "it is no file");
  }
  auto text = read_text_file(path, kFileBytesMax);
  if (!text) {
    return fail(ErrorCode::kInvalidArgument, std::string(key) + " " + text.error().message);
  }
  content_.append(std::to_string(text->size())).append(":").append(*text);
  return text;
}

Result<TlsContextLoader::Certificates> TlsContextLoader::read_certificates(
    std::string_view key, const std::string& path) {
  auto text = read(key, path);
  if (!text) return tl::unexpected(std::move(text.error()));
  const BioPtr bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  Certificates all;
  bool was_asked = false;
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, refuse_password, &was_asked)) {
    all.emplace_back(one);
  }
  const bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  OPENSSL_cleanse(text->data(), text->size());  // many keep the key in the same file
  const std::string reason = openssl_reason();
  if (!is_end) {
    return refuse(key, path,
                  "certificate " + std::to_string(all.size() + 1) + " is broken (" + reason + ")");
  }
  if (all.empty()) {
    return refuse(
        key, path,
        "there is no certificate in it; a PEM file has lines -----BEGIN CERTIFICATE-----");
  }
  check_times(key, path, all);
  return all;
}

void TlsContextLoader::check_times(std::string_view key, const std::string& path,
                                   const Certificates& all) {
  time_t soon = time(nullptr) + kWarnDays * 86'400;
  for (size_t i = 0; i < all.size(); ++i) {
    const ASN1_TIME* from = X509_get0_notBefore(all[i].get());
    const ASN1_TIME* until = X509_get0_notAfter(all[i].get());
    const std::string which =
        all.size() == 1 ? "the certificate" : "certificate " + std::to_string(i + 1);
    if (X509_cmp_current_time(until) <= 0) {
      warn(key, path, which + " expired on " + time_text(until));
    } else if (X509_cmp_time(until, &soon) <= 0) {
      warn(key, path, which + " expires soon, on " + time_text(until));
    } else if (X509_cmp_current_time(from) > 0) {
      warn(key, path, which + " is not valid before " + time_text(from));
    }
  }
}

Result<KeyPtr> TlsContextLoader::read_key() {
  auto text = read("tls_key", files_.key);
  if (!text) return tl::unexpected(std::move(text.error()));
  const BioPtr bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  bool was_asked = false;
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, &was_asked));
  OPENSSL_cleanse(text->data(), text->size());
  ERR_clear_error();
  if (was_asked) {
    return refuse("tls_key", files_.key,
                  "it is locked with a password, which nobody can type at a start; unlock it with "
                  "`openssl pkey`");
  }
  if (key == nullptr) {
    return refuse("tls_key", files_.key, "there is no private key in it");
  }
  struct stat status {};
  if (::stat(files_.key.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
    warn("tls_key", files_.key, "every user of this machine may read it; `chmod 600` it");
  }
  return key;
}

Result<void> TlsContextLoader::use_certificate() {
  auto chain = read_certificates("tls_cert", files_.certificate);
  if (!chain) return tl::unexpected(std::move(chain.error()));
  auto key = read_key();
  if (!key) return tl::unexpected(std::move(key.error()));
  const auto fits = [&](const X509Ptr& one) {
    return X509_check_private_key(one.get(), key->get()) == 1;
  };
  if (!fits(chain->front())) {
    const bool is_later = std::any_of(chain->begin(), chain->end(), fits);
    ERR_clear_error();
    return refuse("tls_key", files_.key,
                  is_later
                      ? "it is the key of a later certificate in tls_cert " + files_.certificate +
                            "; the server's own must be the first there"
                      : "it is not the key of the certificate in tls_cert " + files_.certificate);
  }
  SSL_CTX* context = made_->get();
  bool is_used = SSL_CTX_use_certificate(context, chain->front().get()) == 1 &&
                 SSL_CTX_use_PrivateKey(context, key->get()) == 1;
  for (size_t i = 1; is_used && i < chain->size(); ++i) {
    is_used = SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
  }
  if (!is_used) {
    return refuse("tls_cert", files_.certificate, "OpenSSL refuses it: " + openssl_reason());
  }
  made_->valid_from_ = timestamp_of(X509_get0_notBefore(chain->front().get()));
  made_->valid_until_ = timestamp_of(X509_get0_notAfter(chain->front().get()));
  return {};
}

Result<void> TlsContextLoader::use_authorities() {
  if (files_.client_ca.empty()) return {};
  // Read and checked even where nobody is asked, so that a fault is found before it matters.
  auto authorities = read_certificates("tls_client_ca", files_.client_ca);
  if (!authorities) return tl::unexpected(std::move(authorities.error()));
  if (files_.client_auth == ClientAuth::kOff) return {};
  SSL_CTX* context = made_->get();
  for (const auto& authority : *authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return refuse("tls_client_ca", files_.client_ca, "OpenSSL refuses it: " + openssl_reason());
    }
  }
  const int required =
      files_.client_auth == ClientAuth::kRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
  SSL_CTX_set_verify_depth(context, kChainMax);
  return {};
}

}  // namespace chatgate
