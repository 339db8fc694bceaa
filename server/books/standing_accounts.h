// The accounts that the configuration itself asks for: those of `static_users`, and the one that
// requests without a token of chatgate's are booked to. Called by the server at its start, before
// anything else uses the books.
#pragma once

#include "common/config/config.h"
#include "common/store/store.h"

namespace chatgate {

// Makes what is missing and puts the configured passwords into force. A tenth of a second for each
// static user. kRefused, naming it, for an account that exists and is metered or archived: what
// people have paid for is not changed in passing.
Result<void> make_standing_accounts(Store& store, const Config& config, Timestamp now);

// Whether anybody may call without a token of chatgate's, so that the guest account is needed.
bool has_guests(const Config& config);

}  // namespace chatgate
