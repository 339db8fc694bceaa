// TLS as the server's start and its reload need it: the endpoint that the configuration asks for,
// and what changes of it mean. The main thread calls it.
#pragma once

#include <memory>
#include <string>

#include "common/config/config.h"
#include "common/result.h"
#include "server/announcement.h"
#include "server/transport/tls_endpoint.h"

namespace chatgate {

// Null where the configuration has no TLS. kInvalidArgument for files that cannot be served with.
Result<std::unique_ptr<TlsEndpoint>> start_tls(const Config& config);

// After SIGHUP. What must stay as it is, because it needs a start or cannot be served with, is put
// back into `fresh`, and the log says so.
void reload_tls(TlsEndpoint* endpoint, const Config& config, Config& fresh);

// How a pasted curl line reaches `bound_address` and believes the certificate.
void teach_curl(Announcement& announcement, const TlsEndpoint& endpoint,
                const std::string& bound_address);

}  // namespace chatgate
