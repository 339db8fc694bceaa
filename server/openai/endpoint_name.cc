#include "server/openai/endpoint_name.h"

#include <algorithm>
#include <array>

namespace chatgate {
namespace {

constexpr std::string_view kVersion = "/v1";
constexpr size_t kSegmentsMax = 6;
constexpr size_t kUnknownSegmentsMax = 4;
constexpr size_t kUnknownSegmentBytesMax = 20;

constexpr std::array<std::string_view, 24> kFirstWords{
    "assistants",    "audio",      "batches",     "chat",          "completions", "containers",
    "conversations", "embeddings", "evals",       "files",         "fine_tuning", "graders",
    "images",        "models",     "moderations", "organization",  "realtime",    "rerank",
    "responses",     "threads",    "uploads",     "vector_stores", "videos",      "messages"};

constexpr std::array<std::string_view, 36> kLaterWords{"calls",
                                                       "cancel",
                                                       "checkpoints",
                                                       "client_secrets",
                                                       "compact",
                                                       "complete",
                                                       "completions",
                                                       "content",
                                                       "edits",
                                                       "events",
                                                       "file_batches",
                                                       "files",
                                                       "generations",
                                                       "input_items",
                                                       "input_tokens",
                                                       "items",
                                                       "jobs",
                                                       "messages",
                                                       "output_items",
                                                       "parts",
                                                       "pause",
                                                       "permissions",
                                                       "projects",
                                                       "remix",
                                                       "resume",
                                                       "run",
                                                       "runs",
                                                       "search",
                                                       "sessions",
                                                       "speech",
                                                       "steps",
                                                       "submit_tool_outputs",
                                                       "transcription_sessions",
                                                       "transcriptions",
                                                       "translations",
                                                       "variations"};

bool contains(const auto& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

std::string endpoint_name(std::string_view path) {
  std::string name(kVersion);
  path.remove_prefix(std::min(path.size(), kVersion.size()));
  for (size_t count = 0; !path.empty(); ++count) {
    const size_t end = std::min(path.find('/', 1), path.size());
    const auto word = path.substr(1, end - 1);
    path.remove_prefix(end);
    if (count == 0 ? !contains(kFirstWords, word) : count == kSegmentsMax) return "/v1/other";
    const bool is_known = count == 0 || contains(kLaterWords, word);
    name.append("/").append(is_known ? word : "{id}");
  }
  return name;
}

std::string unknown_path_name(std::string_view path) {
  std::string name;
  for (size_t count = 0; !path.empty(); ++count) {
    if (count == kUnknownSegmentsMax) return name + "/...";
    const size_t end = std::min(path.find('/', 1), path.size());
    const auto word = path.substr(1, end - 1);
    path.remove_prefix(end);
    const bool is_short = word.size() <= kUnknownSegmentBytesMax && !word.starts_with("sk-");
    name.append("/").append(is_short ? word : "{id}");
  }
  return name;
}

}  // namespace chatgate
