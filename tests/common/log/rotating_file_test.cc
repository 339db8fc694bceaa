#include "common/log/rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <catch2/catch_all.hpp>
#include <set>

#include "common/text/text_file.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_folder.h"

using namespace chatgate;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kDayMs = 86'400'000;

std::string text_of(const fs::path& path) { return read_text_file(path, 1 << 24).value_or(""); }

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

// The file as a program writes it that was started at the clock's time.
std::unique_ptr<RotatingFile> opened(const std::string& path, RotationRules rules,
                                     const Clock& clock) {
  auto file = std::make_unique<RotatingFile>(path, rules);
  REQUIRE(file->open(clock.now()));
  return file;
}

void write(RotatingFile& file, std::string_view lines, const Clock& clock) {
  REQUIRE(file.write(lines, clock.now()));
  CHECK(lines.empty());
}

// As a file system stamps it, for the clock that a test turns by hand.
void stamp(const std::string& path, Timestamp time) {
  const timespec moment{time.unix_ms / 1000, 0};
  const timespec times[] = {moment, moment};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

}  // namespace

TEST_CASE("a log file rotates before it grows beyond its size and keeps every line") {
  const TempFolder folder;
  const ManualClock clock;
  auto file = opened("a.log", {100, 50}, clock);
  std::string all;
  for (int i = 0; i < 40; ++i) {
    const std::string line = "line " + std::to_string(i) + " of a test\n";
    write(*file, line, clock);
    all += line;
  }
  std::string found;
  for (const auto& name : names_in(".")) {
    const std::string text = text_of(name);
    CHECK(text.size() <= 100);
    CHECK(text.ends_with('\n'));
    if (name != "a.log") found += text;
  }
  CHECK(found + text_of("a.log") == all);  // so the names sort by age
  CHECK(names_in(".").contains("a.log.2026-01-01.00001"));
}

TEST_CASE("lines written together are parted at the limit of the size") {
  const TempFolder folder;
  const ManualClock clock;
  auto file = opened("a.log", {10, 50}, clock);
  write(*file, "12345\n7890\n1\n2\n3\na line beyond the limit\nx\n", clock);
  CHECK(text_of("a.log.2026-01-01.00001") == "12345\n");
  CHECK(text_of("a.log.2026-01-01.00002") == "7890\n1\n2\n");
  CHECK(text_of("a.log.2026-01-01.00003") == "3\n");
  CHECK(text_of("a.log.2026-01-01.00004") == "a line beyond the limit\n");
  CHECK(text_of("a.log") == "x\n");
}

TEST_CASE("a log file rotates at midnight, named by the day of its lines") {
  const TempFolder folder;
  ManualClock clock;
  auto file = opened("a.log", {0, 5}, clock);
  write(*file, "first\n", clock);
  clock.advance_ms(kDayMs - 1);
  write(*file, "last of the day\n", clock);
  clock.advance_ms(1);
  CHECK(names_in(".").size() == 1);  // a day without lines leaves nothing behind
  write(*file, "next day\n", clock);
  clock.advance_ms(3 * kDayMs);
  write(*file, "three days later\n", clock);
  CHECK(text_of("a.log.2026-01-01.00001") == "first\nlast of the day\n");
  CHECK(text_of("a.log.2026-01-02.00001") == "next day\n");
  CHECK(text_of("a.log") == "three days later\n");
}

TEST_CASE("a start goes on with today's log file and rotates yesterday's") {
  const TempFolder folder;
  ManualClock clock;
  folder.write("a.log", "before the start\n");
  stamp("a.log", clock.now());
  {
    auto file = opened("a.log", {0, 5}, clock);
    write(*file, "after it\n", clock);
  }
  CHECK(text_of("a.log") == "before the start\nafter it\n");
  stamp("a.log", clock.now());
  clock.advance_ms(kDayMs);
  auto file = opened("a.log", {0, 5}, clock);
  write(*file, "the day after\n", clock);
  CHECK(text_of("a.log.2026-01-01.00001") == "before the start\nafter it\n");
  CHECK(text_of("a.log") == "the day after\n");
}

TEST_CASE("the oldest rotated files are deleted and nothing else is") {
  const TempFolder folder;
  const ManualClock clock;
  for (const char* name :
       {"a.log.2025-12-31.00007", "a.log.2025-12-31.00008", "a.log.2026-01-01.00003", "a.log.gz",
        "a.log.2025-01-01.1", "a.log.2025-01-01.00001.gz", "b.log.2025-01-01.00001"}) {
    folder.write(name, "old\n");
  }
  auto file = opened("a.log", {4, 3}, clock);
  write(*file, "one\ntwo\n", clock);
  CHECK(names_in(".") ==
        std::set<std::string>{"a.log", "a.log.2025-12-31.00008", "a.log.2026-01-01.00003",
                              "a.log.2026-01-01.00004", "a.log.gz", "a.log.2025-01-01.1",
                              "a.log.2025-01-01.00001.gz", "b.log.2025-01-01.00001"});
}

TEST_CASE("with no file to keep another program rotates") {
  const TempFolder folder;
  ManualClock clock;
  auto file = opened("a.log", {10, 0}, clock);
  write(*file, "longer than ten bytes\n", clock);
  clock.advance_ms(kDayMs);
  write(*file, "and another day\n", clock);
  fs::rename("a.log", "moved");
  write(*file, "still there\n", clock);
  REQUIRE(file->open(clock.now()));
  write(*file, "anew\n", clock);
  CHECK(text_of("moved") == "longer than ten bytes\nand another day\nstill there\n");
  CHECK(text_of("a.log") == "anew\n");
}

TEST_CASE("what cannot be written is refused with its path and the reason") {
  const TempFolder folder;
  const ManualClock clock;
  fs::create_directory("folder");
  RotatingFile of_folder("folder", {});
  const auto refused = of_folder.open(clock.now());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kInvalidArgument);
  CHECK(refused.error().message == R"(cannot write "folder": it is not a file)");
  folder.write("plain", "");
  RotatingFile below_file("plain/a.log", {});
  CHECK_FALSE(below_file.open(clock.now()));
  REQUIRE(::mkfifo("pipe", 0600) == 0);
  RotatingFile unread("pipe", {});
  CHECK_FALSE(unread.open(clock.now()));  // without waiting for a reader
}

TEST_CASE("lines that a full disk did not take can be written later") {
  const TempFolder folder;
  const ManualClock clock;
  if (!fs::exists("/dev/full")) SKIP("no /dev/full here");
  fs::create_symlink("/dev/full", "a.log");
  auto file = opened("a.log", {100, 5}, clock);
  const std::string_view lines = "one\ntwo\n";
  std::string_view rest = lines;
  const auto written = file->write(rest, clock.now());
  REQUIRE_FALSE(written);
  CHECK(written.error().message == R"(cannot write "a.log": No space left on device)");
  CHECK(rest == lines);
  fs::remove("a.log");
  CHECK(file->write(rest, clock.now()));
  CHECK(text_of("a.log") == lines);
}
