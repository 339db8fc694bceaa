#include "common/log/access_log.h"

#include <algorithm>
#include <chrono>

#include "common/log/log.h"

namespace chatgate {
namespace {

constexpr auto kCollectTime = std::chrono::milliseconds(100);
constexpr auto kTryAgainTime = std::chrono::seconds(1);
constexpr int64_t kTellMs = 10'000;
constexpr size_t kBytesKept = 1 << 20;  // of a buffer that a burst has made large

}  // namespace

// Its end is the end of its request.
struct AccessLog::Entry final : AccessRecord {
  explicit Entry(AccessLog& access_log) : log(access_log) {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() {
    try {
      log.add(format_access_line(*this));
    } catch (const std::exception&) {  // no memory for it
      log.dropped_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  AccessLog& log;
};

AccessLog::AccessLog(const Clock& clock, size_t waiting_bytes_max)
    : clock_(clock), waiting_bytes_max_(waiting_bytes_max) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<void> AccessLog::use(const std::string& path, const RotationRules& rules) {
  std::unique_ptr<RotatingFile> file;
  if (!path.empty()) {
    file = std::make_unique<RotatingFile>(path, rules);
    if (auto opened = file->open(clock_.now()); !opened) return opened;
  }
  {
    const std::lock_guard lock(mutex_);
    if (!file && !thread_.joinable()) return {};
    is_on_.store(file != nullptr, std::memory_order_relaxed);
    orders_ = {std::move(file), true, false};
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  wake_.notify_one();
  return {};
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    orders_.reopens = true;
  }
  wake_.notify_one();
}

std::shared_ptr<AccessRecord> AccessLog::begin(RequestId id) {
  if (!is_on_.load(std::memory_order_relaxed)) return nullptr;
  auto record = std::make_shared<Entry>(*this);
  record->id = id;
  record->time = clock_.now();
  return record;
}

void AccessLog::add(std::string_view line) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > waiting_bytes_max_) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    is_first = waiting_.empty();
    waiting_ += line;
  }
  if (is_first) wake_.notify_one();
}

// The writing thread. What the file did not take stays in `lines` and goes first the next time;
// beside it, waiting_ may fill up to its bound once more.
void AccessLog::run() {
  std::string lines;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto is_called = [&] { return is_stopping_ || orders_.replaces_file || orders_.reopens; };
    if (lines.empty()) {
      wake_.wait(lock, [&] { return is_called() || !waiting_.empty(); });
      wake_.wait_for(lock, kCollectTime, is_called);
    } else {
      wake_.wait_for(lock, kTryAgainTime, is_called);
    }
    Orders orders = std::exchange(orders_, {});
    if (lines.empty()) lines.swap(waiting_);
    const bool is_last = is_stopping_;
    lock.unlock();
    obey(std::move(orders));
    write_waiting(lines);
    tell_dropped(is_last);
    lock.lock();
    if (is_last && (waiting_.empty() || !lines.empty())) break;
  }
  const int64_t unwritten = std::ranges::count(lines, '\n') + std::ranges::count(waiting_, '\n');
  if (unwritten > 0) log::error("access_log_lines_unwritten", {{"lines", unwritten}});
}

void AccessLog::obey(Orders orders) {
  if (orders.replaces_file) {
    file_ = std::move(orders.file);
    is_failing_ = false;
    return;
  }
  if (!orders.reopens || !file_) return;
  if (auto opened = file_->open(clock_.now()); !opened) {
    log::error("access_log_not_reopened", {{"reason", std::string_view(opened.error().message)}});
  }
}

void AccessLog::write_waiting(std::string& lines) {
  std::string_view rest = lines;
  if (!file_) rest = {};  // the log was switched off while these were under way
  const auto written = file_ ? file_->write(rest, clock_.now()) : Result<void>();
  if (!written && !is_failing_) {
    log::error("access_log_fails", {{"reason", std::string_view(written.error().message)}});
  } else if (written && is_failing_) {
    log::info("access_log_goes_on", {{"path", std::string_view(file_->path())}});
  }
  is_failing_ = !written;
  lines.erase(0, lines.size() - rest.size());
  if (lines.empty() && lines.capacity() > kBytesKept) lines.shrink_to_fit();
}

void AccessLog::tell_dropped(bool is_last) {
  const int64_t dropped = this->dropped();
  const int64_t now_ms = clock_.steady_ms();
  const bool is_too_soon = !is_last && dropped_told_ > 0 && now_ms - told_at_ms_ < kTellMs;
  if (dropped == dropped_told_ || is_too_soon) return;
  log::warn("access_log_lines_dropped", {{"lines", dropped - dropped_told_}});
  dropped_told_ = dropped;
  told_at_ms_ = now_ms;
}

}  // namespace chatgate
