#include "server/upstream/upstream_client.h"

namespace chatgate {

std::unique_ptr<UpstreamCall> UpstreamClient::call(const UpstreamRequest& request) {
  if (auto call = direct_.call(request)) return call;
  if (!curl_) curl_ = std::make_unique<CurlMulti>(loop_);
  return curl_->call(request);
}

}  // namespace chatgate
