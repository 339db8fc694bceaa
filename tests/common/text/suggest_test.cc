#include "common/text/suggest.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

TEST_CASE("edit distance counts slips of the finger") {
  CHECK(edit_distance("alice", "alice") == 0);
  CHECK(edit_distance("alic", "alice") == 1);
  CHECK(edit_distance("alcie", "alice") == 1);  // neighbours swapped
  CHECK(edit_distance("ALICE", "alice") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("the nearest name is suggested only when it is near") {
  const std::vector<std::string> names{"alice", "bob", "carol"};
  CHECK(nearest("alic", names) == "alice");
  CHECK(nearest("Alice", names) == "alice");
  CHECK(nearest("bobb", names) == "bob");
  CHECK_FALSE(nearest("zoe", names));
  CHECK_FALSE(nearest("x", {"y"}));
  CHECK_FALSE(nearest("alice", {}));
  CHECK(did_you_mean("alic", names) == "; did you mean \"alice\"?");
  CHECK(did_you_mean("nobody", names).empty());
}

TEST_CASE("of two near names the nearer is suggested") {
  CHECK(nearest("gpt-4p", {"gpt-4-mini", "gpt-4o"}) == "gpt-4o");
}
