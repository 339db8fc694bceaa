// What two processes of a takeover say: whatever is understood is written back and understood the
// same, and no amount that a ledger must not see comes through.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "server/takeover/link_message.h"
#include "tests/fuzz/fuzz_target.h"

FUZZ_TARGET(link_message,
            R"({"say":"answer","number":7,"hold":[0,3,0],"lane":1,"last_id":5,"users":[1],)"
            R"("holds":[[12,3,4000],[13,3,0]],"sockets":[{"name":"http","configured":"a:0",)"
            R"("bound":"a:80","is_activated":false}],)"
            R"("error":{"code":"insufficient_quota","message":"used up","final":true}})") {
  using namespace chatgate;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto message = parse_link_message(line);
  if (!message) return 0;
  for (const auto& hold : message->holds) {
    if (hold.amount.is_negative() || hold.user_id.value <= 0) std::abort();
  }
  const auto text = format_link_message(*message);
  const auto again = parse_link_message(text);
  if (!again || format_link_message(*again) != text) std::abort();
  return 0;
}
