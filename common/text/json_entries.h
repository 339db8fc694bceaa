// JSON documents that are long lists, read one entry at a time and with every number as the text
// that it was written in: no number becomes a binary fraction. One thread.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/progress.h"
#include "common/result.h"

namespace chatgate {

// Called for each member of the document's object, with its name, or for each element of its
// array, with no name. Numbers within `value` are strings. An error ends the reading.
using JsonEntryVisitor = std::function<Result<void>(const std::string& name, nlohmann::json value)>;

// The visitor learns of a name that is given twice by being called twice. kInvalidArgument, with
// line and column, for what is no JSON, is cut off, is nested deeper than 32 levels or names
// something twice within an entry. kInterrupted when `report`, which is told of bytes, says so.
Result<void> for_each_json_entry(std::string_view text, const JsonEntryVisitor& visit,
                                 const ProgressReport& report);

// Whether a document starts as JSON's objects or arrays do; otherwise it may be a table.
bool looks_like_json_object(std::string_view text);
bool looks_like_json_array(std::string_view text);

}  // namespace chatgate
