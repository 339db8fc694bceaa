# Writes OUTPUT, a header with the bytes of the file INPUT. Every byte is written as an escape, so
# that no content of the file can end the literal.

file(READ "${INPUT}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" escaped "${bytes}")
# One literal of 24 bytes per line: 24 x 4 characters.
string(REPEAT "." 96 line)
string(REGEX REPLACE "(${line})" "\\1\"\n    \"" escaped "${escaped}")

file(WRITE "${OUTPUT}" "// Generated from schema.sql.
#pragma once

#include <string_view>

namespace chatgate {

inline constexpr std::string_view kSchemaSql{
    \"${escaped}\",
    ${size}};

}  // namespace chatgate
")
