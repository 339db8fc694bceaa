// What is purged is not in the files any more: overwritten, and gone from the log.

#include <catch2/catch_all.hpp>
#include <fstream>
#include <sstream>

#include "tests/contract/databases.h"
#include "tests/support/turns.h"

namespace chatgate {
namespace {

bool files_hold(const std::string& path, const std::string& text) {
  for (const char* suffix : {"", "-wal"}) {
    std::ifstream file(path + suffix, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    if (content.str().find(text) != std::string::npos) return true;
  }
  return false;
}

struct Scene {
  TempStore store;
  User ann = add_user(*store, "ann", int64_t{1} << 40);
  ApiToken token = add_token(*store, ann);
  Price price = add_simple_price(*store);
  int64_t requests = 0;

  // Short contents among long ones, which take pages of their own.
  void say(const std::string& mark, std::optional<Timestamp> until) {
    for (int i = 0; i < 40; ++i) {
      std::string text = mark + std::string(static_cast<size_t>(i) * 400, '.') + mark;
      auto sale = settlement(request_id(kNoonMs, ++requests), token, price, 1, 1);
      sale.turn = make_turn(ann.id, "c-" + mark, "", {text, text}, {kNoonMs}, until);
      must(store->commit({{}, {sale}}));
    }
  }
};

TEST_CASE("what is purged is overwritten, while others keep the database open") {
  Scene scene;
  const auto gateway = scene.store.open();
  scene.say("alpha-secret", {});
  scene.say("beta-secret", {});
  REQUIRE(files_hold(scene.store.path(), "alpha-secret"));
  must(scene.store->purge_messages({.conversation_id = "c-alpha-secret"}, {}));
  CHECK_FALSE(files_hold(scene.store.path(), "alpha-secret"));
  CHECK(files_hold(scene.store.path(), "beta-secret"));
  must(scene.store->archive_user(scene.ann.id, {kNoonMs}));
  CHECK_FALSE(files_hold(scene.store.path(), "beta-secret"));
}

TEST_CASE("what is over is overwritten as it is purged in the background") {
  Scene scene;
  scene.say("alpha-secret", Timestamp{kNoonMs});
  while (must(scene.store->purge_expired({kNoonMs}, 7)).messages > 0) {
  }
  scene.store.reopen();  // the last one to close empties the log
  CHECK_FALSE(files_hold(scene.store.path(), "alpha-secret"));
}

}  // namespace
}  // namespace chatgate
