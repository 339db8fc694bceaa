// A FakeUpstream's answers to /v1/responses, whole or as the typed events of a stream.
#pragma once

#include "tests/support/fake_chat.h"

namespace chatgate {

FakeAnswer response_answer(const FakeTextRequest& request, bool streamed);

}  // namespace chatgate
