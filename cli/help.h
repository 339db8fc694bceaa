// What --help prints: a command's sentence, usage, arguments, options and examples within 80
// columns.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

namespace chatgate {

std::shared_ptr<CLI::FormatterBase> help_formatter();

}  // namespace chatgate
