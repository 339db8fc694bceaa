// What every verb works with: the global options, the streams, the clock and the environment. Made
// once in main, or by a test with streams of its own. One thread.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/terminal.h"
#include "common/clock.h"
#include "common/config/config.h"
#include "common/result.h"
#include "common/store/open_store.h"
#include "common/store/store.h"

namespace chatgate {

struct Streams {
  std::istream& in;
  std::ostream& out;  // data alone
  std::ostream& err;  // everything else
};

class Context {
 public:
  Context(Streams streams, const Clock& clock, Environment environment, Terminal terminal)
      : streams_(streams),
        clock_(clock),
        environment_(std::move(environment)),
        terminal_(terminal) {}

  // The global options, as given.
  std::optional<std::string> db;
  std::string config_file;
  Format format = Format::kTable;
  std::string color = "auto";

  // What the parsed command line asks for; its number is the exit status.
  std::function<Result<int>()> action;

  const Clock& clock() const { return clock_; }
  Timestamp now() const { return clock_.now(); }
  const Terminal& terminal() const { return terminal_; }
  std::istream& in() { return streams_.in; }
  std::ostream& out() { return streams_.out; }
  std::ostream& err() { return streams_.err; }
  const Environment& environment() const { return environment_; }

  // Whether the locale's characters are Unicode's, so that bars and ellipses can be drawn.
  bool is_unicode() const;

  // The flags that the configuration is loaded with.
  ConfigFlags flags() const;
  // `db` and `master_key_file` alone are in force there: see load_admin_config.
  Result<Config> admin_config() const;
  Result<std::unique_ptr<Store>> open_store(OpenMode mode) const;
  Result<std::unique_ptr<Maintenance>> open_maintenance() const;

  void print_list(const Table& table);
  // For a list of any length. A table is made to fit the terminal, if there is one.
  RowPrinter list_printer(std::vector<Column> columns);
  void print_one(const Table& table);
  // Whether all that was printed has arrived.
  bool flush();
  // One line for the person at the terminal, on the error stream.
  void hint(std::string_view line);

 private:
  bool use_color() const;
  Look look();

  Streams streams_;
  const Clock& clock_;
  Environment environment_;
  Terminal terminal_;
};

}  // namespace chatgate
