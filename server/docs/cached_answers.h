// What a client's headers say of an answer that it may have already, or can take compressed
// (RFC 9110, 12.5.3 and 13.1.2). Pure; any thread.
#pragma once

#include <string_view>

namespace chatgate {

// Whether If-None-Match names this entity tag (with its quotes), compared weakly, or all.
bool names_etag(std::string_view if_none_match, std::string_view etag);

// Whether Accept-Encoding takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace chatgate
