#include <iostream>

#include "cli/context.h"
#include "cli/dispatch.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  chatgate::Context context({std::cin, std::cout, std::cerr}, chatgate::system_clock(),
                            chatgate::current_environment(), chatgate::attached_terminal());
  return chatgate::dispatch({argv + 1, argv + argc}, context);
}
