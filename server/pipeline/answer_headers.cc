#include <string>

#include "server/guard/limit_headers.h"
#include "server/pipeline/job.h"

namespace chatgate {

HeaderList answer_headers(Job& job) {
  if (job.translation) {
    HeaderList headers = job.route.translator->headers();
    add_limit_headers(job.limits, headers);
    return headers;
  }
  const bool is_limited =
      job.limits.requests || job.limits.tokens || job.runtime->front.limits_addresses;
  HeaderList headers = job.call->take_headers();
  // Which pages may call is this gateway's to say. The upstream's own request id and server names
  // mean nothing to the client, and its limits are those of the shared account: the limits in force
  // here take their place.
  std::erase_if(headers, [&](const auto& header) {
    const std::string& name = header.first;
    return name == "x-request-id" || name == "server" || name == "strict-transport-security" ||
           name.starts_with("access-control-") || (is_limited && name.starts_with("x-ratelimit-"));
  });
  add_limit_headers(job.limits, headers);
  return headers;
}

}  // namespace chatgate
