// What must hold for any bytes, one target in each file beside this one. `./dev fuzz` makes each a
// libFuzzer program (https://llvm.org/docs/LibFuzzer.html); the unit tests run all of them over a
// bounded number of mutations of their samples.
//
//   FUZZ_TARGET(sse, "a sample of its input") { ...uses `data` and `size`, aborts when broken... }
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#ifdef CHATGATE_FUZZ

#define FUZZ_TARGET(name, sample) \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)

#else

namespace chatgate {

struct FuzzTarget {
  std::string_view name;
  std::string_view sample;
  int (*run)(const uint8_t* data, size_t size);
};

inline std::vector<FuzzTarget>& fuzz_targets() {
  static std::vector<FuzzTarget> targets;
  return targets;
}

}  // namespace chatgate

#define FUZZ_TARGET(name, sample)                                                                  \
  static int fuzz_##name(const uint8_t* data, size_t size);                                        \
  [[maybe_unused]] static const auto& fuzz_target_##name =                                         \
      ::chatgate::fuzz_targets().emplace_back(::chatgate::FuzzTarget{#name, sample, fuzz_##name}); \
  static int fuzz_##name([[maybe_unused]] const uint8_t* data, [[maybe_unused]] size_t size)

#endif
