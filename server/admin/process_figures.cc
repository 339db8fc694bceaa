#include "server/admin/process_figures.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

namespace chatgate {
namespace {

// proc(5): fields of /proc/PID/stat, counted from the first one behind the program's name, which is
// the third of all.
enum StatField : size_t { kUserTicks = 11, kSystemTicks = 12, kThreads = 17, kStart = 19 };
enum MoreStatField : size_t { kVirtualBytes = 20, kResidentPages = 21, kFieldsRead = 22 };

std::string content_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::array<double, kFieldsRead>> read_stat() {
  const std::string text = content_of("/proc/self/stat");
  const size_t name_end = text.rfind(") ");  // a program's name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(text).substr(name_end + 2);
  std::array<double, kFieldsRead> fields{};
  for (auto& field : fields) {
    if (rest.empty()) return std::nullopt;
    const auto word = rest.substr(0, rest.find(' '));
    std::from_chars(word.data(), word.data() + word.size(), field);  // the first one is a letter
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return fields;
}

// When the machine started, in seconds since 1970.
double read_boot_time() {
  const std::string text = content_of("/proc/stat");
  constexpr std::string_view kName = "\nbtime ";
  const size_t at = text.find(kName);
  double seconds = 0;
  if (at != std::string::npos) {
    std::from_chars(text.data() + at + kName.size(), text.data() + text.size(), seconds);
  }
  return seconds;
}

// Linux 6.2 and later know the number; before, the entries are counted.
int64_t count_descriptors() {
  struct stat status {};
  if (::stat("/proc/self/fd", &status) == 0 && status.st_size > 0) return status.st_size;
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return -1;
  const auto count = std::distance(std::filesystem::begin(entries), std::filesystem::end(entries));
  return count - 1;  // one is open to count them
}

}  // namespace

void collect_process_figures(FamilyList& families) {
  const auto stat = read_stat();
  if (stat) {
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
    families.counter("process_cpu_seconds_total", "Processor time spent, in user and system mode.")
        .add_number({}, (stat->at(kUserTicks) + stat->at(kSystemTicks)) / ticks);
    families.gauge("process_start_time_seconds", "When the process started, since 1970.")
        .add_number({}, read_boot_time() + stat->at(kStart) / ticks);
    families.gauge("process_resident_memory_bytes", "Memory that is resident.")
        .add_number({}, stat->at(kResidentPages) * page_bytes);
    families.gauge("process_virtual_memory_bytes", "Memory that is mapped.")
        .add_number({}, stat->at(kVirtualBytes));
    families.gauge("process_threads", "Threads of the process.").add_number({}, stat->at(kThreads));
  }
  if (const auto open = count_descriptors(); open >= 0) {
    families.gauge("process_open_fds", "Open file descriptors.").add({}, open);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.gauge("process_max_fds", "File descriptors that may be open.")
        .add_number({}, static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace chatgate
