// What the book writer counts: the requests, tokens and costs that have become rows of the books,
// and how the commits go. So these numbers and the books' sums since the start are the same. The
// writer's thread writes, any thread reads; one short lock for each commit.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/store/store.h"
#include "server/metrics/values.h"

namespace chatgate {

class BookMetrics {
 public:
  // Models that get a name of their own; those beyond share `other`.
  static constexpr size_t kModelsMax = 200;
  static constexpr size_t kUnitsMax = 50;

  using IsKnownModel = std::function<bool(std::string_view)>;
  // `is_known_model`: whether a name is one that the administrator has given a price. Any other is
  // a client's invention and counted as `other`.
  explicit BookMetrics(IsKnownModel is_known_model);

  // Settlements that are in the books now.
  void count_booked(const std::vector<const Settlement*>& settlements);
  void count_commit(int64_t elapsed_ns, size_t settlements, bool is_durable);

  // --- for readers

  struct Tokens {
    int64_t prompt = 0, cached_prompt = 0, completion = 0, reasoning_completion = 0;
  };
  struct Costs {
    Money charged, written_off;
  };
  struct Booked {
    // By door, model and the books' status.
    std::map<std::tuple<size_t, size_t, UsageStatus>, int64_t> requests;
    std::vector<Tokens> tokens;                             // by model
    std::map<std::pair<size_t, std::string>, Costs> costs;  // by model and unit
    std::vector<std::string> models;
    int64_t estimated = 0;  // requests whose tokens were counted here
  };
  Booked read() const;

  Histogram commit_ns{kBriefBoundsNs};
  Histogram group_settlements{kGroupBounds};
  Counter failed_commits;

 private:
  size_t model_index(const UsageRecord& record);
  void count(const Settlement& settlement);

  const IsKnownModel is_known_model_;
  mutable std::mutex mutex_;
  Booked booked_;
  std::map<std::string, size_t, std::less<>> index_;  // of booked_.models
};

}  // namespace chatgate
