// Makes valid UTF-8 of any bytes, for the tokenizer. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace chatgate {

// How many bytes from the beginning are valid UTF-8.
size_t valid_utf8_bytes(std::string_view bytes);

// Every maximal part of what could have been a character, and every other wrong byte, becomes one
// U+FFFD: what the Encoding Standard (https://encoding.spec.whatwg.org/#utf-8-decoder), and so
// every browser and Node.js, makes of the bytes.
std::string with_replacements(std::string_view bytes);

// How many bytes at the end are the beginning of a character whose rest may still come: 0 to 3.
size_t unfinished_utf8_bytes(std::string_view bytes);

}  // namespace chatgate
