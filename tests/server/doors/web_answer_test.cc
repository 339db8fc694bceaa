#include "server/doors/web_answer.h"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "server/conversation/conversations.h"
#include "server/doors/door_errors.h"
#include "tests/support/manual_clock.h"

namespace chatgate {
namespace {

using nlohmann::json;

struct Fixture {
  ManualClock clock;
  Config config;
  std::shared_ptr<Turn> turn = begin_turn({1}, {"c", "p", {}}, "Hello", {}, clock.now(), 1000);
  WebTranslator translator{
      turn, "gpt-4o",
      [this](const Error& error) { return render_web_error(error, Language::kEn, config); }, clock};
  ChatCompletion so_far;

  std::string say(const std::string& delta, const std::string& finish = "null") {
    so_far.text += delta;
    const auto chunk = R"({"choices":[{"index":0,"delta":{"content":)" + json(delta).dump() +
                       R"(},"finish_reason":)" + finish + "}]}";
    return translator.on_chunk(so_far, delta, chunk);
  }
};

TEST_CASE_METHOD(Fixture, "each line tells the message so far", "[web]") {
  const std::string first = say("Hel");
  const std::string second = say("lo \"you\"\n");
  const std::string last = translator.finish(so_far);
  CHECK(first.front() == '{');  // the lines are separated, not begun, by their ends
  CHECK(second.front() == '\n');
  CHECK(last.front() == '\n');
  for (const auto& line : {first, second, last}) {
    CHECK(line.find('\n', 1) == std::string::npos);
    const auto message = json::parse(line);
    CHECK(message["role"] == "assistant");
    CHECK(message["id"] == answer_of(*turn).id);
    CHECK(message["parentMessageId"] == question_of(*turn).id);
    CHECK(message["detail"]["choices"][0].contains("finish_reason"));
  }
  CHECK(json::parse(first)["text"] == "Hel");
  CHECK(json::parse(second)["text"] == "Hello \"you\"\n");
  CHECK(json::parse(second)["delta"] == "lo \"you\"\n");
  CHECK(json::parse(last)["delta"] == "");
  CHECK(json::parse(last)["tokenCount"] == 4);
}

TEST_CASE_METHOD(Fixture, "a chunk without a choice makes no line", "[web]") {
  CHECK(translator.on_chunk(so_far, "", R"({"choices": [], "usage":{}})").empty());
  CHECK(translator.on_chunk(so_far, "", R"({"usage":{}})").empty());
}

TEST_CASE_METHOD(Fixture, "a chunk over several lines stays on one", "[web]") {
  so_far.text = "x";
  const auto line =
      translator.on_chunk(so_far, "x", "{\n\"choices\":\r\n[{\"finish_reason\":null}]\n}");
  CHECK(line.find_first_of("\r\n") == std::string::npos);
  CHECK(json::parse(line)["detail"]["choices"].size() == 1);
}

TEST_CASE_METHOD(Fixture, "a broken stream ends with a failure on its own line", "[web]") {
  (void)say("Hel");
  const auto failed = translator.fail({ErrorCode::kUpstreamBroken, "it broke"});
  CHECK(failed.front() == '\n');
  CHECK(json::parse(failed) ==
        json{{"status", "Fail"}, {"message", "it broke"}, {"data", nullptr}});
}

TEST_CASE_METHOD(Fixture, "a long text is sent some times over, not as often as it has chunks",
                 "[web]") {
  size_t sent = 0;
  std::string deltas;
  std::string last;
  for (int i = 0; i < 100'000; ++i) {
    const auto line = say("word word ");
    if (line.empty()) continue;
    sent += line.size();
    deltas += json::parse(line)["delta"].get<std::string>();
  }
  last = translator.finish(so_far);
  deltas += json::parse(last)["delta"].get<std::string>();
  CHECK(json::parse(last)["text"] == so_far.text);
  CHECK(deltas == so_far.text);
  CHECK(sent < so_far.text.size() * 300);
}

TEST_CASE_METHOD(Fixture, "the turn keeps the whole answer", "[web]") {
  (void)say("Hello");
  so_far.model = "gpt-4o-2026";
  const auto kept = translator.turn(so_far);
  CHECK(answer_of(*kept).content == "Hello");
  CHECK(answer_of(*kept).model == "gpt-4o-2026");
  CHECK(question_of(*kept).content == "Hello");
}

TEST_CASE("the gateway's own words look like an answer", "[web]") {
  const auto line = json::parse(web_line("a\nb", "id", "parent"));
  CHECK(line["text"] == "a\nb");
  CHECK(line["id"] == "id");
  CHECK(line["parentMessageId"] == "parent");
  CHECK(line["detail"]["choices"][0]["finish_reason"] == "stop");
}

}  // namespace
}  // namespace chatgate
