// The rows of the configuration's table that are about TLS, and what they mean together. Internal
// to common/config. Whether the files are good is for whoever opens them (server/tls).
#pragma once

#include <vector>

#include "common/config/config_row.h"

namespace chatgate {

void add_tls_rows(std::vector<ConfigRow>& rows);

// Fills in what clients are asked for where nobody says. kInvalidArgument for keys that are
// pointless or dangerous without one another.
Result<void> apply_tls(Settings& settings, LoadedConfig& loaded);

}  // namespace chatgate
