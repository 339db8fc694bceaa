// What /metrics says: everything that the gateway counts, as families of prometheus-cpp, gathered
// when somebody asks and never before. Labels are bounded: doors, outcomes and reasons are fixed,
// models are those with a price, upstreams those of the configuration; nothing that a client makes
// up, no user, token or path ever is one.
//
// A part that has something to count adds a function beside collect_requests in metrics_page.cc.
#pragma once

#include <prometheus/collectable.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/metrics/loop_metrics.h"

namespace chatgate {

class BookWriter;
class Directory;
class FamilyList;
class HttpListener;
class Ledger;
class TlsEndpoint;
class UpstreamPool;
struct LoopContext;

struct MetricsSources {
  std::vector<const LoopContext*> contexts;
  const Directory& directory;
  const Ledger& ledger;
  BookWriter& writer;
  std::vector<std::pair<std::string_view, const HttpListener*>> listeners;  // with their names
  const TlsEndpoint* tls;                                                   // null: there is no TLS
};

// The state of one moment; `pool` may be null. Any thread but an event loop's: it reads files, and
// with many series it takes milliseconds.
class MetricsPage final : public prometheus::Collectable {
 public:
  MetricsPage(const MetricsSources& sources, std::shared_ptr<const UpstreamPool> pool)
      : sources_(sources), pool_(std::move(pool)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;
  std::string render() const;

  // "text/plain; version=0.0.4", the text format.
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  void collect_requests(FamilyList& families) const;
  void collect_refusals(FamilyList& families) const;
  void collect_bookings(FamilyList& families) const;
  void collect_writer(FamilyList& families) const;
  void collect_accounts(FamilyList& families) const;
  void collect_upstreams(FamilyList& families) const;
  void collect_loops(FamilyList& families) const;
  void collect_listeners(FamilyList& families) const;
  void collect_certificate(FamilyList& families) const;

  const MetricsSources& sources_;
  std::shared_ptr<const UpstreamPool> pool_;
};

}  // namespace chatgate
