#include "server/pipeline/translation.h"

#include "server/pipeline/job.h"

namespace chatgate {

std::string Translation::say(std::string_view json) {
  const auto delta = add_chat_chunk(json, so_far_);
  return delta ? translator_->on_chunk(so_far_, *delta, json) : std::string();
}

std::string Translation::take(std::string_view events) {
  std::string said;
  events_.feed(events, [&](std::string_view data) { said += say(data); });
  return said;
}

std::string Translation::take_rest() {
  std::string said;
  events_.finish([&](std::string_view data) { said += say(data); });
  return said;
}

Result<std::string> Translation::take_whole(std::string_view json, bool as_stream) {
  auto completion = read_chat_completion(json);
  if (!completion) return tl::unexpected(std::move(completion.error()));
  so_far_ = std::move(*completion);
  return as_stream ? translator_->on_chunk(so_far_, so_far_.text, json) : std::string();
}

void ask_for_translation(Job& job) {
  job.method = "POST";
  job.content_type = "application/json";
  job.upstream_headers = {"Content-Type: application/json"};
  job.body = std::move(job.route.body);
  job.body.reserve(job.body.size() + kBodySpareBytes);
  job.translation = std::make_unique<Translation>(job.route.translator);
}

Result<bool> translate(Job& job, bool is_whole, std::string& answer) {
  if (job.http_status >= 400) {
    auto error = error_of_upstream(job.http_status, answer, !job.route.own_key.empty());
    error.retry_after_ms = retry_after_ms_of(job.call->head());
    return tl::unexpected(std::move(error));
  }
  if (!is_whole && job.stream && job.facts.stream) return false;
  if (!is_whole) {
    return fail(ErrorCode::kUpstreamBroken,
                "the upstream server's answer is not of the kind that was asked for");
  }
  auto said = job.translation->take_whole(answer, job.facts.stream);
  if (!said) return tl::unexpected(std::move(said.error()));
  answer = std::move(*said);
  return true;
}

}  // namespace chatgate
