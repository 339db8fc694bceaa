#include <catch2/catch_all.hpp>
#include <string>
#include <vector>

#include "server/wire/request_body.h"

namespace chatgate {
namespace {

using namespace std::string_literals;

const std::string kType = "multipart/form-data; boundary=XyZ";

std::string field(const std::string& disposition, const std::string& value) {
  return "--XyZ\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n";
}

std::string file(const std::string& bytes) {
  return "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\\"b.mp3\"\r\n"
         "Content-Type: audio/mpeg\r\n\r\n" +
         bytes + "\r\n";
}

const std::string kEnd = "--XyZ--\r\n";

RequestFacts read_well(const std::string& body, const std::string& type = kType) {
  auto facts = read_multipart_body(body, type);
  INFO(body);
  INFO((facts ? "" : facts.error().message));
  REQUIRE(facts);
  return *facts;
}

TEST_CASE("the fields of a transcription are read around its file", "[form]") {
  const std::string bytes = "ID3\0\r\n--Xy\r\n\r\n--XzZ\xff"s;
  for (const std::string name :
       {"name=\"model\"", "name=model", "NAME=\"model\"", "name=model ; a=b"}) {
    for (const bool is_first : {true, false}) {
      const std::string model = field(name, "whisper-1");
      const std::string body = (is_first ? model + file(bytes) : file(bytes) + model) +
                               field("name=\"stream\"", "True") + field("name=n", "3") +
                               field("name=\"response_format\"", "json") + kEnd;
      const RequestFacts facts = read_well(body);
      CHECK(facts.model == "whisper-1");
      CHECK(body.substr(facts.model_offset, facts.model_bytes) == "whisper-1");
      CHECK(facts.stream);
      CHECK(facts.choices == 3);
      CHECK(facts.object_end == 0);
      CHECK_FALSE(facts.prompt_bounded_by_body);
    }
  }
}

TEST_CASE("the boundary may be quoted and the line ends may vary", "[form]") {
  const std::string body = field("name=\"model\"", "m");
  CHECK(read_well(body + kEnd, "Multipart/Form-Data; charset=utf-8; Boundary=\"XyZ\"").model ==
        "m");
  CHECK(read_well(body + kEnd, "multipart/form-data;boundary=XyZ;").model == "m");
  CHECK(read_well(body + "--XyZ--").model == "m");
  CHECK(read_well("\r\n" + body + kEnd).model == "m");
  CHECK(read_well("--XyZ--").model.empty());
  CHECK(read_well(body + kEnd).prompt_bounded_by_body);
}

TEST_CASE("a form's model is replaced in place", "[form]") {
  for (const std::string name : {"m", "longer-than-before", ""}) {
    std::string body = file("x") + field("name=model", "whisper-1") + field("name=n", "1") + kEnd;
    RequestFacts facts = read_well(body);
    replace_model(body, facts, name);
    CHECK(body == file("x") + field("name=model", name) + field("name=n", "1") + kEnd);
    replace_model(body, facts, "whisper-1");
    CHECK(read_well(body).model == "whisper-1");
  }
  std::string body = field("name=n", "1") + kEnd;
  const std::string before = body;
  RequestFacts facts = read_well(body);
  replace_model(body, facts, "m");
  CHECK(body == before);
}

TEST_CASE("forms that servers could read differently are refused", "[form]") {
  const std::string model = field("name=model", "m");
  const std::string head = "--XyZ\r\nContent-Disposition: form-data; ";
  const std::vector<std::string> bodies = {
      "",
      "x",
      "--XyZ",
      "--XyZ\r\n",
      "preamble\r\n" + model + kEnd,
      model,
      model + "--XyZ",
      model + "--XyZ-",
      model + "--XyZ--x",
      model + kEnd + "epilogue",
      model + model + kEnd,
      model + field("name=\"model\"", "m") + kEnd,
      field("name=n", "1") + field("name=n", "1") + kEnd,
      field("name=model; filename=x", "m") + kEnd,
      field("name=model; name=x", "m") + kEnd,
      field("name=\"mo\\del\"", "m") + kEnd,
      field("name*=utf-8''model", "m") + kEnd,
      field("filename=x", "m") + kEnd,
      field("name=\"model", "m") + kEnd,
      field("name", "m") + kEnd,
      field("name=", "m") + kEnd,
      field("name=model", std::string(300, 'm')) + kEnd,
      field("name=model", "a\nb") + kEnd,
      field("name=model", "\xff") + kEnd,
      field("name=stream", "maybe") + kEnd,
      field("name=n", "1x") + kEnd,
      field("name=n", "") + kEnd,
      field("name=n", "5000") + kEnd,
      "--XyZ\r\n\r\nm\r\n" + kEnd,
      "--XyZ\r\nContent-Disposition: attachment; name=model\r\n\r\nm\r\n" + kEnd,
      head + "name=model\r\nContent-Disposition: form-data; name=x\r\n\r\nm\r\n" + kEnd,
      head + "name=model\r\nContent-Transfer-Encoding: base64\r\n\r\nbQ==\r\n" + kEnd,
      head + "\r\n name=model\r\n\r\nm\r\n" + kEnd,
      head + "name=model\n\nm\r\n" + kEnd,
      head + "name=model\r\nX\r\n\r\nm\r\n" + kEnd,
      head + "name=model\r\nX : y\r\n\r\nm\r\n" + kEnd,
      head + "name=x\r\n\r\na\n--XyZ\r\nb\r\n" + kEnd,     // a delimiter behind LF alone
      head + "name=x\r\n\r\na--XyZ\r\nb\r\n" + kEnd,       // a boundary within a line
      head + "name=x\r\n\r\na\r\n--XyZw\r\nb\r\n" + kEnd,  // a longer boundary
      head + "name=x\r\n\r\na\r\n--XyZ \r\nb\r\n" + kEnd,  // blanks behind it
      head + "name=x\r\n\r\n--XyZ--\r\n",                  // no line end before it
      "--XyZ\n" + model + kEnd,
  };
  for (const std::string& body : bodies) {
    INFO(body);
    const auto facts = read_multipart_body(body, kType);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().code == ErrorCode::kInvalidRequest);
  }
  for (const std::string type :
       {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=XyZ; boundary=XyZ", "multipart/form-data; boundary=a b",
        "multipart/form-data; x"}) {
    INFO(type);
    CHECK_FALSE(read_multipart_body(model + kEnd, type));
  }
  CHECK(read_multipart_body(model + kEnd, "text/plain").error().code ==
        ErrorCode::kUnsupportedMediaType);
}

TEST_CASE("every truncation of a form is refused", "[form]") {
  const std::string body = file("\0\xff"s) + field("name=model", "m") + "--XyZ--";
  for (size_t size = 0; size < body.size(); ++size) {
    CHECK_FALSE(read_multipart_body(body.substr(0, size), kType));
  }
}

TEST_CASE("a text is found in a form") {
  const std::string type = "multipart/form-data; boundary=b";
  const auto part = [](const std::string& disposition, const std::string& value) {
    return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n";
  };
  const std::string body =
      part("name=\"other\"", "no") + part("name=\"prompt\"; filename=\"x\"", "a file") +
      part("name=\"prompt\"", "Hi\r\nthere") + part("name=\"prompt\"", "2") + "--b--\r\n";
  CHECK(find_multipart_text(body, type, "prompt").value() == "Hi\r\nthere");
  CHECK(find_multipart_text(body, type, "none").value().empty());
  CHECK_FALSE(find_multipart_text(body, "multipart/form-data", "prompt"));
  CHECK_FALSE(find_multipart_text(body.substr(0, 50), type, "prompt"));
}

}  // namespace
}  // namespace chatgate
