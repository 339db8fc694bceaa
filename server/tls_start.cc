#include "server/tls_start.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "common/clock.h"
#include "common/log/log.h"
#include "common/net/address.h"

namespace chatgate {
namespace {

std::string quoted_for_shell(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void keep_files(const Config& config, Config& fresh) {
  fresh.tls_cert = config.tls_cert;
  fresh.tls_key = config.tls_key;
  fresh.tls_client_ca = config.tls_client_ca;
  fresh.tls_client_auth = config.tls_client_auth;
}

}  // namespace

Result<std::unique_ptr<TlsEndpoint>> start_tls(const Config& config) {
  const auto settings = tls_settings_of(config);
  if (!settings.is_on()) return std::unique_ptr<TlsEndpoint>();
  auto endpoint = std::make_unique<TlsEndpoint>(system_clock());
  if (auto used = endpoint->use(settings); !used) return tl::unexpected(std::move(used.error()));
  return endpoint;
}

void reload_tls(TlsEndpoint* endpoint, const Config& config, Config& fresh) {
  if (config.tls_cert.empty() != fresh.tls_cert.empty()) {
    log::warn("needs_a_start", {{"keys", std::string_view("tls_cert, tls_key")}});
    keep_files(config, fresh);
  }
  if (endpoint == nullptr) return;
  if (auto used = endpoint->use(tls_settings_of(fresh)); !used) {
    log::error("tls_files_kept", {{"reason", std::string_view(used.error().message)}});
    keep_files(config, fresh);
  }
}

void teach_curl(Announcement& announcement, const TlsEndpoint& endpoint,
                const std::string& bound_address) {
  const auto files = endpoint.settings().files;
  std::error_code ignored;
  const auto path = std::filesystem::absolute(files.certificate, ignored).string();
  announcement.curl_options = "--cacert " + quoted_for_shell(path) + " ";
  if (files.client_auth == ClientAuth::kRequired) {
    announcement.curl_options += "--cert YOUR_CERTIFICATE --key YOUR_KEY ";
  }
  const auto address = parse_host_port(bound_address);
  if (!address) return;
  const std::string name = endpoint.context()->name_for(address->host);
  if (name.empty()) return;
  const std::string port = std::to_string(address->port);
  const bool is_v6 = address->host.find(':') != std::string::npos;
  announcement.curl_options += "--resolve " + name + ":" + port + ":" +
                               (is_v6 ? "[" + address->host + "]" : address->host) + " ";
  announcement.curl_url = "https://" + name + ":" + port;
}

}  // namespace chatgate
