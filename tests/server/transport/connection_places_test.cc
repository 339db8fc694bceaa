#include "server/transport/connection_places.h"

#include <catch2/catch_all.hpp>

using namespace chatgate;

TEST_CASE("places are limited in all and by address", "[transport]") {
  ConnectionPlaces places;
  const ConnectionLimits limits{3, 2};
  CHECK(places.take("192.0.2.1", limits));
  CHECK(places.take("192.0.2.1", limits));
  CHECK_FALSE(places.take("192.0.2.1", limits));
  CHECK(places.take("192.0.2.2", limits));
  CHECK_FALSE(places.take("192.0.2.3", limits));
  CHECK(places.take("192.0.2.3", {0, 0}));  // no limit
  places.give_back("192.0.2.1");
  CHECK_FALSE(places.take("192.0.2.1", limits));  // the limit is lower than what is there
  places.give_back("192.0.2.3");
  CHECK(places.take("192.0.2.1", limits));
}

TEST_CASE("a place is refused only after a look at what may have ended", "[transport]") {
  ConnectionPlaces places;
  int looks = 0;
  bool has_ended = false;
  places.when_full([&] {
    ++looks;
    if (has_ended) places.give_back("192.0.2.1");
  });
  const ConnectionLimits limits{1, 0};
  CHECK(places.take("192.0.2.1", limits));
  CHECK(looks == 0);
  CHECK_FALSE(places.take("192.0.2.2", limits));
  CHECK(looks == 1);
  has_ended = true;
  CHECK(places.take("192.0.2.2", limits));
  CHECK(looks == 2);
}
